package main

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// patience bounds what must happen in the end. It is for a busy machine, and no
// measure of anything.
const patience = 2 * time.Minute

// asEdge makes the test binary an edge instead of a test.
const asEdge = "EDGE_TEST_AS_EDGE"

func TestMain(m *testing.M) {
	if os.Getenv(asEdge) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// process is an edge, and after a reload its successors: they have the same
// process group, standard output and log.
type process struct {
	t       *testing.T
	cmd     *exec.Cmd
	group   int
	pidFile string
	log     *lockedBuffer

	serving chan addresses // each time one begins to serve
	ended   chan struct{}  // closed when all have ended
	addresses
}

// addresses are where an edge serves.
type addresses struct{ edge, admin string }

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// start starts an edge on free ports, and waits until it serves.
func start(t *testing.T, flags ...string) *process {
	t.Helper()
	p := &process{
		t: t, pidFile: filepath.Join(t.TempDir(), "pid"), log: new(lockedBuffer),
		serving: make(chan addresses, 10), ended: make(chan struct{}),
	}
	p.cmd = exec.Command(os.Args[0], append([]string{"--listen=127.0.0.1:0", "--admin=127.0.0.1:0", "--pid-file=" + p.pidFile}, flags...)...)
	p.cmd.Env = append(os.Environ(), asEdge+"=1")
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	// A pipe of our own: Cmd.Wait would wait for the successors, too.
	stdout, stdoutWriter := pipe(t)
	stderr, stderrWriter := pipe(t)
	p.cmd.Stdout, p.cmd.Stderr = stdoutWriter, stderrWriter
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	stdoutWriter.Close()
	stderrWriter.Close()
	p.group = p.cmd.Process.Pid
	watch(t, p.group)
	go io.Copy(p.log, stderr)
	go p.read(stdout)
	t.Cleanup(func() {
		for _, fault := range []string{"DATA RACE", "panic:", "goroutine "} {
			if strings.Contains(p.log.String(), fault) {
				t.Errorf("the log of the edge has %q", fault)
			}
		}
		if t.Failed() {
			t.Logf("the log of the edge:\n%s", p.log)
		}
	})
	p.waitServing()
	return p
}

func pipe(t *testing.T) (r, w *os.File) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r, w
}

// watch kills a process group when the test ends, and also when the test's
// process does: a shell waits for the end of its input.
func watch(t *testing.T, group int) {
	t.Helper()
	shell := exec.Command("/bin/sh", "-c", "read -r _; kill -9 -"+strconv.Itoa(group)+" 2>/dev/null; true")
	shell.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	stdin, err := shell.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := shell.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stdin.Close()
		if err := shell.Wait(); err != nil {
			t.Error(err)
		}
	})
}

// read reads what the edges print.
func (p *process) read(stdout io.Reader) {
	defer close(p.ended)
	var a addresses
	for lines := bufio.NewScanner(stdout); lines.Scan(); {
		if address, ok := strings.CutPrefix(lines.Text(), "edge: https://"); ok {
			a.edge = address
		}
		if address, ok := strings.CutPrefix(lines.Text(), "metrics: http://"); ok {
			a.admin = strings.TrimSuffix(address, "/metrics")
			p.serving <- a
		}
	}
}

// waitServing waits until the next edge serves.
func (p *process) waitServing() {
	p.t.Helper()
	select {
	case p.addresses = <-p.serving:
	case <-p.ended:
		p.t.Fatal("the edge has ended")
	case <-time.After(patience):
		p.t.Fatal("the edge does not serve")
	}
}

// pid returns the process id of the edge that serves.
func (p *process) pid() int {
	p.t.Helper()
	b, err := os.ReadFile(p.pidFile)
	if err != nil {
		p.t.Fatal(err)
	}
	pid, err := strconv.Atoi(string(b))
	if err != nil {
		p.t.Fatal(err)
	}
	return pid
}

// signal sends a signal to the edge that serves.
func (p *process) signal(s syscall.Signal) {
	p.t.Helper()
	if err := syscall.Kill(p.pid(), s); err != nil {
		p.t.Fatal(err)
	}
}

// reload reloads the edge and waits until the new one serves.
func (p *process) reload() {
	p.t.Helper()
	before, where := p.pid(), p.addresses
	p.signal(syscall.SIGHUP)
	p.waitServing()
	if p.pid() == before || p.addresses != where {
		p.t.Fatalf("process %d at %v, before the reload %d at %v", p.pid(), p.addresses, before, where)
	}
}

// reloadSoon reloads the edge as soon as that is possible, which it is not while
// the process before is draining.
func (p *process) reloadSoon() {
	p.t.Helper()
	refusals := func() int { return strings.Count(p.log.String(), "parent hasn't exited") }
	for {
		before := refusals()
		p.signal(syscall.SIGHUP)
		reloaded := false
		eventually(p.t, "a reload succeeds, or is refused", func() bool {
			select {
			case a := <-p.serving:
				reloaded = true
				if a != p.addresses {
					p.t.Errorf("the edge is at %v, before the reload at %v", a, p.addresses)
				}
			default:
			}
			return reloaded || refusals() > before
		})
		if reloaded {
			return
		}
	}
}

// wait waits until the first process has ended, and fails if it failed.
func (p *process) wait() {
	p.t.Helper()
	if err := p.cmd.Wait(); err != nil {
		p.t.Errorf("the first edge: %v", err)
	}
}

// waitAll waits until all edges have ended.
func (p *process) waitAll() {
	p.t.Helper()
	select {
	case <-p.ended:
	case <-time.After(patience):
		p.t.Fatal("the edge does not end")
	}
}

// waitLog waits until the log has a text.
func (p *process) waitLog(text string) {
	p.t.Helper()
	eventually(p.t, "the log says "+text, func() bool { return strings.Contains(p.log.String(), text) })
}

// eventually waits until something is true.
func eventually(t *testing.T, what string, f func() bool) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(patience); !f(); <-tick.C {
		if time.Now().After(end) {
			t.Fatalf("it never came true that %s", what)
		}
	}
}

// ask asks the administration of the edge.
func (p *process) ask(method, path string, header ...string) (status int, body string) {
	p.t.Helper()
	r, err := http.NewRequest(method, "http://"+p.admin+path, http.NoBody)
	if err != nil {
		p.t.Fatal(err)
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	transport := &http.Transport{DisableKeepAlives: true}
	answer, err := (&http.Client{Transport: transport, Timeout: patience}).Do(r)
	if err != nil {
		p.t.Fatal(err)
	}
	defer answer.Body.Close()
	b, err := io.ReadAll(answer.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	return answer.StatusCode, string(b)
}
