package report

import (
	"encoding/json"
	"io"

	"github.com/reprise-tls/reprise/internal/measure"
)

// Schema names the form of the JSON that [JSON] writes. A field may be added
// under the same name; anything else changes the number. In 1 the law of the
// keys stood in the settings, in 2 every cell has its own; and there are the
// intervals of scenarios.
const Schema = "reprise-loadgen/2"

// JSON writes the result with all raw samples: an object with the fields of
// [measure.Result], the name of the schema as "schema" and the command line as
// "command". Times are RFC 3339, durations nanoseconds.
func JSON(w io.Writer, r *measure.Result, commandLine string) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "\t")
	return e.Encode(struct {
		Schema  string `json:"schema"`
		Command string `json:"command"`
		*measure.Result
	}{Schema, commandLine, r})
}
