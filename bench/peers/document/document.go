// Package document writes what commands print into Markdown documents, so that
// no table there is made by hand.
package document

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

const (
	begin  = "<!-- made by: "
	closes = " -->"
	end    = "<!-- end -->"
)

// Replace puts the text in the place of what stands in the file between the
// lines
//
//	<!-- made by: COMMAND ... -->
//	<!-- end -->
//
// where COMMAND is the given one, and writes the arguments after it into the
// first of them. The file has its old content or its new one, also after a
// crash. It fails if there is not exactly one such place.
func Replace(file, command, arguments, text string) error {
	old, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	changed, err := replace(string(old), command, arguments, text)
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return write(file, changed)
}

func replace(old, command, arguments, text string) (string, error) {
	var b strings.Builder
	places, inside := 0, false
	for line := range strings.Lines(old) {
		bare := strings.TrimSpace(line)
		switch {
		case inside && strings.HasPrefix(bare, begin):
			return "", fmt.Errorf("%q stands before the %q of %q", bare, end, begin+command)
		case inside && bare == end:
			inside = false
			b.WriteString(line)
		case inside: // what is replaced
		case isBegin(bare, command):
			inside = true
			places++
			fmt.Fprintf(&b, "%s%s\n\n%s\n\n", strings.TrimSpace(begin+command+" "+arguments), closes, strings.Trim(text, "\n"))
		default:
			b.WriteString(line)
		}
	}
	switch {
	case inside:
		return "", fmt.Errorf("no line %q after %q", end, begin+command)
	case places != 1:
		return "", fmt.Errorf("%d lines %q; allowed is 1", places, begin+command+" ..."+closes)
	}
	return b.String(), nil
}

// isBegin tells whether a line begins a place for the command: "peers table"
// is not "peers tables".
func isBegin(line, command string) bool {
	rest, ok := strings.CutPrefix(line, begin+command)
	return ok && strings.HasPrefix(rest, " ") && strings.HasSuffix(rest, closes)
}

// write replaces the file by a new one with its permissions.
func write(file, text string) error {
	// A link's target is what is to change, not the link.
	file, err := filepath.EvalSymlinks(file)
	if err != nil {
		return err
	}
	info, err := os.Stat(file)
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(file), "."+filepath.Base(file)+"-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) //nolint:errcheck // after the rename there is no such file any more
	_, err = f.WriteString(text)
	if err == nil {
		err = f.Chmod(info.Mode().Perm())
	}
	if err == nil {
		err = f.Sync()
	}
	if e := f.Close(); err == nil {
		err = e
	}
	if err != nil {
		return err
	}
	return os.Rename(f.Name(), file)
}
