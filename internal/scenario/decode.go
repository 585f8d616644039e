package scenario

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"go.yaml.in/yaml/v3"
)

// MaxFileSize bounds a scenario's file, in bytes.
const MaxFileSize = 1 << 20

// ReadFile reads a scenario. "-" is standard input. Errors name the file, the
// line and the key, one a line, and say what is allowed.
func ReadFile(name string) (*Scenario, error) {
	if name == "-" {
		return Read(os.Stdin, "standard input")
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("scenario: %w", err)
	}
	s, err := Read(f, name)
	return s, errors.Join(err, f.Close())
}

// Read is ReadFile of what is open already; name is what errors call it.
func Read(r io.Reader, name string) (*Scenario, error) {
	text, err := io.ReadAll(io.LimitReader(r, MaxFileSize+1))
	if err != nil {
		return nil, fmt.Errorf("scenario %s: %w", name, err)
	}
	if len(text) > MaxFileSize {
		return nil, fmt.Errorf("scenario %s: longer than %d bytes", name, MaxFileSize)
	}
	s := Default()
	d := &decoder{file: name}
	if err := d.decode(string(text), keysOf(&s)); err != nil {
		return nil, err
	}
	if err := s.complete(); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return &s, nil
}

// ReadPopulation reads one population on one line, such as "{clients: 1000,
// gap: exponential:10m}", for a flag.
func ReadPopulation(text string) (Population, error) {
	p := defaultPopulation()
	d := &decoder{file: "population"}
	err := d.decode(text, populationKeys(&p))
	return p, err
}

// A key is one that a mapping may have.
type key struct {
	name, value, byDefault, doc string
	set                         func(d *decoder, n *yaml.Node, path string) error
}

// scalar is a key with a single value, which parse reads.
func scalar(name, value, byDefault, doc string, parse func(string) error) key {
	return key{name, value, byDefault, doc, func(_ *decoder, n *yaml.Node, _ string) error {
		if n.Kind != yaml.ScalarNode {
			return fmt.Errorf("a single value is wanted: %s", value)
		}
		return parse(n.Value)
	}}
}

// decoder reads one document and collects what is wrong with it.
type decoder struct {
	file string
	errs []error
}

// decode reads a document that is a mapping.
func (d *decoder) decode(text string, keys []key) error {
	decoder := yaml.NewDecoder(strings.NewReader(text))
	var document, another yaml.Node
	if err := decoder.Decode(&document); errors.Is(err, io.EOF) {
		return fmt.Errorf("%s: empty; wanted are the keys %s", d.file, names(keys))
	} else if err != nil {
		// "yaml: line 3: ..."
		return fmt.Errorf("%s: %s", d.file, strings.TrimPrefix(err.Error(), "yaml: "))
	}
	if err := decoder.Decode(&another); !errors.Is(err, io.EOF) {
		return fmt.Errorf("%s: there is a second document; one is allowed", d.file)
	}
	d.mapping(document.Content[0], "", keys)
	return errors.Join(d.errs...)
}

func (d *decoder) fail(n *yaml.Node, path string, err error) {
	if path != "" {
		path += ": "
	}
	d.errs = append(d.errs, fmt.Errorf("%s:%d: %s%w", d.file, n.Line, path, err))
}

// mapping sets what the keys of a mapping say.
func (d *decoder) mapping(n *yaml.Node, path string, keys []key) {
	if n.Kind != yaml.MappingNode {
		d.fail(n, path, fmt.Errorf("a mapping is wanted, with the keys %s", names(keys)))
		return
	}
	seen := make(map[string]int)
	for i := 0; i < len(n.Content); i += 2 {
		name, value := n.Content[i], n.Content[i+1]
		at := strings.TrimPrefix(path+"."+name.Value, ".")
		if line, again := seen[name.Value]; again {
			d.fail(name, at, fmt.Errorf("given twice, first in line %d", line))
			continue
		}
		seen[name.Value] = name.Line
		k, ok := find(keys, name.Value)
		switch {
		case !ok:
			d.fail(name, at, fmt.Errorf("unknown key; allowed are %s", names(keys)))
		case value.Kind == yaml.AliasNode:
			d.fail(value, at, errors.New("aliases are not allowed"))
		default:
			if err := k.set(d, value, at); err != nil {
				d.fail(value, at, err)
			}
		}
	}
}

// sequence calls item for each mapping of a list.
func (d *decoder) sequence(n *yaml.Node, path string, most int, item func(n *yaml.Node, path string)) error {
	if n.Kind != yaml.SequenceNode || len(n.Content) == 0 || len(n.Content) > most {
		return fmt.Errorf("a list of 1 to %d mappings is wanted", most)
	}
	for i, child := range n.Content {
		item(child, fmt.Sprintf("%s[%d]", path, i))
	}
	return nil
}

func find(keys []key, name string) (key, bool) {
	for _, k := range keys {
		if k.name == name {
			return k, true
		}
	}
	return key{}, false
}

func names(keys []key) string {
	var all []string
	for _, k := range keys {
		all = append(all, k.name)
	}
	return strings.Join(all, ", ")
}
