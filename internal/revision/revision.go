package revision

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// Module is the module whose revisions can be built.
const Module = "github.com/reprise-tls/reprise"

// WorkTree stands for what is in the work tree, committed or not.
const WorkTree = ""

// engineDirectories are what comes from the revision.
var engineDirectories = []string{"engine", "shards", "internal/yield"}

// A Builder builds programs. One goroutine at a time may use it.
type Builder struct {
	Repository string // a directory in a work tree of the repository that has the revisions
	Harness    string // the same of the source tree that has the harness
	Scratch    string // an existing directory to build in, whose content the caller removes
}

// A Program is a load generator.
type Program struct {
	Path   string // of the executable
	Commit string // whose engine it has; for a work tree that on which it is based, with "-dirty" where it differs
}

// A BuildError says that the source of a revision cannot be compiled, as
// opposed to one that cannot be found.
type BuildError struct {
	Revision string
	Output   string // the compiler's
	Err      error
}

func (e *BuildError) Error() string {
	return fmt.Sprintf("the engine of %s cannot be built with this harness: %v\n%s", describe(e.Revision), e.Err, strings.TrimSpace(e.Output))
}

// Unwrap returns why.
func (e *BuildError) Unwrap() error { return e.Err }

func describe(revision string) string {
	if revision == WorkTree {
		return "the work tree"
	}
	return "revision " + revision
}

// Build builds the program of a revision, anything that git can resolve to a
// commit, or of [WorkTree]. When the context ends the build ends, with the
// context's error.
func (b *Builder) Build(ctx context.Context, revision string) (Program, error) {
	p, err := b.build(ctx, revision)
	if ctx.Err() != nil {
		return Program{}, ctx.Err()
	}
	return p, err
}

func (b *Builder) build(ctx context.Context, revision string) (p Program, err error) {
	repository, err := moduleRoot(ctx, b.Repository)
	if err != nil {
		return p, err
	}
	harness, err := moduleRoot(ctx, b.Harness)
	if err != nil {
		return p, err
	}
	if p.Commit, err = commit(ctx, repository, revision); err != nil {
		return p, err
	}
	source, err := os.MkdirTemp(b.Scratch, "source-")
	if err != nil {
		return p, err
	}
	if err := copyHarness(ctx, harness, source); err != nil {
		return p, fmt.Errorf("copying the harness: %w", err)
	}
	if revision == WorkTree {
		err = copyTracked(ctx, repository, source, engineDirectories, nil)
	} else {
		err = extract(ctx, repository, p.Commit, source)
	}
	if err != nil {
		return p, fmt.Errorf("the engine of %s: %w", describe(revision), err)
	}
	p.Path = filepath.Join(source, "loadgen")
	return p, compile(ctx, revision, source, p.Path)
}

// compile builds the command. Paths are left out of the program, so that equal
// sources make equal programs.
func compile(ctx context.Context, revision, source, program string) error {
	cmd := command(ctx, source, "go", "build", "-trimpath", "-buildvcs=false", "-o", program, "./cmd/loadgen")
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	if err := cmd.Run(); err != nil {
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			return err // there is no go command
		}
		return &BuildError{Revision: revision, Output: output.String(), Err: err}
	}
	return nil
}

// interruptGrace is how long a command has to clean up.
const interruptGrace = 10 * time.Second

// command returns a command that is interrupted, and killed only if it does not
// end then, when the context ends.
func command(ctx context.Context, directory, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = directory
	cmd.Env = append(os.Environ(), "GOWORK=off")
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = interruptGrace
	return cmd
}

// output returns what a command writes to standard output, and an error with
// what it says of it.
func output(ctx context.Context, directory, name string, args ...string) ([]byte, error) {
	cmd := command(ctx, directory, name, args...)
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%s %s in %s: %w: %s", name, args[0], directory, err, strings.TrimSpace(said.String()))
	}
	return out, nil
}

// moduleRoot returns the root of the module's source tree around a directory.
func moduleRoot(ctx context.Context, directory string) (string, error) {
	out, err := output(ctx, directory, "go", "list", "-m", "-f", "{{if .Main}}{{.Path}}\t{{.Dir}}{{end}}")
	if err != nil {
		return "", err
	}
	path, root, _ := strings.Cut(strings.TrimSpace(string(out)), "\t")
	if path != Module {
		return "", fmt.Errorf("%s is in module %q; allowed are directories in a checkout of %s", directory, path, Module)
	}
	return root, nil
}

// commit resolves a revision.
func commit(ctx context.Context, repository, revision string) (string, error) {
	name := revision
	if revision == WorkTree {
		name = "HEAD"
	}
	out, err := output(ctx, repository, "git", "rev-parse", "--verify", "--end-of-options", name+"^{commit}")
	if err != nil {
		return "", fmt.Errorf("%s: %w", describe(revision), err)
	}
	hash := strings.TrimSpace(string(out))
	if revision != WorkTree {
		return hash, nil
	}
	changed, err := output(ctx, repository, "git", append([]string{"status", "--porcelain", "--"}, engineDirectories...)...)
	if len(changed) > 0 {
		hash += "-dirty"
	}
	return hash, err
}
