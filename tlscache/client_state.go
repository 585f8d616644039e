package tlscache

import (
	"crypto/tls"
	"encoding/binary"
	"math"
)

// clientStateEnd is what a client needs to know of a tls.SessionState.
type clientStateEnd struct {
	known   bool
	version uint16
	useBy   int64 // last second at which the ticket may be used, Unix seconds
}

// clientStateEndOf reads version and end of life from the encoding of a
// client's tls.SessionState, which has them in private fields only. The layout
// is the one that the comment of the type gives, in the language of RFC 8446,
// section 3; it may be extended at the end without notice, and anything else
// that crypto/tls changes gives it another type. If it is not as expected, the
// session is not known: it is then used once, which is always allowed, and
// crypto/tls itself looks at its end.
func clientStateEndOf(b []byte) (end clientStateEnd) {
	const client = 2 // SessionStateType
	r := clientStateReader{rest: b}
	end.version = uint16(r.number(2))
	isClient := r.number(1) == client
	r.number(2) // cipher_suite
	r.number(8) // created_at
	r.skip(1)   // secret
	r.skip(3)   // extra
	r.number(1) // ext_master_secret
	earlyData := r.number(1) == 1
	r.skip(3) // certificate_list
	r.skip(3) // verified_chains
	if earlyData {
		r.skip(1) // alpn
	}
	end.useBy = math.MaxInt64
	if end.version >= tls.VersionTLS13 {
		if t := r.number(8); t <= math.MaxInt64 {
			end.useBy = int64(t)
		}
	}
	end.known = !r.failed && isClient && end.version >= tls.VersionTLS10 && end.version <= tls.VersionTLS13
	return end
}

// clientStateReader reads numbers and passes over vectors. After it has failed
// it gives zeros.
type clientStateReader struct {
	rest   []byte
	failed bool
}

func (r *clientStateReader) take(n uint64) []byte {
	if r.failed || uint64(len(r.rest)) < n {
		r.failed = true
		return nil
	}
	b := r.rest[:n]
	r.rest = r.rest[n:]
	return b
}

// number reads a number of up to 8 bytes.
func (r *clientStateReader) number(bytes int) uint64 {
	var b [8]byte
	copy(b[8-bytes:], r.take(uint64(bytes)))
	return binary.BigEndian.Uint64(b[:])
}

// skip passes over a vector whose length has so many bytes.
func (r *clientStateReader) skip(bytes int) { r.take(r.number(bytes)) }
