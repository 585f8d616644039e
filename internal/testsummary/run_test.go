package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// write makes a tree of files below a temporary folder and returns it.
func write(t *testing.T, files map[string]string) string {
	t.Helper()
	root := t.TempDir()
	for name, content := range files {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func TestModulesAreFoundRootFirst(t *testing.T) {
	root := write(t, map[string]string{
		"go.mod": "", "store/redis/go.mod": "", "conformance/go.mod": "", "engine/engine.go": "",
		".cache/go.mod": "", "internal/x/testdata/go.mod": "", "bin/go.mod": "",
	})
	got, err := modules(root, nil)
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{".", "conformance", "store/redis"}; !slices.Equal(got, want) {
		t.Errorf("modules %q, want %q", got, want)
	}
	if got, err := modules(root, []string{"store/redis/"}); err != nil || !slices.Equal(got, []string{"store/redis"}) {
		t.Errorf("one module: %q, %v", got, err)
	}
	if _, err := modules(root, []string{"engine"}); err == nil || !strings.Contains(err.Error(), "engine is no module") {
		t.Errorf("a folder without go.mod: %v", err)
	}
	if _, err := modules(t.TempDir(), nil); err == nil {
		t.Error("an empty folder has modules")
	}
}

// One real run of the go command, from the flags to the tallies.
func TestRunAll(t *testing.T) {
	root := write(t, map[string]string{
		"go.mod":    "module example.com/run\n\ngo 1.26\n",
		"a_test.go": "package run\n\nimport \"testing\"\n\nfunc TestPasses(t *testing.T) {}\n\nfunc TestFails(t *testing.T) { t.Error(\"on purpose\") }\n",
	})
	t.Chdir(root)
	// The parent's go.work and test flags are no business of the child.
	t.Setenv("GOWORK", "off")
	t.Setenv("GOFLAGS", "")

	passes, err := parsePasses("vet,plain,race")
	if err != nil {
		t.Fatal(err)
	}
	out, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	o := options{passes: passes, modules: []string{"."}, omit: omissions{"race": "no C compiler"}}
	got := runAll(o, out)
	if len(got) != 3 {
		t.Fatalf("%d tallies, want 3", len(got))
	}
	if vet := got[0]; vet.pass != "vet" || len(vet.failures) != 0 {
		t.Errorf("vet: %+v", vet)
	}
	if plain := got[1]; plain.passed != 1 || !slices.Equal(plain.failures, []test{{"example.com/run", "TestFails"}}) {
		t.Errorf("plain: %+v", plain)
	}
	if race := got[2]; !slices.Equal(race.skips, []skipped{{test{pkg: "."}, "no C compiler"}}) {
		t.Errorf("race: %+v", race)
	}
	o.run = "TestPasses"
	if got := runAll(o, out); got[1].passed != 1 || len(got[1].failures) != 0 {
		t.Errorf("with -run: %+v", got[1])
	}
}

func TestFlags(t *testing.T) {
	if _, err := parsePasses("plain,rain"); err == nil || !strings.Contains(err.Error(), `"rain"`) {
		t.Errorf("unknown pass: %v", err)
	}
	var o omissions
	for _, bad := range []string{"", "race", "=reason", "race="} {
		if o.Set(bad) == nil {
			t.Errorf("-omit %q is accepted", bad)
		}
	}
	if err := o.Set("race=a = b"); err != nil || o["race"] != "a = b" {
		t.Errorf("-omit: %v, %v", o, err)
	}
}
