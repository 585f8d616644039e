package handshake

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"runtime/pprof"

	"github.com/reprise-tls/reprise/internal/child"
	"github.com/reprise-tls/reprise/internal/processor"
)

// Serve is the main function of a target's process: it carries out the requests
// that come in and returns at their end. Replies go to out, to which nothing
// else may write.
func Serve(in io.Reader, out io.Writer) error {
	// A terminal sends an interrupt to the targets too; what they do about it
	// is the clients' business.
	signal.Ignore(os.Interrupt)

	p := new(target)
	requests := bufio.NewReader(in)
	for {
		var r request
		if err := child.Read(requests, &r); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return fmt.Errorf("handshake: requests: %w", err)
		}
		answer, err := p.do(r)
		if err != nil {
			answer = reply{Error: err.Error()}
		}
		if err := child.Write(out, answer); err != nil {
			return err
		}
	}
}

// target is the state of a target's process.
type target struct {
	server  *server
	profile *os.File // what the CPU profile goes to, nil for none
}

func (p *target) do(r request) (reply, error) {
	switch {
	case r.Open != nil:
		return p.open(r.Open)
	case r.Read != nil:
		return p.read(r.Read.Collect)
	case r.Finish != nil:
		return p.finish()
	}
	return reply{}, errors.New("handshake: empty request")
}

func (p *target) open(o *openRequest) (reply, error) {
	t, err := Find(o.Target)
	if err != nil {
		return reply{}, err
	}
	if p.server, err = newServer(t, o.Capacity, o.Identity, o.Timeout); err != nil {
		return reply{}, err
	}
	if o.CPUProfile != "" {
		if p.profile, err = startProfile(o.CPUProfile); err != nil {
			return reply{}, err
		}
	}
	return reply{Opened: &opened{p.server.plain.Addr().String(), p.server.mutual.Addr().String()}}, nil
}

func (p *target) read(collect bool) (reply, error) {
	if err := p.server.settle(); err != nil {
		return reply{}, err
	}
	if collect {
		runtime.GC()
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	k := &p.server.counters
	r := &reading{
		Processor: processor.Time(),
		Full:      k.full.Load(), Resumed: k.resumed.Load(), Broken: k.broken.Load(),
		Mallocs: m.Mallocs, Allocated: m.TotalAlloc, Heap: m.HeapAlloc,
	}
	r.Sessions, r.Evicted, r.Keeps = p.server.keeper.sessions()
	return reply{Reading: r}, nil
}

func (p *target) finish() (reply, error) {
	if p.profile != nil {
		pprof.StopCPUProfile()
		if err := p.profile.Close(); err != nil {
			return reply{}, err
		}
	}
	return reply{Finished: &finished{p.server.close()}}, nil
}

func startProfile(name string) (*os.File, error) {
	f, err := os.Create(name)
	if err != nil {
		return nil, err
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		return nil, errors.Join(fmt.Errorf("CPU profile %s: %w", name, err), f.Close())
	}
	return f, nil
}
