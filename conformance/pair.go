package conformance

import (
	"context"
	"fmt"
	"strings"

	"github.com/reprise-tls/reprise/conformance/libssl"
	"github.com/reprise-tls/reprise/engine"
	"github.com/reprise-tls/reprise/openssl"
)

// startTime is when the clock of a pair begins, in Unix seconds.
const startTime = 1_000_000

// config is what a pair is made from.
type config struct {
	subject subject
	table   engine.TableKind
	size    int // of our cache; 0, unlimited, makes a table of many shards
}

// pair is a cache of ours and one of libssl's to which the same is done. Its
// methods are the operations; each applies one to both sides and compares what
// can be seen afterwards. The first difference is kept as the problem, and
// nothing is done after it.
type pair struct {
	config
	library behaviour
	tally   *tally

	ctx     *openssl.CTX
	scratch *openssl.CTX // of ours too, for markOurs
	theirs  *libssl.Cache

	now       int64
	mode      int
	size      int // of our cache
	scope     int // of handshakes, an index of scopes
	onNew     bool
	onRemove  bool
	onGet     bool
	keepNew   bool
	reply     *object // what the get callback returns
	copied    bool
	unordered bool // our table has many shards: it flushes in no order

	objects []*object // those that have a reference
	numbers map[int]*object
	next    int // the number of the session that is made next
	present [len(ids)]*object

	ourEvents, theirEvents []libssl.Event
	clientMisses           int             // sess_misses of theirs that ours does not count
	last                   libssl.Counters // ours, after the last step

	trace    []string
	commands []command
	problem  string

	// Kept for the next comparison, so that it need not allocate.
	numbersPresent []int
	sessions       []*libssl.Session
	states         []libssl.SessionState
}

// object is a session of ours and one of theirs to which the same is done.
type object struct {
	number     int
	id         int // an index of ids
	ours       *openssl.SESSION
	theirs     *libssl.Session
	references int // the harness's own
}

func (o *object) String() string {
	if o == nil {
		return "none"
	}
	return fmt.Sprintf("s%d(id %d)", o.number, o.id)
}

// ids are all that sessions have. Some are prefixes of others, some differ
// only by zeroes, for libssl's hash is made of the first four bytes; some are
// as short and as long as they may be.
var ids = [...][]byte{
	{1},
	{1, 0},
	{1, 0, 0, 0, 0},
	[]byte("www-18 is the beginning of this."),
	[]byte("www-18 is the beginning of that."),
	[]byte("www-18 is the beginning"),
	[]byte("sixteen bytes!!!"),
	make([]byte, openssl.MAX_SSL_SESSION_ID_LENGTH),
}

// scopes are the session id contexts.
var scopes = [...]string{"", "x", "xy"}

func newPair(c config, b behaviour, n *tally) (*pair, error) {
	p := &pair{
		config: c, library: b, tally: n,
		now: startTime, mode: openssl.SESS_CACHE_SERVER | openssl.SESS_CACHE_NO_AUTO_CLEAR, size: c.size,
		unordered: c.size == 0,
		numbers:   map[int]*object{},
		copied:    true,
	}
	if p.unordered {
		n.met(flushOrder)
	}
	libssl.SetTime(p.now)
	g := engine.Defaults()
	g.Mode, g.Capacity, g.Table = engine.Mode(p.mode), c.size, c.table
	g.ProbationPercent = 100
	g.Clock = func() int64 { return p.now }
	var err error
	if p.ctx, err = openssl.CTXNewWithConfig(g); err != nil {
		return nil, err
	}
	g.Capacity = 1
	if p.scratch, err = openssl.CTXNewWithConfig(g); err != nil {
		return nil, err
	}
	if p.theirs, err = libssl.NewCache(); err != nil {
		return nil, err
	}
	p.theirs.SetMode(p.mode)
	p.theirs.SetSize(theirSize(c.size))
	p.setCallbacks(true, true, true)
	return p, nil
}

// close frees what a pair holds, also after a problem: what one has freed on
// only one side is left.
func (p *pair) close() {
	for _, o := range p.objects {
		for ; o.references > 0; o.references-- {
			o.theirs.Free()
		}
	}
	p.theirs.FreeCTX()
	for _, o := range p.objects {
		if o.theirs.Freed() {
			o.theirs.Forget()
		}
	}
	p.theirs.Free()
	openssl.CTXFree(p.ctx)
	openssl.CTXFree(p.scratch)
	libssl.SetTime(0)
}

// theirSize is the size at which libssl keeps as many sessions as our cache
// does at size n.
func theirSize(n int) int {
	if n == 0 {
		return 0
	}
	return n + 1
}

// begin begins a step and reports whether it may be done.
func (p *pair) begin(name, format string, args ...any) bool {
	if p.problem != "" {
		return false
	}
	p.tally.ran(name)
	p.trace = append(p.trace, name+fmt.Sprintf(format, args...))
	return true
}

// fail keeps the first problem.
func (p *pair) fail(format string, args ...any) {
	if p.problem == "" {
		p.problem = fmt.Sprintf(format, args...)
	}
}

// same compares what a function returned.
func same[T comparable](p *pair, what string, ours, theirs T) {
	if ours != theirs {
		p.fail("%s returned %v, libssl's %v", what, ours, theirs)
	}
}

// report describes the problem and how it came about.
func (p *pair) report() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\nThe cache was made for %d sessions, table %v. Steps:\n", p.problem, p.config.size, p.table)
	for i, line := range p.trace {
		fmt.Fprintf(&b, "%3d. %s\n", i+1, line)
	}
	return b.String()
}

// track makes an object of a session of each side, on which the caller has a
// reference.
func (p *pair) track(id int, ours *openssl.SESSION, theirs *libssl.Session) *object {
	o := &object{number: p.next, id: id, ours: ours, theirs: theirs, references: 1}
	p.objects = append(p.objects, o)
	p.numbers[o.number] = o
	openssl.SESSIONSetExData(ours, o)
	return o
}

// numberOf returns the number of a session of ours.
func numberOf(s *openssl.SESSION) int {
	// A copy has the value of the original.
	if o, ok := openssl.SESSIONGetExData(s).(*object); ok && o.ours == s {
		return o.number
	}
	return libssl.Unknown
}

func (p *pair) heard(kind libssl.EventKind, s *openssl.SESSION) {
	e := libssl.Event{Kind: kind, Number: libssl.Unknown}
	if s != nil {
		e.Number, e.Resumable = numberOf(s), p.subject.IsResumable(s)
		if s.References() < 1 {
			p.fail("a callback got a session without a reference")
		}
	}
	p.ourEvents = append(p.ourEvents, e)
}

// setCallbacks sets the callbacks of both sides.
func (p *pair) setCallbacks(onNew, onRemove, onGet bool) {
	p.onNew, p.onRemove, p.onGet = onNew, onRemove, onGet
	p.theirs.SetCallbacks(onNew, onRemove, onGet)
	openssl.CTXSessSetNewCB(p.ctx, nil)
	p.subject.SetRemoveCB(p.ctx, nil)
	openssl.CTXSessSetGetCB(p.ctx, nil)
	if onNew {
		openssl.CTXSessSetNewCB(p.ctx, func(_ *openssl.CTX, s *openssl.SESSION) int {
			p.heard(libssl.EventNew, s)
			return truth(p.keepNew)
		})
	}
	if onRemove {
		p.subject.SetRemoveCB(p.ctx, func(_ *openssl.CTX, s *openssl.SESSION) { p.heard(libssl.EventRemove, s) })
	}
	if onGet {
		openssl.CTXSessSetGetCB(p.ctx, p.get)
	}
}

func (p *pair) get(_ context.Context, _ *openssl.CTX, _ []byte, copied *int) *openssl.SESSION {
	*copied = truth(p.copied)
	if p.reply == nil {
		p.heard(libssl.EventGet, nil)
		return nil
	}
	s := p.reply.ours
	p.heard(libssl.EventGet, s)
	if !p.copied && openssl.SESSIONUpRef(s) != 1 {
		return nil
	}
	return s
}

func truth(b bool) int {
	if b {
		return 1
	}
	return 0
}
