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
	kind lawKind
	a, b float64 // what follows the name in the law's text
}

type lawKind uint8

const (
	uniformLaw lawKind = iota
	zipfLaw            // a: theta
	hotspotLaw         // a: percent of the keys, b: percent of the operations
	latestLaw          // a: theta
	scanLaw            // a: length
	cyclicLaw
)

// Laws without parameters.
var (
	// Uniform draws every key equally often.
	Uniform = Law{}

	// Cyclic draws all keys one after the other, round and round, each
	// goroutine from a key of its own: clients that come back in a fixed order.
	// A cache that evicts the oldest and has room for fewer finds none of them.
	Cyclic = Law{kind: cyclicLaw}
)

// Zipf draws the key of rank k in proportion to k^-theta, 0 < theta <=
// [MaxTheta]. Ranks are spread over the keys by a permutation.
func Zipf(theta float64) (Law, error) { return thetaLaw(zipfLaw, theta) }

// Latest draws the key added k-th from last in proportion to k^-theta, 0 <
// theta <= [MaxTheta]. Adds go through the keys in their order, each goroutine
// by itself; where nothing is added, the key of the highest number stays the
// latest.
func Latest(theta float64) (Law, error) { return thetaLaw(latestLaw, theta) }

func thetaLaw(kind lawKind, theta float64) (Law, error) {
	if !(theta > 0 && theta <= MaxTheta) {
		return Law{}, fmt.Errorf("theta is %v; allowed are numbers above 0 up to %d", theta, MaxTheta)
	}
	return Law{kind: kind, a: theta}, nil
}

// Hotspot draws, in the given percentage of the operations, one of the given
// percentage of the keys, at least one key, and else one of the others; both
// above 0 and below 100.
func Hotspot(keys, operations float64) (Law, error) {
	for _, percent := range []float64{keys, operations} {
		if !(percent > 0 && percent < 100) {
			return Law{}, fmt.Errorf("percentage is %v; allowed are numbers above 0 and below 100", percent)
		}
	}
	return Law{hotspotLaw, keys, operations}, nil
}

// ScanKeys draws runs of as many keys as length says, 1 to [MaxSessions], one
// after the other in their order, each run from a key drawn uniformly.
func ScanKeys(length int) (Law, error) {
	if length < 1 || length > MaxSessions {
		return Law{}, fmt.Errorf("length is %d; allowed are whole numbers from 1 to %d", length, MaxSessions)
	}
	return Law{kind: scanLaw, a: float64(length)}, nil
}

const lawsAllowed = "uniform, zipf:THETA, hotspot:KEYS%:OPERATIONS%, latest:THETA, scan:LENGTH and cyclic, for example zipf:0.99 or hotspot:20:80"

// ParseLaw reads "uniform", "zipf:THETA", "hotspot:PERCENT:PERCENT",
// "latest:THETA", "scan:LENGTH" or "cyclic".
func ParseLaw(s string) (Law, error) {
	name, rest, hasParameters := strings.Cut(s, ":")
	var law Law
	var err error
	parameters := strings.Split(rest, ":")
	switch {
	case s == "uniform":
		return Uniform, nil
	case s == "cyclic":
		return Cyclic, nil
	case !hasParameters:
		return Law{}, fmt.Errorf("key law %q; allowed are %s", s, lawsAllowed)
	case (name == "zipf" || name == "latest") && len(parameters) == 1:
		var theta float64
		if theta, err = strconv.ParseFloat(rest, 64); err != nil {
			return Law{}, fmt.Errorf("key law %q: theta is not a number; allowed are numbers above 0 up to %d", s, MaxTheta)
		}
		kind := zipfLaw
		if name == "latest" {
			kind = latestLaw
		}
		law, err = thetaLaw(kind, theta)
	case name == "hotspot" && len(parameters) == 2:
		keys, errKeys := percentage(parameters[0])
		operations, errOperations := percentage(parameters[1])
		if errKeys != nil || errOperations != nil {
			return Law{}, fmt.Errorf("key law %q: a percentage is not a number; allowed are numbers above 0 and below 100", s)
		}
		law, err = Hotspot(keys, operations)
	case name == "scan" && len(parameters) == 1:
		length, notNumber := strconv.Atoi(rest)
		if notNumber != nil {
			return Law{}, fmt.Errorf("key law %q: length is not a number; allowed are whole numbers from 1 to %d", s, MaxSessions)
		}
		law, err = ScanKeys(length)
	default:
		return Law{}, fmt.Errorf("key law %q; allowed are %s", s, lawsAllowed)
	}
	if err != nil {
		return Law{}, fmt.Errorf("key law %q: %w", s, err)
	}
	return law, nil
}

func percentage(s string) (float64, error) {
	return strconv.ParseFloat(strings.TrimSuffix(s, "%"), 64)
}

// String returns the law as [ParseLaw] reads it.
func (l Law) String() string {
	number := func(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }
	switch l.kind {
	case zipfLaw:
		return "zipf:" + number(l.a)
	case latestLaw:
		return "latest:" + number(l.a)
	case hotspotLaw:
		return "hotspot:" + number(l.a) + ":" + number(l.b)
	case scanLaw:
		return "scan:" + strconv.Itoa(int(l.a))
	case cyclicLaw:
		return "cyclic"
	}
	return "uniform"
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
