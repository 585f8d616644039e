package engine_test

import (
	"fmt"

	"github.com/reprise-tls/reprise/engine"
)

func Example() {
	cache, err := engine.New(engine.Defaults())
	if err != nil {
		panic(err)
	}
	defer cache.Close()

	id := []byte("32 random bytes of a session id.")
	session, err := cache.NewSession(id, []byte("what the TLS library needs to resume"))
	if err != nil {
		panic(err)
	}
	fmt.Println("added:", cache.Add(session), "again:", cache.Add(session))
	session.Release()

	if found, ok := cache.Get(id); ok {
		fmt.Printf("%s\n", found.AppendState(nil))
		found.Release()
	}
	fmt.Println("removed:", cache.RemoveID(id), "left:", cache.Len())
	// Output:
	// added: true again: false
	// what the TLS library needs to resume
	// removed: true left: 0
}
