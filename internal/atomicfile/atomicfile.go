// Package atomicfile writes files that are either there as a whole or not at
// all.
package atomicfile

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// A File is written under a temporary name beside the one it is for. One
// goroutine at a time may use it.
type File struct {
	name string
	file *os.File
	w    *bufio.Writer
	err  error // the first
}

// Create begins a file. Errors of all methods name the file. It is an error if
// the name is that of something that is not a regular file, which a rename
// would replace.
func Create(name string) (*File, error) {
	if info, err := os.Stat(name); err == nil && !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s: is there, and is not a regular file", name)
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	f, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+".*")
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return &File{name: name, file: f, w: bufio.NewWriterSize(f, 1<<16)}, nil
}

// Write writes to the buffer. After an error every further call returns it.
func (f *File) Write(b []byte) (int, error) {
	if f.err != nil {
		return 0, f.err
	}
	n, err := f.w.Write(b)
	f.keep(err)
	return n, f.err
}

// Commit ends the file and gives it its name, in the place of what had it
// before. After an error, of an earlier Write too, it removes what was written
// and returns the error: the name is as it was.
func (f *File) Commit() error {
	f.keep(f.w.Flush())
	f.keep(f.file.Chmod(0o644)) // CreateTemp's is for its owner only
	f.keep(f.file.Sync())
	f.keep(f.file.Close())
	if f.err == nil {
		f.keep(os.Rename(f.file.Name(), f.name))
	}
	if f.err != nil {
		_ = os.Remove(f.file.Name()) // the first error says more
	}
	return f.err
}

// Discard gives the file up. What it was to replace stays.
func (f *File) Discard() {
	_ = f.file.Close()
	_ = os.Remove(f.file.Name())
}

func (f *File) keep(err error) {
	if err != nil && f.err == nil {
		f.err = fmt.Errorf("writing %s: %w", f.name, err)
	}
}
