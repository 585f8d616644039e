// Package shards has the session, with its reference count, and the
// concurrent tables it lives in.
package shards
