//go:build unix

// Package server runs real servers for tests: on a free port of the loopback
// interface, with a directory of their own, killed when the test ends and also
// when its process does.
package server

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// patience is how long a server may take until it answers.
const patience = 20 * time.Second

// Server is a process. Its methods are for the goroutine of the test.
type Server struct {
	Addr string // "127.0.0.1:port"
	Port int

	t      testing.TB
	binary string
	args   func(port int) []string
	dir    string

	shell *exec.Cmd
	stdin io.Closer
	pid   int
}

// guard runs its arguments, prints the process id, and kills the process when
// its standard input ends: if a test's process dies its servers do, too.
const guard = `exec 3<&0; "$@" </dev/null >>"$LOG" 2>&1 & echo $!; read -r _ <&3; kill -9 $!; wait`

// Start runs a server, whose arguments are made from its port, and waits until
// it accepts connections. debian is the package that has it, for the message
// to one who does not.
func Start(t testing.TB, binary, debian string, args func(port int) []string) *Server {
	t.Helper()
	path, err := exec.LookPath(binary)
	if err != nil {
		t.Fatalf("%s is missing: install what Debian calls %s", binary, debian)
	}
	s := &Server{t: t, binary: path, args: args, dir: t.TempDir()}
	t.Cleanup(s.Kill)
	for range 5 { // the port may be taken between our look and the server's
		s.Port = FreePort(t)
		s.Addr = net.JoinHostPort("127.0.0.1", strconv.Itoa(s.Port))
		if s.run() {
			return s
		}
		s.Kill()
	}
	log, _ := os.ReadFile(s.log())
	t.Fatalf("%s does not start:\n%s", binary, log)
	return nil
}

// FreePort returns a port on which nobody listens.
func FreePort(t testing.TB) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	return port
}

func (s *Server) log() string { return filepath.Join(s.dir, "log") }

// Dir returns the server's working directory.
func (s *Server) Dir() string { return s.dir }

// run starts the process and reports whether it came to listen.
func (s *Server) run() bool {
	s.t.Helper()
	s.shell = exec.Command("/bin/sh", append([]string{"-c", guard, "sh", s.binary}, s.args(s.Port)...)...)
	s.shell.Dir = s.dir
	s.shell.Env = append(os.Environ(), "LOG="+s.log())
	stdin, err := s.shell.StdinPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	stdout, err := s.shell.StdoutPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	if err := s.shell.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.stdin = stdin
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		s.t.Fatalf("starting %s: %v", s.binary, err)
	}
	if s.pid, err = strconv.Atoi(strings.TrimSpace(line)); err != nil {
		s.t.Fatal(err)
	}
	return s.listens()
}

// listens waits until the server accepts a connection. A server that could not
// have its port has ended: then its log says so.
func (s *Server) listens() bool {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(patience); time.Now().Before(end); <-tick.C {
		if log, err := os.ReadFile(s.log()); err == nil && strings.Contains(strings.ToLower(string(log)), "address already in use") {
			return false
		}
		c, err := net.DialTimeout("tcp", s.Addr, time.Second)
		if err == nil {
			return c.Close() == nil
		}
	}
	return false
}

// Kill ends the process without warning. It does nothing if it has ended.
func (s *Server) Kill() {
	if s.shell == nil {
		return
	}
	if err := s.stdin.Close(); err != nil {
		s.t.Errorf("ending %s: %v", s.binary, err)
	}
	s.shell.Wait() //nolint:errcheck // it says that a signal ended the server, which is what we sent
	s.shell = nil
}

// Restart starts a server that was killed again, on the same port.
func (s *Server) Restart() {
	s.t.Helper()
	if !s.run() {
		log, _ := os.ReadFile(s.log())
		s.t.Fatalf("%s does not start again:\n%s", s.binary, log)
	}
}

// Stop makes the process hang (SIGSTOP): connections are accepted by the
// kernel, and nothing is answered.
func (s *Server) Stop() {
	s.t.Helper()
	s.signal(syscall.SIGSTOP)
	// The signal is sent, but threads may run on for a moment.
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(patience); !s.stopped(); <-tick.C {
		if time.Now().After(end) {
			s.t.Fatalf("%s does not stop", s.binary)
		}
	}
}

// stopped reports whether no thread runs, as far as /proc tells.
func (s *Server) stopped() bool {
	threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/stat", s.pid))
	if err != nil {
		s.t.Fatal(err)
	}
	for _, thread := range threads {
		b, err := os.ReadFile(thread)
		if err != nil {
			return false // it ended just now
		}
		// "pid (name) state ...", and the name may contain anything.
		_, rest, _ := strings.Cut(string(b[strings.LastIndexByte(string(b), ')'):]), " ")
		if !strings.HasPrefix(rest, "T") {
			return false
		}
	}
	return true
}

// Continue ends Stop (SIGCONT).
func (s *Server) Continue() { s.signal(syscall.SIGCONT) }

func (s *Server) signal(sig syscall.Signal) {
	s.t.Helper()
	if err := syscall.Kill(s.pid, sig); err != nil {
		s.t.Fatal(fmt.Errorf("signal %v: %w", sig, err))
	}
}
