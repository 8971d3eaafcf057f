package server

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/citizens-portal/portal/backend/keys"
	"github.com/citizens-portal/portal/backend/portal"
	"github.com/citizens-portal/portal/backend/store"
	"github.com/citizens-portal/portal/backend/transparency"
)

// transparencyLog gives the log over a store, signed with a ring's keys.
func (c Config) transparencyLog(s store.Store, ring *keys.Ring) (*transparency.Log, error) {
	witnesses, err := c.witnessKeys()
	if err != nil {
		return nil, err
	}
	holder := ""
	if c.DSN == "" {
		holder = "embedded" // whose file no other process can have open
	}
	l, err := transparency.New(transparency.Config{
		Holder: holder, Store: s, Keys: ring, Now: c.Now, Witnesses: witnesses, Every: c.SequenceEvery, Log: c.Log.With("part", "transparency"),
		Epoch: func(ctx context.Context, tx store.Tx) (string, error) {
			r, err := tx.Record(ctx, kindMeta, metaEpoch)
			return string(r.Doc), err
		},
	})
	if err != nil {
		return nil, portal.Invalid("witnesses", "witness_key", "%s: %s", c.WitnessesFile, err)
	}
	return l, nil
}

// witnessKeys reads the file of witnesses: a verifier key a line; empty lines
// and those that begin with # say nothing.
func (c Config) witnessKeys() ([]string, error) {
	if c.WitnessesFile == "" {
		return nil, nil
	}
	raw, err := os.ReadFile(c.WitnessesFile)
	if err != nil {
		return nil, fmt.Errorf("%w: witnesses: %w", ErrFile, err)
	}
	var out []string
	for line := range strings.Lines(string(raw)) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			out = append(out, line)
		}
	}
	return out, nil
}

// checkTransparency verifies the log of a store that was opened beside a server.
// Without the keys its signatures cannot be checked, and that is a finding.
func checkTransparency(ctx context.Context, c Config, s store.Store) ([]string, error) {
	if _, err := os.Stat(keys.File(c.DataDir, c.KeysFile)); errors.Is(err, os.ErrNotExist) {
		return []string{"log: the keys are not here, so its signatures cannot be checked"}, nil
	}
	ring, err := keys.Open(c.DataDir, c.KeysFile)
	if err != nil {
		return nil, err
	}
	l, err := c.transparencyLog(s, ring)
	if err != nil {
		return nil, err
	}
	return l.Check(ctx)
}
