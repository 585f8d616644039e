package handshake

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"strings"

	"github.com/reprise-tls/reprise/engine"
	"github.com/reprise-tls/reprise/tlscache"
)

// A Target is a way for a server to keep sessions.
type Target struct {
	Name string // how the command line and the names of benchmarks call it
	Doc  string // what it is, in one line

	// open returns what changes configs so that their sessions are kept that
	// way, in at most capacity sessions where it has a bound.
	open func(capacity int) (keeper, error)
}

// A keeper keeps the sessions of a server.
type keeper interface {
	install(config *tls.Config) (*tls.Config, error)

	// sessions returns how many there are, and how many were evicted; false:
	// the server keeps none.
	sessions() (linked int, evicted uint64, ok bool)

	// close ends it, and reports what is wrong with it, one line each.
	close() []string
}

// Targets are all there are.
func Targets() []Target {
	return []Target{
		{"engine", "sessions in the engine, by tlscache.Server", openEngine},
		{"tickets", "crypto/tls's own session tickets", func(int) (keeper, error) { return tickets{}, nil }},
		{"none", "no resumption: every handshake is full", func(int) (keeper, error) { return none{}, nil }},
	}
}

// Find returns the target with the given name.
func Find(name string) (Target, error) {
	var names []string
	for _, t := range Targets() {
		if t.Name == name {
			return t, nil
		}
		names = append(names, t.Name)
	}
	return Target{}, fmt.Errorf("unknown target %q; allowed are %s", name, strings.Join(names, ", "))
}

type tickets struct{}

func (tickets) install(config *tls.Config) (*tls.Config, error) { return config, nil }
func (tickets) sessions() (int, uint64, bool)                   { return 0, 0, false }
func (tickets) close() []string                                 { return nil }

type none struct{ tickets }

func (none) install(config *tls.Config) (*tls.Config, error) {
	config.SessionTicketsDisabled = true
	return config, nil
}

// inEngine keeps sessions in the engine. The server's log goes to standard
// error, which a run shows when a target dies.
type inEngine struct {
	cache  *engine.Cache
	server *tlscache.Server
}

func openEngine(capacity int) (keeper, error) {
	config := engine.Defaults()
	config.Capacity = capacity
	cache, err := engine.New(config)
	if err != nil {
		return nil, err
	}
	server, err := tlscache.NewServer(cache, tlscache.Options{Logger: slog.Default()})
	if err != nil {
		cache.Close()
		return nil, err
	}
	return &inEngine{cache, server}, nil
}

func (k *inEngine) install(config *tls.Config) (*tls.Config, error) { return k.server.Install(config) }

func (k *inEngine) sessions() (int, uint64, bool) {
	return k.cache.Len(), k.cache.Stats().CacheFull, true
}

func (k *inEngine) close() (wrong []string) {
	k.server.Close()
	report, err := k.cache.Audit()
	if err != nil {
		wrong = append(wrong, fmt.Sprintf("audit: %v", err))
	}
	if report.Outstanding != 0 {
		wrong = append(wrong, fmt.Sprintf("%d references are held although no handshake runs", report.Outstanding))
	}
	k.cache.Close()
	if n := k.cache.Len(); n != 0 {
		wrong = append(wrong, fmt.Sprintf("after Close, Len is %d", n))
	}
	if n := k.cache.Stats().OverReleased; n != 0 {
		wrong = append(wrong, fmt.Sprintf("references were released %d times that nobody held", n))
	}
	return wrong
}
