package cli

import (
	"bufio"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// A run's page goes into a file, and out of its JSON a report is made.
func TestReport(t *testing.T) {
	directory := t.TempDir()
	in := func(name string) string { return filepath.Join(directory, name) }
	code, stdout, stderr := execute(t, "run", "--target", "engine,mutex", "--sessions", "100", "--goroutines", "1,2", "--duration", "2ms", "--count", "2", "--warm-up", "0",
		"--progress", "none", "--format", "html", "-o", in("run.html"), "-o", in("run.json"), "-o", in("run.txt"))
	if code != ExitOK || stdout != "" {
		t.Fatalf("code %d, %.200s\n%s", code, stdout, stderr)
	}
	page, err := os.ReadFile(in("run.html"))
	if err != nil || !strings.Contains(string(page), "loadgen run --target engine,mutex --sessions 100") || !strings.Contains(string(page), "<svg") {
		t.Errorf("%v\n%.500s", err, page)
	}
	if code, stdout, stderr := execute(t, "report", directory, "-o", in("out")); code != ExitOK || strings.TrimSpace(stdout) != in("out/index.html") {
		t.Errorf("code %d, %s%s", code, stdout, stderr)
	}
	for _, name := range []string{"index.html", "run.json.html", "run.txt.html", "history.html"} {
		if text, err := os.ReadFile(filepath.Join(in("out"), name)); err != nil || !strings.Contains(string(text), "</main>") {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, c := range []struct{ args, want string }{
		{"report " + in("run.json") + " " + in("run.json") + " -o " + in("x"), "its page would have the name of that of"},
		{"report " + in("none.json") + " -o " + in("x"), "none.json: no such file"},
		{"report " + in("run.html") + " -o " + in("x"), "allowed are files whose names end in .json or .txt"},
		{"serve " + in("none"), "no such file"},
		{"serve --listen 0.0.0.0:0 " + directory, "can be reached from elsewhere; allowed without --allow-remote are loopback"},
		{"serve --listen :0 " + directory, "can be reached from elsewhere"},
		{"serve --listen nonsense " + directory, "allowed are HOST:PORT"},
	} {
		if code, _, stderr := execute(t, strings.Fields(c.args)...); code != ExitError || !strings.Contains(stderr, c.want) {
			t.Errorf("%s: code %d, %s; want %q", c.args, code, stderr, c.want)
		}
	}
	if _, err := os.Stat(in("x")); err == nil {
		t.Error("something was written in spite of an error")
	}
}

func TestServe(t *testing.T) {
	directory := t.TempDir()
	cmd, _, _ := command(t, "serve", "--listen", "127.0.0.1:0", directory)
	cmd.Stdout = nil
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	address, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.Get(strings.TrimSpace(address))
	if err != nil {
		t.Fatal(err)
	}
	text, _ := io.ReadAll(response.Body)
	response.Body.Close()
	if response.StatusCode != http.StatusOK || !strings.Contains(string(text), "There is no result yet") {
		t.Errorf("%d\n%s", response.StatusCode, text)
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("after an interrupt: %v", err)
	}
}

// A page from elsewhere whose name resolves to this machine gets nothing.
func TestServeRefusesOtherNames(t *testing.T) {
	for host, want := range map[string]int{"localhost:80": 200, "127.0.0.1:8427": 200, "[::1]:1": 200, "evil.example:8427": 421, "10.0.0.1": 421} {
		w := httptest.NewRecorder()
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Host = host
		local(false, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})).ServeHTTP(w, r)
		if w.Code != want {
			t.Errorf("%s: %d, want %d", host, w.Code, want)
		}
	}
}

func TestCommandLine(t *testing.T) {
	p := Program{Name: "loadgen", Args: []string{"run", "--population", "{clients: 5}", "it's"}}
	if got, want := p.commandLine(), `loadgen run --population '{clients: 5}' 'it'\''s'`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}
