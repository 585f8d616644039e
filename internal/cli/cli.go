package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/reprise-tls/reprise/engine"
	"github.com/reprise-tls/reprise/internal/compare"
	"github.com/reprise-tls/reprise/internal/measure"
	"github.com/reprise-tls/reprise/internal/paired"
	"github.com/reprise-tls/reprise/internal/soak"
	"github.com/reprise-tls/reprise/internal/workload"
)

// Exit codes.
const (
	ExitOK           = 0
	ExitError        = 1   // wrong usage, a target that failed, or a final check that found something
	ExitRegression   = 2   // a verdict: slower than allowed
	ExitInconclusive = 3   // a verdict: cannot be told
	ExitSkip         = 125 // to git bisect run: the revision cannot be tested
	ExitAbort        = 128 // to git bisect run: nothing can
	ExitInterrupted  = 130 // a partial result was written; 1 if something was wrong with it too
)

// A Program is a load generator with certain targets.
type Program struct {
	Name    string           // of the command
	Targets []measure.Target // all there are, the null target among them
	Default []string         // the names of those measured when none are named

	// Commands are further commands: pointers to structures whose fields are
	// commands, as kong has them, whose Run may take a *Program.
	Commands []any

	Args           []string // without the name of the command
	Stdin          io.Reader
	Stdout, Stderr io.Writer
}

// commands are the subcommands.
type commands struct {
	Run     runCommand     `cmd:"" help:"Measure targets under closed-loop workloads."`
	Compare compareCommand `kong:"cmd,set='target=',set='target_help=To be given, but for one target compared with itself and for revisions.',set='duration=100ms',set='count=4',set='warm_up=50ms',set='sample=0',set='format=text',set='formats=${compare_formats}',set='of_a_launch= in a launch',set='count_help=An even number gives every order as often as its reverse.',help='Compare targets, revisions of the engine, or files, and say which is slower.'"`
	Gate    gateCommand    `kong:"cmd,set='target=',set='target_help=To be given, but for one target compared with itself and for revisions.',set='duration=100ms',set='count=4',set='warm_up=50ms',set='sample=0',set='format=text',set='formats=${gate_formats}',set='of_a_launch= in a launch',set='count_help=An even number gives every order as often as its reverse.',help='Compare, and fail when it became slower; for continuous integration.'"`
	History historyCommand `cmd:"" help:"Show committed runs as series and where they changed."`
	Sweep   sweepCommand   `cmd:"" help:"Measure throughput over the number of goroutines and fit a law of scalability."`
	MRC     mrcCommand     `cmd:"" name:"mrc" help:"Miss ratios by cache size, of a trace or of a population."`
	Plan    planCommand    `cmd:"" help:"Caches, memory and cores that a given traffic needs."`
	TLS     tlsCommand     `cmd:"" name:"tls" help:"Make real TLS handshakes, against servers of its own or another one, and measure them."`
	Report  reportCommand  `cmd:"" help:"Write pages of results and their history, for a browser."`
	Serve   serveCommand   `cmd:"" help:"Show the results in a directory in a browser."`
	Soak    soakCommand    `cmd:"" help:"Drive the engine with everything at once and check that it keeps its promises."`
	Worker  workerCommand  `cmd:"" hidden:"" help:"Run one target for another process."`

	TLSTarget tlsTargetCommand `cmd:"" name:"tls-target" hidden:"" help:"Be the server of one target of tls for another process."`

	kong.Plugins // [Program].Commands
}

// exitRequest is what kong's exit function, which must not return, panics
// with.
type exitRequest int

// Main carries out the command line and returns the exit code.
func Main(p Program) (code int) {
	defer func() {
		switch r := recover().(type) {
		case nil:
		case exitRequest:
			code = int(r)
		default:
			panic(r)
		}
	}()
	c := commands{Plugins: p.Commands}
	parser, err := kong.New(&c,
		kong.Name(p.Name),
		kong.Description("Load generator for TLS session caches.\n\n"+
			"Exit codes: 0 all is well; 1 wrong usage, a target or (tls) more connections than allowed that failed, or a check that found something; "+
			"2 and 3 are verdicts (slower than allowed, inconclusive); 130 interrupted, with a partial result. With --bisect they are what git bisect run wants: "+
			"0 not slower; 1 slower; 125 the revision cannot be built or the verdict is inconclusive; 128 and more, something is wrong."),
		kong.Writers(p.Stdout, p.Stderr),
		kong.Exit(func(code int) { panic(exitRequest(code)) }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.Bind(&p),
		p.variables(),
	)
	if err != nil {
		return p.fail(err)
	}
	context, err := parser.Parse(p.Args)
	if err != nil {
		fmt.Fprintf(p.Stderr, "%s: error: %v\n%s --help and %s COMMAND --help say what is allowed\n", p.Name, err, p.Name, p.Name)
		if slices.Contains(p.Args, "--bisect") {
			return ExitAbort // or git would take the revision for a bad one
		}
		return ExitError
	}
	if err := context.Run(); err != nil {
		var withCode codeError
		if errors.As(err, &withCode) {
			return int(withCode)
		}
		return p.fail(err)
	}
	return ExitOK
}

// commandLine returns the command as a shell takes it.
func (p *Program) commandLine() string {
	words := []string{p.Name}
	for _, a := range p.Args {
		if plain.MatchString(a) {
			words = append(words, a)
			continue
		}
		words = append(words, "'"+strings.ReplaceAll(a, "'", `'\''`)+"'")
	}
	return strings.Join(words, " ")
}

// plain are arguments that no shell changes.
var plain = regexp.MustCompile(`^[-+\w./,:=@%]+$`)

func (p *Program) fail(err error) int {
	fmt.Fprintf(p.Stderr, "%s: error: %v\n", p.Name, err)
	return ExitError
}

// A codeError ends the program with its code, about which everything has been
// said.
type codeError int

// Exit returns an error that ends the program with a code, for commands of
// programs that have said everything themselves.
func Exit(code int) error { return codeError(code) }

func (e codeError) Error() string { return fmt.Sprintf("exit code %d", int(e)) }

// variables are what help texts and defaults mention.
func (p *Program) variables() kong.Vars {
	var targets []string
	for _, t := range p.Targets {
		targets = append(targets, t.Name+" ("+t.Doc+")")
	}
	var kinds []string
	for _, k := range workload.Kinds() {
		kinds = append(kinds, fmt.Sprintf("%s (%s)", k, k.Doc()))
	}
	goroutines := "1"
	if n := runtime.GOMAXPROCS(0); n > 1 {
		goroutines += "," + strconv.Itoa(n)
	}
	return kong.Vars{
		"targets":    strings.Join(targets, "; "),
		"target":     strings.Join(p.Default, ","),
		"workloads":  strings.Join(kinds, "; "),
		"goroutines": goroutines,
		"mix":        workload.DefaultMix.String(),
		"states":     workload.DefaultStateMix.String(),
		"objects":    strconv.Itoa(workload.DefaultObjects),
		"flood":      strconv.Itoa(workload.DefaultFlood),

		"duration": "200ms", "count": "10", "warm_up": "100ms", "sample": "64", "format": "table",
		"target_help": "Default: " + strings.Join(p.Default, ",") + ".",
		"of_a_launch": "", "count_help": "An interval needs 6.",
		"formats":         "table; bench, Go's benchmark format, for benchstat -col /impl; json, with all samples; csv, of a scenario one row a second and target; html, a page that needs no network, to a file with -o FILE.html",
		"compare_formats": "text, benchstat's table and the verdicts; csv, the table alone; bench, Go's benchmark format with the verdicts as comments; json, with all samples; html, a page that needs no network",
		"gate_formats":    "text, the verdicts; json, with all samples; and those of compare",
		"alpha":           fmt.Sprint(compare.DefaultAlpha),
		"threshold":       fmt.Sprintf("%g%%", 100*compare.DefaultThreshold),
		"tls_targets":     describeTLSTargets(),
		"tls_capacity":    strconv.Itoa(engine.DefaultCapacity),

		"soak_sessions":   strconv.Itoa(soak.DefaultSessions),
		"soak_goroutines": strconv.Itoa(soak.DefaultGoroutines),
		"soak_checkpoint": soak.DefaultCheckpoint.String(),
	}
}

// workerCommand runs one target for another process of the same program.
type workerCommand struct {
	Slow float64 `default:"-1" help:"Slow the target by this share; below 0: do not touch it."`
}

// Run implements kong's interface.
func (c *workerCommand) Run(p *Program) error {
	targets := p.Targets
	if c.Slow >= 0 {
		targets = nil
		for _, t := range p.Targets {
			targets = append(targets, paired.Slow(t, c.Slow))
		}
	}
	return measure.Work(targets, p.Stdin, p.replies())
}

// replies returns where the process of a target writes its replies.
func (p *Program) replies() io.Writer {
	out := p.Stdout
	if out == os.Stdout {
		// What a target prints must not get between the replies.
		os.Stdout = os.Stderr
	}
	return out
}

// worker returns what makes commands that run this program as a worker.
func worker() (func() *exec.Cmd, error) { return itself("worker") }

// itself returns what makes commands that run a command of this program.
func itself(command string) (func() *exec.Cmd, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("this program's own file, which every target's process runs: %w", err)
	}
	return func() *exec.Cmd { return exec.Command(self, command) }, nil
}
