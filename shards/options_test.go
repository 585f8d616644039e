package shards

import "testing"

// Both tables refuse options that make no sense in the same way.
func TestOptionsAreChecked(t *testing.T) {
	sink := &countingSink{}
	for name, o := range map[string]Options{
		"negative capacity":   {Capacity: -1, Sink: sink},
		"negative probation":  {ProbationPercent: -1, Sink: sink},
		"probation above 100": {ProbationPercent: 101, Sink: sink},
		"no sink":             {Capacity: 1},
	} {
		for table, construct := range map[string]func(){
			"LockFree": func() { NewLockFree(o) },
			"XSync":    func() { NewXSync(o) },
		} {
			t.Run(name+"/"+table, func(t *testing.T) {
				defer func() {
					if recover() == nil {
						t.Error("the options were taken")
					}
				}()
				construct()
			})
		}
	}
}
