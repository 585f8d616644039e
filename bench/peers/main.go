// Peers is the load generator with more targets: what one might use instead of
// the engine.
//
//	go -C bench/peers run . run --target engine,libssl,locked --workload churn --sessions 100000 --goroutines 1,2
//	go -C bench/peers run . peers
//	go -C bench/peers run . bars FILE
//	go -C bench/peers run . table FILE
package main

import (
	"os"
	"slices"

	"github.com/reprise-tls/reprise/bench"
	"github.com/reprise-tls/reprise/bench/peers/bars"
	"github.com/reprise-tls/reprise/bench/peers/golang"
	"github.com/reprise-tls/reprise/bench/peers/libssl"
	"github.com/reprise-tls/reprise/internal/cli"
	"github.com/reprise-tls/reprise/internal/measure"
)

func main() {
	os.Exit(cli.Main(cli.Program{
		Name:     "peers",
		Targets:  slices.Concat(bench.Targets(), []measure.Target{libssl.Target()}, golang.Targets()),
		Default:  bench.DefaultTargets(),
		Commands: []any{new(golang.Command), new(bars.Command)},
		Args:     os.Args[1:],
		Stdin:    os.Stdin,
		Stdout:   os.Stdout,
		Stderr:   os.Stderr,
	}))
}
