package store

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/reprise-tls/reprise/store/storetest"
)

func TestDeadlines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := new(storetest.Memory).Client()
		c.Before = func(ctx context.Context, _ string, _ []byte) error { <-ctx.Done(); return ctx.Err() }
		d := newDeadline(t, c, DeadlineOptions{Get: time.Second, Set: 2 * time.Second, Delete: 3 * time.Second, Claim: 4 * time.Second})
		id := []byte("id")
		calls := map[string]func(context.Context) error{
			"Get":     func(ctx context.Context) error { _, err := d.Get(ctx, id); return err },
			"Set":     func(ctx context.Context) error { return d.Set(ctx, id, nil, time.Minute) },
			"Delete":  func(ctx context.Context) error { return d.Delete(ctx, id) },
			"Claim":   func(ctx context.Context) error { _, err := d.Claim(ctx, id, time.Minute); return err },
			"Unclaim": func(ctx context.Context) error { return d.Unclaim(ctx, id) },
		}
		for method, limit := range map[string]time.Duration{
			"Get": time.Second, "Set": 2 * time.Second, "Delete": 3 * time.Second, "Claim": 4 * time.Second, "Unclaim": 4 * time.Second,
		} {
			begin, before := time.Now(), d.Stats().Exceeded
			wantError(t, method, calls[method](context.Background()), context.DeadlineExceeded)
			equal(t, method+" took", time.Since(begin), limit)
			equal(t, method+": Exceeded", d.Stats().Exceeded, before+1)

			// The caller's, if that is earlier.
			begin = time.Now()
			ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
			wantError(t, method, calls[method](ctx), context.DeadlineExceeded)
			cancel()
			equal(t, method+" took", time.Since(begin), time.Millisecond)
			equal(t, method+": Exceeded", d.Stats().Exceeded, before+2)

			// Who gives up has not exceeded anything.
			ctx, cancel = context.WithCancel(context.Background())
			cancel()
			wantError(t, method, calls[method](ctx), context.Canceled)
			equal(t, method+": Exceeded", d.Stats().Exceeded, before+2)
		}
	})
}
