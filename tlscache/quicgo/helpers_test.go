package quicgo

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"math/big"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/quic-go/quic-go"

	"github.com/reprise-tls/reprise/engine"
	"github.com/reprise-tls/reprise/tlscache"
)

// patience bounds what a connection may take. It is for a busy machine, and no
// measure of anything.
const patience = 2 * time.Minute

const protocol = "saying"

// certificate is valid for quic.example.
var certificate = sync.OnceValues(func() (tls.Certificate, *x509.CertPool) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{"quic.example"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		panic(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		panic(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(leaf)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool
})

// said is what the server says of a connection, in answer to a stream on it:
// whether it was resumed, and with early data.
type said struct{ Resumed, Early bool }

// serve starts a server that answers each stream with what it knows of the
// connection.
func serve(t *testing.T, o tlscache.Options) (address string, server *tlscache.Server) {
	t.Helper()
	cache, err := engine.New(engine.Defaults())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cache.Close)
	if server, err = tlscache.NewServer(cache, o); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	pair, _ := certificate()
	config, err := server.Install(&tls.Config{
		Certificates: []tls.Certificate{pair}, NextProtos: []string{protocol}, MinVersion: tls.VersionTLS13,
	})
	if err != nil {
		t.Fatal(err)
	}
	listener, err := quic.ListenAddrEarly("127.0.0.1:0", config, &quic.Config{Allow0RTT: true, HandshakeIdleTimeout: patience})
	if err != nil {
		t.Fatal(err)
	}
	var served sync.WaitGroup
	t.Cleanup(func() {
		if err := listener.Close(); err != nil {
			t.Error(err)
		}
		served.Wait()
	})
	served.Go(func() {
		for {
			conn, err := listener.Accept(context.Background())
			if errors.Is(err, quic.ErrServerClosed) {
				return
			}
			if err != nil {
				t.Error(err)
				return
			}
			served.Go(func() { answer(conn) })
		}
	})
	return listener.Addr().String(), server
}

// answer answers a connection's stream, and ends when the client ends the
// connection, which is what errors here mean.
func answer(conn *quic.Conn) {
	stream, err := conn.AcceptStream(conn.Context())
	if err != nil {
		return
	}
	select {
	case <-conn.HandshakeComplete():
	case <-conn.Context().Done():
		return
	}
	state := conn.ConnectionState()
	if json.NewEncoder(stream).Encode(said{Resumed: state.TLS.DidResume, Early: state.Used0RTT}) == nil {
		_ = stream.Close()
	}
	<-conn.Context().Done()
}

// ticketBox is a ClientSessionCache with one session, and tells when it has got
// one. A frozen one keeps what it has.
type ticketBox struct {
	mu     sync.Mutex
	latest *tls.ClientSessionState
	frozen bool
	got    chan struct{}
}

// wait waits until there is one that nobody has waited for.
func (b *ticketBox) wait(ctx context.Context) error {
	select {
	case <-b.got:
		return nil
	case <-ctx.Done():
		return errors.Join(errors.New("no ticket came"), ctx.Err())
	}
}

func newTicketBox() *ticketBox { return &ticketBox{got: make(chan struct{}, 1)} }

func (b *ticketBox) Get(string) (*tls.ClientSessionState, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.latest, b.latest != nil
}

func (b *ticketBox) Put(_ string, s *tls.ClientSessionState) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if s == nil || b.frozen {
		return
	}
	b.latest = s
	select {
	case b.got <- struct{}{}:
	default:
	}
}

// copied returns a frozen box with a session of its own, made from the same
// bytes: quic-go's client writes into sessions.
func (b *ticketBox) copied(t *testing.T) *ticketBox {
	t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	ticket, state, err := b.latest.ResumptionState()
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := state.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := tls.ParseSessionState(encoded)
	if err != nil {
		t.Fatal(err)
	}
	session, err := tls.NewResumptionState(bytes.Clone(ticket), parsed)
	if err != nil {
		t.Fatal(err)
	}
	return &ticketBox{latest: session, frozen: true}
}

// connect makes a connection, lets the server say what it knows of it, and waits
// for a ticket unless the box is frozen. It sends its stream as early as it can.
// It may be called by any goroutine.
func connect(address string, box *ticketBox) (of said, client quic.ConnectionState, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	_, pool := certificate()
	socket, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return of, client, err
	}
	defer socket.Close()
	to, err := net.ResolveUDPAddr("udp", address)
	if err != nil {
		return of, client, err
	}
	conn, err := quic.DialEarly(ctx, socket, to, &tls.Config{
		RootCAs: pool, ServerName: "quic.example", NextProtos: []string{protocol}, ClientSessionCache: box,
	}, &quic.Config{HandshakeIdleTimeout: patience})
	if err != nil {
		return of, client, err
	}
	defer func() { err = errors.Join(err, conn.CloseWithError(0, "")) }()
	if of, err = ask(ctx, conn); errors.Is(err, quic.Err0RTTRejected) {
		// What a client has to do then: the same again, after the handshake.
		if _, err = conn.NextConnection(ctx); err == nil { // the same one
			of, err = ask(ctx, conn)
		}
	}
	if err != nil {
		return of, client, err
	}
	if !box.frozen {
		if err := box.wait(ctx); err != nil {
			return of, client, err
		}
	}
	return of, conn.ConnectionState(), nil
}

func ask(ctx context.Context, conn *quic.Conn) (of said, err error) {
	stream, err := conn.OpenStreamSync(ctx)
	if err != nil {
		return of, err
	}
	if _, err := stream.Write([]byte("?")); err != nil {
		return of, err
	}
	if err := stream.Close(); err != nil {
		return of, err
	}
	err = json.NewDecoder(stream).Decode(&of)
	return of, err
}

// mustConnect is connect for the goroutine of the test.
func mustConnect(t *testing.T, address string, box *ticketBox) said {
	t.Helper()
	of, state, err := connect(address, box)
	if err != nil {
		t.Fatal(err)
	}
	if got := (said{Resumed: state.TLS.DidResume, Early: state.Used0RTT}); of != got {
		t.Errorf("the server says %+v, the client %+v", of, got)
	}
	return of
}
