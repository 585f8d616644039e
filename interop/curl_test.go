package interop

import (
	"crypto/tls"
	"net/http"
	"strings"
	"testing"

	"github.com/reprise-tls/reprise/interop/site"
	"github.com/reprise-tls/reprise/tlscache"
)

// curl resumes within a process. The server closes after each response, so each
// URL needs a connection of its own.
func TestCurl(t *testing.T) {
	for name, v := range versions {
		t.Run(name, func(t *testing.T) {
			s := site.New(t, v.version, http.HandlerFunc(site.Resumed), tlscache.Options{})
			output, err := site.Command(t, "curl", "--silent", "--show-error", "--cacert", s.Authority,
				"--tls-max", v.curl, s.URL+"/1", s.URL+"/2", s.URL+"/3").CombinedOutput()
			if err != nil {
				t.Fatalf("curl: %v\n%s", err, output)
			}
			answers, handshakes := "resumed=false\nresumed=true\nresumed=true\n", tlscache.Handshakes{Full: 1, Resumed: 2}
			if v.version == tls.VersionTLS12 && s.Server.Stats().Tickets.Stored == 0 {
				// Up to some version curl turns the tickets of TLS 1.2 off
				// (SSL_OP_NO_TICKET), and crypto/tls resumes by nothing else.
				answers, handshakes = "resumed=false\nresumed=false\nresumed=false\n", tlscache.Handshakes{Full: 3}
				t.Log("this curl accepts no tickets with TLS 1.2")
			}
			if string(output) != answers {
				t.Errorf("curl got %q, want %q", output, answers)
			}
			if got := s.Handshakes(v.version); got != handshakes {
				t.Errorf("the server counted %+v, want %+v", got, handshakes)
			}
		})
	}
}

// curl -Z opens connections at once: nothing fails, whoever comes first.
func TestCurlParallel(t *testing.T) {
	const n = 20
	s := site.New(t, versions["TLS 1.3"].version, http.HandlerFunc(site.Resumed), tlscache.Options{SingleUse: true})
	arguments := []string{"--silent", "--show-error", "--fail", "--parallel", "--parallel-max", "5", "--cacert", s.Authority}
	for range n {
		arguments = append(arguments, s.URL+"/")
	}
	output, err := site.Command(t, "curl", arguments...).CombinedOutput()
	if err != nil {
		t.Fatalf("curl: %v\n%s", err, output)
	}
	if got := strings.Count(string(output), "resumed="); got != n {
		t.Errorf("%d answers, want %d:\n%s", got, n, output)
	}
	got := s.Handshakes(versions["TLS 1.3"].version)
	if got.Full+got.Resumed != n {
		t.Errorf("the server counted %+v, want %d together", got, n)
	}
	if used := s.Server.Stats().SingleUse; used.Confirmed != got.Resumed {
		t.Errorf("%d sessions were used and %d connections resumed", used.Confirmed, got.Resumed)
	}
}
