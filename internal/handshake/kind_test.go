package handshake

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestMix(t *testing.T) {
	for text, want := range map[string]Mix{
		"tls13":                               {TLS13: 100},
		"mtls12":                              {MutualTLS12: 100},
		"tls12=100":                           {TLS12: 100},
		"tls13=70,tls12=20,mtls13=9,mtls12=1": {70, 20, 9, 1},
	} {
		mix, err := ParseMix(text)
		if err != nil || mix != want {
			t.Errorf("%s: %v, %v", text, mix, err)
		}
		encoded, err := json.Marshal(mix)
		if err != nil {
			t.Fatal(err)
		}
		var back Mix
		if err := json.Unmarshal(encoded, &back); err != nil || back != mix {
			t.Errorf("%s becomes %s and then %v, %v", text, encoded, back, err)
		}
	}
	for text, want := range map[string]string{
		"":                   "NAME=PERCENT",
		"tls14":              "NAME=PERCENT",
		"tls14=100":          `unknown name "tls14"; allowed are tls13, tls12, mtls13, mtls12`,
		"tls13=50":           "must add up to 100",
		"tls13=50,tls13=50":  "twice",
		"tls13=101,tls12=-1": "0 to 100",
	} {
		if mix, err := ParseMix(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, %v; want an error with %q", text, mix, err, want)
		}
	}
}

// Of 100 numbers each kind has its share.
func TestMixDraws(t *testing.T) {
	mix := Mix{70, 20, 9, 1}
	var got Mix
	for n := range 100 {
		got[mix.draw(n)]++
	}
	if got != mix {
		t.Errorf("drawn %v of %v", got, mix)
	}
}
