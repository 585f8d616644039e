// Loadgen drives TLS session caches under load and prints what they do:
//
//	loadgen run --target engine,mutex --workload churn --sessions 100000 --goroutines 1,2
//
// Run "loadgen run --help" for all flags.
package main

import (
	"os"

	"github.com/reprise-tls/reprise/bench"
	"github.com/reprise-tls/reprise/internal/cli"
)

func main() {
	os.Exit(cli.Main(cli.Program{
		Name:    "loadgen",
		Targets: bench.Targets(),
		Default: bench.DefaultTargets(),
		Args:    os.Args[1:],
		Stdin:   os.Stdin,
		Stdout:  os.Stdout,
		Stderr:  os.Stderr,
	}))
}
