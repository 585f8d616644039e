package cli

import (
	"regexp"
	"strings"
	"testing"
)

func TestSoak(t *testing.T) {
	// A line comes once a second; a busy machine may be late by a second.
	code, stdout, stderr := execute(t, "soak", "--duration", "6s", "--sessions", "1000", "--goroutines", "4", "--checkpoint", "100ms", "--seed", "7")
	if code != ExitOK {
		t.Fatalf("exit code %d, standard error:\n%s", code, stderr)
	}
	for _, table := range []string{"lockfree", "xsync"} {
		if !strings.Contains(stdout, "soak of "+table+": ") || !strings.Contains(stdout, table+": nothing was wrong\n") {
			t.Errorf("no summary of %s in\n%s", table, stdout)
		}
		if !regexp.MustCompile(`(?m)^loadgen: soak of ` + table + `: [12]s of 3s, `).MatchString(stderr) {
			t.Errorf("no progress of %s in\n%s", table, stderr)
		}
	}
}

func TestSoakUsage(t *testing.T) {
	for _, c := range []struct{ want, flag, value string }{
		{"--duration: \"50ms\"", "--duration", "50ms"},
		{"--duration: \"150ms\"", "--duration", "150ms"}, // 75 ms a table
		{"--table: unknown table \"mutex\"", "--table", "mutex"},
		{"--table: \"xsync\" appears twice", "--table", "xsync,xsync"},
		{"--seed: \"-1\"", "--seed", "-1"},
		{"--sessions: \"5\"", "--sessions", "5"},
		{"--goroutines: \"0\"", "--goroutines", "0"},
		{"--checkpoint: \"1ms\"", "--checkpoint", "1ms"},
		{"--progress: \"bar\"", "--progress", "bar"},
	} {
		code, stdout, stderr := execute(t, "soak", c.flag+"="+c.value)
		if code != ExitError || stdout != "" || !strings.Contains(stderr, c.want) {
			t.Errorf("%s=%s: exit code %d, standard output %q, standard error %q; want one with %q", c.flag, c.value, code, stdout, stderr, c.want)
		}
	}
}
