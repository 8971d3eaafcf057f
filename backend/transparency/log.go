package transparency

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
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
	signers   []note.Signer
	keys      verify.Keys
	keyList   []string
	witnesses map[string]note.Verifier // by key
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
	for _, k := range c.Keys.ReceiptSigners() {
		vkey, err := note.NewEd25519VerifierKey(l.name, k.Public)
		if err != nil {
			return nil, err
		}
		v, err := note.NewVerifier(vkey)
		if err != nil {
			return nil, err
		}
		l.signers = append(l.signers, signer{v, k})
		l.keyList = append(l.keyList, vkey)
	}
	for _, text := range c.Witnesses {
		v, err := note.NewVerifier(text)
		if err != nil {
			return nil, fmt.Errorf("witness key %q: %w", text, err)
		}
		l.witnesses[text] = v
	}
	var err error
	l.keys, err = verify.ParseKeys(l.keyList, c.Witnesses)
	return l, err
}

// Name is the log's name, and Keys its verifier keys, the signing one first.
func (l *Log) Name() string { return l.name }

// Keys are the log's verifier keys, the newest first.
func (l *Log) Keys() []string { return l.keyList }

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
	c.Log = l.name
	if len(l.keyList) > 1 {
		c.Keys = l.keyList
	}
	signed, err := note.Sign(&note.Note{Text: c.Text()}, l.signers...)
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
	c, err := l.keys.Open(row.Note)
	return row, c, true, err
}
