package sdk

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/citizens-portal/portal/sdk/api"
	"github.com/citizens-portal/portal/sdk/internal/local"
	"github.com/citizens-portal/portal/sdk/internal/photo"
	"github.com/citizens-portal/portal/sdk/internal/remote"
)

// FileState is where a file of a complaint is.
type FileState string

// States of a file.
const (
	FileWaiting FileState = "waiting" // here, to be sent
	FileSending FileState = "sending" // part of it is on the server
	FileSent    FileState = "sent"    // the server has it: it can be fetched
	FileStopped FileState = "stopped" // its owner does not want it sent now
	FileFailed  FileState = "failed"  // the server will not have it, see Problem
	FileRefused FileState = "refused" // the server has seen it and does not keep it
	FileAwaited FileState = "awaited" // promised by another device, not there yet
	FileLost    FileState = "lost"    // lost when the server was restored, and not here any more
)

// Attachment is one file of a complaint, with where it is.
type Attachment struct {
	api.File
	Complaint string
	// Event promised it; 1 is the filing, 0 something still on its way.
	Event int64
	State FileState
	// Sent is how many bytes the server has of one that is sent from here.
	Sent int64
	// NextTry, after failures, is when it is tried again by itself.
	NextTry time.Time
	// Begun: the server knows what it belongs to, so that StopFile and RetryFile work.
	Begun   bool
	Problem *api.Problem
	// Picture reports whether there is a small picture of it (see Thumbnail).
	Picture bool
}

// Percent is how much of it is on the server, 0 to 100.
func (a Attachment) Percent() int {
	if a.State == FileSent || a.Size <= 0 {
		return 100
	}
	return int(a.Sent * 100 / a.Size)
}

// Files lists the files of a complaint: what was filed first, then those of
// each act, then what is still on its way. From the device, or else the server.
func (s *Complaints) Files(ctx context.Context, ref string) (list []Attachment, err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	err = s.c.view(func(tx *local.Tx) error {
		id, err := resolve(tx, ref)
		if err != nil {
			return err
		}
		list, err = s.filesHere(tx, id)
		return err
	})
	if !errors.Is(err, ErrNotFound) || s.c.remote == nil {
		return list, err
	}
	c, err := s.Show(ctx, ref)
	if err != nil {
		return nil, err
	}
	t, err := s.Timeline(ctx, ref)
	return filesOf(c.Complaint, t.Events), err
}

// UnsentFiles lists the files of all complaints that this device still holds for the
// server: waiting, partly sent, stopped or failed, oldest first.
func (s *Complaints) UnsentFiles(ctx context.Context) (list []Attachment, err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	err = s.c.view(func(tx *local.Tx) error {
		all, err := tx.Transfers("")
		for _, t := range all {
			if t.Done() {
				continue
			}
			a := Attachment{File: t.File, Complaint: t.Case, Picture: isPicture(t.File.Type)}
			a.follow(t)
			list = append(list, a)
		}
		return err
	})
	return list, err
}

// filesOf lists what the server's word on a complaint promises.
func filesOf(c api.Complaint, events []api.Event) []Attachment {
	var list []Attachment
	add := func(files []api.File, event int64) {
		for _, f := range files {
			a := Attachment{File: f, Complaint: c.ID, Event: event, State: FileAwaited, Picture: isPicture(f.Type)}
			switch f.State {
			case api.FileReady:
				a.State, a.Sent = FileSent, f.Size
			case api.FileRefused:
				a.State = FileRefused
			case api.FileLost:
				a.State = FileLost
			}
			list = append(list, a)
		}
	}
	add(c.Files, 1)
	for _, e := range events {
		add(e.Files, e.N)
	}
	return list
}

func (s *Complaints) filesHere(tx *local.Tx, id string) ([]Attachment, error) {
	held, _, err := tx.Case(id)
	if err != nil {
		return nil, err
	}
	events, err := tx.Events(id)
	if err != nil {
		return nil, err
	}
	transfers, err := tx.Transfers(id)
	if err != nil {
		return nil, err
	}
	own, err := readOverlay(tx)
	if err != nil {
		return nil, err
	}
	list := filesOf(held.Complaint, events)
	seen := map[string]bool{}
	for _, a := range list {
		seen[a.SHA256] = true
	}
	for _, t := range transfers { // acknowledged, and the feed has not brought it
		if !seen[t.File.SHA256] {
			seen[t.File.SHA256] = true
			list = append(list, Attachment{File: t.File, Complaint: id, State: FileWaiting, Picture: isPicture(t.File.Type)})
		}
	}
	for _, op := range own[id] {
		list = withPending(list, id, op)
	}
	for i := range list {
		for _, t := range transfers {
			if t.File.SHA256 == list[i].SHA256 {
				list[i].follow(t)
			}
		}
	}
	return list, nil
}

// withPending adds what an operation that was not answered promises.
func withPending(list []Attachment, id string, op local.Op) []Attachment {
	for _, f := range op.Promised() {
		known := false
		for i := range list {
			if known = list[i].SHA256 == f.SHA256; known {
				if list[i].State == FileAwaited || list[i].State == FileLost {
					list[i].State = FileWaiting
				}
				break
			}
		}
		if !known {
			list = append(list, Attachment{File: f, Complaint: id, State: FileWaiting, Picture: isPicture(f.Type)})
		}
	}
	return list
}

// follow puts how far this device got beside what the server said; the server's
// word is the later one.
func (a *Attachment) follow(t local.Transfer) {
	if a.State == FileSent || a.State == FileRefused || a.State == FileLost && t.Done() {
		return
	}
	a.Sent, a.Problem, a.Begun = t.Offset, t.Problem, true
	switch {
	case t.Lost:
		a.State, a.Sent = FileLost, 0
	case t.Done():
		a.State = FileSent
	case t.Problem != nil:
		a.State = FileFailed
	case t.Paused:
		a.State = FileStopped
	case t.Offset > 0:
		a.State, a.NextTry = FileSending, t.NotBefore
	default:
		a.State, a.NextTry = FileWaiting, t.NotBefore
	}
}

// FetchFile gives a file of a complaint: from the device when it is here, else
// from the server. What comes is what was promised, to the bit, or an error.
func (s *Complaints) FetchFile(ctx context.Context, ref, sha string) ([]byte, error) {
	b, err := s.OpenFile(ctx, sha)
	if !errors.Is(err, ErrNotFound) {
		return b, err
	}
	b, err = s.download(ctx, ref, sha, false)
	if err != nil {
		return nil, err
	}
	if sum := sha256.Sum256(b); hex.EncodeToString(sum[:]) != sha {
		return nil, &Error{Kind: ErrOffline, Cause: errors.New("what came is not the file that was promised")}
	}
	return b, nil
}

func (s *Complaints) download(ctx context.Context, ref, sha string, thumb bool) ([]byte, error) {
	var b bytes.Buffer
	err := s.c.authed(ctx, func(r *remote.Client, token string) error {
		b.Reset()
		return r.Download(ctx, token, ref, sha, thumb, &b)
	})
	return b.Bytes(), err
}

// Thumbnail gives the small JPEG of a picture; it is kept on the device once it
// was seen. ErrNotFound when there is none.
func (s *Complaints) Thumbnail(ctx context.Context, ref, sha string) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	u, err := s.c.user()
	if err != nil {
		return nil, err
	}
	small, err := u.Thumb(sha)
	if !errors.Is(err, local.ErrNoSuch) {
		return small, err
	}
	if whole, err := u.File(sha); err == nil {
		if small, err = photo.Thumb(whole); err != nil {
			return nil, notFound("this file is no picture")
		}
	} else if small, err = s.download(ctx, ref, sha, true); err != nil {
		return nil, err
	}
	if !s.c.home.LowSpace() {
		_ = u.PutThumb(sha, small) // without a copy it is fetched again
	}
	return small, nil
}

// RetryFile sends a file again that failed or was stopped, from where it got to,
// and one that waits at once.
func (s *Complaints) RetryFile(ctx context.Context, ref, sha string) error {
	return s.changeFile(ctx, ref, sha, func(t *local.Transfer) {
		if t.Problem != nil { // what the server has of it is not wanted there
			t.Upload, t.Offset, t.Again = "", 0, 0
		}
		t.Problem, t.Paused, t.Tries, t.NotBefore = nil, false, 0, time.Time{}
	})
}

// StopFile keeps a file from being sent until RetryFile; it stays on the device.
func (s *Complaints) StopFile(ctx context.Context, ref, sha string) error {
	return s.changeFile(ctx, ref, sha, func(t *local.Transfer) { t.Paused = !t.Done() })
}

func (s *Complaints) changeFile(ctx context.Context, ref, sha string, change func(*local.Transfer)) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	var id string
	// A piece on its way must not write over the change.
	if err := s.c.Sync.take(ctx); err != nil {
		return err
	}
	err := s.c.update(func(tx *local.Tx) (err error) {
		if id, err = resolve(tx, ref); err != nil {
			return err
		}
		return tx.ChangeTransfer(id, sha, change)
	})
	s.c.Sync.give()
	if errors.Is(err, local.ErrNoSuch) {
		return notFound(fmt.Sprintf("no file %s of %s is on its way from this device", sha, ref))
	}
	if err == nil {
		s.c.changes.send(Change{Files: []string{id}})
		s.c.Sync.Poke()
	}
	return err
}

// MessageWith writes to the office and sends files with it.
func (s *Complaints) MessageWith(ctx context.Context, ref, text string, files []api.File) (Submission, error) {
	return s.act(ctx, ref, api.ActBody{Action: actMessage, Text: text, Files: files}, checkText("text", text, MaxText, true), checkFiles(files))
}

// AnswerWith answers what the office asked and sends files with it.
func (s *Complaints) AnswerWith(ctx context.Context, ref, text string, files []api.File) (Submission, error) {
	return s.act(ctx, ref, api.ActBody{Action: actAnswer, Text: text, Files: files}, checkText("text", text, MaxText, true), checkFiles(files))
}

// MessageWith writes to the citizen and sends files with it.
func (d *Desk) MessageWith(ctx context.Context, ref, text string, files []api.File) (Submission, error) {
	return d.act(ctx, ref, api.ActBody{Action: actMessage, Text: text, Files: files}, checkText("text", text, MaxText, true), checkFiles(files))
}
