package local

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/citizens-portal/portal/sdk/api"
)

// Buckets of an account's file, with their keys.
const (
	bucketKV        = "kv"        // account, state, collections
	bucketDrafts    = "drafts"    // draft id
	bucketOutbox    = "outbox"    // n, big endian
	bucketDone      = "done"      // lane 0x00 op
	bucketAttention = "attention" // op
	bucketReceipts  = "receipts"  // case id
	bucketCursors   = "cursors"   // feed
	bucketCases     = "cases"     // case id
	bucketIndex     = "index"     // newest first: ^time, case id
	bucketCodes     = "codes"     // code without dashes
	bucketMembers   = "members"   // feed 0x00 case id
	bucketEvents    = "events"    // case id, n
)

func userLayout() layout {
	return layout{
		buckets: []string{bucketKV, bucketDrafts, bucketOutbox, bucketDone, bucketAttention, bucketReceipts, bucketCursors,
			bucketCases, bucketIndex, bucketCodes, bucketMembers, bucketEvents, bucketTransfers},
		migrations: []migration{addTransfers},
		maxBytes:   512 << 20,
	}
}

// User is one account's file, open.
type User struct {
	name    string
	db      *database
	journal *journal
	files   string
	now     func() time.Time
	rand    io.Reader
	faults  Faults
}

func userFiles(dir, name string) []string {
	db := filepath.Join(dir, name+".db")
	return []string{db, db + ".new", db + ".before-migration", filepath.Join(dir, name+".journal"), filepath.Join(dir, name+".files")}
}

// openUser opens an account's file. When its key is not found the file is set
// aside, see aside.go.
func (h *Home) openUser(account string) (*User, error) {
	base := accountBase(account)
	name, key, err := h.keyOf(base, func(name string) []string { return userFiles(h.opts.Dir, name) })
	if err != nil {
		return nil, fmt.Errorf("key of the account: %w", err)
	}
	u, err := h.openFile(name, key)
	if err != nil {
		return nil, err
	}
	if least := numbersOf(h.file.Generations[base]); least > 0 {
		if err := u.countFrom(least); err != nil {
			return nil, errors.Join(err, u.close())
		}
	}
	return u, nil
}

// countFrom makes operation numbers begin after n.
func (u *User) countFrom(n int64) error {
	return u.Update(func(tx *Tx) error {
		st, err := tx.State()
		if err != nil || st.N >= n {
			return err
		}
		st.N = n
		return tx.putState(st)
	})
}

// openFile opens one generation of an account's file. A damaged one is set aside;
// then, and when it is not there at all, the unsent work comes back from the
// journal; the rest comes back from the server after signing in.
func (h *Home) openFile(name string, key []byte) (*User, error) {
	paths := userFiles(h.opts.Dir, name)
	s, err := newSealer(key, h.opts.Rand)
	if err != nil {
		return nil, err
	}
	u := &User{name: name, files: paths[4], now: h.opts.Now, rand: h.opts.Rand, faults: h.opts.Faults}
	_, gone := os.Stat(paths[0])
	lost := errors.Is(gone, fs.ErrNotExist)
	u.db, err = openDatabase(paths[0], userLayout(), s, h.space, h.opts.LockWait)
	if err == nil {
		err = u.checkOutbox()
	}
	damaged := errors.Is(err, ErrDamaged)
	if damaged {
		err = errors.Join(u.db.close(), os.Rename(paths[0], fmt.Sprintf("%s.damaged-%d", paths[0], h.opts.Now().Unix())))
		if err == nil {
			u.db, err = openDatabase(paths[0], userLayout(), s, h.space, h.opts.LockWait)
		}
	}
	if err != nil {
		return nil, err
	}
	if u.journal, err = openJournal(paths[3], s); err != nil {
		return nil, errors.Join(err, u.db.close())
	}
	u.db.faults, u.journal.faults = u.faults, u.faults
	if (damaged || lost) && u.faults.Bug != BugJournalSkipped {
		err = u.replayJournal()
	} else {
		err = u.trimJournal()
	}
	if err != nil {
		return nil, errors.Join(err, u.close())
	}
	return u, nil
}

// checkOutbox opens everything that exists nowhere else.
func (u *User) checkOutbox() error {
	return u.View(func(tx *Tx) error {
		_, err := tx.Outbox()
		if err == nil {
			_, err = tx.AttentionItems()
		}
		if err == nil {
			_, err = tx.Account()
		}
		return err
	})
}

func (u *User) close() error {
	return errors.Join(u.journal.close(), u.db.close())
}

// Tx is a transaction on an account's file.
type Tx struct {
	b   *bolt.Tx
	u   *User
	now time.Time
	// server is the server's clock while an answer is applied.
	server time.Time
	note   []journalRecord // to be in the journal before the commit
	// emptied: operations left the outbox, so the journal may be emptied.
	emptied bool
}

// serverTime is the server's clock if it is known, else the device's: a phone
// whose clock jumps must not forget what it may have to offer again.
func (tx *Tx) serverTime() time.Time {
	if tx.server.IsZero() {
		return tx.now
	}
	return tx.server
}

// Now is the device's clock at the transaction's start.
func (tx *Tx) Now() time.Time { return tx.now }

// View reads.
func (u *User) View(fn func(*Tx) error) error {
	return u.db.view(u.inTx(fn))
}

// inTx adapts a function on Tx to bbolt's.
func (u *User) inTx(fn func(*Tx) error) func(*bolt.Tx) error {
	return func(b *bolt.Tx) error { return fn(&Tx{b: b, u: u, now: u.now()}) }
}

// Update writes, durably, all or nothing. fn may run twice (full disk).
func (u *User) Update(fn func(*Tx) error) error {
	var emptied bool
	var mark int64 = -1
	err := u.db.update(func(b *bolt.Tx) error {
		tx := &Tx{b: b, u: u, now: u.now()}
		if err := fn(tx); err != nil {
			return err
		}
		emptied = tx.emptied
		if len(tx.note) == 0 {
			return nil
		}
		if mark < 0 {
			mark = u.journal.size
		} else if err := u.journal.truncate(mark); err != nil {
			return err
		}
		return u.journal.append(tx.note)
	})
	switch {
	case err != nil && mark >= 0:
		return errors.Join(err, u.journal.truncate(mark))
	case err == nil && emptied:
		return u.trimJournal()
	}
	return err
}

func place(bucket string, key []byte) string { return bucket + "/" + string(key) }

func get[T any](tx *Tx, bucket string, key []byte) (v T, ok bool, err error) {
	sealed := tx.b.Bucket([]byte(bucket)).Get(key)
	if sealed == nil {
		return v, false, nil
	}
	err = tx.decode(bucket, key, sealed, &v)
	return v, err == nil, err
}

func (tx *Tx) decode(bucket string, key, sealed []byte, v any) error {
	plain, err := tx.u.db.seal.open(place(bucket, key), sealed)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(plain, v); err != nil {
		return fmt.Errorf("%s: %w: %w", bucket, ErrDamaged, err)
	}
	return nil
}

func put(tx *Tx, bucket string, key []byte, v any) error {
	plain, err := json.Marshal(v)
	if err != nil {
		return err
	}
	sealed, err := tx.u.db.seal.seal(place(bucket, key), plain)
	if err != nil {
		return err
	}
	return tx.b.Bucket([]byte(bucket)).Put(key, sealed)
}

func del(tx *Tx, bucket string, key []byte) error { return tx.b.Bucket([]byte(bucket)).Delete(key) }

// each visits a bucket's values under a key prefix, in order; fn must not
// change the bucket. Returning errStop ends the visit without an error.
func each[T any](tx *Tx, bucket string, prefix []byte, fn func(key []byte, v T) error) error {
	c := tx.b.Bucket([]byte(bucket)).Cursor()
	for k, sealed := c.Seek(prefix); k != nil && hasPrefix(k, prefix); k, sealed = c.Next() {
		var v T
		if err := tx.decode(bucket, k, sealed, &v); err != nil {
			return err
		}
		if err := fn(k, v); err != nil {
			if errors.Is(err, errStop) {
				return nil
			}
			return err
		}
	}
	return nil
}

var errStop = errors.New("stop")

func hasPrefix(k, prefix []byte) bool {
	return len(k) >= len(prefix) && string(k[:len(prefix)]) == string(prefix)
}

// keys lists a bucket's keys under a prefix.
func (tx *Tx) keys(bucket string, prefix []byte) [][]byte {
	var out [][]byte
	c := tx.b.Bucket([]byte(bucket)).Cursor()
	for k, _ := c.Seek(prefix); k != nil && hasPrefix(k, prefix); k, _ = c.Next() {
		out = append(out, append([]byte(nil), k...))
	}
	return out
}

func number(n int64) []byte { return binary.BigEndian.AppendUint64(nil, uint64(n)) }

// Account is who uses this file.
type Account struct {
	Session api.Session    `json:"session"`
	Device  api.DeviceInfo `json:"device"`
	Login   string         `json:"login"` // key of the device's identity
	// SignedOut: the server ended the session, or the owner did. What is here
	// stays readable until the owner logs out.
	SignedOut bool `json:"signed_out,omitempty"`
}

// reads reports whether a feed is the account's to keep: nothing of somebody
// else's stays on a citizen's device, whatever a server says. An officer's feeds
// change when they change office, which the server tells with the next session.
func (a Account) reads(feed string) bool {
	p := a.Session.Profile
	return p.Kind != "citizen" || slices.Contains(p.Feeds, feed)
}

// State is where sync stands.
type State struct {
	Epoch   string `json:"epoch,omitempty"`
	Request int64  `json:"request"`
	N       int64  `json:"n"`
	// SyncedAt is the device's clock at the last good sync; ServerAt the
	// server's at the same moment.
	SyncedAt   time.Time `json:"synced_at,omitzero"`
	ServerAt   time.Time `json:"server_at,omitzero"`
	ChecksumAt time.Time `json:"checksum_at,omitzero"`
	PurgedAt   time.Time `json:"purged_at,omitzero"`
	// Waiting: older complaints are hidden until the device is approved.
	Waiting bool `json:"waiting,omitempty"`
	// Client is the program that last opened the file; a new one asks again
	// what an old one was too old for.
	Client string `json:"client,omitempty"`
}

var (
	keyAccount = []byte("account")
	keyState   = []byte("state")
)

// Account gives who uses this file; the zero value before anyone did.
func (tx *Tx) Account() (Account, error) {
	a, _, err := get[Account](tx, bucketKV, keyAccount)
	return a, err
}

// State gives where sync stands.
func (tx *Tx) State() (State, error) {
	s, _, err := get[State](tx, bucketKV, keyState)
	return s, err
}

func (tx *Tx) putState(s State) error { return put(tx, bucketKV, keyState, s) }

// PutSession keeps new tokens and profile, and lets go of feeds the viewer no
// longer has.
func (tx *Tx) PutSession(s api.Session) error {
	a, err := tx.Account()
	if err != nil {
		return err
	}
	s.RecoveryCode = "" // shown once, never kept
	a.Session, a.SignedOut = s, false
	if err := put(tx, bucketKV, keyAccount, a); err != nil {
		return err
	}
	return tx.dropOtherFeeds(s.Profile.Feeds)
}

// signIn starts or resumes the account's file with a device identity.
func (tx *Tx) signIn(s api.Session, login string, id Identity) error {
	if err := put(tx, bucketKV, keyAccount, Account{Device: id.Device, Login: login}); err != nil {
		return err
	}
	st, err := tx.State()
	if err != nil {
		return err
	}
	st.N = max(st.N, id.N)
	if err := tx.putState(st); err != nil {
		return err
	}
	if err := tx.adoptDevice(id.Device.ID); err != nil {
		return err
	}
	return tx.PutSession(s)
}

// SignOut drops the tokens; everything else stays.
func (tx *Tx) SignOut() error {
	a, err := tx.Account()
	if err != nil {
		return err
	}
	a.SignedOut, a.Session.Access, a.Session.Refresh = true, "", ""
	return put(tx, bucketKV, keyAccount, a)
}

// Private gives a collection only this account may see.
func (tx *Tx) Private(name string) (Collection, bool, error) {
	return get[Collection](tx, bucketKV, []byte("collection/"+name))
}

// PutPrivate keeps a collection only this account may see.
func (tx *Tx) PutPrivate(name string, c Collection) error {
	return put(tx, bucketKV, []byte("collection/"+name), c)
}

// GoodSync is called after a sync that went through: copies made before
// migrations are not needed any more.
func (u *User) GoodSync() error { return u.db.dropMigrationCopy() }
