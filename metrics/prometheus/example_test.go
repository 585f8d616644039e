package prometheus_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"

	client "github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/reprise-tls/reprise/engine"
	"github.com/reprise-tls/reprise/metrics"
	"github.com/reprise-tls/reprise/metrics/prometheus"
)

func Example() {
	cache, err := engine.New(engine.Defaults())
	if err != nil {
		panic(err)
	}
	defer cache.Close()
	collector, err := prometheus.New("edge", metrics.Cache(cache))
	if err != nil {
		panic(err)
	}
	registry := client.NewRegistry()
	registry.MustRegister(collector)
	handler := promhttp.HandlerFor(registry, promhttp.HandlerOpts{}) // at /metrics

	cache.Get([]byte("an id that is not there"))

	answer := httptest.NewRecorder()
	handler.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	text, err := io.ReadAll(answer.Result().Body)
	if err != nil {
		panic(err)
	}
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "reprise_session_cache_misses_total") {
			fmt.Print(line)
		}
	}
	// Output:
	// reprise_session_cache_misses_total{cache="edge"} 1
}
