package handshake

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"time"
)

// A client has one session, of one kind. One goroutine at a time may use it.
type client struct {
	config  *tls.Config
	session *tls.ClientSessionState
	offer   bool // the session, in the handshake that is going on
	tickets int  // that came
}

// newClient returns a client whose config is base's for a kind.
func newClient(base *tls.Config, kind Kind, certificate *tls.Certificate) *client {
	c := &client{config: base.Clone()}
	c.config.MinVersion, c.config.MaxVersion = kind.Version(), kind.Version()
	c.config.ClientSessionCache = c
	if kind.Mutual() {
		c.config.Certificates = []tls.Certificate{*certificate}
	}
	return c
}

// Get implements [tls.ClientSessionCache]; a client talks to one server only.
func (c *client) Get(string) (*tls.ClientSessionState, bool) {
	return c.session, c.offer && c.session != nil
}

// Put implements [tls.ClientSessionCache]. Nil says that the session is no
// longer good for anything.
func (c *client) Put(_ string, session *tls.ClientSessionState) {
	c.session = session
	if session != nil {
		c.tickets++
	}
}

// An outcome is what came of a connection that was begun.
type outcome uint8

const (
	failed outcome = iota
	full
	resumed
	aborted
)

// A result tells how a connection went.
type result struct {
	outcome  outcome
	offered  bool          // the client offered a session
	ended    time.Duration // when the handshake was done, by the caller's clock
	unclosed bool          // the server did not close after the client had said it would
	err      error         // why it failed
}

// limits bound the parts of a connection.
type limits struct {
	handshake time.Duration // from the beginning to the end of the handshake
	closing   time.Duration // from close_notify to the server's end
}

// connect makes a connection. Now is asked for the time when the handshake is
// done; opened, if not nil, is told the connection once there is one, and nil
// at its end.
func (c *client) connect(d *dialer, l limits, resume, abort bool, now func() time.Duration, opened func(net.Conn)) (r result) {
	c.offer = resume
	r.offered = resume && c.session != nil
	before := c.session
	begun := time.Now()
	raw, err := d.dial()
	if err != nil {
		r.err = err
		return r
	}
	opened(raw)
	defer opened(nil)
	// What is sent after this is lost, so it comes last; an error of either
	// means that the connection has gone already.
	defer func() {
		_ = raw.SetLinger(0)
		_ = raw.Close()
	}()
	wire := &flights{TCPConn: raw, abort: abort}
	t := tls.Client(wire, c.config)
	if r.err = raw.SetDeadline(begun.Add(l.handshake)); r.err == nil {
		r.err = t.Handshake()
	}
	r.ended = now()
	switch {
	case wire.aborted:
		// crypto/tls blames the session. Who gave up has learned nothing of it.
		r.outcome, r.err, c.session = aborted, nil, before
	case r.err != nil:
	case t.ConnectionState().DidResume:
		r.outcome = resumed
	default:
		r.outcome = full
	}
	if r.outcome == full || r.outcome == resumed {
		r.unclosed = end(t, raw, l.closing)
	}
	return r
}

// end says close_notify and reads up to the server's end, which brings the
// session tickets of TLS 1.3. It reports whether the server left that out.
func end(t *tls.Conn, raw net.Conn, allowed time.Duration) (unclosed bool) {
	// A server that has closed already cannot be written to, but read from.
	_ = t.CloseWrite()
	if raw.SetReadDeadline(time.Now().Add(allowed)) != nil {
		return false
	}
	_, err := io.Copy(io.Discard, t)
	var timeout net.Error
	return errors.As(err, &timeout) && timeout.Timeout()
}

// flights is a connection that can be cut when the client's second flight is
// due. crypto/tls writes a flight at once.
type flights struct {
	*net.TCPConn
	abort   bool
	written int
	aborted bool
}

var errAborted = errors.New("handshake: aborted as planned")

func (f *flights) Write(b []byte) (int, error) {
	if f.written++; f.written == 2 && f.abort {
		f.aborted = true
		return 0, errAborted
	}
	return f.TCPConn.Write(b)
}
