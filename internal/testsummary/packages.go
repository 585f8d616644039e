package main

import (
	"fmt"
	"os/exec"
	"path"
	"slices"
	"strings"
)

// repository is the path of the root module; those of the others begin with it.
const repository = "github.com/reprise-tls/reprise"

// A choice says for which packages a pass has something to say. Folders are
// relative to the root of the repository and stand for what is below them too.
type choice struct {
	only   []string // empty: all
	but    []string
	reason string // for those that are left out
}

// concurrent is all but code that runs on one goroutine, or that starts
// processes whose code is tested where it is; each of those waits for others.
var concurrent = choice{
	reason: "sequential code, and the command line, whose tests start hundreds of processes",
	but: []string{
		"conformance", "internal/atomicfile", "internal/benchtable", "internal/cli", "internal/compare", "internal/exact", "internal/mutants", "internal/plan",
		"internal/report", "internal/trace",
	},
}

// invariant is code that the tag invariants changes, and what drives it.
var invariant = choice{
	reason: "the tag changes nothing that they test",
	only: []string{
		"bench", "conformance", "engine", "handover", "internal/interleave", "internal/soak", "internal/yield", "lincheck", "openssl",
		"shards", "tlscache",
	},
}

func (c choice) includes(importPath string) bool {
	folder := strings.TrimPrefix(strings.TrimPrefix(importPath, repository), "/")
	below := func(top string) bool { return folder == top || strings.HasPrefix(folder, top+"/") }
	return (len(c.only) == 0 || slices.ContainsFunc(c.only, below)) && !slices.ContainsFunc(c.but, below)
}

// packages returns the arguments that name the chosen packages of a module, and
// how many were left out.
func (c choice) packages(module string) (chosen []string, left int, err error) {
	if len(c.only)+len(c.but) == 0 {
		return []string{"./..."}, 0, nil
	}
	cmd := exec.Command("go", "list", "./...")
	cmd.Dir = module
	out, err := cmd.Output()
	if err != nil {
		return nil, 0, fmt.Errorf("go list in %s: %w", path.Clean(module), err)
	}
	for p := range strings.FieldsSeq(string(out)) {
		if c.includes(p) {
			chosen = append(chosen, p)
		} else {
			left++
		}
	}
	return chosen, left, nil
}
