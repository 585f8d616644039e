//go:build !invariants

package measure

import (
	"strings"
	"testing"

	"github.com/reprise-tls/reprise/internal/workload"
	"github.com/reprise-tls/reprise/shards"
)

// With the tag invariants the session itself would panic.
func TestReleasesOfNothingAreFound(t *testing.T) {
	wrong := violations(t, bent("faulty", func(c *faulty) {
		c.remove = func(c *faulty, s *shards.Session) bool {
			removed := c.Cache.Remove(s)
			if c.now() {
				s.Release()
				s.Release()
			}
			return removed
		}
	}), testSpec(workload.Churn), 1)
	if what := strings.Join(wrong, "\n"); !strings.Contains(what, "that nobody held") {
		t.Errorf("the check says %q", wrong)
	}
}
