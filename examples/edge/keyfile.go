package main

import (
	"bufio"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"

	"crypto/hkdf"
	"crypto/sha256"
)

// fleetKeys are the secrets that all nodes of a fleet have. A file of them has
// one a line:
//
//	# comment
//	seal 64 hexadecimal digits
//	name 64 hexadecimal digits
//
// What goes to the store is encrypted under keys derived from the first seal
// secret, and opened under those of any; they are changed from time to time. The
// one name secret stays: names in the store are derived from it, and what
// authenticates session handles.
type fleetKeys struct {
	seal [][]byte
	name []byte
}

// secretSize is the length in bytes of each secret.
const secretSize = 32

// readKeyFile reads a file of secrets. Its errors name the line, and quote
// nothing.
func readKeyFile(path string, log *slog.Logger) (*fleetKeys, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("--key-file: %w", err)
	}
	defer f.Close() //nolint:errcheck // it is only read
	if info, err := f.Stat(); err == nil && info.Mode().Perm()&0o007 != 0 {
		log.Warn("everybody may read the key file", "file", path, "mode", info.Mode().Perm())
	}
	k, err := parseKeys(f)
	if err != nil {
		return nil, fmt.Errorf("--key-file %s: %w", path, err)
	}
	return k, nil
}

func parseKeys(r io.Reader) (*fleetKeys, error) {
	k := new(fleetKeys)
	lines := bufio.NewScanner(r)
	for n := 1; lines.Scan(); n++ {
		text := strings.TrimSpace(lines.Text())
		if text == "" || strings.HasPrefix(text, "#") {
			continue
		}
		if err := k.parseLine(text); err != nil {
			return nil, fmt.Errorf("line %d %w", n, err)
		}
	}
	switch {
	case lines.Err() != nil:
		return nil, lines.Err()
	case len(k.seal) == 0:
		return nil, fmt.Errorf("has no seal line; allowed are one or more")
	case k.name == nil:
		return nil, fmt.Errorf("has no name line; allowed is exactly one")
	}
	return k, nil
}

func (k *fleetKeys) parseLine(text string) error {
	kind, digits, _ := strings.Cut(text, " ")
	secret, err := hex.DecodeString(strings.TrimSpace(digits))
	if err != nil || len(secret) != secretSize { // err would quote a digit
		return fmt.Errorf("has a secret of %d characters that is not what is allowed, %d hexadecimal digits", len(strings.TrimSpace(digits)), 2*secretSize)
	}
	switch {
	case kind == "seal":
		k.seal = append(k.seal, secret)
	case kind == "name" && k.name == nil:
		k.name = secret
	case kind == "name":
		return fmt.Errorf("is a second name line; allowed is exactly one")
	default:
		return fmt.Errorf("begins with a word of %d letters; allowed are seal and name", len(kind))
	}
	return nil
}

// derive makes a secret for one use out of another.
func derive(secret []byte, use string) ([]byte, error) {
	return hkdf.Key(sha256.New, secret, nil, "reprise edge "+use, secretSize)
}
