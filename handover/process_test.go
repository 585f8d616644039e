//go:build unix

package handover

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/reprise-tls/reprise/engine"
	"github.com/reprise-tls/reprise/internal/race"
	"github.com/reprise-tls/reprise/seal"
)

// asSuccessor makes the test binary the next process instead of a test.
const asSuccessor = "REPRISE_TEST_SUCCESSOR"

func TestMain(m *testing.M) {
	if os.Getenv(asSuccessor) != "" {
		if err := beSuccessor(); err != nil {
			fmt.Fprintln(os.Stderr, "the next process:", err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// processKey is the key of the tests between processes. A server has it in a
// file.
func processRing() (*seal.Ring, error) {
	key, err := seal.NewKey([]byte("32 bytes that both processes know"[:seal.KeySize]))
	if err != nil {
		return nil, err
	}
	return seal.NewRing(key)
}

// took is what the next process says on its standard output.
type took struct {
	Report  ReadReport
	Error   string
	Present int    // of the sessions that processSession makes
	Address string // where it serves TLS
}

// beSuccessor takes a cache over, says what it got, and serves TLS until its
// standard input ends.
func beSuccessor() error {
	ring, err := processRing()
	if err != nil {
		return err
	}
	pipe, ok, err := Inherited("")
	if err != nil || !ok {
		return fmt.Errorf("inherited: %v, %w", ok, err)
	}
	if _, again, err := Inherited(""); again || err != nil {
		return fmt.Errorf("inherited twice: %v, %w", again, err)
	}
	cache, err := engine.New(engine.Config{Mode: engine.Server})
	if err != nil {
		return err
	}
	defer cache.Close()
	var t took
	t.Report, err = Read(context.Background(), pipe, cache, ring, Options{})
	if err != nil {
		t.Error = err.Error()
	}
	for n := range t.Report.Sessions {
		if s, ok := cache.Get(processID(n)); ok {
			if bytes.Equal(s.AppendState(nil), testState(n)) {
				t.Present++
			}
			s.Release()
		}
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	t.Address = listener.Addr().String()
	if err := json.NewEncoder(os.Stdout).Encode(t); err != nil {
		return err
	}
	config, err := serverConfig(cache, []byte(os.Getenv(asSuccessor)))
	if err != nil {
		return err
	}
	go serve(listener, config)
	_, err = io.Copy(io.Discard, os.Stdin)
	return errors.Join(err, listener.Close(), pipe.Close())
}

// serve answers each connection with whether it was resumed.
func serve(listener net.Listener, config *tls.Config) {
	for {
		c, err := listener.Accept()
		if err != nil {
			return
		}
		go func() {
			defer c.Close()
			s := tls.Server(c, config)
			if s.Handshake() == nil {
				fmt.Fprintln(s, s.ConnectionState().DidResume)
				_ = s.Close()
			}
		}()
	}
}

// serverConfig is a stateful server in a few lines: a ticket is the id of a
// session in the cache.
func serverConfig(cache *engine.Cache, certificate []byte) (*tls.Config, error) {
	pair, err := tls.X509KeyPair(certificate, certificate)
	if err != nil {
		return nil, err
	}
	return &tls.Config{
		Certificates: []tls.Certificate{pair},
		WrapSession: func(_ tls.ConnectionState, state *tls.SessionState) ([]byte, error) {
			b, err := state.Bytes()
			if err != nil {
				return nil, err
			}
			id := make([]byte, engine.MaxIDLength)
			rand.Read(id)
			s, err := cache.NewSession(id, b)
			if err != nil {
				return nil, err
			}
			cache.Add(s)
			s.Release()
			return id, nil
		},
		UnwrapSession: func(id []byte, _ tls.ConnectionState) (*tls.SessionState, error) {
			s, ok := cache.Get(id)
			if !ok {
				return nil, nil
			}
			defer s.Release()
			return tls.ParseSessionState(s.AppendState(nil))
		},
	}, nil
}

// newCertificate returns a self-signed certificate and its key in PEM.
func newCertificate(t testing.TB) (both []byte, roots *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{"server.example"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	both = append(both, certificate...)
	both = append(both, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})...)
	roots = x509.NewCertPool()
	roots.AppendCertsFromPEM(certificate)
	return both, roots
}

// processID returns the id of a session that both processes can make.
func processID(n int) []byte { return testID(n) }

// successor is a child process that takes a cache over.
type successor struct {
	cmd    *exec.Cmd
	pipe   *os.File
	stdin  io.WriteCloser
	stdout *bufio.Reader
}

// startSuccessor starts the test binary as the next process.
func startSuccessor(t testing.TB, certificate []byte) *successor {
	t.Helper()
	s := &successor{cmd: exec.Command(os.Args[0])}
	s.cmd.Env = append(os.Environ(), asSuccessor+"="+string(certificate))
	s.cmd.Stderr = os.Stderr
	w, r, err := Pipe(s.cmd, "")
	if err != nil {
		t.Fatal(err)
	}
	s.pipe = w
	var stdout io.Reader
	s.stdin, err = s.cmd.StdinPipe()
	if err == nil {
		stdout, err = s.cmd.StdoutPipe()
	}
	if err == nil {
		s.stdout = bufio.NewReader(stdout)
		err = s.cmd.Start()
	}
	if err := errors.Join(err, r.Close()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(s.stdin.Close(), s.cmd.Wait()); err != nil {
			t.Error(err)
		}
	})
	return s
}

// says reads what the next process says.
func (s *successor) says(t testing.TB) (got took) {
	t.Helper()
	line, err := s.stdout.ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(line, &got)
	}
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// A process hands 100,000 sessions over to its child, among them those of
// clients, and these resume with it. (A tenth under the race detector, which
// would take half a minute.)
func TestTheNextProcessResumes(t *testing.T) {
	const clients = 20
	sessions := 100_000
	if race.Enabled {
		sessions /= 10
	}
	certificate, roots := newCertificate(t)
	ring, err := processRing()
	if err != nil {
		t.Fatal(err)
	}
	defer ring.Close()
	before := newFixture(t, func(g *engine.Config) { g.Clock = nil; g.Capacity = engine.Unlimited })
	for n := range sessions {
		before.add(n, engine.SessionOptions{Created: time.Now().Unix()})
	}

	config, err := serverConfig(before.Cache, certificate)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go serve(listener, config)
	configs := make([]*tls.Config, clients)
	for i := range configs {
		configs[i] = &tls.Config{RootCAs: roots, ServerName: "server.example", ClientSessionCache: tls.NewLRUClientSessionCache(1),
			MinVersion: tls.VersionTLS12, MaxVersion: tls.VersionTLS12 + uint16(i%2)}
		equal(t, "resumed the first time", connect(t, listener.Addr().String(), configs[i]), false)
	}
	listener.Close()

	next := startSuccessor(t, certificate)
	wrote, err := Write(t.Context(), next.pipe, before.Cache, ring, Options{})
	if err := errors.Join(err, next.pipe.Close()); err != nil {
		t.Fatal(err)
	}
	equal(t, "what was written", wrote, WriteReport{Passes: 1, Sessions: sessions + clients})
	got := next.says(t)
	equal(t, "what the next process took", got, took{
		Report:  ReadReport{Whole: true, Passes: 1, Sessions: sessions + clients, Added: sessions + clients},
		Present: sessions, Address: got.Address,
	})
	for _, config := range configs {
		equal(t, "resumed by the next process", connect(t, got.Address, config), true)
	}
}

// connect makes a connection and returns whether the server says it was resumed.
func connect(t testing.TB, address string, config *tls.Config) bool {
	t.Helper()
	c, err := tls.Dial("tcp", address, config)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	said, err := io.ReadAll(c)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "what the server says", string(said), fmt.Sprintln(c.ConnectionState().DidResume))
	return c.ConnectionState().DidResume
}

// A parent that dies leaves a cut stream, and the child goes on with what it has.
func TestTheProcessBeforeDies(t *testing.T) {
	certificate, _ := newCertificate(t)
	ring, err := processRing()
	if err != nil {
		t.Fatal(err)
	}
	defer ring.Close()
	before := newFixture(t, func(g *engine.Config) { g.Clock = nil; g.Capacity = engine.Unlimited })
	for n := range 10_000 {
		before.add(n, engine.SessionOptions{Created: time.Now().Unix()})
	}
	stream := before.written(ring, Options{})
	next := startSuccessor(t, certificate)
	if _, err := next.pipe.Write(stream[:len(stream)/2]); err != nil {
		t.Fatal(err)
	}
	if err := next.pipe.Close(); err != nil {
		t.Fatal(err)
	}
	got := next.says(t)
	if got.Report.Whole || got.Report.Added == 0 || got.Report.Added == 10_000 || got.Error == "" {
		t.Errorf("the next process says %+v", got)
	}
}

// A child that dies costs an error; the end of the context ends what waits.
func TestTheNextProcessDoesNotRead(t *testing.T) {
	ring, before := newRing(t, 1), newFixture(t, nil)
	before.fill(3000) // more than a pipe takes
	cmd := exec.Command(os.Args[0])
	w, r, err := Pipe(cmd, "OTHER")
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	equal(t, "the variable", cmd.Env[len(cmd.Env)-1], "OTHER=3")
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := Write(ctx, w, before.Cache, ring, Options{}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("with nobody reading the error is %v", err)
	}
	if _, err := Read(ctx, r, before.Cache, ring, Options{}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("with nobody writing the error is %v", err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if err := w.SetWriteDeadline(time.Time{}); err != nil {
		t.Fatal(err)
	}
	if _, err := Write(t.Context(), w, before.Cache, ring, Options{}); err == nil || errors.Is(err, context.Canceled) {
		t.Errorf("with the other end closed the error is %v", err)
	}
}

func TestInheritedNonsense(t *testing.T) {
	for _, text := range []string{"", "x", "-1", "2", "99999"} {
		t.Setenv("NONSENSE", text)
		if r, ok, err := Inherited("NONSENSE"); !errors.Is(err, ErrDescriptor) || ok || r != nil {
			t.Errorf("%q: %v, %v", text, ok, err)
		}
	}
	if r, ok, err := Inherited("NONSENSE"); err != nil || ok || r != nil {
		t.Errorf("without the variable: %v, %v", ok, err)
	}
}
