// Command testsummary runs the tests of every module of the repository in
// several passes, shows progress and failures as they come, and closes with a
// summary that names what was skipped and why. `make test` runs it.
//
//	testsummary [-passes vet,plain,race,invariants] [-everywhere] [-omit NAME=REASON]... [-run REGEXP] [MODULE ...]
//
// The passes race and invariants leave out packages about which they have
// nothing to say (packages.go), unless -everywhere is given. A MODULE is a folder with a go.mod; without one all of them are tested. It
// exits with 1 if something failed, if no test ran, or, with CI=true in the
// environment, if a test was skipped without the excuse that CONTRIBUTING.md
// names; with 2 if it was used wrongly.
package main

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
)

func main() {
	var o options
	passList := flag.String("passes", strings.Join(passNames(), ","), "passes to make over every module")
	flag.BoolVar(&o.everywhere, "everywhere", false, "make every pass over every package")
	flag.StringVar(&o.run, "run", "", "run only the tests that match, as in go test -run")
	flag.Var(&o.omit, "omit", "list a pass or a module as skipped: `NAME=REASON`")
	flag.Parse()

	var err error
	if o.passes, err = parsePasses(*passList); err == nil {
		o.modules, err = modules(".", flag.Args())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "testsummary:", err)
		os.Exit(2)
	}
	if !summarize(os.Stdout, runAll(o, os.Stdout), os.Getenv("CI") == "true") {
		os.Exit(1)
	}
}

// options say what to run.
type options struct {
	passes  []pass
	modules []string // folders
	run     string
	omit    omissions

	everywhere bool // leave no packages out
}

// omissions maps the name of a pass or a module to the reason why it cannot
// run here.
type omissions map[string]string

func (o omissions) String() string { return "" }

// Set parses NAME=REASON.
func (o *omissions) Set(s string) error {
	name, reason, ok := strings.Cut(s, "=")
	if !ok || name == "" || reason == "" {
		return fmt.Errorf("%q is not NAME=REASON", s)
	}
	if *o == nil {
		*o = omissions{}
	}
	(*o)[name] = reason
	return nil
}

// A pass is one way to test a module: the go command's arguments before the
// packages, and which packages.
type pass struct {
	name     string
	commands [][]string
	of       choice
}

var allPasses = []pass{
	{"vet", [][]string{{"vet"}, {"vet", "-tags", "invariants"}, {"vet", "-tags", "long"}}, choice{}},
	{"plain", [][]string{goTest()}, choice{}},
	{"race", [][]string{goTest("-race")}, concurrent},
	{"invariants", [][]string{goTest("-tags", "invariants")}, invariant},
}

// goTest leaves the cache of test results out: a test of concurrent code that
// passed once has not passed today.
func goTest(flags ...string) []string {
	return append([]string{"test", "-json", "-count=1", "-timeout=20m"}, flags...)
}

func passNames() (names []string) {
	for _, p := range allPasses {
		names = append(names, p.name)
	}
	return names
}

func parsePasses(list string) (passes []pass, err error) {
	for name := range strings.SplitSeq(list, ",") {
		i := slices.Index(passNames(), name)
		if i < 0 {
			return nil, fmt.Errorf("no pass is called %q; there are %s", name, strings.Join(passNames(), ", "))
		}
		passes = append(passes, allPasses[i])
	}
	return passes, nil
}
