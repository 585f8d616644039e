package handshake

import (
	"context"
	"crypto/tls"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/reprise-tls/reprise/internal/latency"
	"github.com/reprise-tls/reprise/internal/measure"
	"github.com/reprise-tls/reprise/internal/scenario"
)

func countOf(s *latency.Summary) int64 {
	if s == nil {
		return 0
	}
	return s.Count
}

func only(kind Kind) (m Mix) {
	m[kind] = 100
	return m
}

// Every target, with every kind of handshake: all that can be resumed is.
func TestTargets(t *testing.T) {
	for kind := range kindCount {
		t.Run(kind.String(), func(t *testing.T) {
			c := small(t, "engine", "tickets", "none")
			c.Mixes, c.Count = []Mix{only(kind)}, 1
			r := run(t, t.Context(), c)
			for _, cell := range r.Cells {
				n := cell.Counts()
				if cell.Target == "none" {
					if n.Resumed > 0 || n.Offered > 0 || n.Kept > 0 {
						t.Errorf("without resumption: %+v", n)
					}
					continue
				}
				if n.Resumed != n.Started || n.Offered != n.Started {
					t.Errorf("%s: %+v; want all resumed", cell.Target, n)
				}
				if kind.Version() == tls.VersionTLS13 && n.Kept != n.Done() {
					t.Errorf("%s: %d new tickets for %d handshakes", cell.Target, n.Kept, n.Done())
				}
			}
		})
	}
}

// Kinds, full and resumed, and aborted handshakes in one run, on several
// numbers of goroutines.
func TestMixture(t *testing.T) {
	c := small(t, "tickets", "engine")
	c.Mixes = []Mix{{40, 30, 20, 10}}
	c.Goroutines = []int{1, 4}
	c.Clients, c.Resumed, c.Aborted = 8, 50, 25
	c.Collect, c.WarmUp = true, c.Duration
	r := run(t, t.Context(), c)
	for _, cell := range r.Cells {
		for _, s := range cell.Samples {
			if cell.Target == "engine" && (s.Server.Sessions == nil || *s.Server.Sessions == 0 || *s.Server.Sessions > c.Capacity) {
				t.Errorf("the engine has %v sessions", s.Server.Sessions)
			}
			if cell.Target == "tickets" && s.Server.Sessions != nil {
				t.Errorf("tickets keep %d sessions", *s.Server.Sessions)
			}
		}
	}
}

// Every connection aborted: none is finished at either end, and the server has
// got no further than to wait for the client's second flight.
func TestAborted(t *testing.T) {
	for kind, resume := range map[Kind]float64{TLS13: 0, TLS12: 100, MutualTLS13: 100, MutualTLS12: 0} {
		c := small(t, "engine")
		c.Mixes, c.Resumed, c.Aborted, c.Count = []Mix{only(kind)}, resume, 100, 1
		n := run(t, t.Context(), c).Cells[0].Counts()
		if n.Aborted != n.Started || resume == 100 && n.Offered != n.Started {
			t.Errorf("%s, %v%% resumed: %+v; want all aborted", kind, resume, n)
		}
	}
}

// Nobody is asked to resume, so nobody does.
func TestNothingResumed(t *testing.T) {
	c := small(t, "engine")
	c.Resumed = 0
	if n := run(t, t.Context(), c).Cells[0].Counts(); n.Full != n.Started || n.Offered > 0 {
		t.Errorf("%+v; want all full", n)
	}
}

func TestOpenLoop(t *testing.T) {
	for _, how := range []string{"poisson", "uniform", "bursts:5"} {
		arrivals, err := scenario.ParseArrivals(how)
		if err != nil {
			t.Fatal(err)
		}
		c := small(t, "tickets")
		c.Rate, c.Arrivals = 300, arrivals
		c.Duration, c.Count = 5*c.Duration, 1
		for _, s := range run(t, t.Context(), c).Cells[0].Samples {
			if s.Arrivals == nil || s.Arrivals.Due == 0 {
				t.Errorf("%s: arrivals %+v", how, s.Arrivals)
			}
		}
	}
}

// More arrive than can be served: what is not begun is told.
func TestOpenLoopThatFallsBehind(t *testing.T) {
	c := small(t, "none")
	c.Rate, c.Late, c.Goroutines, c.Count = MaxRate, 1, []int{1}, 1
	a := run(t, t.Context(), c).Cells[0].Samples[0].Arrivals
	if a.Dropped == 0 || a.Behind == 0 || a.Missed != a.Due {
		t.Errorf("arrivals %+v; want most dropped and all late", a)
	}
}

// A bound that is too small for the clients: the engine evicts, and the server
// still counts what the clients do.
func TestSmallCapacity(t *testing.T) {
	c := small(t, "engine")
	c.Clients, c.Capacity, c.Count = 64, 8, 3
	r := run(t, t.Context(), c)
	var evicted uint64
	for _, s := range r.Cells[0].Samples {
		evicted += *s.Server.Evicted
		if *s.Server.Sessions > c.Capacity {
			t.Errorf("%d sessions in a cache for %d", *s.Server.Sessions, c.Capacity)
		}
	}
	if n := r.Cells[0].Counts(); n.Full > 0 && evicted == 0 {
		t.Errorf("%+v, nothing evicted", n)
	}
}

// An interrupt leaves what was measured, marked as partial.
func TestInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	c := small(t, "tickets", "engine")
	c.Count = 1_000_000
	c.Progress = func(p measure.Progress) {
		if p.Done == 5 {
			cancel()
		}
	}
	r := run(t, ctx, c)
	if !r.Partial || r.Done < 5 || r.Done >= r.Planned || len(r.Cells[0].Samples) == 0 {
		t.Errorf("partial %v, %d of %d, cells %+v", r.Partial, r.Done, r.Planned, r.Cells)
	}
}

// An interrupt does not wait for a server that does not answer.
func TestInterruptedWhileTheServerHangs(t *testing.T) {
	l := listener(t)
	ctx, cancel := context.WithCancel(t.Context())
	accepted := make(chan struct{})
	go func() {
		conn, err := l.Accept() // and nothing more
		if err == nil {
			defer conn.Close()
		}
		close(accepted)
		<-ctx.Done()
	}()
	c := small(t)
	c.Remote = remote(t, l.Addr().String())
	go func() {
		<-accepted
		cancel()
	}()
	r, err := Run(ctx, c)
	if err != nil || !r.Partial || len(r.Failures) > 0 {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestTargetsThatDie(t *testing.T) {
	c := small(t, "engine")
	for what, command := range map[string]*exec.Cmd{
		"cannot be started":  exec.Command(filepath.Join(t.TempDir(), "absent")),
		"ends at once":       exec.Command("true"),
		"says something odd": exec.Command("echo", "hello"),
	} {
		c.Command = func() *exec.Cmd { return command }
		r, err := Run(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		if len(r.Failures) != 1 || r.OK(100) {
			t.Errorf("a process that %s: failures %+v", what, r.Failures)
		}
	}
}

func TestProfiles(t *testing.T) {
	c := small(t, "engine")
	c.Count = 1
	c.CPUProfile = filepath.Join(t.TempDir(), "cpu.prof")
	run(t, t.Context(), c)
	if info, err := os.Stat(ProfileName(c.CPUProfile, "engine-tls13")); err != nil || info.Size() == 0 {
		t.Errorf("%v, %v", info, err)
	}
}

func TestConfigsThatMakeNoSense(t *testing.T) {
	for want, change := range map[string]func(*Config){
		"at least one target":       func(c *Config) { c.Targets = nil },
		"at least one mix":          func(c *Config) { c.Mixes = nil },
		"no command":                func(c *Config) { c.Command = nil },
		"101 percent":               func(c *Config) { c.Resumed = 101 },
		"-1 percent":                func(c *Config) { c.Aborted = -1 },
		"1 clients for 2":           func(c *Config) { c.Clients = 1 },
		"[0 2] goroutines":          func(c *Config) { c.Goroutines = []int{0, 2} },
		"connections a second":      func(c *Config) { c.Rate = 2e6 },
		"above 0":                   func(c *Config) { c.Count = 0 },
		"deadline":                  func(c *Config) { c.Deadline = c.Timeout },
		`unknown target "best"`:     func(c *Config) { c.Targets = []string{"best"} },
		"no client certificate for": func(c *Config) { c.Remote, c.Mixes = &Remote{Target: "x:1"}, []Mix{only(MutualTLS12)} },
	} {
		c := small(t, "engine")
		change(&c)
		if _, err := Run(t.Context(), c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v; want an error with %q", err, want)
		}
	}
}

// What the server counts otherwise than the clients is a violation.
func TestDisagreement(t *testing.T) {
	s := Sample{Counts: Counts{Started: 3, Full: 1, Resumed: 1, Aborted: 1}, Server: &Server{Full: 1, Resumed: 1, Broken: 1}}
	if wrong := s.disagreement(); wrong != "" {
		t.Error(wrong)
	}
	for _, change := range []func(*Server){
		func(s *Server) { s.Full++ }, func(s *Server) { s.Resumed-- }, func(s *Server) { s.Broken = 0 },
	} {
		other := *s.Server
		change(&other)
		if wrong := (Sample{Counts: s.Counts, Server: &other}).disagreement(); wrong == "" {
			t.Errorf("%+v passes for %+v", other, s.Counts)
		}
	}
}
