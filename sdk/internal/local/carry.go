package local

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// An account that is younger than the backup a server was restored from is gone
// there. Its owner signs up again and gets another account; what the device holds
// of the first one moves over: drafts, everything unsent, what was refused, and
// what was acknowledged lately, which is offered again with its receipts and so
// comes back with the same codes and filing times.

// moveIn carries over what this device holds of the account that its owner had
// here before under the same way of signing in, if that is another one. It may
// be cut short anywhere and is repeated when the folder is opened.
func (h *Home) moveIn(login string) error {
	id, ok := h.vault.Identities[login]
	if !ok || h.user == nil {
		return nil
	}
	if id.Account == h.file.Current {
		return nil
	}
	if id.Account != "" {
		if err := h.carry(id.Account); err != nil {
			return fmt.Errorf("move the former account's work: %w", err)
		}
	}
	id.Account = h.file.Current
	h.setIdentity(login, id)
	return h.writeVault()
}

func (h *Home) carry(account string) error {
	files := userFiles(h.opts.Dir, "user-"+account)
	if _, err := os.Stat(files[0]); errors.Is(err, os.ErrNotExist) {
		return nil
	}
	old, err := h.openUser(account)
	if err != nil {
		return err
	}
	if err := errors.Join(h.user.takeOver(old), old.close()); err != nil {
		return err
	}
	if err := h.opts.Keys.Delete(old.name); err != nil {
		return fmt.Errorf("destroy key: %w", err)
	}
	return removeAll(files...)
}

// estate is what an account leaves to its successor.
type estate struct {
	drafts   []Draft
	offered  []Op // acknowledged lately, then unsent, in the order they were written
	refused  []Op
	receipts []Receipt
	cases    []Case
}

// takeOver copies another account's work into this one, once.
func (u *User) takeOver(old *User) error {
	var e estate
	if err := old.View(func(tx *Tx) (err error) { e, err = tx.estate(); return err }); err != nil {
		return err
	}
	if err := u.copyFiles(old); err != nil {
		return err
	}
	return u.Update(func(tx *Tx) error {
		done := []byte("taken/" + old.name)
		if _, ok, err := get[bool](tx, bucketKV, done); ok || err != nil {
			return err
		}
		return errors.Join(tx.inherit(e), put(tx, bucketKV, done, true))
	})
}

func (tx *Tx) estate() (e estate, err error) {
	if e.drafts, err = tx.Drafts(); err != nil {
		return e, err
	}
	if e.refused, err = tx.AttentionItems(); err != nil {
		return e, err
	}
	st, err := tx.State()
	if err != nil {
		return e, err
	}
	err = each(tx, bucketDone, nil, func(_ []byte, op Op) error {
		if st.ServerAt.Sub(op.AnsweredAt) < keepDone {
			op.Deps = nil
			e.offered = append(e.offered, op)
		}
		return nil
	})
	if err != nil {
		return e, err
	}
	slices.SortFunc(e.offered, func(a, b Op) int { return cmp.Compare(a.N, b.N) })
	out, err := tx.Outbox()
	if err != nil {
		return e, err
	}
	e.offered = append(e.offered, out...)
	err = each(tx, bucketReceipts, nil, func(_ []byte, r Receipt) error {
		e.receipts = append(e.receipts, r)
		return nil
	})
	if err != nil {
		return e, err
	}
	lanes := map[string]bool{}
	for _, op := range append(slices.Clone(e.offered), e.refused...) {
		lanes[op.Lane] = true
	}
	err = each(tx, bucketCases, nil, func(_ []byte, c Case) error {
		if lanes[c.Complaint.ID] {
			e.cases = append(e.cases, c)
		}
		return nil
	})
	return e, err
}

// inherit adds another account's work to this one's, under numbers of this one.
func (tx *Tx) inherit(e estate) error {
	a, err := tx.Account()
	if err != nil {
		return err
	}
	for _, d := range e.drafts {
		if err := tx.PutDraft(d); err != nil {
			return err
		}
	}
	for _, r := range e.receipts {
		if err := put(tx, bucketReceipts, []byte(r.Case), r); err != nil {
			return err
		}
	}
	for _, c := range e.cases {
		// Of this device alone until the server has it once more.
		c.Local, c.Complaint.Version = true, 0
		if err := tx.PutCase(c); err != nil {
			return err
		}
	}
	st, err := tx.State()
	if err != nil {
		return err
	}
	renumber := func(op Op) (Op, error) {
		st.N++
		op.N, op.Device = st.N, a.Device.ID
		op.NotBefore, op.Told, op.Alone, op.Checking, op.Upgrade, op.Tries = time.Time{}, false, false, false, false, 0
		r, err := tx.recordOf(op)
		tx.note = append(tx.note, r)
		return op, err
	}
	for _, op := range e.offered {
		op.Answer, op.AnsweredAt = nil, time.Time{}
		if op, err = renumber(op); err != nil {
			return err
		}
		if err := put(tx, bucketOutbox, number(op.N), op); err != nil {
			return err
		}
	}
	for _, op := range e.refused {
		if op, err = renumber(op); err != nil {
			return err
		}
		if err := put(tx, bucketAttention, []byte(op.Op), op); err != nil {
			return err
		}
	}
	return tx.putState(st)
}

// copyFiles seals another account's files for this one. What does not open any
// more stays behind: it stands in nobody's way.
func (u *User) copyFiles(old *User) error {
	all, err := old.listFiles(func(string) bool { return true })
	if err != nil {
		return err
	}
	for _, f := range all {
		sha := f.name
		copyOne, read := u.PutFile, old.File
		if isThumb(sha) {
			sha = sha[:len(sha)-len(filepath.Ext(sha))]
			copyOne, read = u.PutThumb, old.Thumb
		}
		content, err := read(sha)
		if errors.Is(err, ErrNoSuch) || errors.Is(err, ErrDamaged) {
			continue
		}
		if err != nil {
			return err
		}
		if err := copyOne(sha, content); err != nil {
			return err
		}
	}
	return nil
}
