package browser

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"html"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/reprise-tls/reprise/internal/chromium"
	"github.com/reprise-tls/reprise/interop/site"
	"github.com/reprise-tls/reprise/tlscache"
)

// journey is a page that sends the browser on to the next one, so that it needs
// a connection after the other. The last page says whether it was resumed.
type journey struct {
	mu    sync.Mutex
	pages []string // paths, in the order in which they were asked for, with resumed or full
}

// stages is how many pages there are. Chromium may have opened a connection or
// two ahead, before it had a ticket.
const stages = 6

func (j *journey) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var stage int
	if _, err := fmt.Sscanf(r.URL.Path, "/%d", &stage); err != nil {
		http.NotFound(w, r) // the icon
		return
	}
	how := "full"
	if r.TLS.DidResume {
		how = "resumed"
	}
	j.mu.Lock()
	j.pages = append(j.pages, fmt.Sprintf("%d %s", stage, how))
	j.mu.Unlock()
	w.Header().Set("Cache-Control", "no-store")
	if stage < stages {
		http.Redirect(w, r, fmt.Sprintf("/%d", stage+1), http.StatusFound)
		return
	}
	w.Header().Set("Content-Type", "text/html")
	fmt.Fprintf(w, "<!doctype html><title>the end</title><p>last page %s", html.EscapeString(how))
}

// A browser that is sent from page to page, over a new connection each, resumes.
func TestChromium(t *testing.T) {
	binary := chromium.Find(t)
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		t.Run(tls.VersionName(version), func(t *testing.T) {
			j := new(journey)
			s := site.New(t, version, j, tlscache.Options{})
			cmd := site.Command(t, binary,
				"--headless", "--no-sandbox", // as root it refuses to have one
				"--user-data-dir="+t.TempDir(),
				"--ignore-certificate-errors-spki-list="+s.KeyPin,
				"--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
				"--disable-background-networking", "--disable-component-update", "--disable-extensions",
				"--dump-dom", s.URL+"/1")
			var page, log bytes.Buffer
			cmd.Stdout, cmd.Stderr = &page, &log
			if err := cmd.Run(); err != nil {
				t.Fatalf("%s: %v\n%s", binary, err, log.String())
			}
			j.mu.Lock()
			defer j.mu.Unlock()
			t.Logf("%v, %+v", j.pages, s.Server.Stats())
			if !strings.Contains(page.String(), "last page resumed") || len(j.pages) != stages {
				t.Errorf("the page is %q after %v\n%s", page.String(), j.pages, log.String())
			}
			if got := s.Handshakes(version); got.Resumed == 0 {
				t.Errorf("the server counted %+v", got)
			}
		})
	}
}
