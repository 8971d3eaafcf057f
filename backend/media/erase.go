package media

import (
	"context"
	"errors"

	"github.com/citizens-portal/portal/backend/portal"
	"github.com/citizens-portal/portal/backend/store"
)

// Erase removes all files of a case: what is known of them, their bytes, and
// unfinished uploads that lie on this node (another node's expire). Repeating it
// is harmless.
func (s *Service) Erase(ctx context.Context, c portal.Case) error {
	var files []file
	err := s.Store.View(ctx, func(tx store.Tx) (err error) {
		files, err = filesOf(ctx, tx, c.ID)
		return err
	})
	if err != nil {
		return err
	}
	// The bytes first: a record without them is found and erased again.
	for _, f := range files {
		var errs []error
		if f.Blob != "" {
			errs = append(errs, s.Blobs.Delete(ctx, f.Blob), s.Blobs.Delete(ctx, thumbOf(f.Blob)))
		}
		for _, id := range f.Uploads {
			errs = append(errs, s.staging.remove(id))
		}
		if err := errors.Join(errs...); err != nil {
			return err
		}
	}
	return s.Store.Update(ctx, func(tx store.Tx) error {
		for _, f := range files {
			if err := tx.DeleteRecord(ctx, kindFile, fileID(f.Case, f.SHA256)); err != nil {
				return err
			}
		}
		uses, err := tx.Records(ctx, kindUse, string(c.Citizen))
		for _, u := range uses {
			if err := tx.DeleteRecord(ctx, kindUse, u.ID); err != nil {
				return err
			}
		}
		return err
	})
}
