package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/citizens-portal/portal/backend/directory"
	"github.com/citizens-portal/portal/backend/keys"
	"github.com/citizens-portal/portal/backend/portal"
	"github.com/citizens-portal/portal/backend/store"
)

// Rotated is what a rotation of keys left.
type Rotated struct {
	File string      `json:"file"`
	Keys []keys.Info `json:"keys"`
}

// RotateKeys puts new sealing and receipt keys to use and has the log tell of
// the new receipt key under the signatures of the former ones. Nodes that share
// the file follow by themselves. What was sealed before stays under its old key,
// which therefore stays in the file; the index key cannot rotate, since indexes,
// pseudonyms and hashed passwords would have to be made anew from what only
// their owners know.
func (b *Backend) RotateKeys(ctx context.Context) (Rotated, error) {
	file := keys.File(b.DataDir, b.KeysFile)
	if err := keys.Rotate(b.DataDir, b.KeysFile, b.Now()); errors.Is(err, keys.ErrRotating) {
		return Rotated{}, fmt.Errorf("%w: %w", portal.ErrConflict, err)
	} else if err != nil {
		return Rotated{}, err
	}
	if _, err := b.Keys.Reload(); err != nil {
		return Rotated{}, err
	}
	list := b.Keys.List()
	err := b.Store.Update(ctx, func(tx store.Tx) error {
		return tx.Audit(ctx, store.AuditEntry{At: b.Now(), Actor: directory.Console, Action: "keys.rotate", Subject: list[0].ID, Detail: "sealing and receipts"})
	})
	if err != nil {
		return Rotated{}, err
	}
	// A log that another node works tells of it within the time between sweeps.
	_, err = b.Transparency.Sequence(ctx)
	return Rotated{File: file, Keys: list}, err
}

// followKeys takes up keys that another node, or a command, put into the file.
func (s *Server) followKeys(ctx context.Context) {
	switch changed, err := s.Keys.Reload(); {
	case err != nil:
		s.logger("keys").ErrorContext(ctx, "the key file changed and cannot be used; the keys read before stay in use", slog.Any("error", err))
	case changed:
		s.logger("keys").InfoContext(ctx, "new keys are in use", slog.String("sealing", s.Keys.List()[0].ID))
	}
}
