package main

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/reprise-tls/reprise/internal/server"
)

// writeKeys writes a key file and returns its name.
func writeKeys(t *testing.T, kinds ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "sessions.keys")
	text := "# made by a test\n"
	for _, kind := range kinds {
		text += kind + " " + randomHex() + "\n"
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func randomHex() string {
	secret := make([]byte, secretSize)
	rand.Read(secret)
	return hex.EncodeToString(secret)
}

func startRedis(t *testing.T) *server.Server {
	t.Helper()
	return server.Start(t, "redis-server", "redis-server", func(port int) []string {
		return []string{"--port", strconv.Itoa(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"}
	})
}

// resumesElsewhere waits until a session that was made at one edge resumes at
// another. It takes a moment until a session is in the store, and after an
// outage until the circuit breaker closes.
func resumesElsewhere(t *testing.T, k kind, from, to string) {
	t.Helper()
	eventually(t, fmt.Sprintf("%s: a session made at %s resumes at %s", k.name, from, to), func() bool {
		box := new(ticketBox)
		k.wantResumed(t, from, box, false)
		resumed, err := k.get(to, box.copied(t))
		if err != nil {
			t.Fatal(err)
		}
		return resumed
	})
}

// Two edges that share Redis: sessions of one resume at the other; while Redis
// is gone handshakes go on, and when it is back so does sharing.
func TestRedis(t *testing.T) {
	t.Parallel()
	redis := startRedis(t)
	keys := "--key-file=" + writeKeys(t, "seal", "seal", "name")
	a, b := start(t, "--redis="+redis.Addr, keys), start(t, "--redis=redis://"+redis.Addr+"/0", keys)
	for _, k := range kinds {
		resumesElsewhere(t, k, a.edge, b.edge)
		resumesElsewhere(t, k, b.edge, a.edge)
	}

	local := new(ticketBox)
	kinds[1].wantResumed(t, a.edge, local, false)
	redis.Kill()
	for _, k := range kinds {
		box := new(ticketBox)
		k.wantResumed(t, a.edge, box, false)
		k.wantResumed(t, a.edge, box.copied(t), true) // from memory
		k.wantResumed(t, b.edge, box.copied(t), false)
	}
	kinds[1].wantResumed(t, a.edge, local, true)
	// An edge starts without its store, too.
	c := start(t, "--redis="+redis.Addr, keys)
	kinds[1].wantResumed(t, c.edge, new(ticketBox), false)

	redis.Restart()
	resumesElsewhere(t, kinds[1], a.edge, b.edge)
	resumesElsewhere(t, kinds[0], b.edge, c.edge)

	// What one revokes, the others forget.
	box := new(ticketBox)
	eventually(t, "a session resumes at both", func() bool {
		box = new(ticketBox)
		kinds[1].wantResumed(t, a.edge, box, false)
		resumed, err := kinds[1].get(b.edge, box.copied(t))
		if err != nil {
			t.Fatal(err)
		}
		return resumed
	})
	if status, body := a.ask("POST", "/revoke"); status != http.StatusOK {
		t.Fatalf("/revoke: %d, %q", status, body)
	}
	kinds[1].wantResumed(t, a.edge, box.copied(t), false)
	eventually(t, "a revocation reaches the other edge", func() bool {
		resumed, err := kinds[1].get(b.edge, box.copied(t))
		if err != nil {
			t.Fatal(err)
		}
		return !resumed
	})
}

// A reload keeps the sessions of an edge that shares them, too, and takes up
// keys that have changed: the old key opens what the new one did not seal.
func TestRedisReload(t *testing.T) {
	t.Parallel()
	redis := startRedis(t)
	seal, name, next := "seal "+randomHex()+"\n", "name "+randomHex()+"\n", "seal "+randomHex()+"\n"
	path := filepath.Join(t.TempDir(), "sessions.keys")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(seal + name)
	a := start(t, "--single-use", "--redis="+redis.Addr, "--key-file="+path)
	b := start(t, "--single-use", "--redis="+redis.Addr, "--key-file="+path)
	k := kinds[1]
	resumesElsewhere(t, k, a.edge, b.edge)

	box := new(ticketBox)
	k.wantResumed(t, a.edge, box, false)
	write(next + seal + name)
	a.reload()
	a.wait()
	k.wantResumed(t, a.edge, box.copied(t), true)
	k.wantResumed(t, a.edge, box.copied(t), false)
	resumesElsewhere(t, k, b.edge, a.edge) // sealed with the old key
	b.reload()
	b.wait()
	resumesElsewhere(t, k, a.edge, b.edge) // with the new one
}

// Two edges that share memcached.
func TestMemcached(t *testing.T) {
	t.Parallel()
	memcached := server.Start(t, "memcached", "memcached", func(port int) []string {
		args := []string{"-l", "127.0.0.1", "-p", strconv.Itoa(port), "-U", "0"}
		if os.Getuid() == 0 {
			args = append(args, "-u", "root")
		}
		return args
	})
	keys := "--key-file=" + writeKeys(t, "name", "seal")
	a, b := start(t, "--memcached="+memcached.Addr, keys), start(t, "--memcached="+memcached.Addr, keys)
	for _, k := range kinds[:2] {
		resumesElsewhere(t, k, a.edge, b.edge)
	}
	memcached.Kill()
	for _, k := range kinds[:2] {
		box := new(ticketBox)
		k.wantResumed(t, a.edge, box, false)
		k.wantResumed(t, b.edge, box.copied(t), false)
		k.wantResumed(t, a.edge, box, true)
	}
}
