package atomicfile

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func alone(t *testing.T, dir string, want int) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != want {
		t.Errorf("%d files are in the directory (%v), want %d", len(entries), err, want)
	}
}

func TestTheFileIsThereOnceItIsCommitted(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "result.json")
	if err := os.WriteFile(name, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := Create(name)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write([]byte("new")); err != nil {
		t.Fatal(err)
	}
	if got := read(t, name); got != "old" {
		t.Errorf("before Commit the file has %q", got)
	}
	if err := f.Commit(); err != nil {
		t.Fatal(err)
	}
	if got := read(t, name); got != "new" {
		t.Errorf("after Commit the file has %q", got)
	}
	alone(t, dir, 1)
}

func TestDiscardLeavesWhatWasThere(t *testing.T) {
	dir := t.TempDir()
	f, err := Create(filepath.Join(dir, "result.json"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write([]byte("new")); err != nil {
		t.Fatal(err)
	}
	f.Discard()
	alone(t, dir, 0)
}

// A disk that is full shows when the buffer is written. Writing through
// /dev/full's error needs no disk: the temporary file is closed under it.
func TestAFailedWriteLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "result.json")
	f, err := Create(name)
	if err != nil {
		t.Fatal(err)
	}
	f.file.Close()
	if _, err := f.Write(make([]byte, 1<<17)); err == nil || !strings.Contains(err.Error(), name) {
		t.Errorf("error %v does not name the file", err)
	}
	if err := f.Commit(); err == nil || !strings.Contains(err.Error(), name) {
		t.Errorf("error %v does not name the file", err)
	}
	alone(t, dir, 0)
}

func TestCreateNamesTheFile(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{dir, filepath.Join(dir, "absent", "result.json"), "/dev/null"} {
		if f, err := Create(name); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("Create(%s) = %v, %v", name, f, err)
		}
	}
}
