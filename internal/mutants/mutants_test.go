package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// A mutant whose text is no longer in its file, or is there twice, would be
// found out only by those who run them.
func TestEveryMutantApplies(t *testing.T) {
	if n := len(all()); n < 20 {
		t.Errorf("%d mutants", n)
	}
	names := map[string]bool{}
	for _, m := range all() {
		if names[m.name] {
			t.Errorf("two mutants are called %q", m.name)
		}
		names[m.name] = true
		text, err := os.ReadFile(filepath.Join("..", "..", filepath.FromSlash(m.file)))
		if err != nil {
			t.Error(err)
			continue
		}
		changed, err := m.apply(string(text))
		if err != nil {
			t.Errorf("%s: %v", m.name, err)
		} else if changed == string(text) {
			t.Errorf("%s changes nothing", m.name)
		}
		if _, err := regexp.Compile(m.run); err != nil || m.run == "" || m.breaks == "" {
			t.Errorf("%s: it lacks a test (%v) or what it breaks", m.name, err)
		}
		if dir := filepath.Join("..", "..", m.pkg); !strings.HasPrefix(m.pkg, "./") || !isFolder(dir) {
			t.Errorf("%s: there is no package %s", m.name, m.pkg)
		}
	}
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// A text that is there more than once, or not at all, is refused.
func TestApply(t *testing.T) {
	m := mutant{file: "f", old: "ab", new: "c"}
	for text, want := range map[string]string{"xaby": "xcy", "abab": "", "": ""} {
		got, err := m.apply(text)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%q becomes %q (%v), want %q", text, got, err, want)
		}
	}
}

// cause names the test that failed, whichever way it did.
func TestCause(t *testing.T) {
	for output, want := range map[string]string{
		"=== RUN   TestA\n=== RUN   TestA/b\n--- FAIL: TestA (0.00s)\n    --- FAIL: TestA/b (0.00s)\nFAIL\n": "TestA/b fails",
		"=== RUN   TestA\npanic: test timed out after 1m0s\n":                                                "TestA hangs",
		"=== RUN   TestA\n--- FAIL: TestA (0.00s)\npanic: bad [recovered]\n":                                 "TestA panics",
		"=== RUN   TestA\nfatal error: all goroutines are asleep - deadlock!\n":                              "TestA crashes",
		"=== RUN   TestA\n": "TestA does not end well",
	} {
		if got := cause([]byte(output)); got != want {
			t.Errorf("%q: %q, want %q", output, got, want)
		}
	}
}

// The report counts fates and keeps its table in one piece.
func TestMarkdown(t *testing.T) {
	text := markdown([]result{
		{mutant: mutant{name: "a|b", file: "f.go", breaks: "all", tags: "invariants"}, fate: killed, how: "TestA fails"},
		{mutant: mutant{name: "c", file: "g.go", breaks: "all"}, fate: survived, how: "every test\npassed"},
	})
	for _, want := range []string{
		"1 killed, 1 survived, 0 say nothing",
		"| a\\|b | `f.go` | all | killed | TestA fails (`-tags invariants`) |\n",
		"| c | `g.go` | all | SURVIVED | every test passed |\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in:\n%s", want, text)
		}
	}
}
