package site

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"slices"
	"strings"

	"github.com/reprise-tls/reprise/internal/html"
)

// Handler serves the results at the root of a file system: an index, a page a
// file, and their history. It reads them anew for each request. A request names
// a page; only names that the file system's root lists are opened, so that no
// path leads out of it, provided that the file system does not follow links out
// ([os.Root.FS] does not). Any number of goroutines may call it.
func Handler(directory fs.FS, about string) http.Handler {
	h := &handler{directory, about}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", h.index)
	mux.HandleFunc("GET /"+IndexName, h.index)
	mux.HandleFunc("GET /"+HistoryName, h.history)
	mux.HandleFunc("GET /{page}", h.file)
	return headers(mux)
}

type handler struct {
	directory fs.FS
	about     string
}

// headers are those of every answer: nothing from elsewhere, in no frame, kept
// nowhere.
func headers(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for key, value := range map[string]string{
			"Content-Security-Policy":      html.Policy + "; frame-ancestors 'none'",
			"X-Content-Type-Options":       "nosniff",
			"X-Frame-Options":              "DENY",
			"Referrer-Policy":              "no-referrer",
			"Cross-Origin-Opener-Policy":   "same-origin",
			"Cross-Origin-Resource-Policy": "same-origin",
			"Cache-Control":                "no-store",
		} {
			w.Header().Set(key, value)
		}
		next.ServeHTTP(w, r)
	})
}

func (h *handler) index(w http.ResponseWriter, _ *http.Request) {
	names, err := Files(h.directory)
	if err != nil {
		fail(w, err)
		return
	}
	var readable []string
	var pages []*html.Page
	var failed []error
	for _, name := range names {
		page, err := h.page(name)
		if err != nil {
			failed = append(failed, err)
			continue
		}
		readable, pages = append(readable, name), append(pages, page)
	}
	history := slices.ContainsFunc(names, func(n string) bool { return strings.HasSuffix(n, ".txt") })
	write(w, Index(h.about, readable, pages, history, failed))
}

func (h *handler) page(name string) (*html.Page, error) {
	content, err := fs.ReadFile(h.directory, name)
	if err != nil {
		return nil, err
	}
	return OfFile(name, content)
}

func (h *handler) file(w http.ResponseWriter, r *http.Request) {
	names, err := Files(h.directory)
	if err != nil {
		fail(w, err)
		return
	}
	wanted := r.PathValue("page")
	i := slices.IndexFunc(names, func(n string) bool { return PageName(n) == wanted })
	if i < 0 {
		http.NotFound(w, r)
		return
	}
	page, err := h.page(names[i])
	if err != nil {
		fail(w, err)
		return
	}
	write(w, page)
}

func (h *handler) history(w http.ResponseWriter, r *http.Request) {
	page, err := History(h.directory)
	switch {
	case err != nil:
		fail(w, err)
	case page == nil:
		http.NotFound(w, r)
	default:
		write(w, page)
	}
}

func write(w http.ResponseWriter, p *html.Page) {
	var b bytes.Buffer
	if err := p.Write(&b); err != nil {
		fail(w, err)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write(b.Bytes()) // who asked has gone
}

// fail says what is wrong: who asks is who started the server.
func fail(w http.ResponseWriter, err error) {
	code := http.StatusInternalServerError
	if errors.Is(err, fs.ErrNotExist) {
		code = http.StatusNotFound
	}
	http.Error(w, fmt.Sprintf("this page cannot be made: %v", err), code)
}
