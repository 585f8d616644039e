package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

// Limits of one mutant.
const (
	testLimit = 60 * time.Second // then a test counts as hung, which is a kill
	graceTime = 10 * time.Second // for a test binary to report that it hung
)

// fate is what became of a mutant.
type fate string

const (
	killed   fate = "killed"
	survived fate = "SURVIVED"
	useless  fate = "ERROR" // it says nothing about the tests: the table is wrong
)

// result is what became of a mutant, how, and how long its test took, without
// compiling it.
type result struct {
	mutant
	fate    fate
	how     string // the test that failed, or what was wrong
	elapsed time.Duration
}

// A laboratory runs tests with one file of the repository replaced.
type laboratory struct {
	root, scratch string
	healthy       map[string]error // by package, tags and pattern: what the test says of no mutant
}

func newLaboratory(root string) (*laboratory, error) {
	absolute, err := filepath.Abs(root)
	if err != nil {
		return nil, err
	}
	scratch, err := os.MkdirTemp("", "mutants")
	if err != nil {
		return nil, err
	}
	return &laboratory{root: absolute, scratch: scratch, healthy: map[string]error{}}, nil
}

func (l *laboratory) close() {
	if err := os.RemoveAll(l.scratch); err != nil {
		fmt.Fprintln(os.Stderr, "mutants:", err)
	}
}

// apply returns the text of a file with the mutant in it.
func (m *mutant) apply(text string) (string, error) {
	if n := strings.Count(text, m.old); n != 1 {
		return "", fmt.Errorf("its old text occurs %d times in %s", n, m.file)
	}
	if m.old == m.new {
		return "", errors.New("it changes nothing")
	}
	return strings.Replace(text, m.old, m.new, 1), nil
}

// examine runs the mutant's test, without and with it.
func (l *laboratory) examine(m mutant) result {
	r := result{mutant: m, fate: useless}
	if err := l.checkHealthy(m); err != nil {
		r.how = err.Error()
		return r
	}
	overlay, err := l.overlay(m)
	if err != nil {
		r.how = err.Error()
		return r
	}
	binary, err := l.build(m, overlay)
	if err != nil {
		r.how = "does not compile: " + err.Error()
		return r
	}
	start := time.Now()
	output, err := l.test(m, binary)
	r.elapsed = time.Since(start)
	var exit *exec.ExitError
	switch {
	case err == nil:
		r.fate, r.how = survived, "every test passed"
	case errors.As(err, &exit):
		r.fate, r.how = killed, cause(output)
	default:
		r.how = err.Error()
	}
	return r
}

// checkHealthy returns an error unless the mutant's test exists and passes
// without the mutant.
func (l *laboratory) checkHealthy(m mutant) error {
	key := strings.Join([]string{m.pkg, m.tags, m.run}, " ")
	if err, known := l.healthy[key]; known {
		return err
	}
	err := func() error {
		binary, err := l.build(m, "")
		if err != nil {
			return fmt.Errorf("the package does not compile without it: %w", err)
		}
		output, err := l.test(m, binary)
		switch {
		case err != nil:
			return fmt.Errorf("the test fails without it: %s", cause(output))
		case !passed.Match(output):
			return errors.New("no test matches " + m.run)
		}
		return nil
	}()
	l.healthy[key] = err
	return err
}

// overlay writes the changed file and returns the file that tells the go
// command to use it.
func (l *laboratory) overlay(m mutant) (string, error) {
	path := filepath.Join(l.root, filepath.FromSlash(m.file))
	text, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	changed, err := m.apply(string(text))
	if err != nil {
		return "", err
	}
	replacement := filepath.Join(l.scratch, "mutant.go")
	if err := os.WriteFile(replacement, []byte(changed), 0o600); err != nil { //nolint:gosec // a path in a folder that this program made
		return "", err
	}
	list, err := json.Marshal(map[string]map[string]string{"Replace": {path: replacement}})
	if err != nil {
		return "", err
	}
	overlay := filepath.Join(l.scratch, "overlay.json")
	return overlay, os.WriteFile(overlay, list, 0o600)
}

// build compiles the test of the mutant's package and returns its binary.
// Without an overlay it is compiled once.
func (l *laboratory) build(m mutant, overlay string) (string, error) {
	name := "mutant.test"
	if overlay == "" {
		name = "healthy-" + filepath.Base(m.pkg) + "-" + m.tags + ".test"
	}
	binary := filepath.Join(l.scratch, name)
	if _, err := os.Stat(binary); err == nil && overlay == "" {
		return binary, nil
	}
	arguments := []string{"test", "-c", "-vet=off", "-ldflags=-s -w", "-o", binary, "-tags", m.tags}
	if overlay != "" {
		arguments = append(arguments, "-overlay", overlay)
	}
	build := exec.Command("go", append(arguments, m.pkg)...)
	build.Dir = l.root
	if output, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w: %s", err, bytes.TrimSpace(output))
	}
	return binary, nil
}

// test runs the mutant's test as go test does, in the folder of its package.
func (l *laboratory) test(m mutant, binary string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(context.Background(), testLimit+graceTime)
	defer cancel()
	test := exec.CommandContext(ctx, binary,
		"-test.run="+m.run, "-test.timeout="+testLimit.String(), "-test.failfast", "-test.v")
	test.Dir = filepath.Join(l.root, m.pkg)
	test.WaitDelay = graceTime
	return test.CombinedOutput()
}

var (
	passed  = regexp.MustCompile(`(?m)^--- PASS: `)
	failed  = regexp.MustCompile(`(?m)^ *--- FAIL: (\S+)`)
	running = regexp.MustCompile(`(?m)^=== (?:RUN|CONT|NAME) +(\S+)$`)
)

// cause returns the test that failed, as output tells it.
func cause(output []byte) string {
	name := ""
	if list := running.FindAllSubmatch(output, -1); len(list) > 0 {
		name = string(list[len(list)-1][1])
	}
	deepest := ""
	for _, m := range failed.FindAllSubmatch(output, -1) {
		if n := string(m[1]); strings.Count(n, "/") > strings.Count(deepest, "/") || deepest == "" {
			deepest = n
		}
	}
	switch {
	case bytes.Contains(output, []byte("panic: test timed out")):
		return name + " hangs"
	case bytes.Contains(output, []byte("fatal error: ")):
		return name + " crashes"
	case bytes.Contains(output, []byte("\npanic: ")):
		return name + " panics"
	case deepest != "":
		return deepest + " fails"
	}
	return name + " does not end well"
}
