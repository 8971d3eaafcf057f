package media

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/citizens-portal/portal/backend/portal"
	"github.com/citizens-portal/portal/backend/store"
)

// Check recounts what is known of files: each belongs to a case that promises
// it as it is, and what is ready lies in blobs with its promised length.
func Check(ctx context.Context, db store.Store, blobs Blobs) ([]string, error) {
	var found []string
	err := db.View(ctx, func(tx store.Tx) error {
		records, err := tx.Records(ctx, kindFile, "")
		if err != nil {
			return err
		}
		for _, r := range records {
			f, err := decodeFile(r)
			if err != nil {
				found = append(found, err.Error())
				continue
			}
			wrong, err := checkFile(ctx, tx, blobs, f)
			if err != nil {
				return err
			}
			if wrong != "" {
				found = append(found, fmt.Sprintf("file %s: %s", r.ID, wrong))
			}
		}
		return nil
	})
	return found, err
}

func checkFile(ctx context.Context, tx store.Tx, blobs Blobs, f file) (string, error) {
	c, err := tx.Case(ctx, store.ScopeOf(portal.Actor{Kind: portal.SystemActor}), f.Case)
	if errors.Is(err, store.ErrNotFound) {
		return "its case is not there", nil
	}
	if err != nil {
		return "", err
	}
	all, err := promises(ctx, tx, c)
	if err != nil {
		return "", err
	}
	if !slices.ContainsFunc(all, func(p file) bool {
		return p.SHA256 == f.SHA256 && p.Size == f.Size && p.Event == f.Event && p.Owner == f.Owner
	}) {
		return "nothing in its case promises it", nil
	}
	if f.State != Ready {
		return "", nil
	}
	n, err := blobs.Size(ctx, f.Blob)
	switch {
	case errors.Is(err, portal.ErrNotFound):
		return "its bytes are gone", nil
	case err != nil:
		return "", err
	case n != f.Size:
		return fmt.Sprintf("has %d bytes, %d were promised", n, f.Size), nil
	}
	return "", nil
}

// Stored names everything that the store's records say lies in blobs, with the
// small pictures.
func Stored(ctx context.Context, db store.Store) (names []string, err error) {
	err = eachReady(ctx, db, func(f file) error {
		names = append(names, f.Blob)
		if f.Thumb {
			names = append(names, thumbOf(f.Blob))
		}
		return nil
	})
	return names, err
}

func eachReady(ctx context.Context, db store.Store, fn func(file) error) error {
	var ready []file
	err := db.View(ctx, func(tx store.Tx) error {
		ready = nil
		records, err := tx.Records(ctx, kindFile, "")
		if err != nil {
			return err
		}
		for _, r := range records {
			f, err := decodeFile(r)
			if err != nil {
				return err
			}
			if f.State == Ready {
				ready = append(ready, f)
			}
		}
		return nil
	})
	for _, f := range ready {
		if err != nil {
			break
		}
		err = fn(f)
	}
	return err
}

// MarkLost looks whether the bytes of every file that counts as ready are in
// blobs, and marks as lost those that are not: whoever promised one is told, and
// may send it again. It is for a store that was just restored and is not in use.
func MarkLost(ctx context.Context, db store.Store, blobs Blobs, now time.Time) (lost int, err error) {
	err = eachReady(ctx, db, func(f file) error {
		n, err := blobs.Size(ctx, f.Blob)
		if errors.Is(err, portal.ErrNotFound) || err == nil && n != f.Size {
			lost++
			return markLost(ctx, db, f, now)
		}
		return err
	})
	return lost, err
}

func markLost(ctx context.Context, db store.Store, f file, now time.Time) error {
	f.State, f.Blob, f.Thumb, f.At = Lost, "", false, now.UTC().Truncate(time.Millisecond)
	// Unfinished uploads lay on the machine of before.
	f.Uploads = nil
	return db.Update(ctx, func(tx store.Tx) error {
		c, err := tx.Case(ctx, store.ScopeOf(portal.Actor{Kind: portal.SystemActor}), f.Case)
		if errors.Is(err, store.ErrNotFound) {
			return nil // for Check to tell
		}
		if err != nil {
			return err
		}
		if err := putFile(ctx, tx, f); err != nil {
			return err
		}
		return publish(ctx, tx, c, f)
	})
}
