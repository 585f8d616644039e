package cli

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"

	"github.com/reprise-tls/reprise/internal/handshake"
)

// tlsConnectFlags are about a server that is not the program's own.
type tlsConnectFlags struct {
	Connect     string `placeholder:"HOST:PORT" help:"Make handshakes with this server, too if --target is given. Every address of its name must be one of this machine's loopback interface."`
	AllowRemote bool   `help:"Let --connect load other machines. Load only what is yours to load."`
	ServerName  string `name:"servername" placeholder:"NAME" help:"What to ask the server for, and what its certificate must be for. Default: the host of --connect."`
	CA          string `name:"ca" placeholder:"FILE" help:"Certificates to trust, in PEM. Default: those that the system trusts."`
	Insecure    bool   `help:"Do not verify the server's certificate."`
	Cert        string `placeholder:"FILE" help:"Certificate, and what leads to its root, of the clients of mtls12 and mtls13, in PEM."`
	Key         string `placeholder:"FILE" help:"Its key, in PEM. Default: the file of --cert."`
}

// remote returns the server of --connect, nil if there is none.
func (f *tlsConnectFlags) remote(ctx context.Context, flags []string, mixes []handshake.Mix) (*handshake.Remote, error) {
	if f.Connect == "" {
		for _, name := range []string{"connect", "allow-remote", "servername", "ca", "insecure", "cert", "key"} {
			if slices.Contains(flags, name) {
				return nil, flagError(name, errors.New("servers of the program's own have what they need; give --connect HOST:PORT for another one"))
			}
		}
		return nil, nil
	}
	r := &handshake.Remote{Target: f.Connect, AllowRemote: f.AllowRemote, ServerName: f.ServerName, Insecure: f.Insecure}
	var err error
	if r.Addresses, err = handshake.Resolve(ctx, f.Connect, f.AllowRemote); err != nil {
		return nil, flagError("connect", err)
	}
	if r.ServerName == "" {
		if r.ServerName, _, err = net.SplitHostPort(f.Connect); err != nil {
			return nil, flagError("connect", err)
		}
	}
	if f.CA != "" && f.Insecure {
		return nil, flagError("ca", errors.New("--insecure trusts everybody; give one of both"))
	}
	if f.CA != "" {
		text, err := os.ReadFile(f.CA)
		if err != nil {
			return nil, flagError("ca", err)
		}
		r.Roots = x509.NewCertPool()
		if !r.Roots.AppendCertsFromPEM(text) {
			return nil, flagError("ca", fmt.Errorf("%s has no certificate in PEM", f.CA))
		}
	}
	r.Certificate, err = f.certificate(mixes)
	return r, err
}

// certificate returns that of the clients, nil if there is none and need not be
// one.
func (f *tlsConnectFlags) certificate(mixes []handshake.Mix) (*tls.Certificate, error) {
	wanted := slices.ContainsFunc(mixes, handshake.Mix.Mutual)
	switch {
	case f.Cert == "" && f.Key != "":
		return nil, flagError("key", errors.New("it is of no use without --cert"))
	case f.Cert == "" && wanted:
		return nil, flagError("handshakes", errors.New("mtls12 and mtls13 need a client certificate; give --cert FILE and --key FILE"))
	case f.Cert == "":
		return nil, nil
	case !wanted:
		return nil, flagError("cert", errors.New("no handshake shows it; give --handshakes with a share of mtls12 or mtls13"))
	}
	key := f.Key
	if key == "" {
		key = f.Cert
	}
	certificate, err := tls.LoadX509KeyPair(f.Cert, key)
	if err != nil {
		return nil, flagError("cert", err)
	}
	return &certificate, nil
}
