package site

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/reprise-tls/reprise/internal/chromium"
)

// The network is off for the browser but for loopback addresses: else it would ask
// its maker for this and that.

// A visit is what a browser did with a page.
type visit struct {
	dom     string
	errors  []string // of the console
	fetched []string // every address that was asked for
}

// browse opens an address in headless Chromium, whose log of the network says
// what it asked for.
func browse(t *testing.T, address string) visit {
	t.Helper()
	browser := chromium.Find(t)
	profile := t.TempDir()
	log := filepath.Join(profile, "net.json")
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, browser, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking",
		"--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1", "--disable-component-update", "--disable-sync", "--no-first-run", "--user-data-dir="+profile, "--enable-logging=stderr", "--log-net-log="+log, "--dump-dom", address)
	var stdout, stderr strings.Builder
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		t.Fatalf("chromium: %v\n%s", err, &stderr)
	}
	v := visit{dom: stdout.String(), fetched: requests(t, log)}
	for line := range strings.Lines(stderr.String()) {
		if strings.Contains(line, ":CONSOLE") {
			v.errors = append(v.errors, line)
		}
	}
	return v
}

// requests reads the addresses that the log of the network has, without those
// of the browser itself, which have no page that initiated them.
func requests(t *testing.T, log string) (all []string) {
	t.Helper()
	content, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	var events struct {
		Events []struct {
			Params struct {
				URL       string `json:"url"`
				Initiator string `json:"initiator"`
			} `json:"params"`
		} `json:"events"`
	}
	if err := json.Unmarshal(content, &events); err != nil {
		t.Fatalf("the log of the network: %v", err)
	}
	for _, e := range events.Events {
		u := e.Params.URL
		if u == "" || e.Params.Initiator == "" || e.Params.Initiator == "not an origin" || strings.HasPrefix(u, "chrome") || strings.HasPrefix(u, "data:") {
			continue
		}
		all = append(all, u)
	}
	return all
}

// A page that does ask for something, and is refused something, shows that the
// tests below would notice.
func TestBrowserNotices(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	file := filepath.Join(t.TempDir(), "bad.html")
	text := `<!DOCTYPE html><meta http-equiv="Content-Security-Policy" content="script-src 'none'"><title>x</title><img src="` + server.URL + `/pixel.png"><script>1</script>`
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	v := browse(t, "file://"+file)
	if !strings.Contains(strings.Join(v.fetched, " "), "/pixel.png") || len(v.errors) == 0 {
		t.Errorf("fetched %v, errors %v", v.fetched, v.errors)
	}
}

// Pages open without a request and without a complaint.
func TestPagesInABrowser(t *testing.T) {
	directory := results(t)
	for _, name := range []string{"edge.json", "compare.json"} {
		content, err := os.ReadFile(filepath.Join(directory, name))
		if err != nil {
			t.Fatal(err)
		}
		page, err := Document(name, content)
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(t.TempDir(), "page.html")
		if err := os.WriteFile(file, []byte(written(t, page)), 0o600); err != nil {
			t.Fatal(err)
		}
		v := browse(t, "file://"+file)
		if len(v.fetched) > 0 || len(v.errors) > 0 || !strings.Contains(v.dom, "<svg class=\"plot wide\"") || !strings.Contains(v.dom, "</main>") {
			t.Errorf("%s: fetched %v, errors %v\n%.500s", name, v.fetched, v.errors, v.dom)
		}
	}
}

// What is served opens in a browser too, with the headers' stricter policy.
func TestServedInABrowser(t *testing.T) {
	root, err := os.OpenRoot(results(t))
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	server := httptest.NewServer(Handler(root.FS(), ""))
	defer server.Close()
	for _, path := range []string{"/history.html"} {
		v := browse(t, server.URL+path)
		if len(v.fetched) > 0 || len(v.errors) > 0 || !strings.Contains(v.dom, "</main>") {
			t.Errorf("%s: fetched %v, errors %v\n%.500s", path, v.fetched, v.errors, v.dom)
		}
	}
}
