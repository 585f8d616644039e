package tlscache

import (
	"bytes"
	"io"
	"net"
	"sync"
	"time"
)

// duplex is one end of a connection in memory whose writes do not wait for the
// reader, unlike net.Pipe's: when both ends of a handshake write an alert at once,
// neither would go on.
type duplex struct {
	net.Conn // addresses and deadlines: none
	in, out  *stream
}

func newPipe() (a, b *duplex) {
	x, y := newStream(), newStream()
	return &duplex{in: x, out: y}, &duplex{in: y, out: x}
}

func (d *duplex) Read(p []byte) (int, error)       { return d.in.read(p) }
func (d *duplex) Write(p []byte) (int, error)      { return d.out.write(p) }
func (d *duplex) SetDeadline(time.Time) error      { return nil }
func (d *duplex) SetReadDeadline(time.Time) error  { return nil }
func (d *duplex) SetWriteDeadline(time.Time) error { return nil }
func (d *duplex) RemoteAddr() net.Addr             { return &net.TCPAddr{} }
func (d *duplex) Close() error {
	d.in.close()
	d.out.close()
	return nil
}

type stream struct {
	mu     sync.Mutex
	change *sync.Cond
	buffer bytes.Buffer
	closed bool
}

func newStream() *stream {
	s := &stream{}
	s.change = sync.NewCond(&s.mu)
	return s
}

func (s *stream) read(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.buffer.Len() == 0 {
		if s.closed {
			return 0, io.EOF
		}
		s.change.Wait()
	}
	return s.buffer.Read(p)
}

func (s *stream) write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return 0, io.ErrClosedPipe
	}
	s.change.Broadcast()
	return s.buffer.Write(p)
}

func (s *stream) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	s.change.Broadcast()
}
