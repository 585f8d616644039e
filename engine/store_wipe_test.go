package engine

import (
	"bytes"
	"testing"
)

// A value from the store is a whole session, secrets and all. It is zeroed
// once it was decoded, whether or not that succeeded.
func TestValuesFromTheStoreAreWiped(t *testing.T) {
	forEachTable(t, func(t *testing.T, kind TableKind) {
		for name, alter := range map[string]func([]byte) []byte{
			"good":           func(v []byte) []byte { return v },
			"does not parse": func(v []byte) []byte { return v[:len(v)-1] },
		} {
			f, m := newStoreFixture(t, kind, nil)
			m.put(1, f.session(1))
			var given []byte
			m.alter = func(v []byte) []byte {
				given = alter(v)
				return given
			}
			_, ok := f.resume(1)
			equal(t, name+": found", ok, name == "good")
			if len(given) == 0 || !bytes.Equal(given, make([]byte, len(given))) {
				t.Errorf("%s: %d bytes from the store are not all zero", name, len(given))
			}
		}
	})
}
