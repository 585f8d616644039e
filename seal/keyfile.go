package seal

import (
	"bufio"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"strings"
)

// ParseKey makes a key from 64 hexadecimal digits, or from 32 bytes in base64
// of either alphabet, with or without padding. White space around it is
// ignored.
func ParseKey(text string) (*Key, error) {
	b, err := decodeSecret(text)
	if err != nil {
		return nil, err
	}
	defer clear(b)
	return NewKey(b)
}

// decodeSecret tells hexadecimal from base64 by the length: 32 bytes are 64
// digits of the one and 43 or 44 characters of the other. Its errors, unlike
// those of the encodings, quote nothing.
func decodeSecret(text string) ([]byte, error) {
	text = strings.TrimSpace(text)
	if len(text) == hex.EncodedLen(KeySize) {
		b := make([]byte, KeySize)
		if _, err := hex.Decode(b, []byte(text)); err != nil {
			clear(b)
			return nil, &ConfigError{Field: "key", Value: "64 characters that are not all hexadecimal", Allowed: keyFormats}
		}
		return b, nil
	}
	encoding := base64.RawStdEncoding
	if strings.ContainsAny(text, "-_") {
		encoding = base64.RawURLEncoding
	}
	text = strings.TrimRight(text, "=")
	if len(text) != encoding.EncodedLen(KeySize) {
		return nil, &ConfigError{Field: "key", Value: fmt.Sprintf("%d characters", len(text)), Allowed: keyFormats}
	}
	b := make([]byte, KeySize)
	if _, err := encoding.Strict().Decode(b, []byte(text)); err != nil {
		clear(b)
		return nil, &ConfigError{Field: "key", Value: "43 characters that are not base64", Allowed: keyFormats}
	}
	return b, nil
}

const keyFormats = "64 hexadecimal digits or 43 characters of base64 for 32 random bytes"

// maxKeyLines bounds what ReadKeys takes for a file of keys.
const maxKeyLines = 1000

// ReadKeys reads one key a line, in the formats of ParseKey. Empty lines and
// lines that begin with # are ignored. Errors name the line, wrap [ErrConfig]
// and quote nothing. A file without keys is an error, and so is a key that
// stands there twice.
func ReadKeys(r io.Reader) ([]*Key, error) {
	var keys []*Key
	seen := map[KeyID]int{}
	lines := bufio.NewScanner(r)
	for n := 1; lines.Scan(); n++ {
		text := strings.TrimSpace(lines.Text())
		if text == "" || strings.HasPrefix(text, "#") {
			continue
		}
		k, err := ParseKey(text)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		if before, ok := seen[k.ID()]; ok {
			return nil, fmt.Errorf("line %d: %w", n, &ConfigError{Field: "key", Value: fmt.Sprintf("the key of line %d", before), Allowed: "each key once"})
		}
		if len(keys) == maxKeyLines {
			return nil, fmt.Errorf("line %d: %w", n, &ConfigError{Field: "number of keys", Value: fmt.Sprintf("over %d", maxKeyLines), Allowed: fmt.Sprintf("1 to %d", maxKeyLines)})
		}
		seen[k.ID()] = n
		keys = append(keys, k)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("seal: reading keys: %w", err)
	}
	if len(keys) == 0 {
		return nil, &ConfigError{Field: "number of keys", Value: "0", Allowed: fmt.Sprintf("1 to %d", maxKeyLines)}
	}
	return keys, nil
}
