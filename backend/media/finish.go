package media

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"time"

	"github.com/tus/tusd/v2/pkg/handler"

	"github.com/citizens-portal/portal/backend/portal"
	"github.com/citizens-portal/portal/backend/store"
)

// Codes of final refusals.
const (
	whyType    = "file_type"
	whyPicture = "file_picture"
	whyPixels  = "file_pixels"
	whyMalware = "file_malware"
)

// refusal is final for the bytes it is about.
type refusal struct{ code, detail string }

func (r *refusal) Error() string { return r.detail }

// Finish makes a file of a complete upload: it checks the bytes, stores them,
// and tells the viewers of the case. It may be called again after it was cut
// short anywhere, and twice at once. ErrInvalid tells what is wrong with the
// file; ErrScanner and failures of the store leave the upload complete, to be
// finished later.
func (s *Service) Finish(ctx context.Context, id string) error {
	info, err := s.staging.info(id)
	if err != nil {
		return err
	}
	content, err := os.ReadFile(s.staging.contentPath(id))
	if errors.Is(err, os.ErrNotExist) {
		return nil // finished already
	}
	if err != nil {
		return err
	}
	want := info.MetaData[metaSHA]
	if sum := sha256.Sum256(content); hex.EncodeToString(sum[:]) != want {
		// Damaged on the way or on the disk: the client may send it again.
		return errors.Join(s.staging.remove(id), portal.Invalid("sha256", "file_hash", "what arrived does not have the promised hash: send it again"))
	}
	f, err := s.known(ctx, info)
	if err != nil || !f.State.open() {
		return errors.Join(err, s.staging.drop(id))
	}
	thumb, err := s.judge(ctx, f, content)
	var no *refusal
	if err != nil && !errors.As(err, &no) {
		return err
	}
	if no == nil {
		if err := s.keep(ctx, id, content, thumb); err != nil {
			return err
		}
	}
	if err := s.record(ctx, id, f, no, len(thumb) > 0); err != nil {
		return err
	}
	if err := s.staging.drop(id); err != nil {
		return err
	}
	if no != nil {
		return portal.Invalid("file", no.code, "%s", no.detail)
	}
	return nil
}

// known gives the record of the file that an upload is for.
func (s *Service) known(ctx context.Context, info handler.FileInfo) (f file, err error) {
	err = s.Store.View(ctx, func(tx store.Tx) error {
		f, err = getFile(ctx, tx, info.MetaData[metaCase], info.MetaData[metaSHA])
		return err
	})
	return f, err
}

// judge decides whether bytes may become part of a case, and makes the small
// picture of a picture. A *refusal is final.
func (s *Service) judge(ctx context.Context, f file, content []byte) (thumb []byte, err error) {
	if is := sniff(content); is == "" || is != plainType(f.Type) {
		return nil, &refusal{whyType, fmt.Sprintf("the content is not %s", f.Type)}
	}
	if s.Scanner != nil {
		threat, err := s.Scanner.Scan(ctx, bytes.NewReader(content))
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrScanner, err)
		}
		if threat != "" {
			s.Log.WarnContext(ctx, "malware refused", slog.String("case", f.Case), slog.String("threat", threat))
			return nil, &refusal{whyMalware, "the malware scanner refused this file"}
		}
	}
	if !isPicture(f.Type) {
		return nil, nil
	}
	select {
	case s.decoding <- struct{}{}:
		defer func() { <-s.decoding }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	return thumbnail(content)
}

// keep stores the file and its small picture under the upload's name, so that a
// repeat after a crash replaces instead of adding.
func (s *Service) keep(ctx context.Context, id string, content, thumb []byte) error {
	if err := s.Blobs.Put(ctx, id, bytes.NewReader(content), int64(len(content))); err != nil {
		return err
	}
	if len(thumb) == 0 {
		return nil
	}
	return s.Blobs.Put(ctx, thumbOf(id), bytes.NewReader(thumb), int64(len(thumb)))
}

// record writes what became of the file and tells the case's feeds, unless
// another upload of the same file was quicker.
func (s *Service) record(ctx context.Context, id string, f file, no *refusal, thumb bool) error {
	var spare bool
	err := s.Store.Update(ctx, func(tx store.Tx) error {
		c, err := tx.Case(ctx, store.ScopeOf(portal.Actor{Kind: portal.SystemActor}), f.Case)
		if err != nil {
			return err
		}
		now, err := getFile(ctx, tx, f.Case, f.SHA256)
		if err != nil {
			return err
		}
		if spare = !now.State.open(); spare {
			spare = now.Blob != id
			return nil
		}
		now.At = s.Now().UTC().Truncate(time.Millisecond)
		now.Uploads = slices.DeleteFunc(now.Uploads, func(u string) bool { return u == id })
		now.State, now.Blob, now.Thumb = Ready, id, thumb
		if no != nil {
			now.State, now.Blob, now.Why = Refused, "", no.code
		}
		if err := putFile(ctx, tx, now); err != nil {
			return err
		}
		return publish(ctx, tx, c, now)
	})
	if err == nil && spare && no == nil {
		return errors.Join(s.Blobs.Delete(ctx, id), s.Blobs.Delete(ctx, thumbOf(id)))
	}
	return err
}

// publish tells everyone who sees the case by repeating the event that promised
// the file: it comes with the file's new state, and with the case as it is now.
// The case itself, its clock and its events do not change.
func publish(ctx context.Context, tx store.Tx, c portal.Case, f file) error {
	entry := store.Entry{Type: store.EntryEvent, Case: c.ID, Event: f.Event, At: f.At}
	if err := tx.Publish(ctx, store.CitizenFeed(c.Citizen), entry); err != nil {
		return err
	}
	for _, desk := range c.Desks {
		if err := tx.Publish(ctx, store.DeskFeed(desk), entry); err != nil {
			return err
		}
	}
	return nil
}

// Content is an open file of a case.
type Content struct {
	Blob
	SHA256 string
	Type   string
	At     time.Time
}

// Open gives a file of a case that the caller may see, or its small picture.
// ErrNotFound when it is not here (yet).
func (s *Service) Open(ctx context.Context, caseID, sha string, thumb bool) (Content, error) {
	var f file
	err := s.Store.View(ctx, func(tx store.Tx) (err error) {
		f, err = getFile(ctx, tx, caseID, sha)
		return err
	})
	if err != nil {
		return Content{}, err
	}
	out := Content{SHA256: f.SHA256, Type: plainType(f.Type), At: f.At}
	name := f.Blob
	if thumb {
		name, out.Type = thumbOf(f.Blob), "image/jpeg"
	}
	if f.State != Ready || (thumb && !f.Thumb) {
		return Content{}, portal.ErrNotFound
	}
	out.Blob, err = s.Blobs.Open(ctx, name)
	return out, err
}

// idleBefore is how long a complete upload is left to the request that brought
// its last byte before the sweep finishes it.
const idleBefore = 2 * time.Minute

// Sweep finishes uploads that were complete when the server died or the scanner
// was away, and forgets those that nobody went on with. Wall is the time of the
// file system's clock.
func (s *Service) Sweep(ctx context.Context, wall time.Time) (forgotten int, err error) {
	list, err := s.staging.list()
	if err != nil {
		return 0, err
	}
	var errs []error
	for _, w := range list {
		idle := wall.Sub(w.touched)
		switch {
		case idle > UnfinishedFor:
			errs = append(errs, s.forget(ctx, w.id))
			forgotten++
		case w.complete && idle > idleBefore:
			if err := s.Finish(ctx, w.id); err != nil && !errors.Is(err, portal.ErrInvalid) {
				errs = append(errs, err)
			}
		}
	}
	if f, ok := s.Blobs.(*Folder); ok {
		errs = append(errs, f.sweep(wall.Add(-UnfinishedFor)))
	}
	return forgotten, errors.Join(errs...)
}

// forget removes an upload, and what a crash between storing and recording may
// have left of it.
func (s *Service) forget(ctx context.Context, id string) error {
	info, err := s.staging.info(id)
	if err != nil && !errors.Is(err, handler.ErrNotFound) {
		return err
	}
	f, err := s.known(ctx, info)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	if f.Blob == id {
		return s.staging.remove(id)
	}
	return errors.Join(s.Blobs.Delete(ctx, id), s.Blobs.Delete(ctx, thumbOf(id)), s.staging.remove(id))
}
