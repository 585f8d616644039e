package handover

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
)

// Listen returns a listener on a Unix socket, for a process that does not start
// its successor itself: it accepts one connection and writes to it. Only the
// process's own user may connect. A socket that another process has left at the
// path is replaced; anything else there is an error. Closing the listener
// removes the socket.
func Listen(path string) (*net.UnixListener, error) {
	switch info, err := os.Lstat(path); {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return nil, fmt.Errorf("handover: %w", err)
	case info.Mode().Type() != fs.ModeSocket:
		return nil, fmt.Errorf("handover: %s is %s; allowed are a socket and nothing", path, info.Mode().Type())
	default:
		if err := os.Remove(path); err != nil {
			return nil, fmt.Errorf("handover: %w", err)
		}
	}
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		return nil, fmt.Errorf("handover: %w", err)
	}
	// Whoever connects before that gets a sealed stream, or makes the writer
	// wait until its context ends.
	if err := os.Chmod(path, 0o600); err != nil {
		return nil, errors.Join(fmt.Errorf("handover: %w", err), l.Close())
	}
	return l, nil
}

// Dial connects to a process that listens at the path by [Listen], to read from
// it. That nobody does is an error that wraps fs.ErrNotExist or
// syscall.ECONNREFUSED: then there is nothing to take over.
func Dial(ctx context.Context, path string) (net.Conn, error) {
	var d net.Dialer
	c, err := d.DialContext(ctx, "unix", path)
	if err != nil {
		return nil, fmt.Errorf("handover: %w", err)
	}
	return c, nil
}
