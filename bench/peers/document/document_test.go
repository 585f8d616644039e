package document

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const before = "# Title\n\n<!-- made by: peers tables x -->\nother\n<!-- end -->\n\n<!-- made by: peers table old.txt -->\nold\n\nlines\n<!-- end -->\nrest\n"

func TestReplace(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a.md")
	if err := os.WriteFile(file, []byte(before), 0o640); err != nil {
		t.Fatal(err)
	}
	// The second time nothing changes.
	for range 2 {
		if err := Replace(file, "peers table", "new.txt", "\n| new |\n"); err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		want := strings.Replace(before, "<!-- made by: peers table old.txt -->\nold\n\nlines\n", "<!-- made by: peers table new.txt -->\n\n| new |\n\n", 1)
		if string(got) != want {
			t.Errorf("got\n%s\nwant\n%s", got, want)
		}
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("the file's mode is %v, %v", info.Mode(), err)
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(file), ".*")); len(left) > 0 {
		t.Errorf("%q are left", left)
	}
}

func TestReplaceThroughALink(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a.md")
	link := file + ".link"
	if err := os.WriteFile(file, []byte(before), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(file, link); err != nil {
		t.Fatal(err)
	}
	if err := Replace(link, "peers table", "", "new"); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(file); err != nil || !strings.Contains(string(got), "<!-- made by: peers table -->\n\nnew\n") {
		t.Errorf("%v, got\n%s", err, got)
	}
}

// What has no place for the text stays as it is.
func TestNoPlace(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"nothing\n", `0 lines "<!-- made by: peers table ... -->"; allowed is 1`},
		{"<!-- made by: peers table a -->\nx\n", `no line "<!-- end -->"`},
		{"<!-- made by: peers table a -->\n<!-- made by: peers bars a -->\n<!-- end -->\n", `"<!-- made by: peers bars a -->" stands before`},
		{strings.Repeat("<!-- made by: peers table a -->\n<!-- end -->\n", 2), "2 lines"},
	} {
		file := filepath.Join(t.TempDir(), "a.md")
		if err := os.WriteFile(file, []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		err := Replace(file, "peers table", "", "new")
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "a.md") {
			t.Errorf("error %v, want one with %q", err, c.want)
		}
		if got, _ := os.ReadFile(file); string(got) != c.text {
			t.Errorf("the file was changed: %q", got)
		}
	}
	if err := Replace(filepath.Join(t.TempDir(), "none"), "peers table", "", ""); err == nil {
		t.Error("a file that is not there was written")
	}
}
