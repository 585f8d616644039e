package child

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// TestMain lets the test's own binary be a child.
func TestMain(m *testing.M) {
	if how := os.Getenv("CHILD"); how != "" {
		beChild(how)
	}
	os.Exit(m.Run())
}

// beChild doubles the numbers it is sent, until a negative one.
func beChild(how string) {
	switch how {
	case "garbles":
		fmt.Println("hello")
	case "talks":
		for n := range 5 {
			if err := Write(os.Stdout, n); err != nil {
				panic(err)
			}
		}
	}
	in := bufio.NewReader(os.Stdin)
	for {
		var n int
		if err := Read(in, &n); errors.Is(err, io.EOF) {
			os.Exit(0)
		} else if err != nil {
			panic(err)
		}
		switch {
		case n < 0 && how == "hangs":
			fmt.Fprintln(os.Stderr, "about to hang")
			time.Sleep(time.Hour)
		case n < 0:
			fmt.Fprintln(os.Stderr, "no such number")
			os.Exit(3)
		}
		if err := Write(os.Stdout, 2*n); err != nil {
			panic(err)
		}
	}
}

func started(t *testing.T, how string) *Process[int] {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), "CHILD="+how)
	p, err := Start[int](cmd)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Kill)
	return p
}

func TestAChildAnswers(t *testing.T) {
	p := started(t, "answers")
	for n := range 3 {
		if err := p.Send(n); err != nil {
			t.Fatal(err)
		}
		if got := <-p.Replies(); got != 2*n {
			t.Errorf("%d, want %d", got, 2*n)
		}
	}
	p.End()
	if died := p.Died("nothing"); died.Status != "exit status 0" || died.Stderr != "" {
		t.Errorf("%+v", died)
	}
	if p.Send(1) == nil {
		t.Error("a child that has ended takes messages")
	}
}

func TestAChildDies(t *testing.T) {
	p := started(t, "answers")
	if err := p.Send(-1); err != nil {
		t.Fatal(err)
	}
	<-p.Exited()
	died := p.Died("a negative number")
	if want := "died during a negative number: exit status 3; its last words:\nno such number"; died.Error() != want {
		t.Errorf("%q, want %q", died, want)
	}
}

func TestAChildHangs(t *testing.T) {
	p := started(t, "hangs")
	if err := p.Send(-1); err != nil {
		t.Fatal(err)
	}
	for !strings.Contains(p.stderr.String(), "about to hang") { // else it may not even have begun
		time.Sleep(time.Millisecond)
	}
	hung := p.Hung("a negative number", time.Second)
	for _, want := range []string{"hung: no answer to a negative number after 1s; killed", "about to hang", "goroutine"} {
		if !strings.Contains(hung.Error(), want) {
			t.Errorf("%q is missing in %q", want, hung)
		}
	}
	<-p.Exited()
}

func TestAChildGarbles(t *testing.T) {
	p := started(t, "garbles")
	<-p.Exited()
	if died := p.Died("nothing"); !strings.Contains(died.Error(), `cannot be understood`) || !strings.Contains(died.Error(), "hello") {
		t.Error(died)
	}
}

// One that says more than anybody listens to ends all the same.
func TestAChildTalks(t *testing.T) {
	p := started(t, "talks")
	if got := <-p.Replies(); got != 0 {
		t.Errorf("%d, want 0", got)
	}
	p.Kill()
	if p.Send(1) == nil {
		t.Error("a child that was killed takes messages")
	}
}

func TestNoChild(t *testing.T) {
	if p, err := Start[int](exec.Command("/absent/program")); err == nil || p != nil {
		t.Errorf("%v, %v", p, err)
	}
}
