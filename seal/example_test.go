package seal_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/reprise-tls/reprise/seal"
)

// A file of keys: the first seals, all of them open. Reading it again after a
// change and adding what is new rotates without losing anything.
func ExampleReadKeys() {
	file := `
# made by: openssl rand -hex 32
8e2f6b2f0c1d4a5978b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e6f70819
0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f1
`
	keys, err := seal.ReadKeys(strings.NewReader(file))
	if err != nil {
		panic(err)
	}
	ring, err := seal.NewRing(keys...)
	if err != nil {
		panic(err)
	}
	defer ring.Close()

	session := seal.AssociatedData{Purpose: "store", ID: []byte("session id")}
	envelope, err := ring.Seal(nil, []byte("secret"), session)
	if err != nil {
		panic(err)
	}
	opened, err := ring.Open(nil, envelope, session)
	fmt.Printf("%s, %v\n", opened, err)

	another := seal.AssociatedData{Purpose: "store", ID: []byte("another id")}
	_, err = ring.Open(nil, envelope, another)
	fmt.Println(errors.Is(err, seal.ErrNotAuthentic))
	// Output:
	// secret, <nil>
	// true
}

// All nodes that have the secret change keys at the same time.
func ExampleNewScheduledRing() {
	secret := make([]byte, 32) // from the fleet's secret store
	rand.Read(secret)
	ring, err := seal.NewScheduledRing(seal.Schedule{
		Secrets: [][]byte{secret},
		Period:  24 * time.Hour,
		Overlap: 2 * time.Hour, // as long as sessions live
	})
	if err != nil {
		panic(err)
	}
	defer ring.Close()
	key := ring.Keys()[0]
	fmt.Println(key.Active, key.End.Sub(key.Begin))
	// Output: true 24h0m0s
}

// A stream that was cut does not pass for a whole one.
func ExampleNewReader() {
	b := make([]byte, seal.KeySize)
	rand.Read(b)
	key, err := seal.NewKey(b)
	if err != nil {
		panic(err)
	}
	ring, err := seal.NewRing(key)
	if err != nil {
		panic(err)
	}
	defer ring.Close()

	what := seal.AssociatedData{Purpose: "handover"}
	var pipe bytes.Buffer
	w, err := seal.NewWriter(&pipe, ring, what)
	if err != nil {
		panic(err)
	}
	fmt.Fprint(w, "a whole cache")
	if err := w.Close(); err != nil {
		panic(err)
	}

	for _, stream := range [][]byte{pipe.Bytes(), pipe.Bytes()[:pipe.Len()-1]} {
		r, err := seal.NewReader(bytes.NewReader(stream), ring, what)
		if err != nil {
			panic(err)
		}
		content, err := io.ReadAll(r)
		fmt.Printf("%q, truncated: %v\n", content, errors.Is(err, seal.ErrTruncated))
	}
	// Output:
	// "a whole cache", truncated: false
	// "", truncated: true
}
