package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"

	"github.com/reprise-tls/reprise/internal/compare"
	"github.com/reprise-tls/reprise/internal/measure"
	"github.com/reprise-tls/reprise/internal/paired"
	"github.com/reprise-tls/reprise/internal/revision"
)

// Names of the revisions in results. Their commits are in the remarks: a name
// that changed with every commit would make a new benchmark of each.
const (
	baseName = "base"
	headName = "head"
)

// revisions builds two revisions and compares them.
func (c *comparisonFlags) revisions(p *Program, rule compare.Rule, format string) (err error) {
	target := "engine"
	switch len(c.Target) {
	case 0:
	case 1:
		target = c.Target[0]
	default:
		return flagError("target", fmt.Errorf("%q: two revisions of one target are compared; allowed is one name", c.Target))
	}
	c.Target = list{target}
	config, err := c.sliced(p)
	if err != nil {
		return err
	}
	write, err := c.writer(format)
	if err != nil {
		return err
	}
	shown, err := newProgress(p.Stderr, p.Name, c.Progress)
	if err != nil {
		return err
	}
	scratch, err := os.MkdirTemp("", "loadgen-revisions-")
	if err != nil {
		return err
	}
	remove := func() { _ = os.RemoveAll(scratch) } // of the second interrupt, after which nobody could be told
	defer func() { err = errors.Join(err, os.RemoveAll(scratch)) }()
	ctx, release := untilInterrupted(shown, remove)
	defer release()

	builder := &revision.Builder{Repository: ".", Harness: c.Harness, Scratch: scratch}
	base, head, err := buildBoth(ctx, builder, c.Base, c.Head, shown)
	if err != nil {
		shown.end()
		return c.notBuilt(p, err)
	}
	config.Command = func() *exec.Cmd { return exec.Command(base.Path, "worker") } // the null target's too
	config.Instances = []measure.Instance{
		{Name: baseName, Target: target},
		{Name: again(baseName), Target: target},
		{Name: headName, Target: target, Command: func() *exec.Cmd { return exec.Command(head.Path, "worker") }},
	}
	result, err := c.run(ctx, paired.Config{
		Measure: config, Base: baseName, Again: again(baseName), Candidates: []string{headName}, Rule: rule,
	}, shown)
	shown.end()
	if err != nil {
		return err
	}
	result.Settings.Notes = append(result.Settings.Notes, "base: "+target+" of "+base.Commit, "head: "+target+" of "+head.Commit)
	if same, err := sameFile(base.Path, head.Path); err != nil {
		return err
	} else if same {
		result.Settings.Notes = append(result.Settings.Notes, "base and head are the same program, byte for byte")
	}
	if err := write(p.Stdout, result, p.commandLine()); err != nil {
		return fmt.Errorf("writing the result: %w", err)
	}
	return p.compared(result)
}

// buildBoth builds the programs of two revisions.
func buildBoth(ctx context.Context, b *revision.Builder, base, head string, shown *progress) (old, young revision.Program, err error) {
	shown.say("building the engine of " + base)
	if old, err = b.Build(ctx, base); err != nil {
		return old, young, fmt.Errorf("base: %w", err)
	}
	if head == revision.WorkTree {
		shown.say("building the engine of the work tree")
	} else {
		shown.say("building the engine of " + head)
	}
	if young, err = b.Build(ctx, head); err != nil {
		return old, young, fmt.Errorf("head: %w", err)
	}
	return old, young, nil
}

// sameFile reports whether two files have the same content.
func sameFile(a, b string) (bool, error) {
	one, err := os.ReadFile(a)
	if err != nil {
		return false, err
	}
	other, err := os.ReadFile(b)
	return bytes.Equal(one, other), err
}

// notBuilt chooses the exit code where a revision cannot be built: to git
// bisect, a head that cannot be compiled is one to skip.
func (c *comparisonFlags) notBuilt(p *Program, err error) error {
	if errors.Is(err, context.Canceled) {
		return codeError(ExitInterrupted)
	}
	var wrong *revision.BuildError
	if c.Bisect && errors.As(err, &wrong) && wrong.Revision == c.Head {
		p.fail(err)
		return codeError(ExitSkip)
	}
	return err
}
