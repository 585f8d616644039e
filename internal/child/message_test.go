package child

import (
	"bufio"
	"errors"
	"io"
	"strings"
	"testing"
)

func TestBrokenMessages(t *testing.T) {
	for _, c := range []struct {
		text string
		want error // nil: any but io.EOF
	}{
		{"5\n{}", io.ErrUnexpectedEOF},
		{"5", io.ErrUnexpectedEOF},
		{"2\n{}", io.ErrUnexpectedEOF},
		{"2\n{}x", nil},
		{"panic: oh\n", nil},
		{"-1\n", nil},
		{"99999999999\n{}", nil},
		{"2\n{]\n", nil},
	} {
		err := Read(bufio.NewReader(strings.NewReader(c.text)), new(any))
		if err == nil || errors.Is(err, io.EOF) || c.want != nil && !errors.Is(err, c.want) {
			t.Errorf("%q: error is %v, want %v", c.text, err, c.want)
		}
	}
}
