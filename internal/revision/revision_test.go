package revision

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// tree is a source tree with a git repository.
type tree struct {
	t    *testing.T
	root string
}

func (r tree) write(name, content string) {
	r.t.Helper()
	path := filepath.Join(r.root, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		r.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		r.t.Fatal(err)
	}
}

func (r tree) git(args ...string) string {
	r.t.Helper()
	cmd := exec.CommandContext(r.t.Context(), "git", append([]string{"-c", "user.name=Test", "-c", "user.email=test@example.org"}, args...)...)
	cmd.Dir = r.root
	out, err := cmd.CombinedOutput()
	if err != nil {
		r.t.Fatalf("git %v: %v\n%s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

func (r tree) commit() string {
	r.t.Helper()
	r.git("add", "-A")
	r.git("commit", "-q", "-m", "test")
	return r.git("rev-parse", "HEAD")
}

func newTree(t *testing.T, name string) tree {
	t.Helper()
	r := tree{t, t.TempDir()}
	r.write("go.mod", "module "+Module+"\n\ngo 1.26\n")
	r.write("engine/engine.go", "package engine\n\nconst Name = \"engine of "+name+"\"\n")
	r.write("shards/shards.go", "package shards\n\nconst Name = \"shards of "+name+"\"\n")
	r.write("internal/yield/yield.go", "package yield\n\nconst Name = \"yield of "+name+"\"\n")
	r.write("internal/harness/harness.go", "package harness\n\nconst Name = \"harness of "+name+"\"\n")
	r.write("cmd/loadgen/main.go", `package main

import (
	"fmt"

	"`+Module+`/engine"
	"`+Module+`/internal/harness"
	"`+Module+`/internal/yield"
	"`+Module+`/shards"
)

func main() { fmt.Println(engine.Name, shards.Name, yield.Name, harness.Name) }
`)
	r.git("init", "-q")
	return r
}

func run(t *testing.T, p Program) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), p.Path).Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

// A program has the engine of the revision and the harness of the harness.
func TestBuild(t *testing.T) {
	harness := newTree(t, "H")
	harness.commit()
	r := newTree(t, "R1")
	first := r.commit()
	r.write("engine/engine.go", "package engine\n\nconst Name = \"engine of R2\"\n")
	second := r.commit()
	r.write("engine/engine.go", "package engine\n\n") // deleted, in favour of another file
	if err := os.Remove(filepath.Join(r.root, "engine", "engine.go")); err != nil {
		t.Fatal(err)
	}
	r.write("engine/other.go", "package engine\n\nconst Name = \"engine of the work tree\"\n")

	b := &Builder{Repository: filepath.Join(r.root, "cmd"), Harness: harness.root, Scratch: t.TempDir()}
	for _, c := range []struct{ revision, commit, want string }{
		{first, first, "engine of R1 shards of R1 yield of R1 harness of H"},
		{"HEAD~1", first, "engine of R1 shards of R1 yield of R1 harness of H"},
		{"HEAD", second, "engine of R2 shards of R1 yield of R1 harness of H"},
		{WorkTree, second + "-dirty", "engine of the work tree shards of R1 yield of R1 harness of H"},
	} {
		p, err := b.Build(t.Context(), c.revision)
		if err != nil {
			t.Fatal(err)
		}
		if got := run(t, p); got != c.want || p.Commit != c.commit {
			t.Errorf("%q: %q, commit %s; want %q, commit %s", c.revision, got, p.Commit, c.want, c.commit)
		}
	}
	if status := r.git("status", "--porcelain"); status != "D engine/engine.go\n?? engine/other.go" {
		t.Errorf("the repository was touched:\n%s", status)
	}
}

// Equal sources make equal programs, wherever they were put together.
func TestEqualSourcesMakeEqualPrograms(t *testing.T) {
	r := newTree(t, "R")
	r.commit()
	b := &Builder{Repository: r.root, Harness: r.root, Scratch: t.TempDir()}
	var programs []string
	for _, revision := range []string{"HEAD", WorkTree} {
		p, err := b.Build(t.Context(), revision)
		if err != nil {
			t.Fatal(err)
		}
		content, err := os.ReadFile(p.Path)
		if err != nil {
			t.Fatal(err)
		}
		programs = append(programs, string(content))
		if strings.HasSuffix(p.Commit, "-dirty") {
			t.Errorf("an untouched work tree is %s", p.Commit)
		}
	}
	if programs[0] != programs[1] {
		t.Error("the programs differ")
	}
}

func TestErrors(t *testing.T) {
	r := newTree(t, "R")
	r.commit()
	r.write("engine/engine.go", "package engine\n\nconst Name = missing\n")
	wrong := r.commit()
	r.git("rm", "-q", "-r", "internal/yield")
	incomplete := r.commit()
	elsewhere := tree{t, t.TempDir()}
	elsewhere.write("go.mod", "module example.org/other\n\ngo 1.26\n")

	good := Builder{Repository: r.root, Harness: r.root, Scratch: t.TempDir()}
	_, err := good.Build(t.Context(), wrong)
	var build *BuildError
	if !errors.As(err, &build) || build.Revision != wrong || !strings.Contains(err.Error(), "undefined: missing") {
		t.Errorf("an engine that cannot be compiled: %v", err)
	}
	for _, c := range []struct {
		repository, harness, revision, want string
	}{
		{r.root, r.root, "no-such-revision", "revision no-such-revision"},
		{r.root, r.root, "--all", "revision --all"},
		{r.root, r.root, incomplete, "internal/yield"},
		{elsewhere.root, r.root, "HEAD", `module "example.org/other"; allowed are`},
		{r.root, t.TempDir(), "HEAD", "allowed are directories in a checkout"},
	} {
		b := &Builder{Repository: c.repository, Harness: c.harness, Scratch: t.TempDir()}
		if _, err := b.Build(t.Context(), c.revision); err == nil || !strings.Contains(err.Error(), c.want) || errors.As(err, &build) && build.Revision == c.revision {
			t.Errorf("%q: %v, want %q", c.revision, err, c.want)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := good.Build(ctx, "HEAD"); !errors.Is(err, context.Canceled) {
		t.Errorf("after the context ended: %v", err)
	}
}
