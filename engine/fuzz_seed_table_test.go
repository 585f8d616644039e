package engine

// fuzzSeeds are the seeds of FuzzOperations.
var fuzzSeeds = map[string]fuzzSeed{
	"evict-the-earliest": {
		capacity: 1, mode: Server, callbacks: callRemove, // two sessions
		steps: [][fuzzStepLen]byte{
			step("Add", 0, lasts50), step("Add", 1, lasts5), step("Add", 2, lasts1000), // evicts id 1
			step("Get", 1), step("Get", 0), step("Add", 3, lasts50), step("Add", 4, lasts50), // evict ids 0 and 3
			step("Get", 2), step("Get", 3), step("Get", 4),
		},
		shows: func(s Stats) bool { return s.CacheFull == 3 && s.EvictedBeforeExpiry == 3 && s.Misses == 2 },
	},
	"evict-from-probation": {
		capacity: 2, probation: 1, mode: Server, callbacks: callRemove, // three sessions, a quarter of them on probation
		steps: [][fuzzStepLen]byte{
			step("Add", 0, lasts5, promoted), step("Add", 1, lasts50), step("Add", 2, lasts1000),
			step("Add", 3, lasts1000), step("Get", 0), step("Get", 1), // id 1 is gone
			step("Promote", latest), step("Promote", latest+1), // ids 3 and 2
			step("Add", 4, lasts1000), step("Get", 0), // none is on probation: the earliest goes
		},
		shows: func(s Stats) bool { return s.CacheFull == 2 && s.Hits == 1 && s.Misses == 2 },
	},
	"evict-the-expired-before-probation": {
		capacity: 1, probation: 3, mode: Server | NoAutoClear, callbacks: callRemove,
		steps: [][fuzzStepLen]byte{
			step("Add", 0, lasts1, promoted), step("Add", 1, lasts1000), step("clock", 2), step("Add", 2, lasts1000),
			step("Get", 1),
		},
		shows: func(s Stats) bool { return s.CacheFull == 1 && s.EvictedBeforeExpiry == 0 && s.Hits == 1 },
	},
	"identical-and-refreshed": {
		capacity: 3, mode: Server | NoAutoClear, callbacks: callRemove,
		steps: [][fuzzStepLen]byte{
			step("Add", 0, lasts5), step("clock", 4), step("Add", latest), // changes nothing
			step("SetMode", modeByte(Server|NoAutoClear|UpdateTime)), step("Add", latest), // lasts 4 seconds longer
			step("clock", 5), step("Get", 0), step("clock", 1), step("Get", 0),
		},
		shows: func(s Stats) bool { return s.Identical == 2 && s.Hits == 1 && s.Timeouts == 1 },
	},
	"replace-and-replace-back": {
		capacity: 0, mode: Server, callbacks: callAll, // one session
		steps: [][fuzzStepLen]byte{
			step("Add", 0, lasts50), step("Add", 0, lasts50, noState), step("Remove", latest+1), // not the one that is there
			step("Add", latest+1), step("HandshakeFinished", latest), // it is still resumable
			step("Remove", latest), step("RemoveID", 0),
		},
		shows: func(s Stats) bool { return s.Replaced == 3 && s.Removed == 1 && s.CacheFull == 0 },
	},
	"take-once": {
		capacity: 2, mode: Server, store: true, callbacks: callAll,
		steps: [][fuzzStepLen]byte{
			step("HandshakeFinished", 0, lasts50), step("Take", 0, underScope), step("Take", 0), step("Take", 0), step("Resume", 0),
			step("Issued", latest), // no longer resumable
		},
		shows: func(s Stats) bool {
			return s.Taken == 1 && s.ScopeMismatches == 1 && s.StoreWrites == 1 && s.StoreMisses == 1 && s.Added == 1
		},
	},
	"resume-from-the-store": {
		capacity: 0, timeout: 3, mode: Both, scope: 1, store: true, callbacks: callAll, // one session
		steps: [][fuzzStepLen]byte{
			step("HandshakeFinished", 0, 0, inScope), step("HandshakeFinished", 1, lasts50, inScope|promoted|client),
			step("Resume", 0), step("Resume", 0), step("Resume", 1, underScope+2), // back from the store; inside; another scope
			step("SetMode", modeByte(Both|NoInternal)), step("Resume", 0), // a new one, not kept
			step("store change", 0, 1), step("Resume", 0), step("store change", 0, 0, 1), step("Resume", 0), // another id, broken
			step("clock", 51), step("Resume", 1),
		},
		shows: func(s Stats) bool {
			return s.StoreWrites == 2 && s.StoreHits == 6 && s.ExternalRejected == 2 && s.Timeouts == 1 && s.ScopeMismatches == 1
		},
	},
	"expired-inside-asks-nobody": {
		capacity: 1, mode: Server | NoAutoClear, store: true, callbacks: callAll,
		steps: [][fuzzStepLen]byte{
			step("HandshakeFinished", 0, lasts1), step("clock", 2), step("Resume", 0),
			step("HandshakeFinished", 1, lasts1), step("clock", 2), step("Take", 1), // nor tells the store
		},
		shows: func(s Stats) bool { return s.Timeouts == 2 && s.Expired == 2 && s.StoreHits+s.StoreMisses == 0 },
	},
	"resume-from-the-callback": {
		capacity: 1, mode: Server, callbacks: callGet | callRemove,
		steps: [][fuzzStepLen]byte{
			step("outside", 0, 0, lasts50), step("Resume", 0), step("Resume", 0), step("Remove", latest), step("Resume", 0), // not resumable
			step("outside", 1, 2), step("Resume", 2), // another id
			step("outside", 3, 3, inScope), step("Resume", 3), step("Resume", 3, underScope),
			step("outside", 4, 4), step("change times", latest, 2, 0), step("clock", 6), step("Resume", 4), // expired
		},
		shows: func(s Stats) bool { return s.CallbackHits >= 4 && s.ExternalRejected >= 2 && s.ScopeMismatches == 1 },
	},
	"store-that-fails": {
		capacity: 2, mode: Server, store: true, callbacks: callAll,
		steps: [][fuzzStepLen]byte{
			step("HandshakeFinished", 0, lasts50), step("store fault", byte(storeFails)), step("Resume", 1), step("Remove", latest),
			step("HandshakeFinished", 1, lasts50), step("store fault", byte(storePanics)), step("Resume", 2), step("Take", 1),
			step("HandshakeFinished", 2, lasts50), step("RemoveID", 2),
		},
		shows: func(s Stats) bool { return s.StoreErrors == 7 && s.CallbackPanics == 4 && s.Number == 0 },
	},
	"callbacks-that-panic": {
		capacity: 0, mode: Server, callbacks: callAll | callPanics, // one session
		steps: [][fuzzStepLen]byte{
			step("HandshakeFinished", 0, lasts50), step("HandshakeFinished", 1, lasts50), // evicts
			step("outside", 2, 2), step("Resume", 2), step("Take", 1), step("Add", 0, lasts1), step("clock", 2), step("Get", 0),
			step("SetCallbacks", callAll), step("Resume", 2),
		},
		shows: func(s Stats) bool { return s.CallbackPanics == 6 && s.CallbackHits == 1 },
	},
	"shrink-and-grow": {
		capacity: 3, probation: 2, mode: Server, callbacks: callRemove, // five sessions
		steps: [][fuzzStepLen]byte{
			step("Add", 0, lasts50), step("Add", 1, lasts5), step("Add", 2, lasts1000, promoted), step("Add", 3, lasts1),
			step("Add", 4, lasts50), step("clock", 2), step("SetCapacity", 1), step("Add", 5, lasts5), step("SetCapacity", 8), step("SetCapacity", 9),
			step("SetCapacity", 6), step("Add", 6, lasts50), step("Add", 7, lasts50), step("Add", 0, lasts50), step("SetCapacity", 0),
		},
		shows: func(s Stats) bool { return s.CacheFull >= 7 && s.Number == 1 },
	},
	"scopes": {
		capacity: 3, mode: Server, scope: 1, callbacks: callRemove,
		steps: [][fuzzStepLen]byte{
			step("Add", 0, lasts5, likeNew), step("Add", 1, lasts5), step("Get", 0), step("Get", 1), step("Get", 1, 1),
			step("Take", 1), step("Resume", 1), step("clock", 6), step("Get", 1), step("Get", 1, 1),
		},
		shows: func(s Stats) bool { return s.ScopeMismatches == 4 && s.Timeouts == 1 && s.Hits == 2 },
	},
	"modes": {
		capacity: 4, mode: Off, callbacks: callAll,
		steps: [][fuzzStepLen]byte{
			step("HandshakeStarted"), step("HandshakeFinished", 0, lasts50), step("Add", latest), step("Resume", 0),
			step("SetMode", modeByte(Client|UpdateTime)), step("HandshakeFinished", 1, aged+lasts50), step("HandshakeFinished", 2, aged+lasts50, client),
			step("SetMode", modeByte(Server|NoInternalLookup)), step("HandshakeFinished", 3, lasts50), step("Resume", 3), step("Get", 3),
			step("SetMode", modeByte(Server|NoInternalStore)), step("HandshakeFinished", 4, lasts50), step("Issued", 5, lasts50, 2*client),
			step("Issued", 6, lasts50, unusable), step("Issued", 7, lasts50, 3*client),
			step("HandshakeFinished, resumed", latest, 0, client), step("HandshakeStarted", 0, 0, client),
			step("SetMode", 0xFF),
		},
		shows: func(s Stats) bool {
			return s.Accept == 1 && s.Connect == 1 && s.AcceptGood == 4 && s.ConnectGood == 2 && s.Added == 3 && s.Hits == 3
		},
	},
	"flush-and-clear": {
		capacity: 4, mode: Server | NoAutoClear, callbacks: callRemove,
		steps: [][fuzzStepLen]byte{
			step("Add", 0, lasts5), step("Add", 1, lasts1), step("Add", 2, lasts50), step("Add", 3, aged+lasts50), step("Flush", 5), step("Flush", 6),
			step("Flush", 31), step("Add", 4, 5), step("Flush", 127), step("Clear"), step("Add", 5), step("Flush", 0x80),
		},
		shows: func(s Stats) bool { return s.Flushed == 5 && s.Number == 1 },
	},
	"sweep": {
		capacity: 3, mode: Server, callbacks: callAll, // so small that a sweep looks at everything
		steps: [][fuzzStepLen]byte{
			step("Add", 0, lasts1), step("Add", 1, lasts5), step("Add", 2, lasts1000), step("clock", 2),
			step("HandshakeFinished, resumed", latest, 0, client), // another role
			step("HandshakeFinished, resumed", latest), step("clock", 4),
			step("SetMode", modeByte(Both|NoAutoClear)), step("HandshakeFinished, resumed", latest),
		},
		shows: func(s Stats) bool { return s.Expired == 1 && s.Number == 2 },
	},
	"times": {
		capacity: 1, timeout: 2, mode: Server | NoAutoClear, callbacks: callRemove,
		steps: [][fuzzStepLen]byte{
			step("Add", 0), step("SetTimeout", 4), step("Add", 1), step("SetTimeout", 6), step("clock", 6), step("Get", 0), step("Get", 1),
			step("change times", latest, 1), step("Get", 1), step("Reschedule", latest), step("Get", 1), // 1 second from its creation
			step("Add", 2, lasts5), step("change times", latest, 3, 32), step("Reschedule", latest), step("change times", latest, 6), // created later
			step("clock", 8), step("Get", 2), step("clock", 1), step("Get", 2), step("SetTimeout", 5), step("Add", 3), step("clock", 0x80), step("Add", latest),
		},
		shows: func(s Stats) bool { return s.Timeouts == 3 && s.Hits == 3 && s.Identical == 1 },
	},
	"release-and-wipe": {
		capacity: 0, mode: Server | UpdateTime, callbacks: callAll,
		steps: [][fuzzStepLen]byte{
			step("Add", 0, lasts50), step("Release", latest), step("Get", 0), step("Add", latest), step("RemoveID", 0), // wiped
			step("Add", latest), step("Remove", latest), step("outside", latest, 0), step("Resume", 0),
			step("Add", 1, lasts50), step("Release", latest), step("Take", 1), step("Add", latest),
		},
		shows: func(s Stats) bool { return s.Added == 2 && s.Identical == 1 && s.CallbackHits == 0 },
	},
	"no-session-and-no-id": {
		capacity: 1, mode: Server, store: true, callbacks: callAll,
		steps: [][fuzzStepLen]byte{
			step("Add", fuzzNil), step("Remove", fuzzNil), step("Reschedule", fuzzNil), step("Issued", fuzzNil),
			step("HandshakeFinished", fuzzNil), step("HandshakeFinished, resumed", fuzzNil), step("Add", 0),
			step("Get", fuzzIDs), step("Take", fuzzIDs), step("Resume", fuzzIDs), step("RemoveID", fuzzIDs),
			step("Get", fuzzIDs+1), step("Take", fuzzIDs+1), step("Resume", fuzzIDs+1), step("RemoveID", fuzzIDs+1),
		},
		shows: func(s Stats) bool { return s.Misses == 4 && s.Number == 1 && s.AcceptGood == 2 },
	},
	"close-and-go-on": {
		capacity: 3, mode: Both, store: true, callbacks: callAll,
		steps: [][fuzzStepLen]byte{
			step("HandshakeFinished", 0, lasts50), step("Add", 1, lasts5), step("Add", 2, lasts1000), step("Close"), step("Close"),
			step("Add", latest), step("Get", 0), step("Take", 0), step("Resume", 0), step("HandshakeFinished", 3), step("Remove", latest),
			step("RemoveID", 0), step("Reschedule", latest), step("Promote", latest), step("SetCapacity", 0), step("Flush", 127), step("Clear"),
			step("HandshakeFinished, resumed", latest, 0, client),
		},
		shows: func(s Stats) bool { return s.Closed == 3 && s.Misses == 3 && s.Added == 3 && s.StoreHits == 0 },
	},
}
