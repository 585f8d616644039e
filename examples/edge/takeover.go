package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"

	"github.com/cloudflare/tableflip"

	"github.com/reprise-tls/reprise/handover"
)

// inheritance is what a process has from the one before, if there was one.
type inheritance struct {
	estate *estate
	pipe   *os.File // nil in the first process
}

// openInheritance reads what the parent process has left; in a process without
// one it makes an estate.
func openInheritance(ctx context.Context, upg *tableflip.Upgrader) (*inheritance, error) {
	inherited, err := upg.File(pipeName)
	if err != nil {
		return nil, err
	}
	if inherited == nil {
		made, err := newEstate()
		return &inheritance{estate: made}, err
	}
	i := new(inheritance)
	if i.pipe, err = withDeadlines(inherited); err != nil {
		return nil, err
	}
	if i.estate, err = readEstate(i.pipe); err != nil {
		return nil, errors.Join(fmt.Errorf("what the old process left: %w", err), i.pipe.Close())
	}
	return i, ctx.Err()
}

// withDeadlines makes a file of the same pipe whose reads can be ended.
// Descriptors come over from another process in blocking mode.
func withDeadlines(f *os.File) (*os.File, error) {
	defer f.Close() //nolint:errcheck // its duplicate is used
	fd, err := syscall.Dup(int(f.Fd()))
	if err != nil {
		return nil, err
	}
	syscall.CloseOnExec(fd)
	if err := syscall.SetNonblock(fd, true); err != nil {
		return nil, errors.Join(err, syscall.Close(fd))
	}
	return os.NewFile(uintptr(fd), pipeName), nil
}

// takeSessions adds the old process's sessions to the cache. It returns when
// the old process uses them no more, or has died. What goes wrong costs full
// handshakes, and is logged: this process has to serve anyway.
func (i *inheritance) takeSessions(ctx context.Context, e *edge) {
	if i.pipe == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, handoverPatience)
	defer cancel()
	report, err := i.read(ctx, e)
	if err != nil {
		e.log.Error("sessions were lost on the way from the old process", "added", report.Added, "discarded", report.Discarded, "error", err)
		return
	}
	e.log.Info("took over", "sessions", report.Added, "expired", report.Expired)
}

func (i *inheritance) read(ctx context.Context, e *edge) (handover.ReadReport, error) {
	defer clear(i.estate.StreamKey)
	ring, err := streamRing(i.estate.StreamKey)
	if err != nil {
		return handover.ReadReport{}, err
	}
	defer ring.Close()
	// A stream that was cut may lack what takes used sessions back.
	o := handover.Options{Name: streamName, AllOrNothing: e.options.SingleUse}
	report, err := handover.Read(ctx, i.pipe, e.sessions.cache, ring, o)
	if err != nil {
		return report, err
	}
	epochs, err := readMessage(i.pipe)
	if err != nil {
		return report, fmt.Errorf("epochs: %w", err)
	}
	return report, e.sessions.server.AdoptEpochs(epochs)
}

func (i *inheritance) close() error {
	if i.pipe == nil {
		return nil
	}
	return i.pipe.Close()
}
