package conformance

import "slices"

// command is a step as it can be done again to another pair. It names sessions
// by their numbers, so that it means the same where other steps are left out;
// what it cannot be done to, it leaves alone.
type command struct {
	number int // of the session that it may make
	do     func(*pair)
}

// record keeps what is about to be done, and gives it a number.
func (p *pair) record(do func(*pair)) {
	p.next++
	if p.problem == "" {
		p.commands = append(p.commands, command{p.next, do})
	}
}

// recordWith keeps what is about to be done with a session, which may be nil.
func (p *pair) recordWith(o *object, do func(*pair, *object)) {
	if o == nil {
		p.record(func(p *pair) { do(p, nil) })
		return
	}
	n := o.number
	p.record(func(p *pair) {
		if o := p.numbers[n]; o != nil {
			do(p, o)
		}
	})
}

// program is what a pair has been through.
type program struct {
	config       config
	behaviour    behaviour
	commands     []command
	contextFirst bool
}

// run does all of it to a new pair, and returns the pair, which is closed.
func (g program) run() (*pair, error) {
	p, err := newPair(g.config, g.behaviour, newTally())
	if err != nil {
		return nil, err
	}
	defer p.close()
	for _, c := range g.commands {
		p.next = c.number - 1 // as it was when the command was recorded
		c.do(p)
	}
	p.Finish(g.contextFirst)
	return p, nil
}

// reduce leaves out what need not be done for a problem to appear, half of the
// steps at first, single ones in the end. Rapid shrinks what was drawn, where
// leaving out one step changes what the others are about; this works on what
// came of it. A program that does not fail is returned as it is.
func (g program) reduce() (program, error) {
	if p, err := g.run(); err != nil || p.problem == "" {
		return g, err
	}
	for size := len(g.commands); size > 0; {
		found := false
		for from := 0; from+size <= len(g.commands); {
			less := g
			less.commands = slices.Concat(g.commands[:from], g.commands[from+size:])
			p, err := less.run()
			if err != nil {
				return g, err
			}
			if p.problem == "" {
				from += size
				continue
			}
			g, found = less, true
		}
		if !found || size > 1 {
			size /= 2
		}
	}
	return g, nil
}
