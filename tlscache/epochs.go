package tlscache

import (
	"encoding/binary"
	"fmt"
)

// The encoding of epochs, version 1; integers are big endian.
//
//	1 byte   version, 1
//	then for each scope, the first being that of all:
//	1 byte   length of the name, 0 for all scopes
//	         name
//	8 bytes  epoch
const epochsVersion = 1

// AppendEpochs appends the epochs of all scopes to dst. A process that takes
// over the sessions of another without a store between them needs its epochs
// too: what was revoked may still be among the sessions. It contains names of
// scopes, and nothing secret.
func (s *Server) AppendEpochs(dst []byte) []byte {
	dst = append(dst, epochsVersion)
	each := func(c *scope) {
		value, known := c.epoch.known()
		if !known {
			return
		}
		dst = append(dst, byte(len(c.name)))
		dst = append(dst, c.name...)
		dst = binary.BigEndian.AppendUint64(dst, value)
	}
	each(s.all)
	s.scopes.all(each)
	return dst
}

// AdoptEpochs takes over what AppendEpochs wrote, before sessions that came with
// it are resumed. Epochs only go up. It fails, with an error that wraps ErrEpoch
// and no effect, for anything that AppendEpochs would not have written, and, with
// an error that wraps ErrScope, if there are more names than Options.MaxScopes;
// then those that had a place are adopted.
func (s *Server) AdoptEpochs(b []byte) error {
	type entry struct {
		name  string
		value uint64
	}
	if len(b) == 0 || b[0] != epochsVersion {
		return fmt.Errorf("%w: an encoding of %d bytes that is not of version %d", ErrEpoch, len(b), epochsVersion)
	}
	var entries []entry
	for rest := b[1:]; len(rest) > 0; {
		n := int(rest[0])
		if len(rest) < 1+n+8 {
			return fmt.Errorf("%w: the encoding ends within an entry", ErrEpoch)
		}
		value := binary.BigEndian.Uint64(rest[1+n:])
		if value&provisionalEpoch != 0 {
			return fmt.Errorf("%w: the encoding has one out of range", ErrEpoch)
		}
		entries = append(entries, entry{string(rest[1 : 1+n]), value})
		rest = rest[1+n+8:]
	}
	var err error
	for _, e := range entries {
		c := s.all
		if e.name != "" {
			c, _ = s.scopes.get(e.name)
		}
		if c == nil {
			err = fmt.Errorf("%w: there are more than Options.MaxScopes, %d", ErrScope, s.options.MaxScopes)
			continue
		}
		c.epoch.raise(e.value)
	}
	return err
}
