// Package golden holds what a test got against a file in its testdata.
package golden

import (
	"os"
	"path/filepath"
	"testing"
)

// Updating reports whether files are to be written instead of compared with:
// the environment has UPDATE_GOLDEN.
func Updating() bool { return os.Getenv("UPDATE_GOLDEN") != "" }

// Check fails the test if got is not what the file in testdata says. Where
// files are updated it is written first.
func Check(t *testing.T, name, got string) {
	t.Helper()
	name = filepath.Join("testdata", name)
	if Updating() {
		if err := os.WriteFile(name, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s: got\n%s\nwant\n%s", name, got, want)
	}
}
