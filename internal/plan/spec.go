package plan

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/reprise-tls/reprise/internal/plan/visits"
)

// A Duration is written as 90s, 20m or 1h30m, never as a bare number: nobody
// could tell its unit.
type Duration time.Duration

// UnmarshalText implements encoding.TextUnmarshaler.
func (d *Duration) UnmarshalText(text []byte) error {
	v, err := time.ParseDuration(string(text))
	if err != nil {
		return fmt.Errorf("%q is not a duration, such as 250us, 90s or 1h30m", text)
	}
	*d = Duration(v)
	return nil
}

// UnmarshalYAML implements yaml.Unmarshaler.
func (d *Duration) UnmarshalYAML(value *yaml.Node) error {
	if err := d.UnmarshalText([]byte(value.Value)); err != nil {
		return fmt.Errorf("line %d: %w", value.Line, err)
	}
	return nil
}

// MarshalText implements encoding.TextMarshaler.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// String returns the duration as time.Duration does.
func (d Duration) String() string { return time.Duration(d).String() }

// Seconds returns the duration in seconds.
func (d Duration) Seconds() float64 { return time.Duration(d).Seconds() }

// A Whole is a whole number; 1.5 is an error instead of 1.
type Whole int

// UnmarshalYAML implements yaml.Unmarshaler.
func (n *Whole) UnmarshalYAML(value *yaml.Node) error {
	v, err := strconv.Atoi(value.Value)
	if err != nil {
		return fmt.Errorf("line %d: %q is not a whole number", value.Line, value.Value)
	}
	*n = Whole(v)
	return nil
}

// A Spec describes the traffic and the fleet. Shares are from 0 to 1.
type Spec struct {
	Name        string       `yaml:"name" json:"name"`
	Populations []Population `yaml:"populations" json:"populations"`

	// Lifetime of a session from its creation, at most seven days (RFC 8446,
	// section 4.6.1), in whole seconds.
	Lifetime Duration `yaml:"lifetime" json:"lifetime"`

	// SingleUse says that a TLS 1.3 session is taken out of the cache when it
	// is resumed (RFC 8446, section 8.1); otherwise it stays until it is
	// evicted or expires.
	SingleUse bool `yaml:"singleUse" json:"singleUse"`

	Nodes Whole `yaml:"nodes" json:"nodes"` // 1 to 10,000, equally loaded

	// Affinity is the share of returns that the balancer sends to the node of
	// the client's visit before; the others go to any node, by chance also to
	// that one.
	Affinity float64 `yaml:"affinity" json:"affinity"`

	// Probation is the engine's ProbationPercent, 0 to 100; not given: 25.
	Probation *Whole `yaml:"probation" json:"probation"`

	Resumption float64 `yaml:"resumption" json:"resumption"` // wanted, a share of handshakes
	Store      *Store  `yaml:"store" json:"store,omitempty"` // a shared one, to see what it would gain

	// Cost of handshakes by kind: tls13, tls12, mtls13, mtls12; what is not
	// given is measured.
	Cost map[string]Cost `yaml:"cost" json:"-"`

	// Memory of a session by kind, in bytes, its state included; what is not
	// given is measured.
	Memory map[string]float64 `yaml:"memory" json:"-"`

	Utilisation float64  `yaml:"utilisation" json:"utilisation"` // of the cores, at most; not given: 0.6
	Wait        Duration `yaml:"wait" json:"wait"`               // for a core, at most, at the percentile; not given: 5ms
	Percentile  float64  `yaml:"percentile" json:"percentile"`   // of the wait; not given: 0.99
}

// A Population is a kind of clients. A client is what keeps one session: a
// browser that opens k connections at once counts as k.
type Population struct {
	Name string `yaml:"name" json:"name"`

	// Clients that come back again and again, handshakes they make a second,
	// and the gap between the visits of one: of the three, one may be left
	// out (for the gap: the parameter of its scale), since handshakes =
	// clients / mean gap.
	Clients    float64    `yaml:"clients" json:"clients"`
	Handshakes float64    `yaml:"handshakes" json:"handshakesPerSecond"`
	Visits     visits.Law `yaml:"visits" json:"visits"`

	Newcomers float64 `yaml:"newcomers" json:"newcomers"` // share of handshakes by clients that come for the first time
	TLS12     float64 `yaml:"tls12" json:"tls12"`         // share of clients that speak TLS 1.2; the others TLS 1.3
	Mutual    float64 `yaml:"mutual" json:"mutual"`       // share of clients that show a certificate
}

// A Store is shared by all nodes.
type Store struct {
	Latency  Duration `yaml:"latency" json:"latency"`   // of a lookup, on average
	HitShare float64  `yaml:"hitShare" json:"hitShare"` // of lookups of a session it should have: that it has it and answers in time
}

// Cost of a kind of handshake for the server, in time of one core.
type Cost struct {
	Full    Duration `yaml:"full"`
	Resumed Duration `yaml:"resumed"`
}

// ErrSpec is wrapped by the errors about what a spec says.
var ErrSpec = errors.New("plan")

// Load reads a spec from a YAML file, which must not have keys that Spec has
// not.
func Load(name string) (Spec, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return Spec{}, err
	}
	s, err := Parse(text)
	if err != nil {
		return Spec{}, fmt.Errorf("%s: %w", name, err)
	}
	return s, nil
}

// Parse reads a spec in YAML, and completes and checks it.
func Parse(text []byte) (Spec, error) {
	var s Spec
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	decoder.KnownFields(true)
	if err := decoder.Decode(&s); err != nil {
		if errors.Is(err, io.EOF) {
			return Spec{}, fmt.Errorf("%w: it is empty", ErrSpec)
		}
		return Spec{}, fmt.Errorf("%w: %s", ErrSpec, readable(err))
	}
	if err := decoder.Decode(new(any)); !errors.Is(err, io.EOF) {
		return Spec{}, fmt.Errorf("%w: it has more than one document; allowed is one", ErrSpec)
	}
	return s.Complete()
}

var unknownKey = regexp.MustCompile(`field (\S+) not found in type \S+`)

// readable says what the library says in terms of the file.
func readable(err error) string {
	text := strings.TrimPrefix(err.Error(), "yaml: ")
	text = strings.TrimPrefix(text, "unmarshal errors:\n")
	text = unknownKey.ReplaceAllString(text, `key "$1" is not known`)
	return strings.Join(strings.Fields(strings.ReplaceAll(text, "\n", ";")), " ")
}
