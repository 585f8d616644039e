package child

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// maxMessage bounds what a length may claim, in bytes.
const maxMessage = 16 << 20

// Write writes v as JSON behind its length in bytes, both ended by a
// line feed.
func Write(w io.Writer, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "%d\n%s\n", len(body), body)
	return err
}

// Read reads what Write wrote. It returns io.EOF at the end of
// the input, and an error that shows the line if something else was written
// there.
func Read(r *bufio.Reader, v any) error {
	line, err := r.ReadString('\n')
	if err != nil {
		if errors.Is(err, io.EOF) && line != "" {
			return io.ErrUnexpectedEOF
		}
		return err
	}
	n, err := strconv.Atoi(strings.TrimSuffix(line, "\n"))
	if err != nil || n < 0 || n > maxMessage {
		return fmt.Errorf("not the length of a message: %.80q", line)
	}
	body := make([]byte, n+1)
	if _, err := io.ReadFull(r, body); err != nil {
		return io.ErrUnexpectedEOF
	}
	if body[n] != '\n' {
		return errors.New("a message does not end where its length says")
	}
	return json.Unmarshal(body[:n], v)
}
