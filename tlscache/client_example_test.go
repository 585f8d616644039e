package tlscache_test

import (
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"

	"github.com/reprise-tls/reprise/tlscache"
)

// A reverse proxy's transport that resumes the sessions of its upstreams.
func ExampleClient() {
	upstream := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, "resumed: ", r.TLS.DidResume)
	}))
	defer upstream.Close()

	client, err := tlscache.NewClient(tlscache.ClientOptions{})
	if err != nil {
		panic(err)
	}
	defer client.Close()

	transport := upstream.Client().Transport.(*http.Transport) // it trusts the test server
	transport.TLSClientConfig.ClientSessionCache = client.Realm("billing")
	transport.DisableKeepAlives = true // a connection a request

	for range 3 {
		response, err := (&http.Client{Transport: transport}).Get(upstream.URL)
		if err != nil {
			panic(err)
		}
		body, err := io.ReadAll(response.Body)
		if err != nil {
			panic(err)
		}
		response.Body.Close()
		fmt.Printf("%s\n", body)
	}
	// Output:
	// resumed: false
	// resumed: true
	// resumed: true
}

// Servers behind several addresses that have one name and do not share their
// tickets: each address is an endpoint of its own.
func ExampleClient_For() {
	client, err := tlscache.NewClient(tlscache.ClientOptions{TicketsPerEndpoint: 8})
	if err != nil {
		panic(err)
	}
	defer client.Close()

	for _, address := range []string{"192.0.2.1:443", "192.0.2.2:443"} {
		config := &tls.Config{
			ServerName:         "billing.example",
			ClientSessionCache: client.For("billing", address),
		}
		_, ok := config.ClientSessionCache.Get(config.ServerName)
		fmt.Println(address, "has a ticket:", ok)
	}
	// Output:
	// 192.0.2.1:443 has a ticket: false
	// 192.0.2.2:443 has a ticket: false
}
