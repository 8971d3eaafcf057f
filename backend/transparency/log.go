package transparency

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync/atomic"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/citizens-portal/portal/backend/keys"
	"github.com/citizens-portal/portal/backend/store"
	"github.com/citizens-portal/portal/sdk/verify"
)

// MergeDelay is how long the log may take to hold an event: receipts promise
// it.
const MergeDelay = verify.DefaultDelay

// Config is what a Log needs.
type Config struct {
	Store store.Store
	// Keys sign receipts and, with the same keys, checkpoints: whoever has pinned
	// one can check both. The two kinds of text begin differently.
	Keys *keys.Ring
	// Epoch names the present life of the data; a restore begins another.
	Epoch func(context.Context, store.Tx) (string, error)
	Now   func() time.Time
	// Holder names this worker; empty draws a name. Where only one process can
	// have the store open it is always the same, so that one that starts again
	// need not wait for the lease of the one that was killed.
	Holder string
	// Witnesses are the verifier keys of those whose cosignatures are kept.
	Witnesses []string
	// Every is how often the worker looks for new leaves; 5 s by default.
	Every time.Duration
	Log   *slog.Logger
}

// Log is the transparency log of one store. It is safe for concurrent use.
type Log struct {
	Config
	name      string
	witnesses map[string]note.Verifier // by key
	own       atomic.Pointer[signing]
}

// signing is what the log signs with and is read with, for one state of the
// ring.
type signing struct {
	ids     []string // of the ring's keys
	signers []note.Signer
	list    []string // verifier keys, the newest first
	keys    verify.Keys
}

// New gives the log over a store. Errors are of the witnesses' keys.
func New(c Config) (*Log, error) {
	if c.Every <= 0 {
		c.Every = 5 * time.Second
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Holder == "" {
		c.Holder = rand.Text()
	}
	l := &Log{Config: c, name: "citizens-portal/" + c.Keys.Fingerprint(), witnesses: map[string]note.Verifier{}}
	for _, text := range c.Witnesses {
		v, err := note.NewVerifier(text)
		if err != nil {
			return nil, fmt.Errorf("witness key %q: %w", text, err)
		}
		l.witnesses[text] = v
	}
	_, err := l.signing()
	return l, err
}

// signing follows the ring, whose keys may rotate while the log runs.
func (l *Log) signing() (*signing, error) {
	ring := l.Config.Keys.ReceiptSigners()
	if s := l.own.Load(); s != nil && slices.EqualFunc(s.ids, ring, func(id string, k keys.Signer) bool { return id == k.ID }) {
		return s, nil
	}
	s := &signing{}
	for _, k := range ring {
		vkey, err := note.NewEd25519VerifierKey(l.name, k.Public)
		if err != nil {
			return nil, err
		}
		v, err := note.NewVerifier(vkey)
		if err != nil {
			return nil, err
		}
		s.ids, s.signers, s.list = append(s.ids, k.ID), append(s.signers, signer{v, k}), append(s.list, vkey)
	}
	var err error
	if s.keys, err = verify.ParseKeys(s.list, l.Witnesses); err != nil {
		return nil, err
	}
	l.own.Store(s)
	return s, nil
}

// open reads a checkpoint that a key of the log has signed.
func (l *Log) open(signed string) (verify.Checkpoint, error) {
	s, err := l.signing()
	if err != nil {
		return verify.Checkpoint{}, err
	}
	return s.keys.Open(signed)
}

// untold reports whether the log has a key that a checkpoint does not name:
// clients learn of new keys by checkpoints that former ones sign too.
func (s *signing) untold(c verify.Checkpoint) bool {
	return len(s.list) > 1 && slices.ContainsFunc(s.list, func(k string) bool { return !slices.Contains(c.Keys, k) })
}

// Name is the log's name, without an epoch.
func (l *Log) Name() string { return l.name }

// Keys are the log's verifier keys, the signing one first.
func (l *Log) Keys() []string {
	if s, err := l.signing(); err == nil {
		return s.list
	}
	return l.own.Load().list // New made sure of one
}

// signer signs notes with a key of the ring.
type signer struct {
	note.Verifier
	key keys.Signer
}

// Sign implements note.Signer.
func (s signer) Sign(message []byte) ([]byte, error) { return s.key.Sign(message), nil }

// sign gives a checkpoint its text and signatures. Former keys sign too, so that
// whoever pinned one goes on.
func (l *Log) sign(c verify.Checkpoint) (string, error) {
	s, err := l.signing()
	if err != nil {
		return "", err
	}
	c.Log = l.name
	if len(s.list) > 1 {
		c.Keys = s.list
	}
	signed, err := note.Sign(&note.Note{Text: c.Text()}, s.signers...)
	return string(signed), err
}

// last reads the newest checkpoint; false when there is none.
func (l *Log) last(ctx context.Context, tx store.Tx) (store.Checkpoint, verify.Checkpoint, bool, error) {
	row, err := tx.LastCheckpoint(ctx)
	if errors.Is(err, store.ErrNotFound) {
		return store.Checkpoint{}, verify.Checkpoint{}, false, nil
	}
	if err != nil {
		return row, verify.Checkpoint{}, false, err
	}
	c, err := l.open(row.Note)
	return row, c, true, err
}
