package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/cloudflare/tableflip"
)

const (
	// storePatience is how long the start and the end may wait for the store.
	storePatience = 5 * time.Second

	// upgradePatience is how long a new process may take until it is ready.
	upgradePatience = time.Minute
)

// edge is the proxy, put together.
type edge struct {
	options    *options
	log        *slog.Logger
	upg        *tableflip.Upgrader
	estate     *estate
	sessions   *sessions
	handshakes *handshakes
	scope      string
	sockets    *sockets
	proxy      *proxy
	front      *front
	admin      *admin
}

// run runs an edge until a signal ends it, or until the next process has taken
// it over. It prints to out where it serves.
func run(ctx context.Context, o *options, out io.Writer, log *slog.Logger) (err error) {
	upg, err := tableflip.New(tableflip.Options{PIDFile: o.PIDFile, UpgradeTimeout: upgradePatience})
	if err != nil {
		return err
	}
	defer upg.Stop()
	parent, err := openInheritance(ctx, upg)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, parent.close()) }()

	e := &edge{options: o, log: log, upg: upg, estate: parent.estate, handshakes: newHandshakes()}
	defer func() { err = errors.Join(err, e.close()) }()
	if err := e.open(); err != nil {
		return err
	}

	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGHUP, syscall.SIGINT, syscall.SIGTERM)
	defer signal.Stop(signals)
	// From here on a parent gives way. What could fail has not.
	if err := upg.Ready(); err != nil {
		return err
	}
	parent.takeSessions(ctx, e)
	e.serve(ctx, out)
	return e.follow(ctx, signals)
}

// open makes everything that can fail, and serves nothing yet.
func (e *edge) open() (err error) {
	o := e.options
	var keys *fleetKeys
	secret := e.estate.Secret
	if o.KeyFile != "" {
		if keys, err = readKeyFile(o.KeyFile, e.log); err != nil {
			return err
		}
		secret = keys.name
	}
	selfSigned, err := e.estate.certificate()
	if err != nil {
		return err
	}
	id, err := loadIdentity(o, selfSigned)
	if err != nil {
		return err
	}
	e.scope = id.scope
	if e.sessions, err = openSessions(o, keys, secret, id.scope, e.log); err != nil {
		return err
	}
	if e.proxy, err = newProxy(o.Upstream, e.log); err != nil {
		return err
	}
	if e.sockets, err = openSockets(o, e.upg); err != nil {
		return err
	}
	install := func(c *tls.Config) (*tls.Config, error) { return e.sessions.server.Install(e.handshakes.count(c)) }
	if e.front, err = newFront(o, e.sockets, id.config, install, e.proxy, e.log); err != nil {
		return err
	}
	e.admin, err = newAdmin(e.sessions, e.proxy, e.log)
	return err
}

// serve begins to serve.
func (e *edge) serve(ctx context.Context, out io.Writer) {
	// With the fleet's epochs the first client can already resume. Without
	// them it cannot, and that is all.
	if e.options.hasStore() {
		ctx, cancel := context.WithTimeout(ctx, storePatience)
		defer cancel()
		if err := e.sessions.server.Sync(ctx, e.scope); err != nil {
			e.log.Warn("the store does not say yet what was revoked; sessions of other nodes resume later", "error", err)
		}
	}
	e.front.serve()
	address := e.sockets.tcp.Addr()
	e.log.Info("serving", "address", address.String(), "http3", e.front.http3 != nil, "store", e.options.hasStore())
	fmt.Fprintf(out, "edge: https://%s\n", address)
	if len(e.options.Cert) == 0 {
		fmt.Fprintf(out, "try it, twice over new connections: curl --insecure --http1.1 --header 'Connection: close' https://%[1]s/1 https://%[1]s/2\n", address)
	}
	if e.sockets.admin != nil {
		go e.admin.serve(e.sockets.admin, e.log)
		fmt.Fprintf(out, "metrics: http://%s/metrics\n", e.sockets.admin.Addr())
	}
}

// follow does what signals say, until one of them or a reload ends the process.
func (e *edge) follow(ctx context.Context, signals <-chan os.Signal) error {
	for {
		select {
		case err := <-e.front.errs:
			if !errors.Is(err, http.ErrServerClosed) {
				return fmt.Errorf("serving: %w", err)
			}
		case s := <-signals:
			if s != syscall.SIGHUP {
				e.log.Info("ending", "signal", s.String())
				return e.shutDown(ctx)
			}
			handedOver, err := e.reload(ctx)
			if err != nil {
				e.log.Error("reload", "handed-over", handedOver, "error", err)
			}
			if handedOver {
				return e.drain(ctx)
			}
		}
	}
}

// shutDown ends an edge that nobody takes over.
func (e *edge) shutDown(ctx context.Context) error {
	e.upg.Stop()
	quic := make(chan error, 1)
	go func() { quic <- e.front.endQUIC(ctx, e.options.Drain) }()
	return errors.Join(e.drain(ctx), <-quic)
}

// drain waits for requests under way, until --drain is over or another signal
// says that it is enough.
func (e *edge) drain(ctx context.Context) error {
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, e.options.Drain)
	defer cancel()
	return e.front.drain(ctx)
}

// close closes what was opened, also if that was not everything.
func (e *edge) close() error {
	var errs []error
	if e.admin != nil {
		errs = append(errs, ignoreClosed(e.admin.server.Close()))
	}
	if e.sockets != nil {
		errs = append(errs, e.sockets.close())
	}
	if e.proxy != nil {
		errs = append(errs, e.proxy.close())
	}
	if e.sessions != nil {
		ctx, cancel := context.WithTimeout(context.Background(), storePatience)
		defer cancel()
		errs = append(errs, e.sessions.close(ctx))
	}
	return errors.Join(errs...)
}
