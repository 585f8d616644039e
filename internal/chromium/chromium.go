// Package chromium finds a browser for tests.
package chromium

import (
	"os"
	"os/exec"
	"regexp"
	"testing"
)

// names are what the browser is called, by Debian, Ubuntu's chromium package
// and Google's packages.
var names = []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"}

// stub is the reason for which a test may be skipped in CI; CONTRIBUTING.md has
// it.
const stub = "there is no Chromium, and Ubuntu's package chromium is a stub that needs snapd"

var ubuntu = regexp.MustCompile(`(?m)^ID="?ubuntu"?$`)

// Find returns the path of a Chromium that runs. Where there is none it skips
// the test, which in CI is allowed on Ubuntu alone: it has no package of it.
func Find(t testing.TB) string {
	t.Helper()
	for _, name := range names {
		path, err := exec.LookPath(name)
		// Ubuntu's chromium-browser is a script that says to install a snap.
		if err == nil && exec.Command(path, "--version").Run() == nil {
			return path
		}
	}
	if release, err := os.ReadFile("/etc/os-release"); err == nil && ubuntu.Match(release) {
		t.Skip(stub)
	}
	t.Skipf("none of %v is installed; Debian's package is chromium", names)
	return ""
}
