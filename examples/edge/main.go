package main

import (
	"context"
	"log/slog"
	"os"

	"github.com/alecthomas/kong"
)

func main() {
	var o options
	kong.Parse(&o,
		kong.Name("edge"),
		kong.Description("A TLS-terminating reverse proxy that keeps its sessions in a Reprise cache. SIGHUP reloads it, SIGTERM and SIGINT end it."))
	log := slog.New(slog.NewTextHandler(os.Stderr, nil)).With("pid", os.Getpid())
	if err := run(context.Background(), &o, os.Stdout, log); err != nil {
		log.Error("edge ends", "error", err)
		os.Exit(1)
	}
}
