package conformance

import (
	"slices"

	"pgregory.net/rapid"

	"github.com/reprise-tls/reprise/openssl"
)

// maxObjects is how many sessions there are at a time.
const maxObjects = 24

// machine draws the operations of a sequence.
type machine struct{ *pair }

// Generators. Few values, so that they meet each other often.
var (
	anyID    = rapid.IntRange(0, len(ids)-1)
	anyScope = rapid.SampledFrom([]int{0, 0, 0, 1, 2})
	anySize  = rapid.SampledFrom([]int{0, 1, 2, 2, 3, 3, 4, 5, 6, -1})
	anyBool  = rapid.Bool()
	anyIndex = rapid.IntRange(0, maxObjects-1)

	// Times are relative to the clock.
	anyTime    = rapid.SampledFrom([]int64{0, -1, -5, -10, -20, 5, 10})
	anyTimeout = rapid.SampledFrom([]int64{10, 1, 5, 20, 100, 1 << 33})
	anyStep    = rapid.SampledFrom([]int64{1, 5, 10, -5})
	anyFlush   = rapid.SampledFrom([]int64{0, 1, 5, 9, 10, 11, 20, -5})

	anyMode = rapid.SampledFrom(modes())
	anyHow  = rapid.SampledFrom([]copyRemoval{removeByID, putBack})
)

// modes are the combinations of all flags but NO_AUTO_CLEAR, which one has so
// that the harness is seen to level that.
func modes() (list []int) {
	for _, role := range []int{openssl.SESS_CACHE_SERVER, openssl.SESS_CACHE_CLIENT, openssl.SESS_CACHE_BOTH, openssl.SESS_CACHE_OFF} {
		for _, internal := range []int{0, openssl.SESS_CACHE_NO_INTERNAL_LOOKUP, openssl.SESS_CACHE_NO_INTERNAL_STORE, openssl.SESS_CACHE_NO_INTERNAL} {
			for _, update := range []int{0, openssl.SESS_CACHE_UPDATE_TIME} {
				list = append(list, role|internal|update)
			}
		}
	}
	return list
}

// actions are the operations by name, some of them several times to make them
// likelier.
func (m *machine) actions() map[string]func(*rapid.T) {
	a := map[string]func(*rapid.T){
		"new":                m.drawNew,
		"new and add":        m.drawNewAdd,
		"add":                m.drawAdd,
		"add what is there":  m.drawAddPresent,
		"add a twin":         m.drawAddTwin,
		"remove":             func(t *rapid.T) { m.Remove(m.object(t), anyHow.Draw(t, "how")) },
		"remove what is":     m.drawRemovePresent,
		"remove a twin":      m.drawRemoveTwin,
		"up_ref":             func(t *rapid.T) { m.UpRef(m.object(t)) },
		"free":               m.drawFree,
		"dup":                m.drawDup,
		"set_time":           func(t *rapid.T) { m.SetTime(m.object(t), m.now+anyTime.Draw(t, "time")) },
		"set_timeout":        m.drawSetTimeout,
		"set_cache_size":     m.drawSetSize,
		"flush":              m.drawFlush,
		"time passes":        func(t *rapid.T) { m.Advance(anyStep.Draw(t, "seconds")) },
		"change the context": m.drawSetting,
		"handshake":          m.drawHandshake,
	}
	a[""] = func(t *rapid.T) {
		if m.problem != "" {
			t.Fatal(m.report())
		}
		m.tally.steps++
	}
	return a
}

// object draws one of the objects, and makes one if there is none.
func (m *machine) object(t *rapid.T) *object {
	if len(m.objects) == 0 {
		m.drawNew(t)
	}
	return m.among(t, m.objects)
}

func (m *machine) among(t *rapid.T, list []*object) *object {
	if len(list) == 0 {
		return nil
	}
	return list[anyIndex.Draw(t, "session")%len(list)]
}

// those returns the objects that fulfil a condition.
func (m *machine) those(ok func(*object) bool) (list []*object) {
	for _, o := range m.objects {
		if ok(o) {
			list = append(list, o)
		}
	}
	return list
}

// drawNew makes an object; where there are enough it frees one.
func (m *machine) drawNew(t *rapid.T) { m.make(t, anyID.Draw(t, "id")) }

func (m *machine) make(t *rapid.T, id int) *object {
	if len(m.objects) >= maxObjects {
		m.drawFree(t)
		return nil
	}
	return m.New(id, anyScope.Draw(t, "scope"), m.now+anyTime.Draw(t, "time"), anyTimeout.Draw(t, "timeout"))
}

func (m *machine) drawNewAdd(t *rapid.T) {
	if o := m.make(t, anyID.Draw(t, "id")); o != nil {
		m.Add(o)
	}
}

func (m *machine) drawAdd(t *rapid.T) { m.Add(m.object(t)) }

func (m *machine) isPresent(o *object) bool { return m.present[o.id] == o }

func (m *machine) drawAddPresent(t *rapid.T) {
	if o := m.among(t, m.those(m.isPresent)); o != nil {
		m.Add(o)
		return
	}
	m.drawNewAdd(t)
}

// isTwin reports whether another session has the id of o in the cache.
func (m *machine) isTwin(o *object) bool { return m.present[o.id] != nil && m.present[o.id] != o }

// twin draws an object whose id another one has in the cache; it may have to
// make it, and nil is returned if it cannot.
func (m *machine) twin(t *rapid.T) *object {
	if o := m.among(t, m.those(m.isTwin)); o != nil {
		return o
	}
	if o := m.among(t, m.those(m.isPresent)); o != nil {
		return m.make(t, o.id)
	}
	return nil
}

func (m *machine) drawAddTwin(t *rapid.T) {
	if o := m.twin(t); o != nil {
		m.Add(o)
	}
}

func (m *machine) drawRemovePresent(t *rapid.T) {
	if o := m.among(t, m.those(m.isPresent)); o != nil {
		m.Remove(o, removeByID)
	}
}

func (m *machine) drawRemoveTwin(t *rapid.T) {
	if o := m.twin(t); o != nil {
		m.Remove(o, anyHow.Draw(t, "how"))
	}
}

func (m *machine) drawFree(t *rapid.T) {
	if o := m.among(t, m.those(func(o *object) bool { return o.references > 0 })); o != nil {
		m.Free(o)
	}
}

func (m *machine) drawDup(t *rapid.T) {
	if o := m.object(t); len(m.objects) < maxObjects {
		m.Dup(o)
	}
}

func (m *machine) drawSetTimeout(t *rapid.T) {
	m.SetTimeout(m.object(t), rapid.SampledFrom([]int64{10, 1, 5, 20, 100, 1 << 33, 0, -1}).Draw(t, "timeout"))
}

func (m *machine) drawSetSize(t *rapid.T) {
	size := anySize.Draw(t, "size")
	if m.unordered {
		size = min(size, 0) // what evicts must be exact
	}
	m.SetSize(size)
}

func (m *machine) drawFlush(t *rapid.T) {
	if anyIndex.Draw(t, "all if 0") == 0 {
		m.Flush(0)
		return
	}
	m.Flush(m.now + anyFlush.Draw(t, "time"))
}

func (m *machine) drawSetting(t *rapid.T) {
	switch rapid.IntRange(0, 3).Draw(t, "setting") {
	case 0:
		m.SetMode(anyMode.Draw(t, "mode") | openssl.SESS_CACHE_NO_AUTO_CLEAR*truth(anyBool.Draw(t, "no auto clear")))
	case 1:
		m.SetScope(anyScope.Draw(t, "scope"))
	case 2:
		m.SetCallbacks(anyBool.Draw(t, "new"), anyIndex.Draw(t, "no remove if 0") != 0, anyBool.Draw(t, "get"), anyBool.Draw(t, "keep"))
	case 3:
		m.SetContextTimeout(rapid.SampledFrom([]int64{10, 1, 20, 7200, 0, -5}).Draw(t, "timeout"))
	}
}

func (m *machine) drawHandshake(t *rapid.T) {
	if len(m.objects) >= maxObjects {
		m.drawFree(t)
		return
	}
	if rapid.IntRange(0, 3).Draw(t, "client if 0") == 0 {
		m.drawConnect(t)
		return
	}
	id := m.drawOffer(t)
	next := m.absent(id)
	if len(next) == 0 {
		return
	}
	var reply *object
	if anyBool.Draw(t, "get callback replies") {
		reply = m.among(t, m.those(func(o *object) bool { return o.id == id }))
	}
	m.Accept(id, reply, anyBool.Draw(t, "copied"), next[anyIndex.Draw(t, "next id")%len(next)])
}

// drawOffer draws the id that a client offers: none, any, or that of a session
// that is there or is not.
func (m *machine) drawOffer(t *rapid.T) int {
	var o *object
	switch rapid.IntRange(0, 9).Draw(t, "offer") {
	case 0, 1:
		return noID
	case 2:
		return anyID.Draw(t, "id")
	case 3, 4, 5, 6:
		o = m.among(t, m.those(m.isPresent))
	default:
		o = m.among(t, m.those(func(o *object) bool { return m.present[o.id] == nil }))
	}
	if o == nil {
		return noID
	}
	return o.id
}

func (m *machine) drawConnect(t *rapid.T) {
	offered := m.among(t, slices.Insert(slices.Clone(m.objects), 0, nil))
	next := anyID.Draw(t, "next id")
	if offered != nil && next == offered.id {
		next = (next + 1) % len(ids) // or the client would take it for a resumption
	}
	m.Connect(offered, anyBool.Draw(t, "accepted"), next)
}

// check is a property: what holds for every sequence of operations on a new
// pair.
type check struct {
	config    config
	sizes     []int
	behaviour behaviour
	tally     *tally

	failed *program // the last run that failed, nil if none did
	report string   // its report
}

func (c *check) property() func(*rapid.T) {
	anyOf := rapid.SampledFrom(c.sizes)
	return func(t *rapid.T) {
		g := c.config
		g.size = anyOf.Draw(t, "size")
		p, err := newPair(g, c.behaviour, c.tally)
		if err != nil {
			t.Fatal(err)
		}
		defer p.close()
		contextFirst := anyBool.Draw(t, "context is freed first")
		defer func() {
			if p.problem != "" {
				c.failed, c.report = &program{g, c.behaviour, p.commands, contextFirst}, p.report()
			}
		}()
		t.Repeat((&machine{p}).actions())
		p.Finish(contextFirst)
		if p.problem != "" {
			t.Fatal(p.report())
		}
	}
}
