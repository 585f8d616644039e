package main

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
)

// An edge without flags answers over every protocol, and clients resume.
func TestEdge(t *testing.T) {
	t.Parallel()
	p := start(t)
	for _, k := range kinds {
		box := new(ticketBox)
		k.wantResumed(t, p.edge, box, false)
		k.wantResumed(t, p.edge, box, true)
		k.wantResumed(t, p.edge, box, true)
	}

	if status, body := p.ask("GET", "/healthz"); status != http.StatusOK || body != "ok\n" {
		t.Errorf("/healthz: %d, %q", status, body)
	}
	if status, body := p.ask("GET", "/debug/pprof/cmdline"); status != http.StatusOK || !strings.Contains(body, "--pid-file") {
		t.Errorf("pprof: %d, %q", status, body)
	}
	_, metrics := p.ask("GET", "/metrics")
	for _, line := range []string{
		`reprise_tls_handshakes_total{cache="edge",resumed="true",version="1.2"} 2`,
		`reprise_tls_handshakes_total{cache="edge",resumed="false",version="1.3"} 3`,
		`reprise_tls_handshakes_total{cache="edge",resumed="true",version="1.3"} 6`,
		`reprise_tls_scope_handshakes_total{cache="edge",resumed="true",scope="edge"} 8`,
		`reprise_session_cache_max_sessions{cache="edge"} 20480`,
		`reprise_client_tickets_missed_total{cache="upstream"} 0`,
	} {
		if !strings.Contains(metrics, line+"\n") {
			t.Errorf("/metrics lacks %s", line)
		}
	}

	k, box := kinds[1], new(ticketBox)
	k.wantResumed(t, p.edge, box, false)
	if status, _ := p.ask("POST", "/revoke", "Origin", "http://evil.example"); status != http.StatusForbidden {
		t.Errorf("a page could revoke: %d", status)
	}
	k.wantResumed(t, p.edge, box, true)
	if status, body := p.ask("POST", "/revoke"); status != http.StatusOK {
		t.Errorf("/revoke: %d, %q", status, body)
	}
	k.wantResumed(t, p.edge, box, false)

	p.signal(syscall.SIGTERM)
	p.wait()
	p.waitAll()
}

// A reload loses neither sessions nor requests, and can be repeated.
func TestReload(t *testing.T) {
	t.Parallel()
	upstream := newSlowUpstream(t)
	p := start(t, "--upstream="+upstream.URL)
	boxes := make([]*ticketBox, len(kinds))
	for i, k := range kinds {
		boxes[i] = new(ticketBox)
		k.wantResumed(t, p.edge, boxes[i], false)
	}
	finish := upstream.startRequest(t, kinds[2], p.edge)
	p.reload()
	for i, k := range kinds {
		k.wantResumed(t, p.edge, boxes[i], true)
	}
	finish()
	p.wait()

	// Revocations are part of what is handed over.
	revoked := boxes[1].copied(t)
	if status, body := p.ask("POST", "/revoke"); status != http.StatusOK {
		t.Fatalf("/revoke: %d, %q", status, body)
	}
	p.waitReloadable()
	p.reload()
	kinds[1].wantResumed(t, p.edge, revoked, false)
	for i, k := range kinds {
		k.wantResumed(t, p.edge, boxes[i], false)
		k.wantResumed(t, p.edge, boxes[i], true)
	}
	p.signal(syscall.SIGTERM)
	p.waitAll()
	if strings.Contains(p.log.String(), "level=ERROR") || strings.Contains(p.log.String(), "level=WARN") {
		t.Errorf("reloads are not to be complained of:\n%s", p.log)
	}
}

// While clients connect without a pause the edge is reloaded: no request fails,
// and no session that can be used once is used in two processes.
func TestReloadUnderLoad(t *testing.T) {
	t.Parallel()
	const clients, reloads = 4, 3
	p := start(t, "--single-use", "--no-http3")
	address := p.edge
	var stop atomic.Bool
	var all sync.WaitGroup
	var requests, resumed [clients]atomic.Int64
	for c := range clients {
		k := kinds[1+c%2] // HTTP/1.1 and 2 over TLS 1.3
		all.Go(func() {
			for !stop.Load() {
				// One ticket offered twice at once: at most one resumes.
				box := new(ticketBox)
				if _, err := k.get(address, box); err != nil {
					t.Errorf("%s: %v", k.name, err)
					return
				}
				requests[c].Add(1)
				if box.count() == 0 {
					continue // a handshake in the midst of a reload gets no ticket
				}
				var uses atomic.Int64
				var both sync.WaitGroup
				for _, own := range []*ticketBox{box.copied(t), box.copied(t)} {
					both.Go(func() {
						again, err := k.get(address, own)
						if err != nil {
							t.Errorf("%s: %v", k.name, err)
						}
						if again {
							uses.Add(1)
						}
					})
				}
				both.Wait()
				if n := uses.Load(); n > 1 {
					t.Errorf("%s: a session was used %d times", k.name, n)
				}
				requests[c].Add(2)
				resumed[c].Add(uses.Load())
			}
		})
	}
	busy := func() {
		t.Helper()
		for c := range clients {
			before := resumed[c].Load()
			eventually(t, "a client resumes", func() bool { return resumed[c].Load() > before || t.Failed() })
		}
	}
	busy()
	for range reloads {
		p.reloadSoon()
		busy()
	}
	stop.Store(true)
	all.Wait()
	for c := range clients {
		t.Logf("client %d: %d requests, %d resumed", c, requests[c].Load(), resumed[c].Load())
	}
}

// slowUpstream is an upstream with a page that takes until the test says so.
type slowUpstream struct {
	*httptest.Server
	arrived, release chan struct{}
}

func newSlowUpstream(t *testing.T) *slowUpstream {
	u := &slowUpstream{arrived: make(chan struct{}), release: make(chan struct{})}
	u.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/slow" {
			close(u.arrived)
			<-u.release
		}
		answer(w, r)
	}))
	t.Cleanup(u.Close)
	return u
}

// startRequest begins a request for the slow page, and returns when the upstream
// has it. What it returns ends it, and fails if the answer is not whole.
func (u *slowUpstream) startRequest(t *testing.T, k kind, address string) (finish func()) {
	t.Helper()
	ended := make(chan error, 1)
	transport := k.transport(new(ticketBox))
	go func() {
		answer, err := (&http.Client{Transport: transport, Timeout: patience}).Get("https://" + address + "/slow")
		if err != nil {
			ended <- err
			return
		}
		defer answer.Body.Close()
		if b, err := io.ReadAll(answer.Body); err != nil || !strings.HasPrefix(string(b), "GET /slow by https\n") {
			ended <- fmt.Errorf("%q, %w", b, err)
			return
		}
		ended <- nil
	}()
	select {
	case <-u.arrived:
	case err := <-ended:
		t.Fatal(err)
	}
	return func() {
		t.Helper()
		close(u.release)
		if err := <-ended; err != nil {
			t.Errorf("the request under way: %v", err)
		}
	}
}

// waitReloadable waits until the old process has ended, as a new one must
// before its own reload.
func (p *process) waitReloadable() {
	p.t.Helper()
	eventually(p.t, "the old process has ended", func() bool {
		// The zombie was waited for.
		return syscall.Kill(p.cmd.Process.Pid, 0) == syscall.ESRCH
	})
}

// A new process that does not come up changes nothing.
func TestReloadRefused(t *testing.T) {
	t.Parallel()
	cert, key := writeCertificate(t)
	p := start(t, "--cert="+cert, "--key="+key)
	k, box := kinds[1], new(ticketBox)
	k.wantResumed(t, p.edge, box, false)
	good, err := os.ReadFile(cert)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(cert, []byte("nonsense"), 0o600); err != nil {
		t.Fatal(err)
	}
	p.signal(syscall.SIGHUP)
	p.waitLog("msg=reload")
	k.wantResumed(t, p.edge, box, true)

	if err := os.WriteFile(cert, good, 0o600); err != nil {
		t.Fatal(err)
	}
	p.reload()
	k.wantResumed(t, p.edge, box, true)
	p.wait()
}

func writeCertificate(t *testing.T) (cert, key string) {
	t.Helper()
	pair, err := selfSign()
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for _, f := range []struct {
		name, kind string
		bytes      []byte
	}{{cert, "CERTIFICATE", pair.Certificate[0]}, {key, "PRIVATE KEY", der}} {
		if err := os.WriteFile(f.name, pem.EncodeToMemory(&pem.Block{Type: f.kind, Bytes: f.bytes}), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return cert, key
}

// A session that was used once before the reload is not there after it, and one
// that was not used is there once.
func TestSingleUseOverReload(t *testing.T) {
	t.Parallel()
	p := start(t, "--single-use", "--early-data")
	for _, k := range kinds[1:] {
		box := new(ticketBox)
		k.wantResumed(t, p.edge, box, false)
		used := box.copied(t)
		k.wantResumed(t, p.edge, used, true)
		k.wantResumed(t, p.edge, used, false)
	}
	k, box := kinds[1], new(ticketBox)
	k.wantResumed(t, p.edge, box, false)
	used := box.copied(t)
	k.wantResumed(t, p.edge, box, true) // and box has the next session
	unused := box.copied(t)
	p.reload()
	k.wantResumed(t, p.edge, used, false)
	k.wantResumed(t, p.edge, unused, true)
	k.wantResumed(t, p.edge, unused, false)
	p.wait()

	refused := kind{version: tls.VersionTLS12}
	if _, err := refused.get(p.edge, new(ticketBox)); err == nil {
		t.Error("TLS 1.2 was accepted")
	}
}
