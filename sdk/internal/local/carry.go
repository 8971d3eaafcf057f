package local

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"time"
)

// An account that is younger than the backup a server was restored from is gone
// there. Its owner signs up again and gets another account; what the device holds
// of the first one moves over: drafts, everything unsent, what was refused, and
// what was acknowledged lately, which is offered again with its receipts and so
// comes back with the same codes and filing times.
//
// What was set aside of an account while its key was not found moves the same
// way, into that account's own file; there what was acknowledged needs no offer,
// unless the server was restored meanwhile.

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
		base := accountBase(id.Account)
		for _, name := range append(h.setAside(base), h.inUse(base)) {
			here, err := h.carry(name)
			if err != nil {
				return fmt.Errorf("move the former account's work: %w", err)
			}
			if !here {
				return nil // when its key is found again
			}
		}
	}
	id.Account = h.file.Current
	h.setIdentity(login, id)
	return h.writeVault()
}

// carry moves what lies under a name into the current account and destroys what
// is left; false when its key is not found.
func (h *Home) carry(name string) (bool, error) {
	if !anyThere(userFiles(h.opts.Dir, name)) {
		return true, nil
	}
	taken, err := h.user.took(name)
	if err != nil {
		return false, err
	}
	if !taken {
		key, err := h.opts.Keys.Load(name)
		if errors.Is(err, fs.ErrNotExist) {
			return false, nil
		}
		if err != nil {
			return false, fmt.Errorf("key of the account: %w", err)
		}
		old, err := h.openFile(name, key)
		if err != nil {
			return false, err
		}
		if err := errors.Join(h.user.takeOver(old), old.close()); err != nil {
			return false, err
		}
	}
	if err := h.destroy(name); err != nil {
		return false, err
	}
	return true, h.user.forgetTaken(name)
}

// estate is what an account's file leaves to its successor.
type estate struct {
	account  Account
	epoch    string
	drafts   []Draft
	done     []Op // acknowledged lately, in the order they were written
	unsent   []Op
	refused  []Op
	receipts []Receipt
	cases    []Case
}

func takenKey(name string) []byte { return []byte("taken/" + name) }

// took reports whether a file's work is here already.
func (u *User) took(name string) (taken bool, err error) {
	err = u.View(func(tx *Tx) error {
		_, taken, err = get[bool](tx, bucketKV, takenKey(name))
		return err
	})
	return taken, err
}

// forgetTaken is called when nothing is left under the name, which may be used
// again.
func (u *User) forgetTaken(name string) error {
	return u.Update(func(tx *Tx) error { return del(tx, bucketKV, takenKey(name)) })
}

// takeOver copies another file's work into this one, once.
func (u *User) takeOver(old *User) error {
	var e estate
	if err := old.View(func(tx *Tx) (err error) { e, err = tx.estate(); return err }); err != nil {
		return err
	}
	if err := u.copyFiles(old); err != nil {
		return err
	}
	return u.Update(func(tx *Tx) error {
		inherit := tx.inherit
		if sameAccount(u.name, old.name) {
			inherit = tx.rejoin
		}
		return errors.Join(inherit(e), put(tx, bucketKV, takenKey(old.name), true))
	})
}

func (tx *Tx) estate() (e estate, err error) {
	if e.account, err = tx.Account(); err != nil {
		return e, err
	}
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
	e.epoch = st.Epoch
	err = each(tx, bucketDone, nil, func(_ []byte, op Op) error {
		if st.ServerAt.Sub(op.AnsweredAt) < keepDone {
			e.done = append(e.done, op)
		}
		return nil
	})
	if err != nil {
		return e, err
	}
	slices.SortFunc(e.done, func(a, b Op) int { return cmp.Compare(a.N, b.N) })
	if e.unsent, err = tx.Outbox(); err != nil {
		return e, err
	}
	err = each(tx, bucketReceipts, nil, func(_ []byte, r Receipt) error {
		e.receipts = append(e.receipts, r)
		return nil
	})
	if err != nil {
		return e, err
	}
	lanes := map[string]bool{}
	for _, op := range slices.Concat(e.done, e.unsent, e.refused) {
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
	if err := tx.takePapers(e); err != nil {
		return err
	}
	for _, c := range e.cases {
		_, held, err := tx.Case(c.Complaint.ID)
		if err != nil {
			return err
		}
		if held {
			continue
		}
		// Of this device alone until the server has it once more.
		c.Local, c.Complaint.Version = true, 0
		if err := tx.PutCase(c); err != nil {
			return err
		}
	}
	for i := range e.done {
		e.done[i].Deps = nil
	}
	return tx.takeOps(slices.Concat(e.done, e.unsent), e.refused)
}

// rejoin adds to an account's file what was set aside of the same account. If
// nobody signed in since, the former session goes on.
func (tx *Tx) rejoin(e estate) error {
	a, err := tx.Account()
	if err != nil {
		return err
	}
	if a.Login == "" {
		if err := put(tx, bucketKV, keyAccount, e.account); err != nil {
			return err
		}
	}
	st, err := tx.State()
	if err != nil {
		return err
	}
	if st.Epoch != "" && st.Epoch != e.epoch {
		return tx.inherit(e) // the server may have lost what it acknowledged
	}
	st.Epoch = e.epoch
	if err := tx.putState(st); err != nil {
		return err
	}
	if err := tx.takePapers(e); err != nil {
		return err
	}
	for _, op := range e.done {
		if err := put(tx, bucketDone, doneKey(op.Lane, op.Op), op); err != nil {
			return err
		}
	}
	for _, c := range e.cases {
		// The feeds bring everything that the server has.
		_, held, err := tx.Case(c.Complaint.ID)
		if err != nil {
			return err
		}
		if held || !c.Local {
			continue
		}
		if err := tx.PutCase(c); err != nil {
			return err
		}
	}
	return tx.takeOps(e.unsent, e.refused)
}

// takePapers adds drafts and receipts.
func (tx *Tx) takePapers(e estate) error {
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
	return nil
}

// takeOps adds operations to be sent and refused ones, under this file's numbers.
func (tx *Tx) takeOps(send, refused []Op) error {
	a, err := tx.Account()
	if err != nil {
		return err
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
	for _, op := range send {
		op.Answer, op.AnsweredAt = nil, time.Time{}
		if op, err = renumber(op); err != nil {
			return err
		}
		if err := put(tx, bucketOutbox, number(op.N), op); err != nil {
			return err
		}
	}
	for _, op := range refused {
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
