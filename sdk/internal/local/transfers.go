package local

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/citizens-portal/portal/sdk/api"
)

// Transfer is a file on its way to the server. It begins when the operation
// that promised the file is acknowledged, and stays as a note for a while after
// the last byte has been.
type Transfer struct {
	Case string   `json:"case"`
	File api.File `json:"file"`
	// At is when its operation was acknowledged: the oldest goes first.
	At time.Time `json:"at"`
	// Upload is its name on the server once it was begun, and Offset how many
	// bytes the server has acknowledged.
	Upload string `json:"upload,omitempty"`
	Offset int64  `json:"offset"`
	// Chunk is how many bytes to send next; it follows the link.
	Chunk int64 `json:"chunk,omitempty"`
	// Tries counts failures in a row, NotBefore is the next try, Again how often
	// it began anew because it arrived damaged.
	Tries     int       `json:"tries,omitempty"`
	NotBefore time.Time `json:"not_before,omitzero"`
	Again     int       `json:"again,omitempty"`
	// Paused: its owner wants it not to be sent now.
	Paused bool `json:"paused,omitempty"`
	// Problem is why the server will not have it.
	Problem *api.Problem `json:"problem,omitempty"`
	DoneAt  time.Time    `json:"done_at,omitzero"`
	// Lost: the server was restored, may not have it any more, and it is not
	// here either.
	Lost bool `json:"lost,omitempty"`
}

// Done reports whether the server has it all.
func (t Transfer) Done() bool { return !t.DoneAt.IsZero() }

// Open reports whether there is something left to send, now or later.
func (t Transfer) Open() bool { return !t.Done() && !t.Paused && t.Problem == nil }

const bucketTransfers = "transfers" // case id 0x00 sha256

// addTransfers brings files of before there were transfers up to date.
func addTransfers(tx *bolt.Tx, _ *sealer) error {
	_, err := tx.CreateBucketIfNotExists([]byte(bucketTransfers))
	return err
}

func transferKey(caseID, sha string) []byte { return []byte(caseID + "\x00" + sha) }

// promised lists the files an operation promises.
func promised(op api.Operation) []api.File {
	var b struct {
		Files []api.File `json:"files"`
	}
	if json.Unmarshal(op.Body, &b) != nil {
		return nil
	}
	return b.Files
}

// Promised lists the files an operation promises.
func (op Op) Promised() []api.File { return promised(op.Operation) }

// startTransfers begins to send what an acknowledged operation promised and
// lies here.
func (tx *Tx) startTransfers(op Op) error {
	for _, f := range op.Promised() {
		held, ok, err := tx.Transfer(op.Lane, f.SHA256)
		if err != nil {
			return err
		}
		if ok && held.Open() {
			continue
		}
		if !tx.u.HasFile(f.SHA256) {
			// Its operation was offered again.
			if held.Lost = held.Done(); held.Lost {
				if err := tx.PutTransfer(held); err != nil {
					return err
				}
			}
			continue
		}
		if err := tx.PutTransfer(Transfer{Case: op.Lane, File: f, At: tx.now}); err != nil {
			return err
		}
	}
	return nil
}

// sendLostAgain sends files again that this device sent and still has, and that
// the server lost.
func (tx *Tx) sendLostAgain(e api.Entry) error {
	var files []api.File
	if e.Complaint != nil {
		files = append(files, e.Complaint.Files...)
	}
	for _, ev := range e.Events {
		files = append(files, ev.Files...)
	}
	for _, f := range files {
		if f.State != api.FileLost || !tx.u.HasFile(f.SHA256) {
			continue
		}
		t, ok, err := tx.Transfer(e.Case, f.SHA256)
		if err != nil {
			return err
		}
		if !ok || !t.Done() {
			continue
		}
		if err := tx.PutTransfer(Transfer{Case: e.Case, File: t.File, At: tx.now}); err != nil {
			return err
		}
	}
	return nil
}

// Transfer gives one file's way.
func (tx *Tx) Transfer(caseID, sha string) (Transfer, bool, error) {
	return get[Transfer](tx, bucketTransfers, transferKey(caseID, sha))
}

// PutTransfer keeps how far a file got.
func (tx *Tx) PutTransfer(t Transfer) error {
	return put(tx, bucketTransfers, transferKey(t.Case, t.File.SHA256), t)
}

// Transfers lists the files of a case ("" of all) that are or were on their
// way, oldest first.
func (tx *Tx) Transfers(caseID string) ([]Transfer, error) {
	var prefix []byte
	if caseID != "" {
		prefix = transferKey(caseID, "")
	}
	var out []Transfer
	err := each(tx, bucketTransfers, prefix, func(_ []byte, t Transfer) error {
		out = append(out, t)
		return nil
	})
	slices.SortStableFunc(out, func(a, b Transfer) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.File.SHA256, b.File.SHA256)) })
	return out, err
}

// NextTransfer gives the file to send from next. Impatience skips waits, tried
// are left out. wake is when another may go; zero when none waits.
func (tx *Tx) NextTransfer(impatient bool, tried map[string]bool) (next Transfer, ok bool, wake time.Time, err error) {
	all, err := tx.Transfers("")
	for _, t := range all {
		switch {
		case !t.Open() || tried[t.Case+t.File.SHA256]:
		case impatient || !t.NotBefore.After(tx.now):
			return t, true, wake, err
		case wake.IsZero() || t.NotBefore.Before(wake):
			wake = t.NotBefore
		}
	}
	return next, false, wake, err
}

// EndTransfer notes that the server has a file, and tells whether anything else
// on the device still wants its bytes; more are files that the caller knows of.
func (tx *Tx) EndTransfer(t Transfer, more []api.File) (wanted bool, err error) {
	t.DoneAt, t.Offset, t.Tries, t.Problem = tx.now, t.File.Size, 0, nil
	if err := tx.PutTransfer(t); err != nil {
		return true, err
	}
	all, err := tx.wantedFiles(more)
	return all[t.File.SHA256], err
}

// wantedFiles lists the files that are still to be sent or are part of
// something unfinished.
func (tx *Tx) wantedFiles(more []api.File) (map[string]bool, error) {
	wanted := map[string]bool{}
	add := func(files []api.File) {
		for _, f := range files {
			wanted[f.SHA256] = true
		}
	}
	ops, err := tx.unsent()
	for _, op := range ops {
		add(op.Promised())
	}
	drafts, draftsErr := tx.Drafts()
	for _, d := range drafts {
		add(d.Files)
	}
	transfers, transfersErr := tx.Transfers("")
	for _, t := range transfers {
		if !t.Done() {
			add([]api.File{t.File})
		}
	}
	add(more)
	return wanted, errors.Join(err, draftsErr, transfersErr)
}

// purgeTransfers lets go of notes on files that arrived long ago.
func (tx *Tx) purgeTransfers() error {
	all, err := tx.Transfers("")
	for _, t := range all {
		if t.Done() && tx.now.Sub(t.DoneAt) >= keepDone {
			err = errors.Join(err, del(tx, bucketTransfers, transferKey(t.Case, t.File.SHA256)))
		}
	}
	return err
}

// ChangeTransfer changes one file's way. ErrNoSuch when there is none.
func (tx *Tx) ChangeTransfer(caseID, sha string, change func(*Transfer)) error {
	t, ok, err := tx.Transfer(caseID, sha)
	if err == nil && !ok {
		err = fmt.Errorf("file %s of %s: %w", sha, caseID, ErrNoSuch)
	}
	if err != nil {
		return err
	}
	change(&t)
	return tx.PutTransfer(t)
}
