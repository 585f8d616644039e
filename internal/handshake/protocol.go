package handshake

import (
	"errors"
	"time"
)

// A request is what the clients' process asks of that of a target. Exactly one
// field is set.
type request struct {
	Open   *openRequest   `json:",omitempty"`
	Read   *readRequest   `json:",omitempty"`
	Finish *finishRequest `json:",omitempty"`
}

// openRequest begins to listen.
type openRequest struct {
	Target     string
	Capacity   int
	Identity   identity
	Timeout    time.Duration // of a connection
	CPUProfile string        // a file, empty for none
}

// readRequest asks for what was counted, once all connections have ended.
type readRequest struct{ Collect bool } // garbage before that

// finishRequest ends the server.
type finishRequest struct{}

// A reply answers a request.
type reply struct {
	Error    string    `json:",omitempty"` // the request failed for this reason
	Opened   *opened   `json:",omitempty"`
	Reading  *reading  `json:",omitempty"`
	Finished *finished `json:",omitempty"`
}

// error returns why the request failed, nil if it did not.
func (r reply) error() error {
	if r.Error != "" {
		return errors.New(r.Error)
	}
	return nil
}

// opened are the addresses of a server.
type opened struct{ Plain, Mutual string }

// A reading is what has counted up in the process of a target.
type reading struct {
	Processor             time.Duration // time used
	Full, Resumed, Broken uint64        // handshakes
	Mallocs, Allocated    uint64
	Heap                  uint64 // bytes in use, not counted up
	Keeps                 bool   // the target keeps sessions: these are known
	Sessions              int    // linked, not counted up
	Evicted               uint64
}

// finished says what is wrong with a target, one line each.
type finished struct{ Violations []string }
