package cli

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/reprise-tls/reprise/internal/handshake"
	"github.com/reprise-tls/reprise/internal/report"
)

var smallTLS = []string{"tls", "--goroutines", "1,2", "--duration", "20ms", "--warm-up", "0", "--count", "2", "--clients", "4",
	"--timeout", "10m", "--close-wait", "10m", "--deadline", "1h", "--progress", "none"}

func TestTLSFormats(t *testing.T) {
	args := with(smallTLS, "--target", "tickets,engine", "--handshakes", "tls13=50,mtls12=50", "--handshakes", "tls12", "--resumed", "50",
		"--aborted", "10", "--commit", "cafe", "--no-gc")
	t.Run("table", func(t *testing.T) {
		code, stdout, stderr := execute(t, args...)
		if code != ExitOK {
			t.Fatalf("exit code %d: %s", code, stderr)
		}
		for _, want := range []string{"Handshake/mix=tls13:50,mtls12:50/resumed=50/g=2", "Handshake/mix=tls12/resumed=50/g=1", "vs tickets",
			"commit: cafe", "aborted-percent: 10", "loop: closed", "client cpu", "by rounds: Handshake/impl=engine/mix=tls12/resumed=50/g=1 as a multiple of tickets"} {
			if !strings.Contains(stdout, want) {
				t.Errorf("%q is missing in\n%s", want, stdout)
			}
		}
	})
	t.Run("bench", func(t *testing.T) {
		code, stdout, stderr := execute(t, with(args, "--format", "bench")...)
		if code != ExitOK {
			t.Fatalf("exit code %d: %s", code, stderr)
		}
		got := resultNames(t, stdout)
		for _, target := range []string{"tickets", "engine"} {
			for _, mix := range []string{"tls13:50,mtls12:50", "tls12"} {
				for g := 1; g <= 2; g++ {
					if name := fmt.Sprintf("Handshake/impl=%s/mix=%s/resumed=50/g=%d", target, mix, g); got[name] != 2 {
						t.Errorf("%d results of %s; want 2", got[name], name)
					}
				}
			}
		}
		if len(got) != 8 {
			t.Errorf("results %v; want 8 names", got)
		}
	})
	t.Run("json", func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "run.json")
		code, stdout, stderr := execute(t, with(args, "--format", "json", "-o", file)...)
		written, err := os.ReadFile(file)
		if code != ExitOK || err != nil {
			t.Fatalf("exit code %d: %s, %v", code, stderr, err)
		}
		var result struct {
			Schema string
			handshake.Result
		}
		if err := json.Unmarshal([]byte(stdout), &result); err != nil {
			t.Fatal(err)
		}
		if result.Schema != report.HandshakeSchema || len(result.Cells) != 8 || string(written) != stdout {
			t.Errorf("schema %q, %d cells, in the file the same: %v", result.Schema, len(result.Cells), string(written) == stdout)
		}
		for _, c := range result.Cells {
			n := c.Counts()
			if n.Full+n.Resumed+n.Aborted+n.Failed != n.Started || n.Started == 0 {
				t.Errorf("%s: %+v does not add up", c.Target, n)
			}
		}
	})
}

func TestTLSOpenLoop(t *testing.T) {
	code, stdout, stderr := execute(t, with(smallTLS, "--target", "engine", "--rate", "200", "--arrivals", "uniform", "--late", "10m")...)
	if code != ExitOK || !strings.Contains(stdout, "loop: open, 200/s uniform") || !strings.Contains(stdout, "from the intended start") {
		t.Errorf("exit code %d: %s\n%s", code, stderr, stdout)
	}
}

// Nothing outside of this machine is loaded by mistake. No packet is sent.
func TestTLSRefusesOtherMachines(t *testing.T) {
	for _, address := range []string{"192.0.2.1:443", "[2001:db8::1]:443", "0.0.0.0:443", "[::ffff:192.0.2.1]:443"} {
		code, _, stderr := execute(t, with(smallTLS, "--connect", address)...)
		if code != ExitError || !strings.Contains(stderr, "--connect: "+address) || !strings.Contains(stderr, "--allow-remote") {
			t.Errorf("%s: exit code %d: %s", address, code, stderr)
		}
	}
}

func TestTLSFlags(t *testing.T) {
	for _, test := range []struct{ args, want string }{
		{"--target best", `--target: unknown target "best"; allowed are engine, tickets, none`},
		{"--target engine,engine", `--target: "engine" appears twice`},
		{"--handshakes tls11", "--handshakes: "},
		{"--handshakes tls12 --handshakes tls12", `--handshakes: "tls12" appears twice`},
		{"--resumed 101", `--resumed: "101" is not allowed; allowed are numbers from 0 to 100`},
		{"--aborted x", `--aborted: "x" is not allowed`},
		{"--clients 0", "--clients: "},
		{"--clients 1", "1 clients for 2 goroutines"},
		{"--capacity -1", "--capacity: "},
		{"--rate -1", "--rate: "},
		{"--rate 1 --arrivals never", "--arrivals: "},
		{"--arrivals uniform", "--arrivals: only an open loop"},
		{"--late 1s", "--late: only an open loop"},
		{"--timeout 0", "--timeout: "},
		{"--allow-failed 101", "--allow-failed: "},
		{"--format csv", `--format: "csv" is not allowed; allowed are table, bench and json`},
		{"-o x.csv", "allowed are .table (table), .txt or .bench (bench) and .json (json)"},
		{"--progress loud", "--progress: "},
		{"--allow-remote", "--allow-remote: servers of the program's own"},
		{"--ca x", "--ca: servers of the program's own"},
		{"--connect localhost", "--connect: "},
		{"--connect 127.0.0.1:1 --ca absent.pem", "--ca: open absent.pem"},
		{"--connect 127.0.0.1:1 --ca tls_test.go", "--ca: tls_test.go has no certificate in PEM"},
		{"--connect 127.0.0.1:1 --ca x --insecure", "--ca: --insecure trusts everybody"},
		{"--connect 127.0.0.1:1 --handshakes mtls12", "need a client certificate; give --cert FILE and --key FILE"},
		{"--connect 127.0.0.1:1 --cert x", "--cert: no handshake shows it"},
		{"--connect 127.0.0.1:1 --key x", "--key: it is of no use without --cert"},
		{"--connect 127.0.0.1:1 --handshakes mtls13 --cert absent.pem", "--cert: open absent.pem"},
	} {
		code, stdout, stderr := execute(t, with(smallTLS, strings.Fields(test.args)...)...)
		if code != ExitError || stdout != "" || !strings.Contains(stderr, test.want) {
			t.Errorf("%s: exit code %d, %q; want an error with %q", test.args, code, stderr, test.want)
		}
	}
}

// A server that cannot be reached is a failure of the run, with a result that
// says so.
func TestTLSConnectionRefused(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	code, stdout, stderr := execute(t, with(smallTLS, "--connect", l.Addr().String(), "--insecure")...)
	if code != ExitError || !strings.Contains(stdout, "FAILED: ") || !strings.Contains(stderr, "connection refused") {
		t.Errorf("exit code %d: %s\n%s", code, stderr, stdout)
	}
}

// An interrupt leaves a valid partial result.
func TestTLSInterrupt(t *testing.T) {
	stdout, _ := interrupted(t, "tls", "--target", "engine,tickets", "--goroutines", "1", "--duration", "10ms", "--count", "100000",
		"--clients", "4", "--format", "bench", "--progress", "lines")
	if !strings.Contains(stdout, "# PARTIAL: interrupted after") || resultNames(t, stdout)["Handshake/impl=engine/mix=tls13/resumed=90/g=1"] == 0 {
		t.Errorf("no partial result:\n%s", stdout)
	}
}
