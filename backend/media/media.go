package media

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"

	"github.com/citizens-portal/portal/backend/portal"
	"github.com/citizens-portal/portal/backend/store"
)

// Limits, in bytes. Those on one file and on what is promised at once are the
// domain's (portal.MaxFileSize, portal.MaxFilesSize).
const (
	// MaxCaseBytes is what each side may add to one case.
	MaxCaseBytes = portal.MaxFilesSize
	// MaxMonthBytes is what a citizen may upload in 30 days.
	MaxMonthBytes = 100 << 20
	monthOfUse    = 30 * 24 * time.Hour
)

// maxUnfinished is how many unfinished uploads of one file are kept; beginning
// another lets go of the oldest.
const maxUnfinished = 3

// UnfinishedFor is how long an upload waits for its next piece.
const UnfinishedFor = 7 * 24 * time.Hour

// ErrScanner means that the malware scanner did not answer: the upload stays
// complete and is judged when it does.
var ErrScanner = errors.New("the malware scanner does not answer")

// ErrReady means that the file is here already: nothing is left to upload.
var ErrReady = fmt.Errorf("this file is here already: %w", portal.ErrConflict)

// Config of a Service; Scanner and Log may be nil.
type Config struct {
	Store store.Store
	Blobs Blobs
	// Dir is this node's folder for unfinished uploads.
	Dir     string
	Scanner Scanner
	Now     func() time.Time
	Rand    io.Reader
	Log     *slog.Logger
}

// Service begins, finishes and serves files. Safe for concurrent use.
type Service struct {
	Config
	staging *Staging
	// decoding bounds how many pictures lie decoded in memory at once.
	decoding chan struct{}
}

// New opens the folder of unfinished uploads.
func New(c Config) (*Service, error) {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	s := &Service{Config: c, decoding: make(chan struct{}, 2)}
	var err error
	s.staging, err = openStaging(c.Dir, s.Finish)
	return s, err
}

// Staging is where unfinished uploads lie: the data store of a tus handler.
func (s *Service) Staging() *Staging { return s.staging }

// Viewer is who asks, and which cases stay hidden from their device because it
// is not approved yet (nil for none), by filing time.
type Viewer struct {
	Actor portal.Actor
	Hides func(lodgedAt time.Time) bool
}

// Subject names a viewer as the owner of uploads.
func (v Viewer) Subject() string {
	if v.Actor.Kind == portal.OfficerActor {
		return "o:" + string(v.Actor.Officer.ID)
	}
	return "c:" + string(v.Actor.Account)
}

// find looks a case up through the viewer's eyes.
func (v Viewer) find(ctx context.Context, tx store.Tx, id string) (portal.Case, error) {
	c, err := tx.Case(ctx, store.ScopeOf(v.Actor), id)
	if err == nil && v.Hides != nil && v.Hides(c.LodgedAt) {
		return portal.Case{}, portal.ErrNotFound
	}
	return c, err
}

// State is what became of a promised file; empty while it is awaited.
type State string

// The states. Refused is final: the same bytes are never accepted. Lost is what was
// ready before a restore that did not bring its bytes back; it may be sent again.
const (
	Ready   State = "ready"
	Refused State = "refused"
	Lost    State = "lost"
)

// open reports whether an upload may still bring the file.
func (s State) open() bool { return s == "" || s == Lost }

// Kinds of record: a file by case and hash, and a citizen's use of the month.
const (
	kindFile = "media.file"
	kindUse  = "media.use"
)

// file is what is known of a file, a record found by its case.
type file struct {
	Case   string `json:"case"`
	SHA256 string `json:"sha256"`
	Size   int64  `json:"size"`
	Type   string `json:"type"`
	// Owner promised it, with event number Event.
	Owner string `json:"owner"`
	Event int64  `json:"event"`
	State State  `json:"state,omitempty"`
	// Why it was refused: a code.
	Why string `json:"why,omitempty"`
	// Blob is its name in Blobs; Thumb whether there is a small picture beside.
	Blob  string    `json:"blob,omitempty"`
	Thumb bool      `json:"thumb,omitempty"`
	At    time.Time `json:"at,omitzero"`
	// Uploads that were begun and not finished, oldest first.
	Uploads []string `json:"uploads,omitempty"`
}

func fileID(caseID, sha string) string { return caseID + "/" + sha }

func thumbOf(blob string) string { return blob + ".jpg" }

func getFile(ctx context.Context, tx store.Tx, caseID, sha string) (file, error) {
	r, err := tx.Record(ctx, kindFile, fileID(caseID, sha))
	if err != nil {
		return file{}, err
	}
	return decodeFile(r)
}

func decodeFile(r store.Record) (f file, err error) {
	if err := json.Unmarshal(r.Doc, &f); err != nil {
		return f, fmt.Errorf("record of file %s: %w", r.ID, err)
	}
	return f, nil
}

func putFile(ctx context.Context, tx store.Tx, f file) error {
	doc, err := json.Marshal(f)
	if err != nil {
		return err
	}
	return tx.PutRecord(ctx, store.Record{Kind: kindFile, ID: fileID(f.Case, f.SHA256), By: f.Case, Doc: doc})
}

func filesOf(ctx context.Context, tx store.Tx, caseID string) ([]file, error) {
	records, err := tx.Records(ctx, kindFile, caseID)
	if err != nil {
		return nil, err
	}
	out := make([]file, len(records))
	for i, r := range records {
		if out[i], err = decodeFile(r); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// States tells, by hash, what became of a case's files. What is not in it is
// awaited.
func States(ctx context.Context, tx store.Tx, caseID string) (map[string]State, error) {
	files, err := filesOf(ctx, tx, caseID)
	if err != nil || len(files) == 0 {
		return nil, err
	}
	out := make(map[string]State, len(files))
	for _, f := range files {
		out[f.SHA256] = f.State
	}
	return out, nil
}

// newID makes the random name of an upload and of what comes of it.
func (s *Service) newID() (string, error) {
	b := make([]byte, 16)
	if _, err := io.ReadFull(s.Rand, b); err != nil {
		return "", fmt.Errorf("random name: %w", err)
	}
	return hex.EncodeToString(b), nil
}

// isID keeps anything but our own names away from the file system.
func isID(id string) bool { return len(id) == 32 && strings.Trim(id, "0123456789abcdef") == "" }
