package lincheck

import (
	"math"
	"math/rand/v2"

	"github.com/reprise-tls/reprise/engine"
	"github.com/reprise-tls/reprise/shards"
)

// action is one step of a worker; some are two operations, so that what one
// answered is what the other is given.
type action uint8

const (
	addFresh action = iota // a session nobody else adds, whose creator then lets go of it
	addHeld                // a session that every worker adds
	addDead                // a session without references
	lookUp
	lookUpAndRemove
	lookUpAndAdd
	lookUpAndReschedule
	takeIt
	takeAndAdd
	containsID
	removeHeld
	removeByID
	rescheduleHeld
	promoteHeld
	flushAll
	sweepSome
	clearAll
	walk
	changeCapacity
	closeTable
	advanceClock
)

// step is an action and its arguments; which of them count depends on the
// action.
type step struct {
	action   action
	table    int
	id       int
	session  int // number
	scope    uint8
	now      int64
	expiry   int64
	refresh  bool
	capacity int
	pause    int // before the step: 0: none; below: turns of a loop; beyond: give way
}

const giveWay = 150 // the least pause that lets others run

// sessionPlan is a session that a history uses.
type sessionPlan struct {
	id               int
	scope            uint8
	created, timeout int64
	held             bool // until the end of the history
	dead             bool // from the start
}

func (p sessionPlan) options() shards.SessionOptions {
	return shards.SessionOptions{Scope: scopes[p.scope], Created: p.created, Timeout: p.timeout}
}

// expiry is what the session would have by itself.
func (p sessionPlan) expiry() int64 {
	if p.timeout == math.MaxInt64 {
		return shards.Never
	}
	return p.created + p.timeout
}

// scopes of sessions; the first is the empty one.
var scopes = func() [2]shards.Scope {
	other, err := shards.NewScope([]byte("other"))
	if err != nil {
		panic(err)
	}
	return [2]shards.Scope{{}, other}
}()

// plan is the workload of one history. It follows from the seed alone.
type plan struct {
	*config
	tables     int
	ids        [][]byte
	sessions   []sessionPlan // their numbers count from 1
	before     []step        // done alone
	workers    [][]step      // done beside each other
	attributed bool
	capacity   int
	probation  int
	prefill    int // fillers added before
}

// newPlan makes the plan of a history with n workers.
func (c *config) newPlan(rng *rand.Rand, n int) *plan {
	p := &plan{
		config:     c,
		tables:     max(1, c.tables),
		attributed: c.whole || c.reentrant || rng.IntN(2) == 0,
		capacity:   pick(rng, c.capacities),
		probation:  pick(rng, []int{0, 25, 100}),
	}
	if c.freed {
		p.capacity = oneShard
	}
	l := pick(rng, c.layouts)
	if len(c.layouts) == 0 {
		l = layout(rng.IntN(int(layouts)))
	}
	p.ids = idsOf(l, rng, c.ids[0]+rng.IntN(c.ids[1]-c.ids[0]+1))
	for id := range p.ids {
		for range 1 + rng.IntN(2) {
			s := p.newSession(rng, id)
			s.held = true
			p.sessions = append(p.sessions, s)
		}
	}
	p.sessions = append(p.sessions, sessionPlan{id: 0, created: 1, timeout: 1, dead: true})
	if c.filler == grow {
		p.prefill = pick(rng, []int{60, 90, 170, 380}) + rng.IntN(60)
	}
	for table := range p.tables {
		for i, s := range p.sessions {
			if s.held && rng.IntN(2) == 0 {
				p.before = append(p.before, step{action: addHeld, table: table, id: s.id, session: i + 1, scope: s.scope, now: now(rng, c), expiry: s.expiry()})
			}
		}
	}
	steps := max(2, (24+rng.IntN(72))/n)
	if n > fewWorkers {
		steps = max(2, (24+rng.IntN(24))/n)
	}
	for i := range n {
		list := p.program(rng, steps)
		if i > 0 && !c.bounded {
			onlyLookUp(list)
		}
		p.workers = append(p.workers, list)
	}
	return p
}

// onlyLookUp replaces changes of the capacity. One shrink, however large the
// capacity stays, evicts nothing; several at once may take places from each
// other and then evict more than one of them would.
func onlyLookUp(list []step) {
	for i := range list {
		if list[i].action == changeCapacity {
			list[i].action = lookUp
		}
	}
}

// fewWorkers may overlap all the time without making a check take long.
const fewWorkers = 4

// oneShard is the largest capacity at which new tables have one shard.
const oneShard = 64

// workerCount returns 2 to 16, mostly few: on few cores, more of them overlap
// only where they give way within an operation.
func workerCount(rng *rand.Rand) int {
	switch k := rng.IntN(20); {
	case k < 8:
		return 2
	case k < 13:
		return 3
	case k < 16:
		return 4
	case k < 18:
		return 5 + rng.IntN(4)
	default:
		return 9 + rng.IntN(8)
	}
}

func (p *plan) newSession(rng *rand.Rand, id int) sessionPlan {
	s := sessionPlan{id: id, created: 1, timeout: math.MaxInt64}
	if p.scopes && rng.IntN(4) == 0 {
		s.scope = 1
	}
	switch {
	case !p.times || rng.IntN(4) == 0:
	case p.subject.isEngine():
		s.created, s.timeout = startOfClock-int64(rng.IntN(3)), int64(1+rng.IntN(3))
	default:
		s.created, s.timeout = 5, pick(rng, []int64{10, 20})
	}
	return s
}

// now returns a time for an operation. That of different workers is in no
// order: it is an argument like any other.
func now(rng *rand.Rand, c *config) int64 {
	if c.times {
		return pick(rng, []int64{10, 20, 30})
	}
	return 20
}

// program makes the steps of one worker.
func (p *plan) program(rng *rand.Rand, n int) []step {
	list := make([]step, n)
	for i := range list {
		a := p.actions.pick(rng)
		s := step{
			action:   a,
			table:    rng.IntN(p.tables),
			id:       rng.IntN(len(p.ids)) * rng.IntN(2), // more than half of them the first
			now:      now(rng, p.config),
			refresh:  p.mode&engine.UpdateTime != 0,
			capacity: pick(rng, p.newCapacities),
		}
		switch a {
		case addFresh:
			p.sessions = append(p.sessions, p.newSession(rng, s.id))
			s.session = len(p.sessions)
		case addDead:
			s.session = p.find(rng, func(x sessionPlan) bool { return x.dead })
		default:
			s.session = p.find(rng, func(x sessionPlan) bool { return x.held && x.id == s.id })
		}
		chosen := p.sessions[s.session-1]
		s.id, s.scope, s.expiry = chosen.id, chosen.scope, chosen.expiry()
		if p.scopes && a != addFresh && a != addHeld && rng.IntN(4) == 0 {
			s.scope = 1 - s.scope
		}
		if !p.subject.isEngine() {
			s.refresh = rng.IntN(2) == 0
			if rng.IntN(4) == 0 {
				s.expiry = p.newSession(rng, s.id).expiry()
			}
		}
		switch k := rng.IntN(20); {
		case k == 0:
			s.pause = giveWay
		case k < 5:
			s.pause = rng.IntN(giveWay)
		}
		list[i] = s
	}
	return list
}

// find chooses among the sessions that fit, and returns the number of one; 0 if none does.
func (p *plan) find(rng *rand.Rand, fits func(sessionPlan) bool) (number int) {
	count := 0
	for i, s := range p.sessions {
		if fits(s) {
			if count++; rng.IntN(count) == 0 {
				number = i + 1
			}
		}
	}
	return number
}

// pick returns one of the choices, the zero value if there are none.
func pick[T any](rng *rand.Rand, choices []T) (choice T) {
	if len(choices) > 0 {
		choice = choices[rng.IntN(len(choices))]
	}
	return choice
}
