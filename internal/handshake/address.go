package handshake

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"syscall"
	"time"
)

// A RemoteError says that an address is not one of this machine's loopback
// interface.
type RemoteError struct {
	Target  string // as it was given
	Address netip.Addr
}

func (e *RemoteError) Error() string {
	return fmt.Sprintf("%s: %v is not a loopback address; allowed are 127.0.0.0/8 and ::1, and with --allow-remote any", e.Target, e.Address)
}

// resolver is what [Resolve] asks for the addresses of a name.
type resolver interface {
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
}

// Resolve returns the addresses of a target written as HOST:PORT, an IPv6
// address in brackets. Unless remote is allowed all of them must be loopback
// addresses, else it fails with a *RemoteError.
func Resolve(ctx context.Context, target string, allowRemote bool) ([]netip.AddrPort, error) {
	return resolve(ctx, net.DefaultResolver, target, allowRemote)
}

func resolve(ctx context.Context, r resolver, target string, allowRemote bool) (all []netip.AddrPort, err error) {
	host, service, err := net.SplitHostPort(target)
	if err != nil || host == "" {
		return nil, fmt.Errorf("%q is not allowed; allowed is HOST:PORT, such as localhost:8443 or [::1]:8443", target)
	}
	port, err := strconv.ParseUint(service, 10, 16)
	if err != nil || port == 0 {
		return nil, fmt.Errorf("%q has port %q; allowed are numbers from 1 to 65535", target, service)
	}
	var addresses []netip.Addr
	if address, err := netip.ParseAddr(host); err == nil {
		addresses = []netip.Addr{address}
	} else if addresses, err = r.LookupNetIP(ctx, "ip", host); err != nil {
		return nil, fmt.Errorf("%q: %w", target, err)
	}
	for _, address := range addresses {
		if !allowRemote && !local(address) {
			return nil, &RemoteError{target, address}
		}
		all = append(all, netip.AddrPortFrom(address.Unmap(), uint16(port)))
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("%q has no address", target)
	}
	return all, nil
}

// local reports whether an address is of the loopback interface. The
// unspecified addresses, which some systems connect to themselves, are not.
func local(address netip.Addr) bool { return address.Unmap().IsLoopback() }

// A dialer connects to the first of some addresses that answers.
type dialer struct {
	addresses []netip.AddrPort
	dialer    net.Dialer
}

// newDialer returns a dialer that looks at each address again at the moment
// when it is connected to.
func newDialer(target string, addresses []netip.AddrPort, allowRemote bool, timeout time.Duration) *dialer {
	d := &dialer{addresses: addresses, dialer: net.Dialer{Timeout: timeout, KeepAlive: -1}}
	if allowRemote {
		return d
	}
	d.dialer.Control = func(_, address string, _ syscall.RawConn) error {
		to, err := netip.ParseAddrPort(address)
		if err != nil {
			return err
		}
		if !local(to.Addr()) {
			return &RemoteError{target, to.Addr()}
		}
		return nil
	}
	return d
}

func (d *dialer) dial() (*net.TCPConn, error) {
	var errs []error
	for _, address := range d.addresses {
		c, err := d.dialer.Dial("tcp", address.String())
		if err == nil {
			return c.(*net.TCPConn), nil
		}
		errs = append(errs, err)
	}
	return nil, errors.Join(errs...)
}
