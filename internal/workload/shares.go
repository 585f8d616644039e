package workload

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// parseShares reads "a=70,b=30" into percentages in the order of names. Each
// name appears at most once, those left out have none, and the sum is 100.
func parseShares(what, s string, names []string) ([]int, error) {
	shares := make([]int, len(names))
	seen := make([]bool, len(names))
	sum := 0
	for part := range strings.SplitSeq(s, ",") {
		name, number, ok := strings.Cut(part, "=")
		i := slices.Index(names, name)
		switch {
		case !ok:
			return nil, fmt.Errorf("%s %q: %q is not of the form NAME=PERCENT", what, s, part)
		case i < 0:
			return nil, fmt.Errorf("%s %q: unknown name %q; allowed are %s", what, s, name, strings.Join(names, ", "))
		case seen[i]:
			return nil, fmt.Errorf("%s %q: %s appears twice", what, s, name)
		}
		percent, err := strconv.Atoi(number)
		if err != nil || percent < 0 || percent > 100 {
			return nil, fmt.Errorf("%s %q: %s has share %q; allowed are whole percentages, 0 to 100", what, s, name, number)
		}
		shares[i], seen[i] = percent, true
		sum += percent
	}
	if sum != 100 {
		return nil, fmt.Errorf("%s %q: the shares add up to %d; they must add up to 100", what, s, sum)
	}
	return shares, nil
}

func formatShares(names []string, shares []int) string {
	var parts []string
	for i, name := range names {
		if shares[i] > 0 {
			parts = append(parts, fmt.Sprintf("%s=%d", name, shares[i]))
		}
	}
	return strings.Join(parts, ",")
}

// hundred lists, for each of 100 equally likely draws, the index of a share.
func hundred(shares []int) (table [100]uint8) {
	at := 0
	for i, n := range shares {
		for range n {
			table[at] = uint8(i)
			at++
		}
	}
	return table
}

// A Mix says which percentage of the operations of workload mixed is of which
// kind.
// A resume is a lookup, and an add of the session where it finds nothing.
type Mix struct{ Get, Add, Remove, Resume int }

// DefaultMix is mostly lookups, as a server of returning clients sees them.
var DefaultMix = Mix{Get: 80, Add: 10, Remove: 10}

var mixNames = []string{"get", "add", "remove", "resume"}

// ParseMix reads percentages such as "get=80,add=10,remove=10".
func ParseMix(s string) (Mix, error) {
	n, err := parseShares("mix", s, mixNames)
	if err != nil {
		return Mix{}, err
	}
	return Mix{n[0], n[1], n[2], n[3]}, nil
}

// String returns the mix as [ParseMix] reads it.
func (m Mix) String() string { return formatShares(mixNames, m.shares()) }

func (m Mix) shares() []int { return []int{m.Get, m.Add, m.Remove, m.Resume} }

// MarshalText implements encoding.TextMarshaler.
func (m Mix) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler; no text is what a mix of
// nothing, the zero value, is written as.
func (m *Mix) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*m = Mix{}
		return nil
	}
	mix, err := ParseMix(string(text))
	if err == nil {
		*m = mix
	}
	return err
}
