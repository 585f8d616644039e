package openssl

import (
	"sync"
	"sync/atomic"
	"weak"
)

// exData is what this package keeps in Session.Extra.
//
// OpenSSL's session has one owner, the context whose list it is in. Here a
// session may be in several contexts, so it remembers all that it was ever
// added to. Whether it still is there need not be known: rescheduling asks the
// cache, by identity. The pointers are weak, so that a session which outlives
// a context does not keep it in memory.
type exData struct {
	owners atomic.Pointer[[]weak.Pointer[CTX]]
	value  atomic.Pointer[any]
}

// installing keeps two goroutines from giving a session an exData each.
var installing sync.Mutex

// exDataOf returns the exData of s; nil if the application has put something
// else into Session.Extra.
func exDataOf(s *SESSION) *exData {
	if extra := s.Extra(); extra != nil {
		ex, _ := extra.(*exData)
		return ex
	}
	installing.Lock()
	defer installing.Unlock()
	if s.Extra() == nil {
		s.SetExtra(&exData{})
	}
	ex, _ := s.Extra().(*exData)
	return ex
}

// adopt makes s remember ctx.
func (ctx *CTX) adopt(s *SESSION) {
	ex := exDataOf(s)
	if ex == nil {
		return
	}
	for {
		old := ex.owners.Load()
		var owners []weak.Pointer[CTX]
		if old != nil {
			for _, o := range *old {
				if o == ctx.self {
					return
				}
				if o.Value() != nil {
					owners = append(owners, o)
				}
			}
		}
		owners = append(owners, ctx.self)
		if ex.owners.CompareAndSwap(old, &owners) {
			return
		}
	}
}

// reschedule makes the contexts that have s go by its times.
func reschedule(s *SESSION) {
	ex := exDataOf(s)
	if ex == nil {
		return
	}
	owners := ex.owners.Load()
	if owners == nil {
		return
	}
	for _, o := range *owners {
		if ctx := o.Value(); ctx != nil {
			ctx.cache.Reschedule(s)
		}
	}
}

// SESSIONSetExData is SSL_SESSION_set_ex_data(3) with one index: it attaches a
// value to the session and returns 1; 0 if s is nil or Session.Extra is taken.
// The value is not wiped.
func SESSIONSetExData(s *SESSION, value any) int {
	if s == nil {
		return 0
	}
	ex := exDataOf(s)
	if ex == nil {
		return 0
	}
	ex.value.Store(&value)
	return 1
}

// SESSIONGetExData is SSL_SESSION_get_ex_data(3): the value attached last, nil
// if there is none.
func SESSIONGetExData(s *SESSION) any {
	if s == nil {
		return nil
	}
	if ex := exDataOf(s); ex != nil {
		if v := ex.value.Load(); v != nil {
			return *v
		}
	}
	return nil
}
