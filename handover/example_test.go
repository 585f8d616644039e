//go:build unix

package handover_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"

	"github.com/reprise-tls/reprise/engine"
	"github.com/reprise-tls/reprise/handover"
	"github.com/reprise-tls/reprise/seal"
)

func Example() {
	key, err := seal.NewKey([]byte("from a file that both can read.."))
	if err != nil {
		panic(err)
	}
	ring, err := seal.NewRing(key)
	if err != nil {
		panic(err)
	}
	before, err := engine.New(engine.Defaults())
	if err != nil {
		panic(err)
	}
	next, err := engine.New(engine.Defaults())
	if err != nil {
		panic(err)
	}
	for _, id := range []string{"a", "b", "c"} {
		session, err := before.NewSession([]byte(id), []byte("state"))
		if err != nil {
			panic(err)
		}
		before.Add(session)
		session.Release()
	}

	r, w := io.Pipe() // between two processes: handover.Pipe
	go func() {
		h, err := handover.NewWriter(w, ring, handover.Options{})
		if err == nil {
			err = h.Pass(context.Background(), before) // while handshakes go on
		}
		before.RemoveID([]byte("b"))
		if err == nil {
			err = h.Pass(context.Background(), before) // when no more are accepted
		}
		if err == nil {
			err = h.Close()
		}
		w.CloseWithError(err)
	}()
	report, err := handover.Read(context.Background(), r, next, ring, handover.Options{AllOrNothing: true})
	if err != nil {
		panic(err)
	}
	fmt.Println("read:", report.Sessions, "taken back:", report.Gone, "added:", report.Added)
	// Output:
	// read: 3 taken back: 1 added: 2
}

// The old process starts the next one and writes to it.
func ExamplePipe() {
	restart := func(ctx context.Context, cache *engine.Cache, ring *seal.Ring) error {
		cmd := exec.Command("/proc/self/exe")
		w, r, err := handover.Pipe(cmd, "")
		if err != nil {
			return err
		}
		defer w.Close()
		if err := errors.Join(cmd.Start(), r.Close()); err != nil {
			return err
		}
		_, err = handover.Write(ctx, w, cache, ring, handover.Options{})
		return err
	}
	_ = restart
}

// The next process looks whether there is something to take over.
func ExampleInherited() {
	takeOver := func(ctx context.Context, cache *engine.Cache, ring *seal.Ring) error {
		r, ok, err := handover.Inherited("")
		if err != nil || !ok {
			return err
		}
		defer r.Close()
		_, err = handover.Read(ctx, r, cache, ring, handover.Options{AllOrNothing: true})
		return err
	}
	_ = takeOver
}
