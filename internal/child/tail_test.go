package child

import (
	"strings"
	"testing"
)

func TestTailKeepsBothEnds(t *testing.T) {
	var short, long tail
	for _, part := range []string{"panic: ", "oh"} {
		if n, err := short.Write([]byte(part)); n != len(part) || err != nil {
			t.Fatalf("Write returned %d, %v", n, err)
		}
	}
	if got := short.String(); got != "panic: oh" {
		t.Errorf("got %q", got)
	}
	for range 100 {
		if _, err := long.Write([]byte("first" + strings.Repeat(".", 1000) + "last")); err != nil {
			t.Fatal(err)
		}
	}
	got := long.String()
	if !strings.HasPrefix(got, "first.") || !strings.HasSuffix(got, ".last") || len(got) > 2*tailSize+100 || !strings.Contains(got, "left out") {
		t.Errorf("%d bytes, from %.20q to %q", len(got), got, got[len(got)-20:])
	}
}
