// Package html writes results as pages that need nothing but the file: no
// network, no scripts, no fonts. Their content security policy forbids anything
// else, the style by its hash.
//
// A page of any kind is warnings first, then figures as charts and tables, then
// the environment and the command. Ids of sessions are in no result; names of
// targets, phases, benchmarks and files come from outside, and html/template
// escapes them.
package html
