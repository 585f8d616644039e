package libssl

// #include "bench.h"
// #include <stdlib.h>
import "C"

// Single calls, for tests: cgo cannot be used in their files.

func (d *driver) add(i int) bool {
	return C.SSL_CTX_add_session(C.bench_ctx(d.bench), d.session(i)) == 1
}

func (d *driver) remove(i int) bool {
	return C.SSL_CTX_remove_session(C.bench_ctx(d.bench), d.session(i)) == 1
}

func (d *driver) upRef(i int) bool { return C.SSL_SESSION_up_ref(d.session(i)) == 1 }

func (d *driver) free(i int) { C.SSL_SESSION_free(d.session(i)) }

func (d *driver) number() int { return int(C.bench_number(d.bench)) }

// form returns a session in its ASN.1 form.
func (d *driver) form(i int) []byte {
	p := C.malloc(C.size_t(C.i2d_SSL_SESSION(d.session(i), nil)))
	defer C.free(p)
	end := (*C.uchar)(p)
	n := C.i2d_SSL_SESSION(d.session(i), &end)
	return C.GoBytes(p, n)
}
