package interop

import (
	"crypto/tls"
	"io"
	"net/http"
	"testing"

	"github.com/reprise-tls/reprise/interop/site"
	"github.com/reprise-tls/reprise/tlscache"
)

// The two halves of the project, talking to each other: net/http with the
// tickets of tlscache.Client, and tlscache.Server.
func TestNetHTTP(t *testing.T) {
	for name, v := range versions {
		t.Run(name, func(t *testing.T) {
			s := site.New(t, v.version, http.HandlerFunc(site.Resumed), tlscache.Options{})
			tickets, err := tlscache.NewClient(tlscache.ClientOptions{})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(tickets.Close)
			transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: s.Pool, ClientSessionCache: tickets.Realm("upstream")}}
			t.Cleanup(transport.CloseIdleConnections)
			client := &http.Client{Transport: transport, Timeout: site.Patience}
			for i, want := range []string{"resumed=false\n", "resumed=true\n", "resumed=true\n"} {
				answer, err := client.Get(s.URL)
				if err != nil {
					t.Fatal(err)
				}
				body, err := io.ReadAll(answer.Body)
				answer.Body.Close()
				if err != nil || string(body) != want {
					t.Errorf("request %d: %q, %v; want %q", i, body, err, want)
				}
			}
			if got := tickets.Stats(); got.Offered != 2 || got.Missed != 1 || got.Stored < 3 {
				t.Errorf("the client counted %+v", got)
			}
		})
	}
}
