package openssl

import "github.com/reprise-tls/reprise/engine"

// The flags of SSL_CTX_set_session_cache_mode(3), with the values of
// OpenSSL's ssl.h. [engine.Mode] says what each of them does.
const (
	SESS_CACHE_OFF                = int(engine.Off)
	SESS_CACHE_CLIENT             = int(engine.Client)
	SESS_CACHE_SERVER             = int(engine.Server)
	SESS_CACHE_BOTH               = int(engine.Both)
	SESS_CACHE_NO_AUTO_CLEAR      = int(engine.NoAutoClear)
	SESS_CACHE_NO_INTERNAL_LOOKUP = int(engine.NoInternalLookup)
	SESS_CACHE_NO_INTERNAL_STORE  = int(engine.NoInternalStore)
	SESS_CACHE_NO_INTERNAL        = int(engine.NoInternal)
	SESS_CACHE_UPDATE_TIME        = int(engine.UpdateTime) // OpenSSL 3.0 and later
)

// Limits and defaults, with the names and values of OpenSSL's ssl.h.
const (
	MAX_SSL_SESSION_ID_LENGTH      = engine.MaxIDLength     // bytes
	MAX_SID_CTX_LENGTH             = engine.MaxScopeLength  // bytes
	SESSION_CACHE_MAX_SIZE_DEFAULT = engine.DefaultCapacity // sessions
)

// sessionTimeout is what SSL_SESSION_new gives a session, in seconds.
const sessionTimeout = 60*5 + 4
