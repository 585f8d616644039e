package main

// Packages and files that the tables name often.
const (
	shards = "./shards"
	engine = "./engine"

	invariants = "invariants" // the build tag

	lockFree       = "shards/lockfree.go"
	lockFreeEvict  = "shards/lockfree_evict.go"
	lockFreeLookup = "shards/lockfree_lookup.go"
	lockFreeRemove = "shards/lockfree_remove.go"
	lockFreeResize = "shards/lockfree_resize.go"
	lockFreeWalk   = "shards/lockfree_walk.go"
	placesFile     = "shards/places.go"
	referenceFile  = "shards/reference.go"
	sessionFile    = "shards/session.go"
)

// interleavings returns a -run pattern for one program of the exhaustive
// interleaving test.
func interleavings(program string) string { return "^TestInterleave$/^" + program + "$" }

// changesOfOneBucket are about the compare-and-swaps of LockFree and what
// surrounds them.
var changesOfOneBucket = []mutant{
	{
		name: "linking without the check of the head",
		file: lockFree,
		old:  "if !b.head.CompareAndSwap(head, n) {\n\t\tt.places.linked.lower()\n\t\treturn false\n\t}",
		new:  "b.head.Store(n)",
		pkg:  shards, tags: invariants, run: interleavings("add_to_one_bucket"),
		breaks: "an Add overwrites one that came in between",
	},
	{
		name: "replacing without the check of the head",
		file: lockFree,
		old:  "if !b.head.CompareAndSwap(head, m) {\n\t\treturn false\n\t}",
		new:  "b.head.Store(m)",
		pkg:  shards, tags: invariants, run: interleavings("replace_by_two_objects"),
		breaks: "two Adds replace the same session",
	},
	{
		name: "unlinking without the check of the head",
		file: lockFree,
		old:  "if !b.head.CompareAndSwap(head, next) {\n\t\tt.places.countRetry()\n\t\treturn false\n\t}",
		new:  "b.head.Store(next)",
		pkg:  shards, tags: invariants, run: interleavings("remove_twice"),
		breaks: "two removals both win",
	},
	{
		name: "Identical keeps the reference",
		file: lockFree,
		old:  "if has != (holdings{}) {\n",
		new:  "if false {\n",
		pkg:  shards, tags: invariants, run: interleavings("add_one_object_twice"),
		breaks: "the Add that lost a race leaks a reference and a place",
	},
	{
		name: "Closed keeps place and reference",
		file: lockFree,
		old:  "t.letGo(has, s)\n\t\t\treturn Closed",
		new:  "return Closed",
		pkg:  shards, tags: invariants, run: interleavings("close_and_add"),
		breaks: "an Add that Close overtook leaks a reference and a place",
	},
	{
		name: "Remove compares ids",
		file: lockFreeRemove,
		old:  "t.writable(sh, hash)\n\t\tn := head.chain().findSession(s)\n\t\tif n == nil && !cancel(b, head) {",
		new:  "t.writable(sh, hash)\n\t\tn := head.chain().find(s.Hash(), s.ID())\n\t\tif n == nil && !cancel(b, head) {",
		pkg:  shards, run: "^TestRemoveComparesIdentity$",
		breaks: "Remove of an old session removes the one that replaced it",
	},
	{
		name: "place given back before the unlinking",
		file: lockFreeRemove,
		old:  "\t\tif n == nil || !chosen(n) {\n\t\t\treturn false\n\t\t}\n\t\tif t.unlink(b, head, n) {\n\t\t\tt.places.giveBack()",
		new:  "\t\tif n == nil || !chosen(n) {\n\t\t\treturn false\n\t\t}\n\t\tt.places.giveBack()\n\t\tif t.unlink(b, head, n) {",
		pkg:  shards, tags: invariants, run: interleavings("add_to_a_full_table_and_remove_the_victim"),
		breaks: "for a moment more sessions are linked than places exist",
	},
	{
		name: "removal of what was made fresh",
		file: lockFreeRemove,
		old:  "func(m *node) bool { return m.expiry == n.expiry }",
		new:  "func(*node) bool { return true }",
		pkg:  shards, tags: invariants, run: interleavings("look_up_what_is_made_fresh"),
		breaks: "a lookup removes as expired what was rescheduled meanwhile",
	},
	{
		name: "flush does not look again",
		file: lockFreeRemove,
		old:  "if n == nil || !chosen(n) {",
		new:  "if n == nil {",
		pkg:  shards, tags: invariants, run: interleavings("flush_and_make_fresh"),
		breaks: "a flush removes what was rescheduled meanwhile",
	},
	{
		name: "removals are not counted",
		file: lockFreeRemove,
		old:  "if !t.tracking.Load() {",
		new:  "if true {",
		pkg:  shards, run: "^TestRemovals$",
		breaks: "a session from outside comes back after its removal",
	},
	{
		name: "a removal leaves what is reserved",
		file: lockFreeRemove,
		old:  "if n == nil && !cancel(b, head) {\n\t\t\tcontinue\n\t\t}\n",
		new:  "",
		pkg:  shards, tags: invariants, run: interleavings("keep_the_very_object_that_is_removed"),
		breaks: "a session from outside is linked after a removal of its id",
	},
	{
		name: "a removal by id leaves what is reserved",
		file: lockFreeRemove,
		old:  "\t\t\tif !cancel(b, head) {\n\t\t\t\tcontinue\n\t\t\t}\n\t\t\treturn false",
		new:  "\t\t\treturn false",
		pkg:  shards, tags: invariants, run: interleavings("keep_what_is_removed"),
		breaks: "a session from outside is linked after a removal of its id",
	},
	{
		name: "removals are looked at before reserving",
		file: lockFree,
		old:  "if !since.reserve(b, head) {\n\t\t\t\tcontinue\n\t\t\t}\n\t\t\tif head = since.mark; sh.removals.Load() != since.removals {",
		new:  "removals := sh.removals.Load()\n\t\t\tif !since.reserve(b, head) {\n\t\t\t\tcontinue\n\t\t\t}\n\t\t\tif head = since.mark; removals != since.removals {",
		pkg:  shards, tags: invariants, run: interleavings("keep_what_is_removed"),
		breaks: "a session from outside is linked after a removal of its id",
	},
	{
		name: "a replaced session is marked not resumable",
		file: lockFree,
		old:  "defer t.sink.Dropped(n.session, n.expiry, ReasonReplaced)",
		new:  "defer t.drop(n, ReasonReplaced)",
		pkg:  shards, run: "^TestAddReplaces$",
		breaks: "a client stops offering a ticket that is good",
	},
	{
		name: "chains are not capped",
		file: lockFree,
		old:  "case length >= MaxChain:",
		new:  "case length >= 1<<30:",
		pkg:  shards, run: "^TestChainIsCapped$",
		breaks: "ids that collide make a bucket slow",
	},
}

// lookups are about Lookup, Take, references and the wiping of states.
var lookups = []mutant{
	{
		name: "no retry in Lookup",
		file: lockFreeLookup,
		old:  "default:\n\t\t\treleased = n.session\n\t\t}",
		new:  "default:\n\t\t\treturn nil, Miss\n\t\t}",
		pkg:  shards, tags: invariants, run: interleavings("look_up_what_is_replaced_and_released"),
		breaks: "an id that is only ever replaced is missed",
	},
	{
		name: "Lookup expires a second early",
		file: lockFreeLookup,
		old:  "case now > n.expiry:\n",
		new:  "case now >= n.expiry:\n",
		pkg:  shards, run: "^TestLookupRemovesWhatIsExpired$",
		breaks: "the last second of a session is lost",
	},
	{
		name: "Flush expires a second early",
		file: lockFreeWalk,
		old:  "return now > n.expiry })",
		new:  "return now >= n.expiry })",
		pkg:  shards, run: "^TestFlush$",
		breaks: "the last second of a session is lost",
	},
	{
		name: "XSync expires a second early",
		file: "shards/xsync.go",
		old:  "{ return now > e.expiry }",
		new:  "{ return now >= e.expiry }",
		pkg:  shards, run: "^TestLookupRemovesWhatIsExpired$",
		breaks: "the last second of a session is lost",
	},
	{
		name: "Lookup ignores the scope",
		file: lockFreeLookup,
		old:  "case n.session.scope != scope:\n\t\t\treturn nil, OtherScope\n\t\tcase",
		new:  "case",
		pkg:  shards, run: "^TestLookupByScope$",
		breaks: "a session is resumed by another virtual host",
	},
	{
		name: "Take does not remove",
		file: lockFreeLookup,
		old:  "if !t.unlink(b, head, n) {\n\t\t\tcontinue\n\t\t}",
		new:  "_ = b",
		pkg:  shards, run: "^TestTake$",
		breaks: "a ticket that may be used once is used twice",
	},
	{
		name: "a reference from zero",
		file: referenceFile,
		old:  "if n <= 0 || n == math.MaxInt32 {",
		new:  "if n == math.MaxInt32 {",
		pkg:  shards, run: "^TestAcquireRefusesZero$",
		breaks: "a session is used whose state was wiped",
	},
	{
		name: "reference count by load and store",
		file: referenceFile,
		old:  "if s.refs.CompareAndSwap(n, n+1) {",
		new:  "if s.refs.Store(n + 1); true {",
		pkg:  shards, tags: invariants, run: interleavings("two_acquire,_one_drops_the_last_reference"),
		breaks: "references are lost",
	},
	{
		name: "states are not wiped",
		file: referenceFile,
		old:  "if n == 1 {",
		new:  "if n == 0 {",
		pkg:  shards, run: "^TestLastReleaseWipesTheState$",
		breaks: "secrets stay in memory",
	},
	{
		name: "any release wipes the state",
		file: referenceFile,
		old:  "if n == 1 {",
		new:  "if n >= 1 {",
		pkg:  shards, run: "^TestLastReleaseWipesTheState$",
		breaks: "a session is wiped under those who use it",
	},
	{
		name: "a walk keeps its references",
		file: lockFreeWalk,
		old:  "\tdefer n.session.Release()\n",
		new:  "",
		pkg:  shards, run: "^TestAllReleasesWhatItYields$",
		breaks: "All leaks a reference a session",
	},
	{
		name: "ids are compared without their length",
		file: sessionFile,
		old:  "s.idLength == other.idLength && s.id == other.id",
		new:  "s.id == other.id",
		pkg:  shards, run: "^TestIDsWithEqualHashes$",
		breaks: "an id and the same id followed by zeros are one, should their hashes be equal",
	},
	{
		name: "expiry does not saturate",
		file: sessionFile,
		old:  "\tif created > 0 && timeout > math.MaxInt64-created {\n\t\treturn Never\n\t}\n",
		new:  "",
		pkg:  shards, run: "^TestExpiry$",
		breaks: "a very long timeout makes a session expired at once",
	},
}
