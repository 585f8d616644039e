package engine

import "testing"

// The values of SSL_SESS_CACHE_* in OpenSSL's ssl.h.
func TestModesHaveOpenSSLsValues(t *testing.T) {
	for m, want := range map[Mode]uint32{
		Off: 0, Client: 1, Server: 2, Both: 3, NoAutoClear: 0x80,
		NoInternalLookup: 0x100, NoInternalStore: 0x200, NoInternal: 0x300, UpdateTime: 0x400,
	} {
		equal(t, m.String(), uint32(m), want)
	}
}

func TestModeString(t *testing.T) {
	for m, want := range map[Mode]string{
		Off:                           "off",
		Server:                        "server",
		Both | UpdateTime:             "both|update-time",
		Client | NoAutoClear:          "client|no-auto-clear",
		Server | NoInternal:           "server|no-internal",
		NoInternalLookup:              "no-internal-lookup",
		Server | NoInternalStore | 64: "server|no-internal-store|0x40",
	} {
		equal(t, "the string", m.String(), want)
	}
}

// SSL_CTX_set_session_cache_mode overwrites and returns the previous mode.
func TestSetModeOverwritesAndReturnsPrevious(t *testing.T) {
	f := newFixture(t, LockFree, nil)
	equal(t, "the first mode", f.SetMode(Client|NoAutoClear), Server)
	equal(t, "the second mode", f.SetMode(Off), Client|NoAutoClear)
	equal(t, "unknown bits", f.SetMode(Mode(0x10000)), Off)
	equal(t, "Mode", f.Mode(), Mode(0x10000))
}
