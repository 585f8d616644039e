package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// modules returns the folders below root that have a go.mod, root first, or
// the given ones if they have. Hidden folders, testdata and bin have none of
// ours.
func modules(root string, only []string) (found []string, err error) {
	for _, m := range only {
		if _, err := os.Stat(filepath.Join(root, m, "go.mod")); err != nil {
			return nil, fmt.Errorf("%s is no module: %w", m, err)
		}
		found = append(found, filepath.Clean(m))
	}
	if len(only) > 0 {
		return found, nil
	}
	err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && path != root && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata" || d.Name() == "bin"):
			return filepath.SkipDir
		case d.Name() == "go.mod":
			dir, err := filepath.Rel(root, filepath.Dir(path))
			found = append(found, dir)
			return err
		}
		return nil
	})
	if err == nil && len(found) == 0 {
		err = errors.New("no go.mod here")
	}
	slices.Sort(found) // "." comes before every name
	return found, err
}

// runAll makes every pass over every module.
func runAll(o options, out io.Writer) (tallies []tally) {
	for _, p := range o.passes {
		for _, m := range o.modules {
			tallies = append(tallies, runPass(o, p, m, out))
		}
	}
	return tallies
}

func runPass(o options, p pass, module string, out io.Writer) tally {
	for _, name := range []string{p.name, module} {
		if reason, omitted := o.omit[name]; omitted {
			return tally{module: module, pass: p.name, skips: []skipped{{test{pkg: module}, reason}}}
		}
	}
	of := p.of
	if o.everywhere {
		of = choice{}
	}
	begun := time.Now()
	c := newCollector(module, p.name, out)
	packages, left, failed := of.packages(module)
	switch {
	case failed != nil:
		return c.finish(failed, time.Since(begun))
	case len(packages) == 0:
		return c.finish(nil, 0) // not one that the pass has something to say about
	}
	fmt.Fprintf(out, "\n== %s, module %s\n", p.name, module)
	if left > 0 {
		fmt.Fprintf(out, "without %d packages: %s\n", left, of.reason)
	}
	for _, args := range p.commands {
		if args[0] == "test" && o.run != "" {
			args = append(args[:len(args):len(args)], "-run", o.run)
		}
		failed = errors.Join(failed, runGo(module, slices.Concat(args, packages), c))
	}
	return c.finish(failed, time.Since(begun))
}

// runGo runs the go command in a module's folder and gives what it prints on
// its standard output to c.
func runGo(dir string, args []string, c *collector) error {
	cmd := exec.Command("go", args...)
	cmd.Dir = dir
	cmd.Stderr = c.out
	// A program with the race detector waits a second before it exits, and some
	// tests start dozens.
	cmd.Env = append(os.Environ(), strings.TrimSpace("GORACE=atexit_sleep_ms=0 "+os.Getenv("GORACE")))
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	readErr := collect(stdout, c)
	if err := cmd.Wait(); err != nil {
		return fmt.Errorf("go %s: %w", strings.Join(args, " "), err)
	}
	return readErr
}

// patience is how long a test runs before it is named once in a while.
const patience = time.Minute

// collect gives c the events of r, and the time now and then.
func collect(r io.Reader, c *collector) error {
	events, end := make(chan event), make(chan error, 1)
	go func() {
		end <- readEvents(r, func(e event) { events <- e })
		close(events)
	}()
	tick := time.NewTicker(patience)
	defer tick.Stop()
	for {
		select {
		case e, more := <-events:
			if !more {
				return <-end
			}
			c.handle(e)
		case now := <-tick.C:
			c.progress(now, patience)
		}
	}
}
