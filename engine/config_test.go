package engine

import (
	"errors"
	"math"
	"strings"
	"testing"
	"time"
)

// OpenSSL's SSL_CTX_new: server mode, 20480 sessions, 7200 s.
func TestDefaultsAreOpenSSLs(t *testing.T) {
	c, err := New(Defaults())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	equal(t, "Mode", c.Mode(), Server)
	equal(t, "Capacity", c.Capacity(), 20480)
	equal(t, "Timeout", c.Timeout(), 7200)
	equal(t, "Scope", c.Scope(), Scope{})
	equal(t, "Len", c.Len(), 0)
}

func TestZeroConfigIsOffAndUnlimited(t *testing.T) {
	c, err := New(Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	equal(t, "Mode", c.Mode(), Off)
	equal(t, "Capacity", c.Capacity(), Unlimited)
	equal(t, "Timeout", c.Timeout(), DefaultTimeout)
}

func TestBadConfigNamesFieldValueAndRange(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*Config)
		want   string
		also   error
	}{
		"capacity": {func(g *Config) { g.Capacity = -1 },
			"engine: Config.Capacity is -1; allowed are 0 (unlimited) to 2147483647", nil},
		"timeout": {func(g *Config) { g.Timeout = -5 },
			"engine: Config.Timeout is -5 seconds; allowed are 0 (default, 7200) to 9223372036854775807 seconds", ErrTimeout},
		"mode": {func(g *Config) { g.Mode = Server | 0x800 },
			"engine: Config.Mode is 0x802; allowed are the bits of 0x783", nil},
		"table": {func(g *Config) { g.Table = 9 },
			"engine: Config.Table is 9; allowed are 0 (LockFree) and 1 (XSync)", nil},
		"probation low": {func(g *Config) { g.ProbationPercent = -1 },
			"engine: Config.ProbationPercent is -1; allowed are 0 to 100", nil},
		"probation high": {func(g *Config) { g.ProbationPercent = 101 },
			"engine: Config.ProbationPercent is 101; allowed are 0 to 100", nil},
		"max bytes": {func(g *Config) { g.MaxBytes = -1 },
			"engine: Config.MaxBytes is -1; allowed are 0 (no bound) to 9223372036854775807 bytes", nil},
		"store deadline": {func(g *Config) { g.StoreDeadline = -time.Second },
			"engine: Config.StoreDeadline is -1s; allowed are 0 (50ms) to 2562047h47m16.854775807s", nil},
		"scope": {func(g *Config) { g.Scope = []byte(strings.Repeat("secret..", 5)) },
			"engine: Config.Scope is 40 bytes; allowed are 0 to 32 bytes", ErrScopeLength},
	} {
		t.Run(name, func(t *testing.T) {
			g := Defaults()
			test.change(&g)
			c, err := New(g)
			if c != nil || err == nil {
				t.Fatalf("New accepted it")
			}
			equal(t, "the error", err.Error(), test.want)
			if !errors.Is(err, ErrConfig) {
				t.Error("the error does not wrap ErrConfig")
			}
			if test.also != nil && !errors.Is(err, test.also) {
				t.Errorf("the error does not wrap %q", test.also)
			}
			var e *ConfigError
			if !errors.As(err, &e) {
				t.Error("the error is no *ConfigError")
			}
		})
	}
}

func TestSettersRefuseWhatConfigRefuses(t *testing.T) {
	forEachTable(t, func(t *testing.T, kind TableKind) {
		f := newFixture(t, kind, nil)
		if err := f.SetCapacity(-1); !errors.Is(err, ErrConfig) || !strings.Contains(err.Error(), "capacity is -1") {
			t.Errorf("SetCapacity(-1): %v", err)
		}
		if err := f.SetTimeout(-1); !errors.Is(err, ErrConfig) || !errors.Is(err, ErrTimeout) || !strings.Contains(err.Error(), "timeout is -1 seconds") {
			t.Errorf("SetTimeout(-1): %v", err)
		}
		equal(t, "Capacity", f.Capacity(), DefaultCapacity)
		equal(t, "Timeout", f.Timeout(), DefaultTimeout)
		for _, set := range []int64{10, math.MaxInt64} {
			if err := f.SetTimeout(set); err != nil {
				t.Error(err)
			}
			equal(t, "Timeout", f.Timeout(), set)
		}
		if err := f.SetTimeout(0); err != nil {
			t.Error(err)
		}
		equal(t, "Timeout after 0", f.Timeout(), DefaultTimeout)
	})
}

func TestScopeIsCopiedFromConfig(t *testing.T) {
	name := []byte("a server")
	f := newFixture(t, LockFree, func(g *Config) { g.Scope = name })
	name[0] = 'A'
	equal(t, "Scope", f.Scope(), scope(t, "a server"))
	equal(t, "a new session's scope", f.session(1).Scope(), scope(t, "a server"))
}

func TestTableKindString(t *testing.T) {
	equal(t, "LockFree", LockFree.String(), "lockfree")
	equal(t, "XSync", XSync.String(), "xsync")
	equal(t, "7", TableKind(7).String(), "TableKind(7)")
}

func FuzzConfig(f *testing.F) {
	f.Add(uint32(Server), 20480, int64(7200), 0, uint8(0), 25, int64(0))
	f.Add(uint32(0x800), -1, int64(-1), 33, uint8(2), 101, int64(-1))
	f.Add(uint32(UpdateTime|NoInternal|Both), 1, int64(math.MaxInt64), 32, uint8(1), 100, int64(time.Second))
	f.Add(uint32(0), 0, int64(1)<<62, 1, uint8(1), 0, int64(1))
	f.Fuzz(func(t *testing.T, mode uint32, capacity int, timeout int64, scopeLength int, table uint8, probation int, deadline int64) {
		g := Config{
			Mode: Mode(mode), Capacity: capacity, Timeout: timeout, Table: TableKind(table),
			Scope:            make([]byte, max(0, scopeLength%64)),
			ProbationPercent: probation, StoreDeadline: time.Duration(deadline),
			Clock: func() int64 { return startTime },
		}
		valid := mode&^0x783 == 0 && capacity >= 0 && capacity <= math.MaxInt32 && timeout >= 0 && len(g.Scope) <= 32 &&
			table <= 1 && probation >= 0 && probation <= 100 && deadline >= 0
		c, err := New(g)
		if (err == nil) != valid || err != nil && !errors.Is(err, ErrConfig) {
			t.Fatalf("New of %+v: %v", g, err)
		}
		if err != nil {
			return
		}
		s, err := c.NewSession(testID(1), nil)
		if err != nil {
			t.Fatal(err)
		}
		if !c.Add(s) || c.Len() != 1 || c.Add(s) || !c.Remove(s) || c.Len() != 0 {
			t.Fatal("the cache does not work")
		}
		c.Close()
		if n := s.References(); n != 1 {
			t.Fatalf("%d references", n)
		}
	})
}
