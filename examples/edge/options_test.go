package main

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

// parse parses flags as main does.
func parse(t *testing.T, flags ...string) (*options, error) {
	t.Helper()
	o := new(options)
	parser, err := kong.New(o)
	if err != nil {
		t.Fatal(err)
	}
	_, err = parser.Parse(flags)
	return o, err
}

func TestDefaults(t *testing.T) {
	o, err := parse(t)
	if err != nil {
		t.Fatal(err)
	}
	if o.Listen != "127.0.0.1:8443" || !o.HTTP3 || o.Sessions != 20480 || o.hasStore() {
		t.Errorf("the defaults are %+v", o)
	}
}

// What is wrong is named: the flag, the value, and what is allowed.
func TestFlagsThatMakeNoSense(t *testing.T) {
	for _, test := range []struct {
		flags string
		want  []string
	}{
		{"--listen=8443", []string{"--listen", `"8443"`, "HOST:PORT"}},
		{"--admin=nowhere", []string{"--admin", `"nowhere"`, "HOST:PORT"}},
		{"--cert=a.pem", []string{"--key", "there 0 times", "as many as --cert, 1"}},
		{"--min-version=1.1", []string{"--min-version", `"1.1"`, "1.2 and 1.3"}},
		{"--min-version=1.2 --single-use", []string{"--min-version", "1.2", "1.3 together with --single-use"}},
		{"--early-data", []string{"--early-data", "true", "false without --single-use"}},
		{"--early-data --single-use --no-http3", []string{"--early-data", "false with --no-http3"}},
		{"--sessions=-1", []string{"--sessions", "-1", "0 (no bound) to"}},
		{"--sessions=many", []string{"--sessions", "many"}},
		{"--session-bytes=-5", []string{"--session-bytes", "-5", "0 (no bound) and more"}},
		{"--lifetime=1500ms", []string{"--lifetime", "1.5s", "whole seconds from 1s to 168h0m0s"}},
		{"--lifetime=169h", []string{"--lifetime", "169h0m0s", "whole seconds"}},
		{"--absolute-lifetime=0s", []string{"--absolute-lifetime", "0s", "whole seconds"}},
		{"--scope=", []string{"--scope", "0 bytes", "1 to 200 bytes"}},
		{"--redis=127.0.0.1:6379", []string{"--key-file", "missing", "since there is a store"}},
		{"--memcached=here --key-file=k", []string{"--memcached", `"here"`, "HOST:PORT"}},
		{"--memcached=a:1 --redis=b:2 --key-file=k", []string{"--memcached", "--redis"}},
		{"--upstream=10.0.0.7", []string{"--upstream", `"10.0.0.7"`, "http://10.0.0.7:8080"}},
		{"--upstream=ftp://a", []string{"--upstream", `"ftp://a"`, "https"}},
		{"--drain=-1s", []string{"--drain", "-1s", "0s to 1h0m0s"}},
	} {
		_, err := parse(t, strings.Fields(test.flags)...)
		if err == nil {
			t.Errorf("%s is accepted", test.flags)
			continue
		}
		for _, part := range test.want {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("%s: %q does not say %q", test.flags, err, part)
			}
		}
	}
}

// A password in a URL that cannot be parsed is in no error.
func TestRedisAddress(t *testing.T) {
	for _, address := range []string{"redis://user:secret@host:port:port/x", "nothing"} {
		_, err := redisClient(address)
		if err == nil || strings.Contains(err.Error(), "secret") || !strings.Contains(err.Error(), "--redis") {
			t.Errorf("%s: the error is %v", address, err)
		}
	}
	client, err := redisClient("rediss://user:secret@redis.internal:6380/2")
	if err != nil || client.InitAddress[0] != "redis.internal:6380" || client.TLSConfig == nil || client.Password != "secret" || client.SelectDB != 2 {
		t.Errorf("%+v, %v", client, err)
	}
}

func TestKeyFile(t *testing.T) {
	quiet := slog.New(slog.DiscardHandler)
	a, b, c := randomHex(), randomHex(), randomHex()
	for _, test := range []struct{ text, want string }{
		{"seal " + a + "\n\n# old\n seal  " + b + "\nname " + c + "\n", ""},
		{"", "no seal line"},
		{"seal " + a, "no name line"},
		{"name " + a, "no seal line"},
		{"seal " + a + "\nname " + b + "\nname " + c, "line 3 is a second name line"},
		{"seal " + a[:63] + "\n", "line 1 has a secret of 63 characters"},
		{"seal " + a[:63] + "x\n", "line 1 has a secret of 64 characters"},
		{"# \nkey " + a, "line 2 begins with a word of 3 letters; allowed are seal and name"},
		{a, "line 1"},
	} {
		path := filepath.Join(t.TempDir(), "keys")
		if err := os.WriteFile(path, []byte(test.text), 0o600); err != nil {
			t.Fatal(err)
		}
		k, err := readKeyFile(path, quiet)
		switch {
		case test.want == "":
			if err != nil || len(k.seal) != 2 || len(k.name) != secretSize {
				t.Errorf("%v, %v", k, err)
			}
		case err == nil || !strings.Contains(err.Error(), test.want):
			t.Errorf("want %q, the error is %v", test.want, err)
		case strings.Contains(err.Error(), a[:16]):
			t.Errorf("the error quotes a secret: %v", err)
		}
	}
	if _, err := readKeyFile(filepath.Join(t.TempDir(), "none"), quiet); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
}

// Other authorities make another scope, the same ones the same.
func TestScopeOfClientAuthorities(t *testing.T) {
	pair, err := selfSign()
	if err != nil {
		t.Fatal(err)
	}
	a, _ := writeCertificate(t)
	b, _ := writeCertificate(t)
	scopes := map[string]string{}
	for _, file := range []string{"", a, b} {
		id, err := loadIdentity(&options{Scope: "edge", ClientCA: file}, pair)
		if err != nil {
			t.Fatal(err)
		}
		again, err := loadIdentity(&options{Scope: "edge", ClientCA: file}, pair)
		if err != nil || again.scope != id.scope {
			t.Errorf("%q and %q, %v", id.scope, again.scope, err)
		}
		if other, taken := scopes[id.scope]; taken {
			t.Errorf("%q and %q have one scope", file, other)
		}
		scopes[id.scope] = file
	}
	if _, err := loadIdentity(&options{Scope: "edge", ClientCA: os.DevNull}, pair); err == nil || !strings.Contains(err.Error(), "--client-ca") {
		t.Errorf("a file without certificates: %v", err)
	}
}
