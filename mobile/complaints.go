package mobile

import (
	"bytes"
	"context"

	"github.com/citizens-portal/portal/sdk"
)

// Complaints is writing, filing, following and deciding.
type Complaints struct{ p *Portal }

// Draft is a complaint being written; anything may be in it until it is lodged.
type Draft struct {
	ID       string // "" until it was saved
	Category string // a leaf of the categories
	District string // an area's slug or id
	Area     string // an area's id, if known more exactly
	Place    string // in words
	Text     string
	Language string // that it is written in: "en", "ur" or "ps"

	files   []sdk.File
	instead string
}

// Attach promises a file that [Complaints.AddFile] kept.
func (d *Draft) Attach(f *File) {
	if f != nil {
		d.files = append(d.files, sdk.File{SHA256: f.SHA256, Size: f.Size, Type: f.Type})
	}
}

// DraftList is a list of drafts.
type DraftList struct{ list[Draft] }

// Len is how many there are.
func (l *DraftList) Len() int { return l.len() }

// Get gives one of them, nothing outside the list.
func (l *DraftList) Get(i int) *Draft { return l.get(i) }

func (d *Draft) sdk() sdk.Draft {
	return sdk.Draft{
		ID: d.ID, Category: d.Category, District: d.District, Area: d.Area, Place: d.Place, Text: d.Text,
		Language: d.Language, Files: d.files, Instead: d.instead,
	}
}

func draftOf(d sdk.Draft) Draft {
	return Draft{
		ID: d.ID, Category: d.Category, District: d.District, Area: d.Area, Place: d.Place, Text: d.Text,
		Language: d.Language, files: d.Files, instead: d.Instead,
	}
}

// Submission is a write that is saved here; [Sync.Deliver] waits for its answer.
type Submission struct {
	Op        string
	Complaint *Complaint
}

// SaveDraft keeps a draft, at any stage, and gives it back with its id.
func (s *Complaints) SaveDraft(d *Draft) (*Draft, error) {
	if d == nil {
		return nil, missing("draft")
	}
	return call(s.p, 0, func(ctx context.Context) (*Draft, error) {
		saved, err := s.p.client.Complaints.SaveDraft(ctx, d.sdk())
		out := draftOf(saved)
		return &out, err
	})
}

// Drafts lists drafts, oldest first.
func (s *Complaints) Drafts() (*DraftList, error) {
	return call(s.p, 0, func(ctx context.Context) (*DraftList, error) {
		drafts, err := s.p.client.Complaints.Drafts(ctx)
		out := &DraftList{}
		for _, d := range drafts {
			out.add(draftOf(d))
		}
		return out, err
	})
}

// Draft gives one draft.
func (s *Complaints) Draft(id string) (*Draft, error) {
	return call(s.p, 0, func(ctx context.Context) (*Draft, error) {
		d, err := s.p.client.Complaints.Draft(ctx, id)
		out := draftOf(d)
		return &out, err
	})
}

// DeleteDraft removes a draft.
func (s *Complaints) DeleteDraft(id string) error {
	return perform(s.p, 0, func(ctx context.Context) error { return s.p.client.Complaints.DeleteDraft(ctx, id) })
}

// Lodge files a complaint: it is checked, saved and queued at once, with or
// without a network, and the draft it came from is gone with it. CodeInvalid
// names the fields that are wrong and leaves everything as it was. The first
// time ever it may wait for the places and categories.
func (s *Complaints) Lodge(d *Draft, timeoutMillis int64) (*Submission, error) {
	if d == nil {
		return nil, missing("draft")
	}
	return s.submit(timeoutMillis, func(ctx context.Context, c *sdk.Complaints) (sdk.Submission, error) { return c.Lodge(ctx, d.sdk()) })
}

// Which complaints a list gives.
const (
	ListAll      = ""
	ListOpen     = "open"
	ListNeedsYou = "needs-you"
	ListClosed   = "closed"
)

// List gives complaints on this device, newest first: those of one of the List…
// kinds, at most limit of them (0 means all), from where a page before ended
// ("" means from the start). Texts are cut short; Show gives a complaint in full.
func (s *Complaints) List(kind string, limit int, after string) (*Page, error) {
	return call(s.p, 0, func(ctx context.Context) (*Page, error) {
		page, err := s.p.client.Complaints.List(ctx, sdk.ListOptions{Filter: sdk.Filter(kind), Limit: limit, After: after})
		return pageOf(page), err
	})
}

// Show gives one complaint by id or code; one that is not on this device is asked
// from the server.
func (s *Complaints) Show(ref string, timeoutMillis int64) (*Complaint, error) {
	return call(s.p, timeoutMillis, func(ctx context.Context) (*Complaint, error) {
		c, err := s.p.client.Complaints.Show(ctx, ref)
		return complaintOf(c), err
	})
}

// Timeline gives what happened to a complaint, in order, from the device or else
// the server. What people write to each other is among it.
func (s *Complaints) Timeline(ref string, timeoutMillis int64) (*Timeline, error) {
	return call(s.p, timeoutMillis, func(ctx context.Context) (*Timeline, error) {
		t, err := s.p.client.Complaints.Timeline(ctx, ref)
		return timelineOf(t), err
	})
}

// Message writes to the office; it changes nothing else.
func (s *Complaints) Message(ref, text string) (*Submission, error) {
	return s.act(func(ctx context.Context, c *sdk.Complaints) (sdk.Submission, error) { return c.Message(ctx, ref, text) })
}

// Answer answers what the office asked.
func (s *Complaints) Answer(ref, text string) (*Submission, error) {
	return s.act(func(ctx context.Context, c *sdk.Complaints) (sdk.Submission, error) { return c.Answer(ctx, ref, text) })
}

// Confirm says that the proposed resolution solved it.
func (s *Complaints) Confirm(ref string) (*Submission, error) {
	return s.act(func(ctx context.Context, c *sdk.Complaints) (sdk.Submission, error) { return c.Confirm(ctx, ref) })
}

// Reject says that it did not, and why.
func (s *Complaints) Reject(ref, reason string) (*Submission, error) {
	return s.act(func(ctx context.Context, c *sdk.Complaints) (sdk.Submission, error) {
		return c.Reject(ctx, ref, reason)
	})
}

// Rate gives a verdict on a closed complaint, on its time and its quality, each 1
// (very bad) to 5; a later one replaces it.
func (s *Complaints) Rate(ref string, time, quality int, comment string) (*Submission, error) {
	return s.act(func(ctx context.Context, c *sdk.Complaints) (sdk.Submission, error) {
		return c.Rate(ctx, ref, sdk.Rating{Time: time, Quality: quality, Comment: comment})
	})
}

// Reopen opens a closed complaint again, once, with a reason.
func (s *Complaints) Reopen(ref, reason string) (*Submission, error) {
	return s.act(func(ctx context.Context, c *sdk.Complaints) (sdk.Submission, error) {
		return c.Reopen(ctx, ref, reason)
	})
}

// Appeal brings it to the next office up, with a reason.
func (s *Complaints) Appeal(ref, reason string) (*Submission, error) {
	return s.act(func(ctx context.Context, c *sdk.Complaints) (sdk.Submission, error) {
		return c.Appeal(ctx, ref, reason)
	})
}

// Withdraw takes a complaint back. One that was never sent is simply gone, and
// the submission then names no operation.
func (s *Complaints) Withdraw(ref string) (*Submission, error) {
	return s.act(func(ctx context.Context, c *sdk.Complaints) (sdk.Submission, error) { return c.Withdraw(ctx, ref) })
}

func (s *Complaints) act(do func(context.Context, *sdk.Complaints) (sdk.Submission, error)) (*Submission, error) {
	return s.submit(0, do)
}

func (s *Complaints) submit(timeoutMillis int64, do func(context.Context, *sdk.Complaints) (sdk.Submission, error)) (*Submission, error) {
	return call(s.p, timeoutMillis, func(ctx context.Context) (*Submission, error) {
		sub, err := do(ctx, s.p.client.Complaints)
		if err != nil {
			return nil, err
		}
		return &Submission{Op: sub.Op, Complaint: complaintOf(sub.Complaint)}, nil
	})
}

// AddFile keeps a photo, a PDF document or a sound recording, sealed, and gives
// what a draft attaches. Photos are made smaller and lose what they tell of where
// and when they were taken. CodeFull when the device has no room.
func (s *Complaints) AddFile(content []byte) (*File, error) {
	content = bytes.Clone(content) // the host's memory is its own again when this returns
	return call(s.p, 0, func(ctx context.Context) (*File, error) {
		f, err := s.p.client.Complaints.AddFile(ctx, bytes.NewReader(content))
		return &File{SHA256: f.SHA256, Size: f.Size, Type: f.Type}, err
	})
}

// Files lists the files of a complaint, from the device or else the server.
func (s *Complaints) Files(ref string, timeoutMillis int64) (*FileList, error) {
	return call(s.p, timeoutMillis, func(ctx context.Context) (*FileList, error) {
		files, err := s.p.client.Complaints.Files(ctx, ref)
		out := &FileList{}
		for _, f := range files {
			out.add(fileOf(f))
		}
		return out, err
	})
}

// FetchFile gives a file of a complaint, from the device or else the server: what
// was promised, to the bit, or an error.
func (s *Complaints) FetchFile(ref, sha256 string, timeoutMillis int64) ([]byte, error) {
	return call(s.p, timeoutMillis, func(ctx context.Context) ([]byte, error) {
		return s.p.client.Complaints.FetchFile(ctx, ref, sha256)
	})
}

// Thumbnail gives a small JPEG of a picture.
func (s *Complaints) Thumbnail(ref, sha256 string, timeoutMillis int64) ([]byte, error) {
	return call(s.p, timeoutMillis, func(ctx context.Context) ([]byte, error) {
		return s.p.client.Complaints.Thumbnail(ctx, ref, sha256)
	})
}
