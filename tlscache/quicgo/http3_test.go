package quicgo

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"testing"

	"github.com/quic-go/quic-go"
	"github.com/quic-go/quic-go/http3"

	"github.com/reprise-tls/reprise/engine"
	"github.com/reprise-tls/reprise/tlscache"
)

type connKey struct{}

// http3.Server wraps the hooks once more, to keep its settings in the session;
// they are there when the session is resumed, and let it accept early data.
func TestHTTP3(t *testing.T) {
	cache, err := engine.New(engine.Defaults())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cache.Close)
	server, err := tlscache.NewServer(cache, tlscache.Options{SingleUse: true, EarlyData: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	pair, pool := certificate()
	config, err := server.Install(&tls.Config{
		Certificates: []tls.Certificate{pair}, NextProtos: []string{http3.NextProtoH3}, MinVersion: tls.VersionTLS13,
	})
	if err != nil {
		t.Fatal(err)
	}
	socket, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	h3 := &http3.Server{
		TLSConfig: config, QUICConfig: &quic.Config{Allow0RTT: true, HandshakeIdleTimeout: patience},
		ConnContext: func(ctx context.Context, c *quic.Conn) context.Context {
			return context.WithValue(ctx, connKey{}, c)
		},
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			state := r.Context().Value(connKey{}).(*quic.Conn).ConnectionState()
			fmt.Fprintf(w, "%+v", said{Resumed: state.TLS.DidResume, Early: state.Used0RTT})
		}),
	}
	ended := make(chan error, 1)
	go func() { ended <- h3.Serve(socket) }()
	t.Cleanup(func() {
		if err := h3.Close(); err != nil {
			t.Error(err)
		}
		if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
		socket.Close()
	})

	box := newTicketBox()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	for _, test := range []struct {
		method string
		want   said
	}{
		{http.MethodGet, said{}},
		// The client's settings go early even where the request waits.
		{http.MethodGet, said{Resumed: true, Early: true}},
		{http3.MethodGet0RTT, said{Resumed: true, Early: true}},
	} {
		transport := &http3.Transport{
			TLSClientConfig: &tls.Config{RootCAs: pool, ServerName: "quic.example", ClientSessionCache: box},
			QUICConfig:      &quic.Config{HandshakeIdleTimeout: patience},
		}
		request, err := http.NewRequestWithContext(ctx, test.method, "https://"+socket.LocalAddr().String(), http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := transport.RoundTrip(request)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(answer.Body)
		answer.Body.Close()
		if want := fmt.Sprintf("%+v", test.want); err != nil || string(body) != want {
			t.Errorf("%s: %s, %v; want %s", test.method, body, err, want)
		}
		// The next request offers what came with this one.
		if err := box.wait(ctx); err != nil {
			t.Fatal(err)
		}
		if err := transport.Close(); err != nil {
			t.Error(err)
		}
	}
	if got, want := server.Stats().TLS13, (tlscache.Handshakes{Full: 1, Resumed: 2}); got != want {
		t.Errorf("the server counted %+v, want %+v", got, want)
	}
}
