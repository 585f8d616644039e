package main

import (
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
)

// estate is what a process leaves to the next one, besides listeners and
// sessions. It goes through a pipe that only these two have.
type estate struct {
	// StreamKey seals the stream of sessions, of one reload.
	StreamKey []byte `json:"stream_key"`

	// Secret is what processes share that resume each other's sessions, where
	// no key file has one.
	Secret []byte `json:"secret"`

	// Certificate and Key are the self-signed certificate, in DER and PKCS #8.
	Certificate []byte `json:"certificate"`
	Key         []byte `json:"key"`
}

// newEstate is that of a process that has inherited nothing.
func newEstate() (*estate, error) {
	signed, err := selfSign()
	if err != nil {
		return nil, err
	}
	key, err := x509.MarshalPKCS8PrivateKey(signed.PrivateKey)
	if err != nil {
		return nil, err
	}
	e := &estate{Secret: make([]byte, secretSize), Certificate: signed.Certificate[0], Key: key}
	rand.Read(e.Secret)
	return e, nil
}

// certificate returns the self-signed certificate.
func (e *estate) certificate() (tls.Certificate, error) {
	key, err := x509.ParsePKCS8PrivateKey(e.Key)
	if err != nil {
		return tls.Certificate{}, err
	}
	return tls.Certificate{Certificate: [][]byte{e.Certificate}, PrivateKey: key}, nil
}

func writeEstate(w io.Writer, e *estate) error {
	b, err := json.Marshal(e) //nolint:gosec // secrets are what it is for
	if err != nil {
		return err
	}
	defer clear(b)
	return writeMessage(w, b)
}

func readEstate(r io.Reader) (*estate, error) {
	b, err := readMessage(r)
	if err != nil {
		return nil, err
	}
	defer clear(b)
	e := new(estate)
	return e, json.Unmarshal(b, e)
}

// maxMessage bounds what is read from the pipe beside sessions: an estate has a
// kilobyte, the epochs of a thousand scopes fit.
const maxMessage = 1 << 20

// writeMessage writes bytes with their length before them.
func writeMessage(w io.Writer, b []byte) error {
	_, err := w.Write(append(binary.BigEndian.AppendUint32(nil, uint32(len(b))), b...))
	return err
}

func readMessage(r io.Reader) ([]byte, error) {
	var length [4]byte
	if _, err := io.ReadFull(r, length[:]); err != nil {
		return nil, err
	}
	n := binary.BigEndian.Uint32(length[:])
	if n > maxMessage {
		return nil, fmt.Errorf("a message of %d bytes; allowed are 0 to %d", n, maxMessage)
	}
	b := make([]byte, n)
	_, err := io.ReadFull(r, b)
	return b, err
}
