package prometheus

import (
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/reprise-tls/reprise/engine"
	"github.com/reprise-tls/reprise/metrics"
	"github.com/reprise-tls/reprise/store"
	"github.com/reprise-tls/reprise/tlscache"
)

const dashboardFile = "../../docs/grafana-dashboard.json"

// dashboard is what the test needs of Grafana's model.
type dashboard struct {
	UID, Title string
	Panels     []struct {
		ID      int
		Type    string
		Title   string
		GridPos struct{ X, Y, W, H int }
		Targets []struct{ Expr, RefID string }
	}
	Templating struct {
		List []struct {
			Name, Type string
			Query      any
		}
	}
}

func readDashboard(t *testing.T) (d dashboard) {
	t.Helper()
	b, err := os.ReadFile(dashboardFile)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &d); err != nil {
		t.Fatal(err)
	}
	return d
}

// quietStore has counted nothing.
type quietStore struct{}

func (*quietStore) Stats() store.Stats { return store.Stats{} }

// series are the names of all time series, with the labels that they have.
func series(t *testing.T) map[string][]string {
	t.Helper()
	client, err := tlscache.NewClient(tlscache.ClientOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	cache, err := engine.New(engine.Defaults())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cache.Close)
	server, err := tlscache.NewServer(cache, tlscache.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	names := map[string][]string{}
	for _, collect := range []metrics.Collect{metrics.Cache(cache), metrics.Client(client), metrics.Server(server), metrics.Store(new(quietStore))} {
		for _, s := range collect() {
			labels := append([]string{cacheLabel}, s.Labels...)
			if s.Kind == metrics.Histogram {
				names[s.Name+"_bucket"] = append(labels, "le")
				names[s.Name+"_count"] = labels
				continue
			}
			names[s.Name] = labels
		}
	}
	return names
}

var (
	word     = regexp.MustCompile(`[a-zA-Z_:][a-zA-Z0-9_:]*`)
	selector = regexp.MustCompile(`([a-zA-Z_:][a-zA-Z0-9_:]*)\{([^}]*)\}`)
	matcher  = regexp.MustCompile(`([a-zA-Z_][a-zA-Z0-9_]*)\s*(?:=~|!=|!~|=)\s*"[^"]*"`)
	grouping = regexp.MustCompile(`\b(?:by|without)\s*\(([^)]*)\)`)
)

// Every expression of the dashboard uses only time series that exist, and of
// them only labels that they have.
func TestDashboard(t *testing.T) {
	d, names := readDashboard(t), series(t)
	if d.UID == "" || d.Title == "" || len(d.Panels) == 0 {
		t.Fatal("no dashboard")
	}
	used, ids := map[string]bool{}, map[int]bool{}
	for _, p := range d.Panels {
		if ids[p.ID] || p.ID == 0 || p.Title == "" || p.GridPos.W == 0 || p.GridPos.X+p.GridPos.W > 24 {
			t.Errorf("panel %d, %q: its id, title or place is wrong", p.ID, p.Title)
		}
		ids[p.ID] = true
		if (len(p.Targets) == 0) != (p.Type == "row") {
			t.Errorf("panel %q has %d expressions", p.Title, len(p.Targets))
		}
		for _, target := range p.Targets {
			checkExpression(t, p.Title, target.Expr, names, used)
		}
	}
	for _, v := range d.Templating.List {
		if query, ok := v.Query.(map[string]any); ok {
			text, _ := query["query"].(string)
			name := strings.TrimPrefix(strings.Split(text, ",")[0], "label_values(")
			if names[name] == nil {
				t.Errorf("variable %s asks for %q, which there is not", v.Name, name)
			}
		}
	}
	for name := range names {
		if !used[name] && !used[strings.TrimSuffix(name, "_count")+"_bucket"] {
			t.Errorf("no panel shows %s", name)
		}
	}
}

func checkExpression(t *testing.T, panel, expr string, names map[string][]string, used map[string]bool) {
	t.Helper()
	selected := selector.FindAllStringSubmatch(expr, -1)
	if len(selected) == 0 || strings.Count(expr, "(") != strings.Count(expr, ")") {
		t.Errorf("panel %q: %q selects nothing, or its parentheses are not balanced", panel, expr)
	}
	known := map[string]bool{}
	for _, s := range selected {
		labels, ok := names[s[1]]
		if !ok {
			t.Errorf("panel %q: there is no %s", panel, s[1])
			continue
		}
		used[s[1]] = true
		for _, l := range labels {
			known[l] = true
		}
		for _, m := range matcher.FindAllStringSubmatch(s[2], -1) {
			if !contains(labels, m[1]) {
				t.Errorf("panel %q: %s has no label %s", panel, s[1], m[1])
			}
		}
	}
	for _, g := range grouping.FindAllStringSubmatch(expr, -1) {
		for _, l := range word.FindAllString(g[1], -1) {
			if !known[l] {
				t.Errorf("panel %q: nothing in %q has the label %s", panel, expr, l)
			}
		}
	}
	// What looks like a metric must be inside a selector.
	for _, w := range word.FindAllString(expr, -1) {
		if strings.HasPrefix(w, "reprise_") && names[w] == nil {
			t.Errorf("panel %q: there is no %s", panel, w)
		}
	}
}

func contains(list []string, s string) bool {
	for _, l := range list {
		if l == s {
			return true
		}
	}
	return false
}
