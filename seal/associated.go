package seal

import (
	"encoding/binary"
	"fmt"
	"math"
)

// AssociatedData says what a sealed value is. It is authenticated and not
// stored: who opens must give the same.
type AssociatedData struct {
	Purpose string // what for, for example "store": 1 to 65535 bytes
	Scope   []byte // under which configuration it is valid, 0 to 65535 bytes
	ID      []byte // which session it is, 0 to 65535 bytes
}

// check returns the first fault, as a *ConfigError without the content.
func (a *AssociatedData) check() error {
	switch {
	case a.Purpose == "":
		return &ConfigError{Field: "AssociatedData.Purpose", Value: "empty", Allowed: "1 to 65535 bytes"}
	case len(a.Purpose) > math.MaxUint16:
		return tooLong("AssociatedData.Purpose", len(a.Purpose), 1)
	case len(a.Scope) > math.MaxUint16:
		return tooLong("AssociatedData.Scope", len(a.Scope), 0)
	case len(a.ID) > math.MaxUint16:
		return tooLong("AssociatedData.ID", len(a.ID), 0)
	}
	return nil
}

func tooLong(field string, n, least int) error {
	return &ConfigError{Field: field, Value: fmt.Sprintf("%d bytes", n), Allowed: fmt.Sprintf("%d to %d bytes", least, math.MaxUint16)}
}

// append appends an encoding that no other associated data has: a byte for
// the kind of the sealed value, then each part behind its length.
func (a *AssociatedData) append(dst []byte, version byte) []byte {
	dst = append(dst, version)
	dst = binary.BigEndian.AppendUint16(dst, uint16(len(a.Purpose)))
	dst = append(dst, a.Purpose...)
	dst = binary.BigEndian.AppendUint16(dst, uint16(len(a.Scope)))
	dst = append(dst, a.Scope...)
	dst = binary.BigEndian.AppendUint16(dst, uint16(len(a.ID)))
	return append(dst, a.ID...)
}
