package sdk

import (
	"context"
	"errors"
	"time"

	"github.com/citizens-portal/portal/sdk/api"
	"github.com/citizens-portal/portal/sdk/internal/local"
	"github.com/citizens-portal/portal/sdk/internal/remote"
)

// Pieces of a file, in bytes. The size follows the link: a piece should take a
// few seconds, so that little is lost when it is cut off and whatever else
// there is to do comes soon.
const (
	minPiece   = 32 << 10
	firstPiece = 64 << 10
	maxPiece   = 256 << 10
	quickPiece = 2 * time.Second
	slowPiece  = 6 * time.Second
)

// maxAgain is how often a file that arrived damaged is sent anew by itself.
const maxAgain = 3

// newsEvery is how old news may get while files are being sent.
const newsEvery = 30 * time.Second

// Files is what SendFiles did.
type Files struct {
	Sent    int // arrived whole
	Waiting int // to be sent later
	Failed  int // the server will not have them, see Complaints.Files
}

// SendFiles sends the files that wait, after everything else that waits, until
// none is left, the server cannot be reached or ctx ends. A person asked, so
// waits that the device chose itself are skipped. Run sends files by itself;
// this is for programs that do not run all the time.
func (s *Syncer) SendFiles(ctx context.Context) (Files, error) {
	tried := map[string]bool{}
	var out Files
	for {
		done, more, err := s.sendNext(ctx, tried)
		if done {
			out.Sent++
		}
		if err != nil || !more {
			return s.countFiles(out, err)
		}
	}
}

func (s *Syncer) countFiles(out Files, cause error) (Files, error) {
	err := s.c.view(func(tx *local.Tx) error {
		all, err := tx.Transfers("")
		for _, t := range all {
			switch {
			case t.Problem != nil:
				out.Failed++
			case t.Open():
				out.Waiting++
			}
		}
		return err
	})
	return out, errors.Join(cause, err)
}

// sendNext sends one piece of the next file, with the turn. Operations go
// first.
func (s *Syncer) sendNext(ctx context.Context, tried map[string]bool) (done, more bool, err error) {
	if err := s.take(ctx); err != nil {
		return false, false, err
	}
	defer s.give()
	var ops bool
	var t local.Transfer
	err = s.c.view(func(tx *local.Tx) (err error) {
		if ops, err = tx.Ready(local.Select{}); err == nil {
			t, more, _, err = tx.NextTransfer(true, tried)
		}
		return err
	})
	if err != nil || !more {
		return false, false, err
	}
	if ops {
		if _, err := s.run(ctx, local.Select{}); err != nil {
			return false, false, err
		}
	}
	done, err = s.sendPiece(ctx, t)
	if errors.Is(err, ErrOffline) || errors.Is(err, ErrServer) || errors.Is(err, ErrLimited) {
		// Others may still pass, except where nothing does.
		tried[t.Case+t.File.SHA256] = true
		return done, !errors.Is(err, ErrOffline), keepIf(err, ErrOffline)
	}
	return done, true, err
}

func keepIf(err, kind error) error {
	if errors.Is(err, kind) {
		return err
	}
	return nil
}

// fileStep sends one piece for Run, which holds the turn. Whatever goes wrong
// with a file only makes that file wait.
func (s *Syncer) fileStep(ctx context.Context, t local.Transfer) error {
	var stale bool
	err := s.c.view(func(tx *local.Tx) error {
		st, err := tx.State()
		stale = tx.Now().Sub(st.SyncedAt) > newsEvery
		return err
	})
	if err != nil {
		return err
	}
	if stale {
		if _, err := s.run(ctx, local.Select{}); err != nil {
			return err
		}
	}
	_, err = s.sendPiece(ctx, t)
	if errors.Is(err, ErrOffline) || errors.Is(err, ErrServer) || errors.Is(err, ErrLimited) {
		return nil
	}
	return err
}

// sendPiece brings a file one piece further. done: the server has all of it.
// Errors leave the file waiting or, when the server is clear about it, failed.
func (s *Syncer) sendPiece(ctx context.Context, t local.Transfer) (done bool, err error) {
	defer s.c.changes.send(Change{Files: []string{t.Case}})
	if t.Chunk == 0 {
		t.Chunk = firstPiece
	}
	if t.Upload != "" && !s.placed[t.Upload] {
		// Asking costs less than a piece sent to the wrong place.
		return s.findOffset(ctx, t)
	}
	started := s.c.cfg.Now()
	if t.Upload == "" {
		err = s.c.authed(ctx, func(r *remote.Client, token string) (err error) {
			t.Upload, err = r.BeginUpload(ctx, token, t.Case, t.File)
			return err
		})
		t.Offset = 0
		if err != nil {
			return s.pieceFailed(ctx, t, err)
		}
		if err := s.keep(t); err != nil {
			return false, err
		}
		s.placed[t.Upload] = true
	}
	offset, err := s.bring(ctx, t)
	if err != nil {
		return s.pieceFailed(ctx, t, err)
	}
	t.Offset, t.Tries, t.NotBefore = offset, 0, time.Time{}
	switch took := s.c.cfg.Now().Sub(started); {
	case took < quickPiece:
		t.Chunk = min(t.Chunk*2, maxPiece)
	case took > slowPiece:
		t.Chunk = max(t.Chunk/2, minPiece)
	}
	return s.advance(t)
}

// bring reads a piece and sends it.
func (s *Syncer) bring(ctx context.Context, t local.Transfer) (offset int64, err error) {
	u, err := s.c.user()
	if err != nil {
		return 0, err
	}
	piece, err := u.FileAt(t.File.SHA256, t.Offset, t.Chunk)
	if err != nil {
		return 0, err
	}
	err = s.c.authed(ctx, func(r *remote.Client, token string) error {
		offset, err = r.SendPiece(ctx, token, t.Upload, t.Offset, piece)
		return err
	})
	return offset, err
}

// advance keeps how far a file got, and lets go of it when all of it arrived.
func (s *Syncer) advance(t local.Transfer) (done bool, err error) {
	if t.Offset > t.File.Size {
		t.Upload, t.Offset = "", 0 // another file's upload, or a confused server
	}
	if t.Offset < t.File.Size {
		return false, s.keep(t)
	}
	delete(s.placed, t.Upload)
	var wanted bool
	err = s.c.update(func(tx *local.Tx) error {
		more, err := deskEvidence(tx)
		if err != nil {
			return err
		}
		wanted, err = tx.EndTransfer(t, more)
		return err
	})
	// Otherwise the bytes stay for a week (local.User.SweepFiles): a server that
	// goes back to yesterday's backup may ask for them.
	if err != nil || wanted || !s.c.home.LowSpace() {
		return err == nil, err
	}
	u, err := s.c.user()
	if err != nil {
		return true, err
	}
	return true, u.DropFile(t.File.SHA256)
}

func (s *Syncer) keep(t local.Transfer) error {
	return s.c.update(func(tx *local.Tx) error { return tx.PutTransfer(t) })
}

// pieceFailed decides what an error means for a file: ask where the server is,
// begin anew, wait, or give up and tell the owner.
func (s *Syncer) pieceFailed(ctx context.Context, t local.Transfer, cause error) (done bool, err error) {
	delete(s.placed, t.Upload)
	switch {
	case ctx.Err() != nil: // interrupted: what arrived of the piece counts, ask later
		return false, ctx.Err()
	case errors.Is(cause, ErrSignedOut):
		return false, cause
	case errors.Is(cause, remote.ErrUploadOffset):
		return s.findOffset(ctx, t)
	case errors.Is(cause, remote.ErrUploadGone):
		t.Upload, t.Offset = "", 0
		return false, s.keep(t)
	case errors.Is(cause, ErrConflict): // the server has it already
		t.Offset = t.File.Size
		return s.advance(t)
	case hasCode(cause, "file_hash") && t.Again < maxAgain:
		t.Upload, t.Offset, t.Again = "", 0, t.Again+1
		return false, s.keep(t)
	case errors.Is(cause, local.ErrNoSuch), errors.Is(cause, local.ErrDamaged):
		t.Problem = &api.Problem{Type: api.TypeNotFound, Title: "The file is not on this device any more", Status: 404}
		return false, s.keep(t)
	case errors.Is(cause, ErrInvalid), errors.Is(cause, ErrNotFound), errors.Is(cause, ErrForbidden), errors.Is(cause, ErrUpgrade):
		t.Problem = problemIn(cause)
		return false, s.keep(t)
	}
	t.Tries++
	t.Chunk = max(t.Chunk/2, minPiece)
	t.NotBefore = s.c.cfg.Now().Add(max(s.jitter(t.Tries), retryAfter(cause)))
	return false, errors.Join(cause, s.keep(t))
}

// findOffset asks how far the server is: an answer was lost, or a piece was cut
// off in the middle.
func (s *Syncer) findOffset(ctx context.Context, t local.Transfer) (done bool, err error) {
	err = s.c.authed(ctx, func(r *remote.Client, token string) (err error) {
		t.Offset, err = r.UploadOffset(ctx, token, t.Upload)
		return err
	})
	if errors.Is(err, remote.ErrUploadOffset) {
		err = &Error{Kind: ErrServer, Cause: err}
	}
	if err != nil {
		return s.pieceFailed(ctx, t, err)
	}
	s.placed[t.Upload] = true
	return s.advance(t)
}

func problemIn(err error) *api.Problem {
	var p *api.Problem
	if errors.As(err, &p) {
		return p
	}
	return &api.Problem{Type: api.TypeInternal, Title: "It did not work", Detail: err.Error()}
}

func hasCode(err error, code string) bool {
	var p *api.Problem
	if !errors.As(err, &p) {
		return false
	}
	for _, f := range p.Errors {
		if f.Code == code {
			return true
		}
	}
	return false
}

// deskEvidence lists the files of what an officer is writing.
func deskEvidence(tx *local.Tx) ([]api.File, error) {
	all, err := readDeskDrafts(tx)
	var files []api.File
	for _, d := range all {
		files = append(files, d.Evidence...)
	}
	return files, err
}
