// Package revision builds load generators whose engine is that of a git
// revision, so that two revisions can be measured beside each other.
//
// What measures must be the same on both sides, or a change of the load
// generator would look like one of the engine. So a program is made of two
// sources: the engine (engine, shards, internal/yield) of the revision, and all
// the rest, the harness, of one source tree for all programs. They are put
// together in a scratch directory. Repositories and work trees are only read.
package revision
