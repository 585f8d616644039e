// Package golden holds what a test got against a file in its testdata.
package golden

import (
	"os"
	"path/filepath"
	"testing"
)

// Check fails the test if got is not what the file in testdata says. With the
// environment variable UPDATE_GOLDEN the file is written first.
func Check(t *testing.T, name, got string) {
	t.Helper()
	name = filepath.Join("testdata", name)
	if os.Getenv("UPDATE_GOLDEN") != "" {
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
