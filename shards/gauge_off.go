//go:build !invariants

package shards

// gauge counts nothing in this build.
type gauge struct{}

func (*gauge) raise(*places) {}
func (*gauge) lower()        {}
func (*gauge) shrink()       {}
