package golang

import (
	"os"
	"strings"
	"testing"

	"github.com/reprise-tls/reprise/bench"
	"github.com/reprise-tls/reprise/internal/measure"
)

func TestTableIsComplete(t *testing.T) {
	names := map[string]bool{"engine": true, "floor": true, "null": true} // which are no peers
	for _, p := range Peers() {
		if names[p.Name] {
			t.Errorf("%s is there twice", p.Name)
		}
		names[p.Name] = true
		if p.Doc == "" || p.Waits == "" || p.Adapter == "" {
			t.Errorf("%s: something is not said", p.Name)
		}
	}
	for _, target := range bench.Targets() {
		if !names[target.Name] {
			t.Errorf("target %s is missing", target.Name)
		}
	}
}

// The rows do not contradict themselves.
func TestTableIsConsistent(t *testing.T) {
	for _, p := range Peers() {
		if loses := p.Loses != ""; loses == sound(p) {
			t.Errorf("%s: loses %q, identity %s, replacement %s, references %s", p.Name, p.Loses, p.Identity, p.Replacement, p.References)
		}
		if p.NoBound != "" && (p.Bound != No || p.OldestFirst != No) {
			t.Errorf("%s has no bound and a bound or an order", p.Name)
		}
		if p.New == nil {
			if _, err := measure.Find(bench.Targets(), p.Name); err != nil {
				t.Errorf("%s: %v", p.Name, err)
			}
		}
	}
}

func TestSomePeersHaveTheSameSemantics(t *testing.T) {
	for _, p := range Peers() {
		switch p.Name {
		case "locked", "xsync4-bounded", "golang-lru-locked", "xsync":
			if !p.SameSemantics() {
				t.Errorf("%s lacks something", p.Name)
			}
		default:
			if p.SameSemantics() {
				t.Errorf("%s has everything", p.Name)
			}
		}
	}
}

func TestTargetsAreThePeers(t *testing.T) {
	targets := append(bench.Targets(), Targets()...)
	seen := map[string]bool{}
	for _, target := range targets {
		if seen[target.Name] {
			t.Errorf("two targets are called %s", target.Name)
		}
		seen[target.Name] = true
	}
	for _, p := range Peers() {
		if !seen[p.Name] {
			t.Errorf("%s is no target", p.Name)
		}
	}
}

// Every library is in go.mod, from where the version gets into what is built;
// test binaries do not have it.
func TestLibrariesAreRequired(t *testing.T) {
	b, err := os.ReadFile("../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range Peers() {
		if p.Module != "" && !strings.Contains(string(b), "\t"+p.Module+" v") {
			t.Errorf("%s: %s is not required", p.Name, p.Module)
		}
	}
}

func TestTableInMarkdown(t *testing.T) {
	var b strings.Builder
	if err := WriteTable(&b); err != nil {
		t.Fatal(err)
	}
	rows := strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n")
	if len(rows) != len(Peers())+2 {
		t.Fatalf("%d rows", len(rows))
	}
	for _, row := range rows {
		if strings.Count(row, "|") != len(columns)+1 {
			t.Errorf("a row with other columns: %s", row)
		}
	}
	for i, p := range Peers() {
		if !strings.HasPrefix(rows[i+2], "| "+p.Name+" | ") {
			t.Errorf("row %d is %s", i, rows[i+2])
		}
	}
}
