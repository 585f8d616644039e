package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/reprise-tls/reprise/internal/site"
)

// serveCommand shows results in a browser.
type serveCommand struct {
	Directory   string `arg:"" default:"results" help:"Directory with results. Only the files in it are read, none of directories in it. Default: ${default}."`
	Listen      string `default:"127.0.0.1:8427" placeholder:"HOST:PORT" help:"Where to listen; port 0 is any that is free. Default: ${default}."`
	AllowRemote bool   `help:"Allow other addresses than loopback ones: anybody who reaches them can read the results."`
}

// Run implements kong's interface. It prints the address and serves until it is
// interrupted.
func (c *serveCommand) Run(p *Program) error {
	root, err := os.OpenRoot(c.Directory)
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }()
	if err := c.allowed(); err != nil {
		return flagError("listen", err)
	}
	listener, err := net.Listen("tcp", c.Listen)
	if err != nil {
		return flagError("listen", err)
	}
	ctx, release := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer release()
	server := &http.Server{
		Handler:           local(c.AllowRemote, site.Handler(root.FS(), "")),
		ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 30 * time.Second, WriteTimeout: time.Minute, IdleTimeout: time.Minute,
		MaxHeaderBytes: 1 << 14,
	}
	fmt.Fprintf(p.Stdout, "http://%s/\n", listener.Addr())
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	ending, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if err := server.Shutdown(ending); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return nil
}

// allowed reports an address that others can reach.
func (c *serveCommand) allowed() error {
	host, _, err := net.SplitHostPort(c.Listen)
	if err != nil {
		return fmt.Errorf("%q is not allowed; allowed are HOST:PORT such as 127.0.0.1:8427", c.Listen)
	}
	if c.AllowRemote || host == "localhost" {
		return nil
	}
	if ip := net.ParseIP(host); ip == nil || !ip.IsLoopback() {
		return fmt.Errorf("%q can be reached from elsewhere; allowed without --allow-remote are loopback addresses, such as 127.0.0.1:8427", c.Listen)
	}
	return nil
}

// local refuses requests whose Host is not a loopback one: a page elsewhere may
// have its own name resolve to 127.0.0.1 (DNS rebinding) and read what is
// served here.
func local(remote bool, next http.Handler) http.Handler {
	if remote {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, _, err := net.SplitHostPort(r.Host)
		if err != nil {
			host = r.Host
		}
		if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
			http.Error(w, "this address serves loopback names only", http.StatusMisdirectedRequest)
			return
		}
		next.ServeHTTP(w, r)
	})
}
