package handover

import (
	"errors"
	"testing"

	"github.com/reprise-tls/reprise/engine"
)

// Whatever authentic bytes come, there is an error or a whole stream, and the
// cache stays in order.
func FuzzRead(f *testing.F) {
	s, err := engine.NewSession([]byte("an id"), []byte("a state"), engine.SessionOptions{Created: startTime, Timeout: 100})
	if err != nil {
		f.Fatal(err)
	}
	b := append([]byte{formatVersion}, endRecord(engine.AppendSession(beginRecord(nil, kindSession), s, 100))...)
	b = append(b, endRecord(append(beginRecord(nil, kindPass), 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0))...)
	s.Release()
	f.Add(b)
	f.Add([]byte{formatVersion, kindGone, 0, 0, 0, 1, 7})
	f.Fuzz(func(t *testing.T, content []byte) {
		ring, after := newRing(t, 1), newFixture(t, nil)
		report, err := after.read(sealed(t, ring, Options{}, content), ring, Options{})
		if report.Whole != (err == nil) || err != nil && !(errors.Is(err, ErrIncomplete) && errors.Is(err, ErrFormat)) {
			t.Errorf("the report is %+v, the error %v", report, err)
		}
		if report.Added != after.Len() {
			t.Errorf("Added is %d, the cache has %d", report.Added, after.Len())
		}
	})
}
