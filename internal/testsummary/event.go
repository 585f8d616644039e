package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
)

// event is one line of `go test -json`. The fields are those of test2json and
// of cmd/go's build output (`go doc test2json`, `go help buildjson`).
type event struct {
	Action      string
	Package     string
	Test        string
	Elapsed     float64 // seconds
	Output      string
	ImportPath  string
	FailedBuild string
}

// readEvents hands every line of r to handle. A line that is not an event,
// which go test prints when something is wrong with the command itself,
// arrives as output of no package.
func readEvents(r io.Reader, handle func(event)) error {
	lines := bufio.NewReader(r)
	for {
		line, err := lines.ReadBytes('\n')
		if len(line) > 0 {
			var e event
			if json.Unmarshal(line, &e) != nil || e.Action == "" {
				e = event{Action: "output", Output: string(line)}
			}
			handle(e)
		}
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
	}
}
