package interop

import (
	"bytes"
	"crypto/tls"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/reprise-tls/reprise/interop/site"
	"github.com/reprise-tls/reprise/tlscache"
)

// request is what a browser would send, once.
const request = "GET / HTTP/1.1\r\nHost: " + site.Name + "\r\n\r\n"

var versions = map[string]struct {
	version uint16
	openssl string // option
	curl    string // option
}{
	"TLS 1.2": {tls.VersionTLS12, "-tls1_2", "1.2"},
	"TLS 1.3": {tls.VersionTLS13, "-tls1_3", "1.3"},
}

// openssl runs a command of openssl and returns its output, both kinds.
func openssl(t *testing.T, input string, arguments ...string) string {
	t.Helper()
	cmd := site.Command(t, "openssl", arguments...)
	cmd.Stdin = strings.NewReader(input)
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	if err := cmd.Run(); err != nil {
		t.Fatalf("openssl %s: %v\n%s", arguments[0], err, output.String())
	}
	return output.String()
}

func client(s *site.Site, more ...string) []string {
	return append([]string{
		"s_client", "-connect", s.Address, "-servername", site.Name, "-CAfile", s.Authority, "-verify_return_error",
	}, more...)
}

// connections counts what s_client says of its connections.
func connections(output string) (fresh, reused int) {
	return strings.Count(output, "\nNew, "), strings.Count(output, "\nReused, ")
}

// s_client -reconnect: one full handshake and five that resume it, and in the
// cache there is one session.
func TestReconnect(t *testing.T) {
	s := site.New(t, tls.VersionTLS12, http.HandlerFunc(site.Resumed), tlscache.Options{})
	output := openssl(t, "", client(s, "-tls1_2", "-reconnect")...)
	if fresh, reused := connections(output); fresh != 1 || reused != 5 {
		t.Errorf("openssl saw %d new and %d reused connections, want 1 and 5:\n%s", fresh, reused, output)
	}
	if got, want := s.Handshakes(tls.VersionTLS12), (tlscache.Handshakes{Full: 1, Resumed: 5}); got != want {
		t.Errorf("the server counted %+v, want %+v", got, want)
	}
	if n := s.Cache.Len(); n != 1 {
		t.Errorf("%d sessions in the cache, want 1", n)
	}
}

// A session that one process saves is resumed by the next, which answers with
// data over the resumed connection.
func TestSavedSession(t *testing.T) {
	for name, v := range versions {
		t.Run(name, func(t *testing.T) {
			s := site.New(t, v.version, http.HandlerFunc(site.Resumed), tlscache.Options{})
			saved := filepath.Join(t.TempDir(), "session.pem")
			// -ign_eof: until the server closes, since TLS 1.3 sends tickets with
			// the data.
			output := openssl(t, request, client(s, v.openssl, "-ign_eof", "-sess_out", saved)...)
			if !strings.Contains(output, "resumed=false") {
				t.Fatalf("the first connection:\n%s", output)
			}
			output = openssl(t, request, client(s, v.openssl, "-ign_eof", "-sess_in", saved)...)
			if _, reused := connections(output); reused != 1 || !strings.Contains(output, "resumed=true") {
				t.Errorf("the second connection:\n%s", output)
			}
			if got, want := s.Handshakes(v.version), (tlscache.Handshakes{Full: 1, Resumed: 1}); got != want {
				t.Errorf("the server counted %+v, want %+v", got, want)
			}
		})
	}
}

// With single use a saved session resumes once; after that openssl gets a full
// handshake, and not an error.
func TestSavedSessionOnce(t *testing.T) {
	s := site.New(t, tls.VersionTLS13, http.HandlerFunc(site.Resumed), tlscache.Options{SingleUse: true})
	saved := filepath.Join(t.TempDir(), "session.pem")
	openssl(t, request, client(s, "-ign_eof", "-sess_out", saved)...)
	for i, want := range []string{"resumed=true", "resumed=false", "resumed=false"} {
		if output := openssl(t, request, client(s, "-ign_eof", "-sess_in", saved)...); !strings.Contains(output, want) {
			t.Errorf("use %d: want %s:\n%s", i+1, want, output)
		}
	}
}

// A revoked session gets a full handshake, and not an error.
func TestSavedSessionRevoked(t *testing.T) {
	for name, v := range versions {
		t.Run(name, func(t *testing.T) {
			s := site.New(t, v.version, http.HandlerFunc(site.Resumed), tlscache.Options{})
			saved := filepath.Join(t.TempDir(), "session.pem")
			openssl(t, request, client(s, v.openssl, "-ign_eof", "-sess_out", saved)...)
			if err := s.Server.RevokeAll(t.Context()); err != nil {
				t.Fatal(err)
			}
			if output := openssl(t, request, client(s, v.openssl, "-ign_eof", "-sess_in", saved)...); !strings.Contains(output, "resumed=false") {
				t.Errorf("after the revocation:\n%s", output)
			}
		})
	}
}

// s_time -reuse: a second of nothing but resumptions.
func TestTime(t *testing.T) {
	for name, v := range versions {
		t.Run(name, func(t *testing.T) {
			s := site.New(t, v.version, http.HandlerFunc(site.Resumed), tlscache.Options{})
			output := openssl(t, "", "s_time", "-connect", s.Address, "-CAfile", s.Authority, v.openssl, "-reuse", "-time", "1", "-www", "/")
			got := s.Handshakes(v.version)
			if got.Full != 1 || got.Resumed == 0 {
				t.Errorf("the server counted %+v, want 1 full handshake and some that resumed:\n%s", got, output)
			}
			t.Logf("%+v", got)
		})
	}
}
