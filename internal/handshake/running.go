package handshake

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/reprise-tls/reprise/internal/latency"
	"github.com/reprise-tls/reprise/internal/processor"
)

// runningTarget is a target in the group that is being measured, with its
// clients.
type runningTarget struct {
	Place
	process    *process // nil: a server elsewhere
	dialers    [kindCount]*dialer
	clients    [kindCount][]*client
	generators []*generator // as many as there are ever needed
	cells      map[int]*Cell
	rate       float64 // of the last slice
}

// open starts the process of a target and gives its clients their sessions. It
// returns nil after a failure.
func (r *runner) open(ctx context.Context, name string, mix Mix) *runningTarget {
	t := &runningTarget{Place: Place{name, mix}, cells: make(map[int]*Cell)}
	r.report("preparing "+t.describe(), 0)
	config, certificate, err := r.reach(t)
	if err == nil {
		for i := range slices.Max(r.Goroutines) {
			t.generators = append(t.generators, newGenerator(r.Seed, uint64(i)))
		}
		for _, kind := range mix.kinds() {
			for range r.Clients {
				t.clients[kind] = append(t.clients[kind], newClient(config, kind, certificate))
			}
		}
		err = t.prime(ctx, limits{r.Timeout, r.Closing}, r.Resumed > 0)
	}
	if err != nil {
		t.end()
		if ctx.Err() == nil {
			r.result.Failures = append(r.result.Failures, Failure{t.Place, err.Error()})
		}
		return nil
	}
	return t
}

// reach makes the target's dialers, and returns the config of its clients and
// their certificate.
func (r *runner) reach(t *runningTarget) (*tls.Config, *tls.Certificate, error) {
	config := &tls.Config{NextProtos: []string{"h2", "http/1.1"}}
	if remote := r.Remote; remote != nil && t.Target == remote.Target {
		d := newDialer(remote.Target, remote.Addresses, remote.AllowRemote, r.Timeout)
		for kind := range t.dialers {
			t.dialers[kind] = d
		}
		config.ServerName, config.RootCAs = remote.ServerName, remote.Roots
		config.InsecureSkipVerify = remote.Insecure // the user asked for it
		return config, remote.Certificate, nil
	}
	identity, err := r.certificates.identity()
	if err != nil {
		return nil, nil, err
	}
	if t.process, err = start(r.Command(), r.Deadline); err != nil {
		return nil, nil, err
	}
	answer, err := t.process.call("the request to listen", request{Open: &openRequest{
		Target: t.Target, Capacity: r.Capacity, Identity: identity, Timeout: r.Timeout + r.Closing, CPUProfile: r.profile(t.Place),
	}})
	if err != nil {
		return nil, nil, err
	}
	if answer.Opened == nil {
		return nil, nil, errors.New("the answer to the request to listen has no address")
	}
	for kind := range t.dialers {
		address := answer.Opened.Plain
		if Kind(kind).Mutual() {
			address = answer.Opened.Mutual
		}
		to, err := netip.ParseAddrPort(address)
		if err != nil {
			return nil, nil, fmt.Errorf("the answer to the request to listen: %w", err)
		}
		t.dialers[kind] = newDialer(address, []netip.AddrPort{to}, false, r.Timeout)
	}
	config.ServerName, config.RootCAs = ownName, r.certificates.pool()
	return config, &r.certificates.client, nil
}

// prime makes one full handshake of every kind, to see that it can be done, and
// if all is set, of every client, so that each has a session. A server that
// gives the first client none is not asked by the others.
func (t *runningTarget) prime(ctx context.Context, l limits, all bool) error {
	for _, kind := range t.Mix.kinds() {
		clients := t.clients[kind]
		if err := t.first(kind, clients[0], l); err != nil {
			return fmt.Errorf("a first %s handshake: %w", kind, err)
		}
		if !all || clients[0].session == nil {
			continue
		}
		if err := t.others(ctx, kind, clients[1:], l); err != nil {
			return fmt.Errorf("a %s handshake for a session: %w", kind, err)
		}
	}
	return nil
}

func (t *runningTarget) first(kind Kind, c *client, l limits) error {
	r := c.connect(t.dialers[kind], l, false, false, noTime, nobody)
	return r.err
}

// others makes the handshakes of clients at once, as many as there are
// generators.
func (t *runningTarget) others(ctx context.Context, kind Kind, clients []*client, l limits) error {
	var group sync.WaitGroup
	var next atomic.Int64
	errs := make([]error, len(t.generators))
	for i := range t.generators {
		group.Go(func() {
			for ctx.Err() == nil && errs[i] == nil {
				n := int(next.Add(1)) - 1
				if n >= len(clients) {
					return
				}
				errs[i] = t.first(kind, clients[n], l)
			}
		})
	}
	group.Wait()
	return errors.Join(append(errs, ctx.Err())...)
}

func noTime() time.Duration { return 0 }
func nobody(net.Conn)       {}

// read asks the target's process for its counters, once no connection is open.
func (t *runningTarget) read(collect bool) (reading, error) {
	if t.process == nil {
		return reading{}, nil
	}
	answer, err := t.process.call("the request for its counters", request{Read: &readRequest{collect}})
	if err != nil {
		return reading{}, err
	}
	if answer.Reading == nil {
		return reading{}, errors.New("the answer to the request for its counters has none")
	}
	return *answer.Reading, nil
}

// play lets the generators make connections for a while.
func (t *runningTarget) play(ctx context.Context, p *plan, length time.Duration, collect bool) Sample {
	generators := t.generators[:p.generators]
	t.divide(generators)
	for _, g := range generators {
		g.reset(p)
	}
	if collect {
		runtime.GC()
	}
	var stop atomic.Bool
	release := context.AfterFunc(ctx, func() {
		stop.Store(true)
		for _, g := range generators {
			g.interrupt()
		}
	})
	defer release()

	used := processor.Time()
	clock := latency.NewClock()
	var group sync.WaitGroup
	for i, g := range generators {
		group.Go(func() {
			if p.rate > 0 {
				g.paced(clock, length, i, &stop)
			} else {
				g.closed(clock, length, &stop)
			}
		})
	}
	group.Wait()
	took := elapsed(clock)
	s := sum(generators, p.rate > 0, took)
	s.Elapsed, s.Client = took, processor.Time()-used
	return s
}

// divide gives each generator an equal part of the clients.
func (t *runningTarget) divide(generators []*generator) {
	for i, g := range generators {
		g.dialers = t.dialers
		for kind, clients := range t.clients {
			n := len(clients)
			g.clients[kind] = clients[i*n/len(generators) : (i+1)*n/len(generators)]
		}
	}
}

// end ends the target's process.
func (t *runningTarget) end() {
	if t.process != nil {
		t.process.End()
	}
}
