package workload

import (
	"fmt"
	"strconv"
	"strings"
)

// MaxTheta is the largest exponent of a Zipf law. Beyond it nearly every
// operation concerns one key.
const MaxTheta = 10

// A Law says how often each key is drawn. The zero Law is uniform.
type Law struct {
	theta float64 // of a Zipf law; 0: uniform
}

// Uniform draws every key equally often.
var Uniform = Law{}

// Zipf draws the key of rank k in proportion to k^-theta, 0 < theta <=
// [MaxTheta]. Ranks are spread over the keys by a permutation.
func Zipf(theta float64) (Law, error) {
	if !(theta > 0 && theta <= MaxTheta) {
		return Law{}, fmt.Errorf("theta is %v; allowed are numbers above 0 up to %d", theta, MaxTheta)
	}
	return Law{theta}, nil
}

// ParseLaw reads "uniform" or "zipf:THETA".
func ParseLaw(s string) (Law, error) {
	if s == "uniform" {
		return Uniform, nil
	}
	number, ok := strings.CutPrefix(s, "zipf:")
	if !ok {
		return Law{}, fmt.Errorf("key law %q; allowed are uniform and zipf:THETA, for example zipf:0.99", s)
	}
	theta, err := strconv.ParseFloat(number, 64)
	if err != nil {
		return Law{}, fmt.Errorf("key law %q: theta is not a number; allowed are numbers above 0 up to %d", s, MaxTheta)
	}
	law, err := Zipf(theta)
	if err != nil {
		return Law{}, fmt.Errorf("key law %q: %w", s, err)
	}
	return law, nil
}

// String returns the law as [ParseLaw] reads it.
func (l Law) String() string {
	if l == Uniform {
		return "uniform"
	}
	return "zipf:" + strconv.FormatFloat(l.theta, 'g', -1, 64)
}

// MarshalText implements encoding.TextMarshaler.
func (l Law) MarshalText() ([]byte, error) { return []byte(l.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (l *Law) UnmarshalText(text []byte) error {
	law, err := ParseLaw(string(text))
	if err == nil {
		*l = law
	}
	return err
}

// keys draws keys below n by a law. Keys drawn by several goroutines under
// the same seed have the same hot ones.
type keys struct {
	n       uint64
	uniform bool
	zipf    zipf
	spread  scramble
}

func newKeys(l Law, n int, seed uint64) *keys {
	k := &keys{n: uint64(n), uniform: l == Uniform}
	if !k.uniform {
		k.zipf = newZipf(k.n, l.theta)
		k.spread = newScramble(k.n, seed)
	}
	return k
}

func (k *keys) draw(r random) uint64 {
	if k.uniform {
		return r.below(k.n)
	}
	return k.spread.of(k.zipf.rank(r) - 1)
}
