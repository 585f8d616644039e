package revision

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// copyHarness copies what a build needs besides the engine. Files that git
// ignores stay behind, those that it does not know yet come along.
func copyHarness(ctx context.Context, from, to string) error {
	return copyTracked(ctx, from, to, nil, func(name string) bool {
		for _, directory := range append([]string{"docs", "results"}, engineDirectories...) {
			if strings.HasPrefix(name, directory+"/") {
				return false
			}
		}
		return !strings.HasSuffix(name, "_test.go")
	})
}

// copyTracked copies the files in some directories, nil for all, of a work
// tree, those for which want, if not nil, is true.
func copyTracked(ctx context.Context, from, to string, directories []string, want func(name string) bool) error {
	out, err := output(ctx, from, "git", append([]string{"ls-files", "-z", "--cached", "--others", "--exclude-standard", "--"}, directories...)...)
	if err != nil {
		return err
	}
	for name := range strings.SplitSeq(strings.TrimSuffix(string(out), "\x00"), "\x00") {
		if name == "" || want != nil && !want(name) {
			continue
		}
		if err := copyFile(filepath.Join(from, name), filepath.Join(to, name)); err != nil {
			return err
		}
	}
	return nil
}

// copyFile copies a regular file. Others, and files that are tracked but
// deleted, are left out.
func copyFile(from, to string) error {
	info, err := os.Lstat(from)
	if errors.Is(err, fs.ErrNotExist) || err == nil && !info.Mode().IsRegular() {
		return nil
	}
	if err != nil {
		return err
	}
	content, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return writeFile(to, content)
}

func writeFile(name string, content []byte) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	return os.WriteFile(name, content, 0o644) //nolint:gosec // the caller made sure that it stays in the directory
}

// extract writes the engine of a commit.
func extract(ctx context.Context, repository, commit, to string) error {
	archive, err := output(ctx, repository, "git", append([]string{"archive", "--format=tar", commit, "--"}, engineDirectories...)...)
	if err != nil {
		return err
	}
	for reader := tar.NewReader(bytes.NewReader(archive)); ; {
		header, err := reader.Next()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		case header.Typeflag != tar.TypeReg:
			continue
		case !filepath.IsLocal(header.Name):
			return fmt.Errorf("%q leads out of the archive", header.Name)
		}
		content, err := io.ReadAll(reader)
		if err != nil {
			return err
		}
		if err := writeFile(filepath.Join(to, header.Name), content); err != nil { //nolint:gosec // the name is local
			return err
		}
	}
}
