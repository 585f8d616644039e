package handshake

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

func listener(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

// remote is a server elsewhere on the loopback interface that nobody verifies.
func remote(t *testing.T, address string) *Remote {
	t.Helper()
	addresses, err := Resolve(t.Context(), address, false)
	if err != nil {
		t.Fatal(err)
	}
	return &Remote{Target: address, Addresses: addresses, ServerName: ownName, Insecure: true}
}

// opensslServer starts openssl s_server on a free port.
func opensslServer(t *testing.T, c *certificates, args ...string) string {
	t.Helper()
	dir := t.TempDir()
	key, err := x509.MarshalPKCS8PrivateKey(c.server.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	write := func(name, kind string, der []byte) string {
		name = filepath.Join(dir, name)
		if err := os.WriteFile(name, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	cmd := exec.Command("openssl", append([]string{
		"s_server", "-accept", "127.0.0.1:0", "-www",
		"-cert", write("cert.pem", "CERTIFICATE", c.server.Certificate[0]), "-key", write("key.pem", "PRIVATE KEY", key),
		"-CAfile", write("root.pem", "CERTIFICATE", c.root.Raw),
	}, args...)...)
	// It ends with this process, which holds the other end.
	if _, err := cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatalf("openssl, which this test needs: %v", err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	lines := bufio.NewReader(out)
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			t.Fatalf("openssl s_server ended: %v", err)
		}
		if address, ok := strings.CutPrefix(strings.TrimSpace(line), "ACCEPT "); ok {
			go func() { _, _ = io.Copy(io.Discard, lines) }()
			return address
		}
	}
}

// Handshakes of every kind with OpenSSL: full, resumed and aborted.
func TestOpenSSL(t *testing.T) {
	c, err := newCertificates()
	if err != nil {
		t.Fatal(err)
	}
	for kind := range kindCount {
		t.Run(kind.String(), func(t *testing.T) {
			var args []string
			if kind.Mutual() {
				args = []string{"-Verify", "2", "-verify_return_error"}
			}
			g := small(t)
			g.Remote = remote(t, opensslServer(t, c, args...))
			g.Remote.Insecure, g.Remote.Roots, g.Remote.Certificate = false, c.pool(), &c.client
			g.Mixes, g.Aborted, g.Count = []Mix{only(kind)}, 20, 3
			r := run(t, t.Context(), g)
			n := r.Cells[0].Counts()
			if n.Resumed+n.Aborted != n.Started || n.Resumed == 0 {
				t.Errorf("%+v; want all resumed but those aborted", n)
			}
			if n.Unclosed > 0 {
				t.Errorf("%d connections not closed", n.Unclosed)
			}
		})
	}
}

// OpenSSL without tickets and sessions: everything is full.
func TestOpenSSLWithoutSessions(t *testing.T) {
	c, err := newCertificates()
	if err != nil {
		t.Fatal(err)
	}
	g := small(t, "none")
	g.Remote = remote(t, opensslServer(t, c, "-num_tickets", "0", "-no_ticket", "-no_cache"))
	g.Mixes = []Mix{{TLS13: 50, TLS12: 50}}
	r := run(t, t.Context(), g)
	if n := r.Cells[1].Counts(); r.Cells[1].Target != g.Remote.Target || n.Full != n.Started || n.Offered > 0 {
		t.Errorf("%s: %+v; want all full", r.Cells[1].Target, n)
	}
}

// A server whose certificate nobody vouches for, or that is for another name,
// is a failure that says so.
func TestCertificatesAreVerified(t *testing.T) {
	c, err := newCertificates()
	if err != nil {
		t.Fatal(err)
	}
	address := opensslServer(t, c)
	for want, change := range map[string]func(*Remote){
		"unknown authority":           func(r *Remote) { r.Roots = x509.NewCertPool() },
		"not other.example":           func(r *Remote) { r.ServerName = "other.example" },
		"a first tls13 handshake: ":   func(r *Remote) { r.Roots = x509.NewCertPool() },
		"valid for target.example, n": func(r *Remote) { r.ServerName = "other.example" },
	} {
		g := small(t)
		g.Remote = remote(t, address)
		g.Remote.Insecure, g.Remote.Roots = false, c.pool()
		change(g.Remote)
		r, err := Run(t.Context(), g)
		if err != nil {
			t.Fatal(err)
		}
		if len(r.Failures) != 1 || !strings.Contains(r.Failures[0].Error, want) {
			t.Errorf("failures %+v; want one with %q", r.Failures, want)
		}
	}
}

// A server that waits for a client that has aborted sees its reset while the
// handshake is going on.
func TestAbortedHandshakesAreReset(t *testing.T) {
	c, err := newCertificates()
	if err != nil {
		t.Fatal(err)
	}
	l := listener(t)
	seen := make(chan error, 1)
	go func() {
		raw, err := l.Accept()
		if err != nil {
			seen <- err
			return
		}
		defer raw.Close()
		config := &tls.Config{Certificates: []tls.Certificate{c.server}, MinVersion: tls.VersionTLS12}
		server := tls.Server(raw, config)
		err = server.Handshake()
		if server.ConnectionState().HandshakeComplete {
			err = errors.New("the handshake was finished")
		}
		seen <- err
	}()
	r := remote(t, l.Addr().String())
	d := newDialer(r.Target, r.Addresses, false, forever)
	client := newClient(&tls.Config{ServerName: ownName, RootCAs: c.pool()}, TLS12, nil)
	got := client.connect(d, limits{forever, forever}, false, true, noTime, nobody)
	if got.outcome != aborted || got.err != nil {
		t.Errorf("%+v; want aborted", got)
	}
	// The server has sent its flight, so it has met the end only then.
	if err := <-seen; err == nil || !strings.Contains(err.Error(), "reset") && !errors.Is(err, io.EOF) {
		t.Errorf("the server's handshake ended with %v; want a reset", err)
	}
}

// What fails is counted by its reason, without what differs each time.
func TestFailuresAreCounted(t *testing.T) {
	c, err := newCertificates()
	if err != nil {
		t.Fatal(err)
	}
	l := listener(t)
	var accepted atomic.Int64
	go func() {
		config := &tls.Config{Certificates: []tls.Certificate{c.server}, MinVersion: tls.VersionTLS12}
		for {
			raw, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer raw.Close()
				if accepted.Add(1) > 4 { // the clients have their sessions
					return
				}
				server := tls.Server(raw, config)
				if server.Handshake() == nil {
					_, _ = io.Copy(io.Discard, server)
					_ = server.Close()
				}
			}()
		}
	}()
	g := small(t)
	g.Remote = remote(t, l.Addr().String())
	g.Count = 1
	r, err := Run(context.WithoutCancel(t.Context()), g)
	if err != nil {
		t.Fatal(err)
	}
	n, reasons := r.Cells[0].Counts(), r.Cells[0].Errors()
	var counted uint64
	for reason, times := range reasons {
		counted += times
		if strings.Contains(reason, "127.0.0.1") {
			t.Errorf("%q names an address", reason)
		}
	}
	if n.Failed != n.Started || counted != n.Failed || r.OK(99) || !r.OK(100) {
		t.Errorf("%+v, reasons %v", n, reasons)
	}
}

// A server that never closes costs the wait, and is told.
func TestAServerThatDoesNotClose(t *testing.T) {
	c, err := newCertificates()
	if err != nil {
		t.Fatal(err)
	}
	l := listener(t)
	over := make(chan struct{})
	defer close(over)
	go func() {
		config := &tls.Config{Certificates: []tls.Certificate{c.server}, MinVersion: tls.VersionTLS12}
		for {
			raw, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer raw.Close()
				if tls.Server(raw, config).Handshake() == nil {
					<-over
				}
			}()
		}
	}()
	r := remote(t, l.Addr().String())
	client := newClient(&tls.Config{ServerName: ownName, RootCAs: c.pool()}, TLS13, nil)
	d := newDialer(r.Target, r.Addresses, false, forever)
	got := client.connect(d, limits{forever, 20 * time.Millisecond}, false, false, noTime, nobody)
	if got.outcome != full || !got.unclosed {
		t.Errorf("%+v; want a full handshake, not closed", got)
	}
}
