package handshake

import (
	"crypto/tls"
	"strings"
	"testing"
)

// Every kind can be measured. How long it takes is the machine's business;
// that a full handshake is dearer than a resumed one holds on any, since it
// signs, and is not asserted either.
func TestMeasure(t *testing.T) {
	for _, k := range Kinds() {
		c, err := Measure(k, MinCount)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range []Cost{c.Full, c.Resumed} {
			if !(0 < m.Low && m.Low <= m.Median && m.Median <= m.High) || m.Count != MinCount {
				t.Errorf("%s: %+v", k, m)
			}
		}
		state, err := tls.ParseSessionState(c.State)
		if err != nil || state == nil {
			t.Errorf("%s: the state is none: %v", k, err)
		}
		// A certificate is in the state, and that is most of it.
		if mutual := len(c.State) > 300; mutual != k.Mutual {
			t.Errorf("%s: a state of %d bytes", k, len(c.State))
		}
	}
}

func TestUnknown(t *testing.T) {
	for _, n := range []int{-1, 0, MinCount - 1, MaxCount + 1} {
		if _, err := Measure(Kinds()[0], n); err == nil || !strings.Contains(err.Error(), "allowed") {
			t.Errorf("%d handshakes: %v", n, err)
		}
	}
	if _, err := Measure(Kind{Version: tls.VersionTLS11}, 50); err == nil || !strings.Contains(err.Error(), "0x302") {
		t.Errorf("TLS 1.1: %v", err)
	}
	for _, k := range Kinds() {
		if got, err := ParseKind(k.String()); got != k || err != nil {
			t.Errorf("%s: %v, %v", k, got, err)
		}
	}
	if _, err := ParseKind("ssl3"); err == nil || !strings.Contains(err.Error(), `"ssl3"`) {
		t.Errorf("ssl3: %v", err)
	}
}
