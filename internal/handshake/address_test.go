package handshake

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"
)

// names is a resolver with made-up names.
type names map[string][]string

func (n names) LookupNetIP(_ context.Context, _, host string) (all []netip.Addr, err error) {
	addresses, ok := n[host]
	if !ok {
		return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
	}
	for _, a := range addresses {
		all = append(all, netip.MustParseAddr(a))
	}
	return all, nil
}

var someNames = names{
	"here.example":  {"127.0.0.1", "::1"},
	"mixed.example": {"127.0.0.1", "::1", "192.0.2.7"},
	"there.example": {"2001:db8::7"},
	"empty.example": {},
}

func TestOnlyLoopbackAddresses(t *testing.T) {
	for target, want := range map[string]string{
		"127.0.0.1:443":              "[127.0.0.1:443]",
		"127.9.9.9:443":              "[127.9.9.9:443]",
		"[::1]:443":                  "[[::1]:443]",
		"[::ffff:127.0.0.1]:443":     "[127.0.0.1:443]",
		"here.example:8443":          "[127.0.0.1:8443 [::1]:8443]",
		"192.0.2.7:443":              "192.0.2.7",
		"[2001:db8::7]:443":          "2001:db8::7",
		"[::ffff:192.0.2.7]:443":     "::ffff:192.0.2.7",
		"[::ffff:10.0.0.1]:443":      "::ffff:10.0.0.1",
		"0.0.0.0:443":                "0.0.0.0",
		"[::]:443":                   "::",
		"[fe80::1%lo]:443":           "fe80::1%lo",
		"169.254.169.254:80":         "169.254.169.254",
		"mixed.example:443":          "192.0.2.7",
		"there.example:443":          "2001:db8::7",
		"[64:ff9b::7f00:1]:443":      "64:ff9b::7f00:1",
		"[::127.0.0.1]:443":          "::7f00:1",
		"[2002:7f00:1::]:443":        "2002:7f00:1::",
		"10.0.0.1:443":               "10.0.0.1",
		"[fd00::1]:443":              "fd00::1",
		"128.0.0.1:443":              "128.0.0.1",
		"126.255.255.255:443":        "126.255.255.255",
		"255.255.255.255:443":        "255.255.255.255",
		"[::ffff:127.255.255.255]:1": "[127.255.255.255:1]",
	} {
		addresses, err := resolve(t.Context(), someNames, target, false)
		if strings.HasPrefix(want, "[") {
			if got := fmt.Sprint(addresses); err != nil || got != want {
				t.Errorf("%s: %s, %v; want %s", target, got, err, want)
			}
			continue
		}
		var remote *RemoteError
		if !errors.As(err, &remote) || remote.Address.String() != want || remote.Target != target || addresses != nil {
			t.Errorf("%s: %v, %v; want a RemoteError with %s", target, addresses, err, want)
			continue
		}
		if text := err.Error(); !strings.Contains(text, "--allow-remote") || !strings.Contains(text, want) || !strings.Contains(text, target) {
			t.Errorf("%s: the error is %q", target, text)
		}
		if addresses, err := resolve(t.Context(), someNames, target, true); err != nil || len(addresses) == 0 {
			t.Errorf("%s with remote allowed: %v, %v", target, addresses, err)
		}
	}
}

func TestTargetsThatAreNone(t *testing.T) {
	for target, want := range map[string]string{
		"":                    "HOST:PORT",
		"localhost":           "HOST:PORT",
		":443":                "HOST:PORT",
		"::1:443":             "HOST:PORT",
		"127.0.0.1:0":         "1 to 65535",
		"127.0.0.1:65536":     "1 to 65535",
		"127.0.0.1:https":     "1 to 65535",
		"empty.example:443":   "no address",
		"unknown.example:443": "no such host",
	} {
		addresses, err := resolve(t.Context(), someNames, target, true)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), target) {
			t.Errorf("%q: %v, %v; want an error with %q", target, addresses, err, want)
		}
	}
}

// Whatever addresses a dialer was given, what is connected to is looked at.
func TestTheDialerLooksAtEachAddress(t *testing.T) {
	d := newDialer("moved.example:443", []netip.AddrPort{netip.MustParseAddrPort("192.0.2.1:443"), netip.MustParseAddrPort("[2001:db8::1]:443")}, false, time.Minute)
	conn, err := d.dial()
	if err == nil {
		conn.Close()
		t.Fatal("connected to an address that is not of the loopback interface")
	}
	for _, address := range []string{"192.0.2.1", "2001:db8::1"} {
		if !strings.Contains(err.Error(), address+" is not a loopback address") {
			t.Errorf("%v does not name %s", err, address)
		}
	}
}

func TestTheDialerTriesAllAddresses(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	d := newDialer("two", []netip.AddrPort{netip.MustParseAddrPort(closed.Addr().String()), netip.MustParseAddrPort(l.Addr().String())}, false, time.Minute)
	conn, err := d.dial()
	if err != nil {
		t.Fatal(err)
	}
	if conn.RemoteAddr().String() != l.Addr().String() {
		t.Errorf("connected to %v, not %v", conn.RemoteAddr(), l.Addr())
	}
	conn.Close()
}
