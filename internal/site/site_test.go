package site

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/reprise-tls/reprise/internal/html"
	"github.com/reprise-tls/reprise/internal/report"
)

// structure of the pages: what must be there, in this order.
func TestPages(t *testing.T) {
	directory := results(t)
	for name, want := range map[string][]string{
		"run.json":               {"<h1>Run: churn on engine, mutex</h1>", "Figures", "1M", "Slice by slice", "<h2>Contention</h2>", "engine, ideal", "<h2>Latency</h2>", "99.9 %", "A processor", "loadgen run"},
		"edge.json":              {"Warnings", "PARTIAL", "Throughput", "rush", "Hit rate", "25 %", "from the intended start", "from the real start", "<h2>Environment</h2>", "loadgen run --config edge.yaml"},
		"compare.json":           {"Comparison with engine", `<p class="verdict bad">Verdict: regressed</p>`, "noise floor", "mutex", "99 % interval", "Figures"},
		"sweep.json":             {"Sweep:", "<h2>Contention</h2>", "goroutines", "of ideal"},
		"mrc.json":               {"Miss ratio", "lru", "90.00 %", "fifo"},
		"plan.json":              {"Plan: pop", "sessions", "Other caches", "the answer", "Assumptions"},
		"2026-01-00-nightly.txt": {"Run: 2026-01-00-nightly", "Figures", "Contention", "engine", "Remarks"},
	} {
		content, err := os.ReadFile(filepath.Join(directory, name))
		if err != nil {
			t.Fatal(err)
		}
		page, err := Document(name, content)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		text := written(t, page)
		offline(t, name, text)
		rest := text
		for _, w := range want {
			_, after, found := strings.Cut(rest, w)
			if !found {
				t.Errorf("%s: %q is missing, or not where it should be, in\n%.3000s", name, w, text)
				break
			}
			rest = after
		}
	}
}

func written(t *testing.T, p *html.Page) string {
	t.Helper()
	var b bytes.Buffer
	if err := p.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

var outside = regexp.MustCompile(`(?i)<script|<link rel="(stylesheet|preload)|<img|<iframe|@import|url\(|\son[a-z]+=|style="|(src|href)="(https?:|//|file:|javascript:)`)

// offline fails if a page could ask for anything.
func offline(t *testing.T, name, text string) {
	t.Helper()
	if found := outside.FindString(text); found != "" {
		t.Errorf("%s has %q", name, found)
	}
	if !strings.Contains(text, `http-equiv="Content-Security-Policy" content="default-src &#39;none&#39;;`) {
		t.Errorf("%s has no policy", name)
	}
}

// FuzzEscaping gives names to what comes from outside.
func FuzzEscaping(f *testing.F) {
	for _, s := range []string{"engine", `<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, "</title></svg><script>", "{{.}}", "]]>", "javascript:alert(1)", "\x00\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, name string) {
		r := slicesOf(name, "mutex")
		r.Environment.CPU, r.Environment.Commit = name, name
		page, err := html.Run(r, name)
		if err != nil {
			t.Fatal(err)
		}
		text := written(t, page)
		if len(name) > 3 && strings.ContainsAny(name, "<>\"'") && strings.Contains(text, name) && !strings.Contains(written(t, must(html.Run(slicesOf("engine", "mutex"), "x"))), name) {
			t.Errorf("%q is in the page as it is", name)
		}
		if n, want := len(tags.FindAllString(text, -1)), 0; n != want {
			t.Errorf("%q brought %d tags that no page has", name, n)
		}
	})
}

var tags = regexp.MustCompile(`(?i)<(script|img|iframe|object|embed|form|input|base|foreignObject)\b`)

func must(p *html.Page, err error) *html.Page {
	if err != nil {
		panic(err)
	}
	return p
}

func TestDocumentsThatAreNone(t *testing.T) {
	var b bytes.Buffer
	if err := report.JSON(&b, slicesOf("engine"), ""); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ content, want string }{
		"a.json": {"{", "a.json: unexpected end"},
		"b.json": {`{"schema":"other/1"}`, `schema "other/1" is not known; allowed are reprise-loadgen/2`},
		"c.json": {strings.Replace(b.String(), `"elapsedNs": 1000000000`, `"elapsedNs": 0`, 1), "cells[0].samples[0]"},
		"d.json": {`{"schema":"reprise-sweep/1"}`, "run: it is missing"},
		"e.txt":  {"nothing", "no line is a result"},
		"f.json": {`{"schema":"reprise-loadgen/2","cells":[null]}`, "cells[0]: null"},
	} {
		if _, err := Document(name, []byte(c.content)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want something with %q", name, err, c.want)
		}
	}
}

func TestHandler(t *testing.T) {
	directory := results(t)
	secret := filepath.Join(t.TempDir(), "secret.json")
	for name, content := range map[string]string{secret: "SECRET", filepath.Join(directory, "broken.json"): "{", filepath.Join(directory, "note.md"): "x", filepath.Join(directory, ".hidden.json"): "{}"} {
		if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(secret, filepath.Join(directory, "link.json")); err != nil {
		t.Fatal(err)
	}
	root, err := os.OpenRoot(directory)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	h := Handler(root.FS(), "")
	get := func(method, target string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		r := httptest.NewRequest(method, "/", nil)
		r.URL.Path = target
		h.ServeHTTP(w, r)
		return w
	}
	for _, target := range []string{"/", "/index.html", "/run.json.html", "/compare.json.html", "/history.html", "/2026-01-00-nightly.txt.html"} {
		w := get(http.MethodGet, target)
		if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "<!DOCTYPE html>") {
			t.Errorf("%s: %d\n%.300s", target, w.Code, w.Body)
		}
		for _, key := range []string{"Content-Security-Policy", "X-Content-Type-Options", "X-Frame-Options", "Referrer-Policy"} {
			if w.Header().Get(key) == "" {
				t.Errorf("%s: no %s", target, key)
			}
		}
	}
	index := get(http.MethodGet, "/").Body.String()
	for _, want := range []string{"UNREADABLE: broken.json", `href="compare.json.html"`, "regressed", `href="history.html"`} {
		if !strings.Contains(index, want) {
			t.Errorf("the index has no %q", want)
		}
	}
	if strings.Contains(index, "link.json") || strings.Contains(index, "hidden") || strings.Contains(index, "note.md") {
		t.Errorf("the index has what it should not:\n%s", index)
	}
	if text := get(http.MethodGet, "/history.html").Body.String(); !strings.Contains(text, "WORSE, cost ") || !strings.Contains(text, `class="mark"`) {
		t.Errorf("the history has no change:\n%.2000s", text)
	}
	for _, target := range []string{"/link.json.html", "/..%2f..%2fetc/passwd.html", "/../run.json.html/..", "/%2e%2e/secret.json.html", "/" + secret + ".html", "/.hidden.json.html", "/note.md.html", "/run.json", "/run.json.html/", "//run.json.html", "/..\\secret.json.html", "/run.json\x00.html"} {
		if w := get(http.MethodGet, target); w.Code == http.StatusOK || strings.Contains(w.Body.String(), "SECRET") {
			t.Errorf("%q: %d %.200s", target, w.Code, w.Body)
		}
	}
	if w := get(http.MethodPost, "/"); w.Code != http.StatusMethodNotAllowed {
		t.Errorf("POST: %d", w.Code)
	}
}
