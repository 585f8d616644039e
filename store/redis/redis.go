// Package redis keeps sessions in Redis or Valkey, a single server or a
// Cluster, through rueidis. Version 6 or later is needed.
//
// A [Store] stores what it is given: put store.New on it, which seals values
// and hides ids, bounds times and orders writes.
//
// Keys are, behind the prefix, s:{id} for values and c:{id} for claims, with the
// id in unpadded URL-safe base64; the braces put both into one slot of a
// Cluster. A value is one SET with PX, a claim a SET with NX and PX.
//
// Redis replicates asynchronously: a claim, or a deletion, that was confirmed
// shortly before a failover may be forgotten by it. Turn persistence off on
// servers that are for sessions alone (save "" and appendonly no): they do not
// belong on a disk (RFC 5246, appendix F.1.4).
package redis

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"time"

	"github.com/redis/rueidis"

	"github.com/reprise-tls/reprise/engine"
)

// ErrNotConnected is wrapped while no server has been reached yet. The error
// also wraps that of the last try.
var ErrNotConnected = errors.New("redis: not connected")

// ErrClosed is returned after Close.
var ErrClosed = errors.New("redis: closed")

// Store is an engine.Store in Redis. Its methods may be called by any number
// of goroutines at once; commands of calls that run at once share packets.
// They return when their context ends at the latest.
type Store struct {
	prefix string
	token  string // that its claims have as their value
	connector
}

var _ engine.Store = (*Store)(nil)

// New returns a Store. Its errors, which wrap store.ErrConfig, are those of the
// options: it connects in the background, again and again until it succeeds,
// so that a server that is down when a proxy starts costs full handshakes and
// not the start. Who wants to know calls [Store.Ping]. Close ends it.
func New(o Options) (*Store, error) {
	if err := o.complete(); err != nil {
		return nil, err
	}
	s := &Store{prefix: o.Prefix, token: rand.Text()}
	s.connector.start(o.Client)
	return s, nil
}

// Ping waits until a server answers, or returns an error when ctx ends.
func (s *Store) Ping(ctx context.Context) error {
	if err := s.wait(ctx); err != nil {
		return err
	}
	return s.do(ctx, func(c rueidis.Client) rueidis.Completed { return c.B().Ping().Build() }).Error()
}

func (s *Store) key(kind string, id []byte) string {
	return s.prefix + kind + ":{" + base64.RawURLEncoding.EncodeToString(id) + "}"
}

// Get returns the value of the id, or an error that wraps engine.ErrNotFound.
func (s *Store) Get(ctx context.Context, id []byte) ([]byte, error) {
	value, err := s.do(ctx, func(c rueidis.Client) rueidis.Completed {
		return c.B().Get().Key(s.key("s", id)).Build()
	}).ToString()
	if rueidis.IsRedisNil(err) {
		return nil, engine.ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("redis: get: %w", err)
	}
	return []byte(value), nil
}

// Set stores the value for ttl, in whole milliseconds and at least a second.
func (s *Store) Set(ctx context.Context, id, value []byte, ttl time.Duration) error {
	err := s.do(ctx, func(c rueidis.Client) rueidis.Completed {
		return c.B().Set().Key(s.key("s", id)).Value(rueidis.BinaryString(value)).PxMilliseconds(milliseconds(ttl)).Build()
	}).Error()
	if err != nil {
		return fmt.Errorf("redis: set: %w", err)
	}
	return nil
}

// Delete deletes the value.
func (s *Store) Delete(ctx context.Context, id []byte) error {
	err := s.do(ctx, func(c rueidis.Client) rueidis.Completed {
		return c.B().Unlink().Key(s.key("s", id)).Build()
	}).Error()
	if err != nil {
		return fmt.Errorf("redis: unlink: %w", err)
	}
	return nil
}

// Claim reports true to exactly one caller until Unclaim or until ttl, at least
// a second, is over. After an error the claim may have been made: nobody else
// is granted it then.
func (s *Store) Claim(ctx context.Context, id []byte, ttl time.Duration) (bool, error) {
	err := s.do(ctx, func(c rueidis.Client) rueidis.Completed {
		return c.B().Set().Key(s.key("c", id)).Value(s.token).Nx().PxMilliseconds(milliseconds(ttl)).Build()
	}).Error()
	if rueidis.IsRedisNil(err) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("redis: claim: %w", err)
	}
	return true, nil
}

// unclaim deletes a claim if it is the caller's.
const unclaim = `if redis.call("GET", KEYS[1]) == ARGV[1] then return redis.call("DEL", KEYS[1]) end return 0`

// Unclaim ends a claim of this Store. One of another, for instance after this
// one's time was over, stays.
func (s *Store) Unclaim(ctx context.Context, id []byte) error {
	err := s.do(ctx, func(c rueidis.Client) rueidis.Completed {
		return c.B().Eval().Script(unclaim).Numkeys(1).Key(s.key("c", id)).Arg(s.token).Build()
	}).Error()
	if err != nil {
		return fmt.Errorf("redis: unclaim: %w", err)
	}
	return nil
}

func milliseconds(ttl time.Duration) int64 { return max(ttl, time.Second).Milliseconds() }
