package metrics_test

import (
	"encoding/json"
	"expvar"
	"fmt"

	"github.com/reprise-tls/reprise/engine"
	"github.com/reprise-tls/reprise/metrics"
)

func ExampleCache() {
	cache, err := engine.New(engine.Defaults())
	if err != nil {
		panic(err)
	}
	defer cache.Close()
	expvar.Publish("session_cache", metrics.Cache(cache)) // at /debug/vars

	cache.Get([]byte("an id that is not there"))

	var values map[string]any
	if err := json.Unmarshal([]byte(expvar.Get("session_cache").String()), &values); err != nil {
		panic(err)
	}
	fmt.Println("misses:", values["reprise_session_cache_misses_total"])
	// Output:
	// misses: 1
}
