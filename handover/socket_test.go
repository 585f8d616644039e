package handover

import (
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"testing"
)

func TestSocket(t *testing.T) {
	ring, before, after := newRing(t, 1), newFixture(t, nil), newFixture(t, nil)
	before.fill(3000)
	path := filepath.Join(t.TempDir(), "socket")
	if _, err := Dial(t.Context(), path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("with nobody listening the error is %v", err)
	}
	// What a process that died has left is replaced.
	stale, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	stale.SetUnlinkOnClose(false)
	stale.Close()
	l, err := Listen(path)
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "the socket's permissions", info.Mode().Perm(), 0o600)

	written := make(chan error, 1)
	go func() {
		c, err := l.Accept()
		if err == nil {
			_, err = Write(t.Context(), c, before.Cache, ring, Options{})
			err = errors.Join(err, c.Close())
		}
		written <- err
	}()
	c, err := Dial(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := Read(t.Context(), c, after.Cache, ring, Options{Clock: after.time.Load}); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(<-written, l.Close()); err != nil {
		t.Fatal(err)
	}
	before.wantSame(after)
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the socket is still there: %v", err)
	}
}

func TestSocketReplacesNothingElse(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Listen(path); err == nil {
		t.Error("a file was replaced")
	}
	if b, err := os.ReadFile(path); err != nil || string(b) != "precious" {
		t.Errorf("the file has %q, %v", b, err)
	}
	if _, err := Listen(filepath.Join(path, "socket")); err == nil {
		t.Error("no error for a folder that is none")
	}
}
