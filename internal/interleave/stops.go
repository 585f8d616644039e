//go:build invariants

package interleave

// ExploreStops stops one goroutine of the program for good, at each point that
// it reaches in turn, under every interleaving within the bounds; none is run
// at random. The others, and after them the program's bystander, must finish
// within the steps allowed. At last the stopped one goes on, so that Check finds
// a program that has finished. The error is a [*Failure].
func ExploreStops(fresh func(*Scheduler) *Program, b Bounds) (Report, error) {
	x := &exploration{fresh: fresh, bounds: b, scheduler: newScheduler()}
	defer x.scheduler.close()
	total := Report{Preemptions: -1, Complete: true}
	for g := range len(fresh(x.scheduler).Goroutines) {
		for parks := 1; ; parks++ {
			st := &stall{goroutine: g, parks: parks}
			reached, err := x.stop(st)
			total.add(x.report)
			if err != nil {
				return total, err
			}
			if !reached {
				break
			}
			total.Stops++
		}
	}
	return total, nil
}

// stop runs the interleavings in which one goroutine is stopped in one place,
// and reports whether it gets there in any.
func (x *exploration) stop(st *stall) (reached bool, err error) {
	d := &depthFirst{bound: x.bounds.Preemptions}
	x.report = Report{Preemptions: d.bound}
	for more := true; more; more = d.next() {
		x.report.Interleavings++
		stalled, err := x.one(d, st)
		if err != nil {
			return true, x.failure(err, d.bound, st)
		}
		reached = reached || stalled
	}
	x.report.Complete = !d.cut
	return reached, nil
}

func (r *Report) add(other Report) {
	r.Interleavings += other.Interleavings
	r.Preemptions = other.Preemptions
	r.Complete = r.Complete && other.Complete
	r.LongestSteps = max(r.LongestSteps, other.LongestSteps)
}
