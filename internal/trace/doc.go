// Package trace reads traces of requests: who asked, in what order and, where
// the trace says so, when. Readers stream, so that a trace may be larger than
// memory; [Load] numbers the ids for what goes over a trace many times.
//
// Three formats are known, see [Format]. Ids may be those of sessions, so no
// error contains one: errors name the file and the line or record.
package trace
