package workload

// An Operation is one step of a stream: a code in the upper bits, which says
// what is done, and the number of a session object of the pool in the lower
// ones.
type Operation uint32

// Codes of operations, what [Operation.Code] returns. They are part of the
// streams, whose digests the tests pin.
const (
	CodeGet    Operation = iota << KeyBits // look the object's id up and release what was found
	CodeAdd                                // add the object
	CodeRemove                             // remove the object
	CodeChurn                              // remove the object, then add it
	CodeResume                             // look the object's id up and release what was found; where nothing was, add a new session with that id
)

// KeyBits is how many bits of an operation are the number of an object.
const KeyBits = 29

const keyMask = 1<<KeyBits - 1

// Code returns what is done.
func (o Operation) Code() Operation { return o &^ keyMask }

// Key returns the number of the object in the pool.
func (o Operation) Key() int { return int(o & keyMask) }
