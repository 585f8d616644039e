package benchtable

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// benchstatData returns the directory with benchstat's own tests in the module
// cache.
func benchstatData(t *testing.T) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Dir}}", "golang.org/x/perf").Output()
	if err != nil {
		t.Fatalf("where golang.org/x/perf is: %v", err)
	}
	return filepath.Join(strings.TrimSpace(string(out)), "cmd", "benchstat", "testdata")
}

// TestBenchstat makes the tables that benchstat's own tests have as golden
// files, with the same flags.
func TestBenchstat(t *testing.T) {
	t.Chdir(benchstatData(t))
	for _, c := range []struct {
		name    string
		options Options
		csv     bool
		files   []string
	}{
		{"crcOldNew", Options{}, false, []string{"crc-old.txt", "crc-new.txt"}},
		{"crcIgnore", Options{Ignore: "note"}, false, []string{"crc-old.txt", "crc-new.txt"}},
		{"crcSizeVsPoly", Options{Filter: "/align:0", Row: "/size", Col: "/poly"}, false, []string{"crc-new.txt"}},
		{"units", Options{Col: "note"}, false, []string{"units.txt"}},
		{"zero", Options{Col: "note"}, false, []string{"zero.txt"}},
		{"smallSample", Options{Col: "note"}, false, []string{"smallSample.txt"}},
		{"issue19565", Options{Col: "note"}, false, []string{"issue19565.txt"}},
		{"issue19634", Options{Col: "note"}, false, []string{"issue19634.txt"}},
		{"csvOldNew", Options{}, true, []string{"old.txt", "new.txt"}},
		{"csvErrors", Options{Row: ".name"}, true, []string{"new.txt"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var out, warnings bytes.Buffer
			b, err := NewBuilder(c.options)
			if err != nil {
				t.Fatal(err)
			}
			units, err := b.ReadFiles(c.files, &warnings, nil)
			if err != nil {
				t.Fatal(err)
			}
			if c.csv {
				err = b.Tables(units).CSV(&out, &warnings)
			} else {
				err = b.Tables(units).Text(&out)
			}
			if err != nil {
				t.Fatal(err)
			}
			same(t, "standard output", out.Bytes(), c.name+".stdout")
			same(t, "standard error", warnings.Bytes(), c.name+".stderr")
		})
	}
}

// same compares with a golden file; where there is none, nothing is expected.
func same(t *testing.T, what string, got []byte, file string) {
	t.Helper()
	want, err := os.ReadFile(file)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s:\n%s\nbenchstat:\n%s", what, got, want)
	}
}
