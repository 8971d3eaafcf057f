package media

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/citizens-portal/portal/backend/portal"
	"github.com/citizens-portal/portal/backend/store"
)

// Wanted is the file that somebody wants to upload.
type Wanted struct {
	Case   string
	SHA256 string // hex
	Size   int64
}

// Grant is the permission to upload: the upload's name and what is remembered
// with it.
type Grant struct {
	ID   string
	Meta map[string]string
}

// Begin allows an upload of a file that the viewer promised. ErrNotFound hides
// other people's cases; ErrInvalid names what does not fit the promise;
// ErrReady means that there is nothing to upload; portal.ErrLimited that the
// month is used up.
func (s *Service) Begin(ctx context.Context, v Viewer, w Wanted) (Grant, error) {
	id, err := s.newID()
	if err != nil {
		return Grant{}, err
	}
	w.SHA256 = strings.ToLower(w.SHA256)
	var dropped []string
	err = s.Store.Update(ctx, func(tx store.Tx) error {
		dropped = nil
		f, err := s.promise(ctx, tx, v, w)
		if err != nil {
			return err
		}
		if err := s.limit(ctx, tx, v, f); err != nil {
			return err
		}
		f.Uploads = append(f.Uploads, id)
		if n := len(f.Uploads) - maxUnfinished; n > 0 {
			dropped, f.Uploads = f.Uploads[:n], slices.Clone(f.Uploads[n:])
		}
		return putFile(ctx, tx, f)
	})
	if err != nil {
		return Grant{}, err
	}
	for _, old := range dropped {
		// It may lie on another node, whose expiry removes it.
		if err := s.staging.remove(old); err != nil {
			s.Log.WarnContext(ctx, "an unfinished upload stays", "error", err)
		}
	}
	return Grant{ID: id, Meta: map[string]string{metaCase: w.Case, metaSHA: w.SHA256, metaOwner: v.Subject()}}, nil
}

// promise finds the file among what the viewer promised, and what is known of
// it so far.
func (s *Service) promise(ctx context.Context, tx store.Tx, v Viewer, w Wanted) (file, error) {
	c, err := v.find(ctx, tx, w.Case)
	if err != nil {
		return file{}, err
	}
	f, err := promised(ctx, tx, c, v, w)
	if err != nil {
		return file{}, err
	}
	known, err := getFile(ctx, tx, c.ID, w.SHA256)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return f, nil
	case err != nil:
		return file{}, err
	case known.State == Ready:
		return file{}, ErrReady
	case known.State == Refused:
		return file{}, portal.Invalid("sha256", "file_refused", "this file was refused before (%s)", known.Why)
	}
	f.Uploads, f.State = known.Uploads, known.State
	return f, nil
}

// promised looks through what was filed and what was done since.
func promised(ctx context.Context, tx store.Tx, c portal.Case, v Viewer, w Wanted) (file, error) {
	all, err := promises(ctx, tx, c)
	if err != nil {
		return file{}, err
	}
	why := portal.Invalid("sha256", "file_not_promised", "no complaint or act of yours promises a file with this hash")
	for _, f := range all {
		switch {
		case f.SHA256 != w.SHA256 || f.Owner != v.Subject():
		case f.Size != w.Size:
			why = portal.Invalid("size", "file_size_differs", "the file was promised with %d bytes, not %d", f.Size, w.Size)
		default:
			return f, nil
		}
	}
	return file{}, why
}

// promises lists the files that were promised in a case, as records to be.
func promises(ctx context.Context, tx store.Tx, c portal.Case) ([]file, error) {
	raw, err := tx.Body(ctx, c.ID)
	if err != nil {
		return nil, err
	}
	var body portal.Complaint
	if err := json.Unmarshal(raw, &body); err != nil {
		return nil, fmt.Errorf("body of %s: %w", c.ID, err)
	}
	var out []file
	add := func(list []portal.File, owner string, event int64) {
		for _, p := range list {
			out = append(out, file{Case: c.ID, SHA256: strings.ToLower(p.SHA256), Size: p.Size, Type: p.Type, Owner: owner, Event: event})
		}
	}
	add(body.Files, "c:"+string(c.Citizen), 1)
	events, err := tx.Events(ctx, c.ID, 0)
	for _, e := range events {
		owner := "o:" + string(e.Officer)
		if e.Officer == "" {
			owner = "c:" + string(e.Account)
		}
		add(e.Files, owner, e.N)
	}
	return out, err
}

// limit counts what each side added to the case, and a citizen's use of the
// last 30 days. An upload is counted when it begins, once however often it is
// begun.
func (s *Service) limit(ctx context.Context, tx store.Tx, v Viewer, f file) error {
	files, err := filesOf(ctx, tx, f.Case)
	if err != nil {
		return err
	}
	total := f.Size
	for _, other := range files {
		if other.SHA256 != f.SHA256 && other.Owner[0] == f.Owner[0] {
			total += other.Size
		}
	}
	if total > MaxCaseBytes {
		return portal.Invalid("size", "case_full", "at most %d MB of files in one complaint", MaxCaseBytes>>20)
	}
	if v.Actor.Kind != portal.CitizenActor {
		return nil
	}
	return s.useMonth(ctx, tx, v.Actor.Account, f)
}

func (s *Service) useMonth(ctx context.Context, tx store.Tx, account portal.AccountID, f file) error {
	if err := tx.Lock(ctx, kindUse+"/"+string(account)); err != nil {
		return err
	}
	uses, err := tx.Records(ctx, kindUse, string(account))
	if err != nil {
		return err
	}
	id, now, total := string(account)+"/"+fileID(f.Case, f.SHA256), s.Now(), f.Size
	for _, u := range uses {
		var size int64
		if err := json.Unmarshal(u.Doc, &size); err != nil {
			return fmt.Errorf("record of use %s: %w", u.ID, err)
		}
		if u.ID == id {
			return nil // counted when it was begun first
		}
		if u.ExpiresAt.After(now) {
			total += size
		}
	}
	if total > MaxMonthBytes {
		return fmt.Errorf("at most %d MB of files in 30 days: %w", MaxMonthBytes>>20, portal.ErrLimited)
	}
	doc, err := json.Marshal(f.Size)
	if err != nil {
		return err
	}
	return tx.PutRecord(ctx, store.Record{Kind: kindUse, ID: id, By: string(account), Doc: doc, ExpiresAt: now.Add(monthOfUse)})
}
