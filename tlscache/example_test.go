package tlscache_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"math/big"
	"net"
	"time"

	"github.com/reprise-tls/reprise/engine"
	"github.com/reprise-tls/reprise/tlscache"
)

// A server whose clients resume their sessions from a cache.
func Example() {
	cache, err := engine.New(engine.Defaults()) // 20480 sessions, two hours
	if err != nil {
		panic(err)
	}
	defer cache.Close()
	server, err := tlscache.NewServer(cache, tlscache.Options{})
	if err != nil {
		panic(err)
	}
	defer server.Close()

	// Certificates and NextProtos come first, Install last.
	config, err := server.Install(&tls.Config{
		Certificates: []tls.Certificate{selfSigned()},
		NextProtos:   []string{"http/1.1"},
	})
	if err != nil {
		panic(err)
	}
	listener, err := tls.Listen("tcp", "127.0.0.1:0", config)
	if err != nil {
		panic(err)
	}
	defer listener.Close()
	go serve(listener)

	client := &tls.Config{
		InsecureSkipVerify: true, // an example without an authority
		ClientSessionCache: tls.NewLRUClientSessionCache(1),
		ServerName:         "edge.example",
	}
	for range 3 {
		conn, err := tls.Dial("tcp", listener.Addr().String(), client)
		if err != nil {
			panic(err)
		}
		if _, err := io.ReadAll(conn); err != nil { // the ticket comes with the data
			panic(err)
		}
		fmt.Println("resumed:", conn.ConnectionState().DidResume)
		conn.Close()
	}
	fmt.Printf("%+v\n", server.Stats().TLS13)
	// Output:
	// resumed: false
	// resumed: true
	// resumed: true
	// {Full:1 Resumed:2}
}

// Two kinds of clients on one port: sessions made with a client certificate never
// resume where another is wanted, and one kind can be revoked at once.
func ExampleServer_Revoke() {
	cache, err := engine.New(engine.Defaults())
	if err != nil {
		panic(err)
	}
	defer cache.Close()
	server, err := tlscache.NewServer(cache, tlscache.Options{
		Scope: func(_ *tls.ClientHelloInfo, config *tls.Config) string {
			if config.ClientAuth == tls.RequireAndVerifyClientCert {
				return "admins"
			}
			return "public"
		},
	})
	if err != nil {
		panic(err)
	}
	defer server.Close()

	// An administrator's certificate was stolen: after this everybody in that scope
	// is asked for one again.
	fmt.Println(server.Revoke(context.Background(), "admins"))
	// Output: <nil>
}

// What cannot be done safely is refused, with what to change.
func ExampleServer_Install_refused() {
	cache, err := engine.New(engine.Defaults())
	if err != nil {
		panic(err)
	}
	defer cache.Close()
	server, err := tlscache.NewServer(cache, tlscache.Options{SingleUse: true})
	if err != nil {
		panic(err)
	}
	defer server.Close()
	_, err = server.Install(&tls.Config{
		Certificates: []tls.Certificate{selfSigned()},
		NextProtos:   []string{"h2", "http/1.1"},
		MinVersion:   tls.VersionTLS12,
	})
	fmt.Println(err)
	// Output: tlscache: tls.Config.MinVersion is TLS 1.2; allowed are tls.VersionTLS13 and later together with Options.SingleUse
}

func serve(listener net.Listener) {
	for {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		go func() {
			defer conn.Close()
			_, _ = io.WriteString(conn, "hello")
		}()
	}
}

func selfSigned() tls.Certificate {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{"edge.example"},
		NotBefore: time.Now(), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		panic(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}
