package cli

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// repository makes a module with two revisions of an engine; its load generator
// is this test binary, run the way that the engine says. It returns the commits.
func repository(t *testing.T) (sound, slow, wrong string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	write := func(name, content string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	git := func(args ...string) string {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), "git", append([]string{"-c", "user.name=Test", "-c", "user.email=test@example.org"}, args...)...)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
		return strings.TrimSpace(string(out))
	}
	commit := func(engine string) string {
		t.Helper()
		write("engine/engine.go", "package engine\n\n"+engine)
		git("add", "-A")
		git("commit", "-q", "-m", "test")
		return git("rev-parse", "HEAD")
	}
	write("go.mod", "module github.com/reprise-tls/reprise\n\ngo 1.26\n")
	write("shards/shards.go", "package shards\n")
	write("internal/yield/yield.go", "package yield\n")
	write("cmd/loadgen/main.go", fmt.Sprintf(`package main

import (
	"fmt"
	"os"
	"syscall"

	"github.com/reprise-tls/reprise/engine"
)

func main() {
	fmt.Fprintln(os.Stderr, syscall.Exec(%q, append([]string{"loadgen", "worker"}, engine.Arguments...), os.Environ()))
}
`, self))
	git("init", "-q")
	sound = commit("var Arguments []string\n")
	wrong = commit("var Arguments = nothing\n")
	slow = commit("var Arguments = []string{\"--slow=20\"}\n")
	return sound, slow, wrong
}

func TestCompareRevisions(t *testing.T) {
	sound, slow, wrong := repository(t)
	t.Setenv("TMPDIR", t.TempDir())
	args := with([]string{"compare", "--target", "mutex"}, quick...)
	for _, c := range []struct {
		name string
		args []string
		code int
		want string
	}{
		{"the same", []string{"--base", slow, "--head", "HEAD", "--workload", "get", "--unit", "hit-%"}, ExitOK, "the same program, byte for byte"},
		{"bisect, the work tree is slower", []string{"--base", sound, "--bisect"}, 1, "# head: mutex of " + slow + "\n"},
		{"a head that cannot be built", []string{"--base", sound, "--head", wrong}, ExitError, ""},
		{"bisect, a head that cannot be built", []string{"--base", sound, "--head", wrong, "--bisect"}, ExitSkip, ""},
		{"bisect, a base that cannot be built", []string{"--base", wrong, "--bisect"}, ExitAbort, ""},
		{"a base that there is not", []string{"--base", "--oops"}, ExitError, ""},
	} {
		code, stdout, stderr := execute(t, with(args, c.args...)...)
		if code != c.code || !strings.Contains(stdout, c.want) {
			t.Errorf("%s: exit code %d, want %d, standard error %q\n%s", c.name, code, c.code, stderr, stdout)
		}
		if c.want == "" && strings.Contains(c.name, "cannot be built") && !strings.Contains(stderr, "undefined: nothing") {
			t.Errorf("%s: the compiler is not quoted: %q", c.name, stderr)
		}
	}
	left, err := os.ReadDir(os.Getenv("TMPDIR"))
	for _, entry := range left {
		if strings.HasPrefix(entry.Name(), "loadgen-revisions-") {
			t.Errorf("%s was left behind", entry.Name())
		}
	}
	out, gitErr := exec.CommandContext(t.Context(), "git", "status", "--porcelain").Output()
	if err != nil || gitErr != nil || len(out) > 0 {
		t.Errorf("the work tree was touched: %s (%v, %v)", out, err, gitErr)
	}
}
