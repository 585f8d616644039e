package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/reprise-tls/reprise/handover"
	"github.com/reprise-tls/reprise/seal"
)

const (
	// pipeName is what the processes call the pipe.
	pipeName = "sessions"

	// streamName is what sessions in it are sealed for.
	streamName = "edge"

	// handshakePatience is how long a reload waits for handshakes under way.
	// New connections wait in the sockets' queues meanwhile.
	handshakePatience = 3 * time.Second

	// handoverPatience bounds a whole handover. A million sessions take seconds.
	handoverPatience = 2 * time.Minute
)

// reload starts a new process and hands sockets and sessions over to it. It
// reports whether the new process has taken over; until then any error leaves
// this one serving as before.
//
// The order is what matters. Most sessions are written while this process
// serves on. Once the next one is ready, no handshake may use the sessions here
// any more, and only then goes what has changed since: so none that was used
// once, or removed, comes back.
func (e *edge) reload(ctx context.Context) (handedOver bool, err error) {
	began := time.Now()
	ctx, cancel := context.WithTimeout(ctx, handoverPatience)
	defer cancel()
	pipe, err := e.openPipe()
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, pipe.Close()) }()
	will, err := e.newWill(pipe)
	if err != nil {
		return false, err
	}

	first := make(chan error, 1)
	go func() { first <- will.begin(ctx) }()
	if err := e.upg.Upgrade(); err != nil {
		cancel() // ends a write that nobody reads
		e.log.Debug("what was written for nobody", "error", <-first)
		return false, fmt.Errorf("the new process: %w", err)
	}

	begun := <-first
	stopped := e.stopAccepting(ctx)
	finished := will.finish(ctx)
	report := will.report()
	e.log.Info("handed over", "sessions", report.Sessions, "taken-back", report.Gone, "took", time.Since(began).Round(time.Millisecond))
	return true, errors.Join(begun, stopped, finished)
}

// stopAccepting leaves the sockets to the next process, and waits until no
// handshake uses the sessions any more.
func (e *edge) stopAccepting(ctx context.Context) error {
	// HTTP/3 first: it takes the longest, and TCP is served meanwhile.
	err := e.front.endQUIC(ctx, quicGrace)
	if e.sockets.admin != nil {
		err = errors.Join(err, ignoreClosed(e.sockets.admin.Close()))
	}
	err = errors.Join(err, ignoreClosed(e.sockets.tcp.Close()))
	ctx, cancel := context.WithTimeout(ctx, handshakePatience)
	defer cancel()
	if broken := e.handshakes.end(ctx); broken > 0 {
		e.log.Warn("handshakes were cut off", "connections", broken)
	}
	return err
}

// openPipe makes the pipe through which the new process gets its estate and the
// sessions, and returns the end to write to.
func (e *edge) openPipe() (*os.File, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	err = e.upg.AddFile(pipeName, r)
	if err = errors.Join(err, r.Close()); err != nil {
		return nil, errors.Join(err, w.Close())
	}
	return w, nil
}

// will is what is written to the pipe: the estate, the sessions in two passes,
// the epochs.
type will struct {
	edge   *edge
	pipe   *os.File
	estate estate
	ring   *seal.Ring
	writer *handover.Writer
}

// newWill makes the key that this handover's sessions are sealed with. A key for
// each makes sure that no stream is read twice.
func (e *edge) newWill(pipe *os.File) (*will, error) {
	w := &will{edge: e, pipe: pipe, estate: *e.estate}
	w.estate.StreamKey = make([]byte, seal.KeySize)
	rand.Read(w.estate.StreamKey)
	var err error
	w.ring, err = streamRing(w.estate.StreamKey)
	return w, err
}

// streamRing makes the ring of a stream's key.
func streamRing(secret []byte) (*seal.Ring, error) {
	key, err := seal.NewKey(secret)
	if err != nil {
		return nil, err
	}
	defer key.Wipe()
	return seal.NewRing(key)
}

// begin writes what there is, while handshakes go on.
func (w *will) begin(ctx context.Context) error {
	defer context.AfterFunc(ctx, func() {
		_ = w.pipe.SetWriteDeadline(time.Unix(1, 0)) // the Writer reports what that ends
	})()
	err := writeEstate(w.pipe, &w.estate)
	clear(w.estate.StreamKey)
	if err != nil {
		return err
	}
	if w.writer, err = handover.NewWriter(w.pipe, w.ring, handover.Options{Name: streamName}); err != nil {
		return err
	}
	return w.writer.Pass(ctx, w.edge.sessions.cache)
}

// finish writes what has changed since. Nobody uses the sessions any more.
func (w *will) finish(ctx context.Context) error {
	defer w.ring.Close()
	if w.writer == nil {
		return nil // begin has failed, and said so
	}
	passed := w.writer.Pass(ctx, w.edge.sessions.cache)
	if err := errors.Join(passed, w.writer.Close()); err != nil {
		return err
	}
	// Last, since a revocation may have come meanwhile.
	return writeMessage(w.pipe, w.edge.sessions.server.AppendEpochs(nil))
}

func (w *will) report() handover.WriteReport {
	if w.writer == nil {
		return handover.WriteReport{}
	}
	return w.writer.Report()
}
