package scenario

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/reprise-tls/reprise/internal/golden"
)

// Every fault of a file is reported, with its line, its key and what is
// allowed.
func TestWrongFile(t *testing.T) {
	_, err := ReadFile(filepath.Join("testdata", "wrong.yaml"))
	if err == nil {
		t.Fatal("no error")
	}
	golden.Check(t, "wrong.txt", err.Error()+"\n")
}

func TestWrongScenarios(t *testing.T) {
	const operations = "operations: {sessions: 10}\n"
	for _, c := range []struct{ text, want string }{
		{"", "f.yaml: empty; wanted are the keys name, seed"},
		{"[1]", "f.yaml:1: a mapping is wanted"},
		{"x: 1\na: b: c", "f.yaml: line 2: "},
		{"name: x\n---\nname: y", "second document"},
		{"name: x", "f.yaml: 0 of operations, populations and trace are given; exactly one is wanted"},
		{operations + "populations: [{clients: 1}]", "2 of operations"},
		{operations + "phases: []", "f.yaml:2: phases: a list of 1 to 100 mappings is wanted"},
		{operations + "phases: [{phase: fill}]", "phases: none is measured"},
		{operations + "phases: [{phase: measure}, {phase: measure}]", `phases[1]: the name "measure" is another phase's`},
		{operations + "phases: [{phase: storm}]", "phases[0]: a storm needs returning"},
		{operations + "phases: [{phase: measure}, {phase: storm, returning: 5%}]", "phases[1]: returning needs populations"},
		{operations + "phases: [{phase: measure}, {phase: drain, rate: 5}]", "f.yaml:2: phases[1]: rate is 5; allowed is none in a phase drain"},
		{"populations: [{clients: 0}]", "populations[0]: clients has neither clients nor a rate"},
		{"populations: [{clients: 1}]\nphases: [{phase: measure, rate: 5}]", "phases[0]: rate is 5, but populations come at the rates of their clients"},
		{"trace: {format: lines}", "trace.file is missing"},
		{"trace: {file: x}", "phases[0]: a trace cannot fill a cache"},
		{"trace: {file: x, times: true}\nphases: [{phase: measure, rate: 5}]", "trace is played at its own times"},
		{"trace: {file: x, format: vscsi}", "f.yaml:1: trace.format: "},
		{"base: &x {sessions: 1}\noperations: *x", "f.yaml:2: operations: aliases are not allowed"},
		{"population: [{visits: 0.5}]\npopulations: [{visits: 0.5}]", `f.yaml:2: populations[0].visits: "0.5" is not allowed; allowed are 0 and numbers from 1`},
		{strings.Repeat("#", MaxFileSize+1), "longer than 1048576 bytes"},
	} {
		if _, err := Read(strings.NewReader(c.text), "f.yaml"); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%.60q: error %v does not say %q", c.text, err, c.want)
		}
	}
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errors.New("broken") }

func TestUnreadableFilesAreNamed(t *testing.T) {
	for name, read := range map[string]func() error{
		"absent.yaml": func() error { _, err := ReadFile("absent.yaml"); return err },
		"testdata":    func() error { _, err := ReadFile("testdata"); return err },
		"broken.yaml": func() error { _, err := Read(failing{}, "broken.yaml"); return err },
		"short.yaml": func() error {
			_, err := Read(io.LimitReader(strings.NewReader("name: ["), 7), "short.yaml")
			return err
		},
	} {
		if err := read(); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("error %v does not name %s", err, name)
		}
	}
}

func TestExamplesAreValid(t *testing.T) {
	files, err := filepath.Glob("../../examples/workloads/*.yaml")
	if err != nil || len(files) < 3 {
		t.Fatalf("%d examples (%v)", len(files), err)
	}
	for _, name := range files {
		s, err := ReadFile(name)
		if err != nil {
			t.Error(err)
			continue
		}
		if want := strings.TrimSuffix(filepath.Base(name), ".yaml"); s.Name != want {
			t.Errorf("%s is called %q", name, s.Name)
		}
	}
}

// A scenario goes to other processes as JSON, and stands in results.
func TestScenariosComeBackFromJSON(t *testing.T) {
	for _, text := range []string{
		"operations: {sessions: 10, keys: hotspot:20:80, mix: resume=100}\nlifetime: choice:1h=50,2h=50\nphases: [{phase: measure, rate: 5, arrivals: bursts:7}]",
		"populations: [{clients: 5, gap: periodic:1m:10%, mtls: 50%, arrivals: uniform, rate: 2}]\nphases: [{phase: storm, returning: 10%}]",
		"trace: {file: x.csv, id-column: client, time-column: at, times: true, passes: 0}\nphases: [{phase: measure}]",
	} {
		s, err := Read(strings.NewReader(text), "f.yaml")
		if err != nil {
			t.Fatal(err)
		}
		encoded, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		var back Scenario
		if err := json.Unmarshal(encoded, &back); err != nil || !reflect.DeepEqual(*s, back) {
			t.Errorf("%+v comes back as %+v (%v)", *s, back, err)
		}
		if back.Hash() != s.Hash() {
			t.Error("the hash changed on the way")
		}
		back.Seed++
		if back.Hash() == s.Hash() {
			t.Error("another seed has the same hash")
		}
	}
}

func TestReadPopulation(t *testing.T) {
	p, err := ReadPopulation("{clients: 500, gap: exponential:10m, aborted: 2.5%}")
	if err != nil || p.Clients != 500 || p.Aborted != 0.025 || p.Gap.String() != "exponential:10m0s" || p.Connections != 1 {
		t.Errorf("%+v, %v", p, err)
	}
	if _, err := ReadPopulation("{client: 5}"); err == nil || !strings.Contains(err.Error(), "population:1: client: unknown key; allowed are name, clients") {
		t.Error(err)
	}
}

// node returns a mapping.
func node(t *testing.T, text string) *yaml.Node {
	t.Helper()
	var document yaml.Node
	if err := yaml.Unmarshal([]byte(text), &document); err != nil {
		t.Fatal(err)
	}
	return document.Content[0]
}

// tables are the tables of the reference, by the heading above them.
func tables() map[string][]key {
	s, p, phase := Default(), defaultPopulation(), Phase{}
	return map[string][]key{
		"The file":    keysOf(&s),
		"operations":  operationKeys(&Operations{}),
		"populations": populationKeys(&p),
		"trace":       traceKeys(&Trace{}),
		"phases":      phaseKeys(&phase),
	}
}

func table(keys []key) string {
	var b strings.Builder
	b.WriteString("| key | value | default | |\n|---|---|---|---|\n")
	for _, k := range keys {
		byDefault := ""
		if k.byDefault != "" {
			byDefault = "`" + k.byDefault + "`"
			if strings.Contains(k.byDefault, " ") {
				byDefault = k.byDefault
			}
		}
		b.WriteString("| `" + k.name + "` | " + k.value + " | " + byDefault + " | " + k.doc + " |\n")
	}
	return b.String()
}

// The reference has every key there is, as it is read, and no other.
func TestTheReferenceIsComplete(t *testing.T) {
	const name = "../../docs/workloads.md"
	content, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	text := string(content)
	for heading, keys := range tables() {
		_, section, ok := strings.Cut(text, "\n### "+heading+"\n")
		if !ok {
			t.Errorf("there is no section %q", heading)
			continue
		}
		section, _, _ = strings.Cut(section, "\n### ")
		section, _, _ = strings.Cut(section, "\n## ")
		start := strings.Index(section, "| key |")
		if start < 0 {
			t.Errorf("section %q has no table", heading)
			continue
		}
		got := section[start:]
		if end := strings.Index(got, "\n\n"); end >= 0 {
			got = got[:end+1]
		}
		got = strings.TrimRight(got, "\n") + "\n"
		if want := table(keys); got != want {
			if golden.Updating() {
				before, after, _ := strings.Cut(text, "\n### "+heading+"\n")
				text = before + "\n### " + heading + "\n" + strings.Replace(after, got, want, 1)
				continue
			}
			t.Errorf("section %q has\n%s\nwant\n%s", heading, got, want)
		}
	}
	if golden.Updating() {
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// The defaults that the tables name are those that are set.
func TestDefaultsAreAsDocumented(t *testing.T) {
	changed := Default()
	for _, k := range keysOf(&changed) {
		if k.byDefault == "" || strings.Contains(k.byDefault, " ") {
			continue
		}
		d := &decoder{file: "default"}
		if d.mapping(node(t, k.name+": "+k.byDefault), "", keysOf(&changed)); len(d.errs) > 0 {
			t.Error(d.errs)
		}
	}
	if want := Default(); !reflect.DeepEqual(changed, want) {
		t.Errorf("with all documented defaults set it is %+v, without %+v", changed, want)
	}
	p := defaultPopulation()
	for _, k := range populationKeys(&p) {
		d := &decoder{file: "default"}
		if d.mapping(node(t, k.name+": "+k.byDefault), "", populationKeys(&p)); len(d.errs) > 0 {
			t.Error(d.errs)
		}
	}
	if want := defaultPopulation(); !reflect.DeepEqual(p, want) {
		t.Errorf("with all documented defaults set it is %+v, without %+v", p, want)
	}
	s, err := Read(strings.NewReader("operations: {}\nphases: [{phase: measure}, {phase: warm-up}]"), "f.yaml")
	if err != nil || s.Phases[0].For != 30*time.Second || s.Phases[1].Steady != 0.02 || s.Operations.Sessions != 100_000 {
		t.Errorf("%+v, %v", s, err)
	}
}
