package local

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
)

// journal is an append-only file of unsent work, fsynced before the
// transaction that holds the same work commits, and emptied when nothing is
// unsent any more. It is read only when the account's file is damaged.
type journal struct {
	f      *os.File
	seal   *sealer
	size   int64
	faults Faults
}

// journalRecord is one entry: an operation with what the device itself made
// for it, or (alone) the last operation number used, or an operation that was
// taken back or settled since.
type journalRecord struct {
	Op      *Op      `json:"op,omitempty"`
	Case    *Case    `json:"case,omitempty"`
	Receipt *Receipt `json:"receipt,omitempty"`
	N       int64    `json:"n,omitempty"`
	Gone    string   `json:"gone,omitempty"`
}

const (
	journalPlace    = "journal"
	journalTrimSize = 1 << 20
	// journalMark is more than one record that only holds a number takes.
	journalMark    = 96
	maxRecordBytes = 4 << 20
)

func openJournal(path string, s *sealer) (*journal, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return &journal{f: f, seal: s, size: info.Size()}, nil
}

func (j *journal) close() error {
	if j == nil {
		return nil
	}
	return j.f.Close()
}

func (j *journal) append(records []journalRecord) error {
	var out []byte
	for _, r := range records {
		plain, err := json.Marshal(r)
		if err != nil {
			return err
		}
		sealed, err := j.seal.seal(journalPlace, plain)
		if err != nil {
			return err
		}
		out = binary.BigEndian.AppendUint32(out, uint32(len(sealed)))
		out = append(out, sealed...)
	}
	j.faults.write(journalPlace, false)
	if _, err := j.f.WriteAt(out, j.size); err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	if err := j.f.Sync(); err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	j.size += int64(len(out))
	j.faults.write(journalPlace, true)
	return nil
}

func (j *journal) truncate(size int64) error {
	j.faults.write(journalPlace, false)
	if err := j.f.Truncate(size); err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	j.size = size
	return j.f.Sync()
}

// read gives the records that are whole. What follows a broken one is unknown
// and left: an interrupted append is the usual reason.
func (j *journal) read() ([]journalRecord, error) {
	b := make([]byte, j.size)
	if _, err := j.f.ReadAt(b, 0); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	return decodeJournal(j.seal, b), nil
}

func decodeJournal(s *sealer, b []byte) []journalRecord {
	var out []journalRecord
	for len(b) >= 4 {
		n := binary.BigEndian.Uint32(b)
		if n > maxRecordBytes || int(n) > len(b)-4 {
			return out
		}
		plain, err := s.open(journalPlace, b[4:4+n])
		b = b[4+n:]
		var r journalRecord
		if err != nil || json.Unmarshal(plain, &r) != nil {
			continue // one flipped bit costs one record
		}
		out = append(out, r)
	}
	return out
}

// replayJournal brings unsent work back into a new file.
func (u *User) replayJournal() error {
	records, err := u.journal.read()
	if err != nil {
		return err
	}
	err = u.db.update(u.inTx(func(tx *Tx) error {
		st, err := tx.State()
		if err != nil {
			return err
		}
		for _, r := range records {
			st.N = max(st.N, r.N)
			if r.Op != nil {
				st.N = max(st.N, r.Op.N)
			}
		}
		for _, r := range standing(records) {
			if err := tx.restore(r); err != nil {
				return err
			}
		}
		return tx.putState(st)
	}))
	return err
}

// standing gives the operations' records that still hold: none taken back
// since, and of several under one id or number the last. A number comes twice
// when the program stopped between the journal and the commit: what had it
// first was never saved.
func standing(records []journalRecord) []journalRecord {
	gone, numbers := map[string]bool{}, map[int64]bool{}
	var out []journalRecord
	for _, r := range slices.Backward(records) {
		if r.Gone != "" {
			gone[r.Gone] = true
		}
		if r.Op == nil || gone[r.Op.Op] || numbers[r.Op.N] {
			continue
		}
		gone[r.Op.Op], numbers[r.Op.N] = true, true
		out = append(out, r)
	}
	slices.Reverse(out)
	return out
}

func (tx *Tx) restore(r journalRecord) error {
	if err := put(tx, bucketOutbox, number(r.Op.N), *r.Op); err != nil {
		return err
	}
	if r.Receipt != nil {
		if err := put(tx, bucketReceipts, []byte(r.Case.Complaint.ID), *r.Receipt); err != nil {
			return err
		}
	}
	if r.Case != nil {
		return tx.PutCase(*r.Case)
	}
	return nil
}

// trimJournal empties the journal when nothing is unsent, and rewrites one that
// grew long; the last operation number stays in it.
func (u *User) trimJournal() error {
	if u.journal.size <= journalMark {
		return nil
	}
	var ops []Op
	var n int64
	records := []journalRecord{}
	err := u.View(func(tx *Tx) error {
		st, err := tx.State()
		if err != nil {
			return err
		}
		n = st.N
		if ops, err = tx.unsent(); err != nil || len(ops) == 0 || u.journal.size < journalTrimSize {
			return err
		}
		for _, op := range ops {
			r, err := tx.recordOf(op)
			if err != nil {
				return err
			}
			records = append(records, r)
		}
		return nil
	})
	if err != nil || (len(ops) > 0 && u.journal.size < journalTrimSize) {
		return err
	}
	return u.journal.rewrite(append(records, journalRecord{N: n}))
}

// rewrite replaces the journal's content. Every operation is in the account's
// file too, so a crash in between loses nothing.
func (j *journal) rewrite(records []journalRecord) error {
	if err := j.truncate(0); err != nil {
		return err
	}
	return j.append(records)
}
