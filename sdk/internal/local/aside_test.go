package local

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/citizens-portal/portal/sdk/api"
)

// moodyKeys is a key store that does not find its keys for a while, or refuses
// to destroy them.
type moodyKeys struct {
	KeyStore
	lost    func(name string) bool
	refuses bool
}

func (k *moodyKeys) Load(name string) ([]byte, error) {
	if k.lost != nil && k.lost(name) {
		return nil, fmt.Errorf("keyring: %s: %w", name, fs.ErrNotExist)
	}
	return k.KeyStore.Load(name)
}

func (k *moodyKeys) Delete(name string) error {
	if k.refuses {
		return errors.New("the keyring is locked")
	}
	return k.KeyStore.Delete(name)
}

type moodyHome struct {
	t    *testing.T
	dir  string
	keys *moodyKeys
	*Home
}

func newMoodyHome(t *testing.T) *moodyHome {
	dir := t.TempDir()
	m := &moodyHome{t: t, dir: dir, keys: &moodyKeys{KeyStore: FileKeys(filepath.Join(dir, "keys"))}}
	m.reopen(nil)
	t.Cleanup(func() { _ = m.Close() })
	return m
}

// reopen opens the folder again while the store finds no key that lost names.
func (m *moodyHome) reopen(lost func(string) bool) {
	m.t.Helper()
	if m.Home != nil {
		if err := m.Close(); err != nil {
			m.t.Fatal(err)
		}
	}
	m.keys.lost = lost
	o := options(m.dir)
	o.Keys = m.keys
	var err error
	if m.Home, err = OpenHome(o); err != nil {
		m.t.Fatal(err)
	}
}

// answerAll has the server carry out everything in the outbox.
func answerAll(t *testing.T, u *User, epoch string) {
	t.Helper()
	err := u.Update(func(tx *Tx) error {
		req, err := tx.Prepare(Select{})
		if err != nil {
			return err
		}
		resp := api.SyncResponse{Request: req.Request, Epoch: epoch, Time: at()}
		for _, o := range req.Operations {
			resp.Answers = append(resp.Answers, api.Answer{Op: o.Op, Status: api.Applied})
		}
		_, err = tx.Apply(req, resp, nil)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func account(t *testing.T, u *User) (a Account) {
	t.Helper()
	if err := u.View(func(tx *Tx) (err error) { a, err = tx.Account(); return err }); err != nil {
		t.Fatal(err)
	}
	return a
}

func sum(content string) string { return strings.Repeat("ab", 31) + fmt.Sprintf("%02x", len(content)) }

// TestKeyNotFoundForAWhile: nothing is deleted, and everything is there again
// when the key is. What was written meanwhile stays, too.
func TestKeyNotFoundForAWhile(t *testing.T) {
	all := func(string) bool { return true }
	for name, lost := range map[string]func(string) bool{
		"all keys":          all,
		"the account's key": func(name string) bool { return strings.HasPrefix(name, "user-") },
		"the folder's key":  func(name string) bool { return name == homeBase },
	} {
		t.Run(name, func(t *testing.T) {
			m := newMoodyHome(t)
			u := signedIn(t, m.Home, "c:1")
			enqueue(t, u, op("sent", "a"))
			answerAll(t, u, "e")
			enqueue(t, u, op("1", "a"), op("2", "b"))
			photo := sum("photo")
			err := errors.Join(u.PutFile(photo, []byte("photo")), u.Update(func(tx *Tx) error { return tx.PutDraft(Draft{ID: "d", Text: "half a thought"}) }))
			if err != nil {
				t.Fatal(err)
			}
			device := account(t, u).Device.ID
			first := true
			// The generation that is made meanwhile has its key, as it would in a
			// keyring that was exchanged.
			m.reopen(func(name string) bool { return lost(name) && !strings.HasSuffix(name, "-1") })
			if name != "the folder's key" {
				if got := outbox(t, m.Current()); len(got) != 0 {
					t.Fatalf("opened without its key: %v", got)
				}
				u = signedIn(t, m.Home, "c:1")
				enqueue(t, u, op("3", "c"))
				first = false
			}
			m.reopen(nil)
			u = m.Current()
			want := []string{"3", "1", "2"}
			if first {
				want = want[1:]
			}
			if got := outbox(t, u); fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("the outbox has %v, not %v", got, want)
			}
			if content, err := u.File(photo); err != nil || string(content) != "photo" {
				t.Errorf("the photo: %q %v", content, err)
			}
			err = u.View(func(tx *Tx) error {
				if d, err := tx.Drafts(); err != nil || len(d) != 1 || d[0].Text != "half a thought" {
					t.Errorf("%+v %v", d, err)
				}
				ops, err := tx.Outbox()
				seen := map[int64]bool{}
				for _, o := range ops {
					if seen[o.N] || (o.N <= 3 && o.Device == device && o.Op == "3") {
						t.Errorf("number %d twice", o.N)
					}
					seen[o.N] = true
				}
				if done, ok, err := get[Op](tx, bucketDone, doneKey("a", "sent")); !ok || err != nil || done.Op != "sent" {
					t.Errorf("what was acknowledged is kept: %v %v", ok, err)
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			_, now, err := m.Identity("c:1", "test")
			if err != nil {
				t.Fatal(err)
			}
			if name == "the account's key" && now.ID != device {
				t.Error("the device is the same")
			}
			m.reopen(nil)
			if got := outbox(t, m.Current()); len(got) != len(want) {
				t.Errorf("after another start: %v", got)
			}
			if left, _ := filepath.Glob(filepath.Join(m.dir, "user-*.db")); len(left) != 1 {
				t.Errorf("left: %v", left)
			}
		})
	}
}

// TestKeyBackBeforeAnybodySignedIn: the session goes on.
func TestKeyBackBeforeAnybodySignedIn(t *testing.T) {
	m := newMoodyHome(t)
	before := account(t, signedIn(t, m.Home, "c:1"))
	for range 3 { // each start makes another generation
		m.reopen(func(string) bool { return true })
		if a := account(t, m.Current()); a.Session.Access != "" {
			t.Fatalf("%+v", a)
		}
	}
	m.reopen(nil)
	if now := account(t, m.Current()); now.Session.Access != before.Session.Access || now.Device.ID != before.Device.ID || now.Login != before.Login {
		t.Errorf("%+v, was %+v", now, before)
	}
	enqueue(t, m.Current(), op("1", "a"))
}

// TestSetAsideThenRestoredServer: what was acknowledged in the file that was set
// aside is offered again when the server has begun another epoch since.
func TestSetAsideThenRestoredServer(t *testing.T) {
	m := newMoodyHome(t)
	u := signedIn(t, m.Home, "c:1")
	enqueue(t, u, op("sent", "a"))
	answerAll(t, u, "first")
	m.reopen(func(name string) bool { return !strings.HasSuffix(name, "-1") })
	answerAll(t, signedIn(t, m.Home, "c:1"), "second")
	m.reopen(nil)
	if got := outbox(t, m.Current()); fmt.Sprint(got) != "[sent]" {
		t.Errorf("%v", got)
	}
}

// TestLogoutCutShortIsFinished: whenever the program dies during a logout, the
// next start finishes it.
func TestLogoutCutShortIsFinished(t *testing.T) {
	type crash struct{}
	for _, where := range []string{"before the mark", "before the key", "after the key"} {
		t.Run(where, func(t *testing.T) {
			m := newMoodyHome(t)
			u := signedIn(t, m.Home, "c:1")
			enqueue(t, u, op("1", "a"))
			name := u.name
			switch where {
			case "before the mark":
				m.opts.Faults.Write = func(what string, _ bool) {
					if what == "home.json" {
						panic(crash{})
					}
				}
			case "before the key":
				m.keys.refuses = true
			case "after the key":
				m.opts.Keys = afterDelete{m.keys, func() { panic(crash{}) }}
			}
			func() {
				defer func() {
					if r := recover(); r != nil && r != (crash{}) {
						panic(r)
					}
				}()
				if err := m.Leave(false); err == nil {
					t.Error("it went through")
				}
			}()
			m.keys.refuses = false
			_ = u.close() // of the program that died
			m.user = nil
			m.reopen(nil)
			if where == "before the mark" {
				if got := outbox(t, m.Current()); len(got) != 1 {
					t.Errorf("the logout had not begun: %v", got)
				}
				return
			}
			if m.Current() != nil {
				t.Error("somebody is signed in")
			}
			if anyThere(userFiles(m.dir, name)) {
				t.Error("files are left")
			}
			if _, err := m.keys.Load(name); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("the key: %v", err)
			}
			if got := outbox(t, signedIn(t, m.Home, "c:1")); len(got) != 0 {
				t.Errorf("%v", got)
			}
		})
	}
}

// afterDelete runs a function when a key is gone.
type afterDelete struct {
	KeyStore
	then func()
}

func (k afterDelete) Delete(name string) error {
	if err := k.KeyStore.Delete(name); err != nil {
		return err
	}
	k.then()
	return nil
}

// TestLogoutDestroysWhatWasSetAside: also if its key comes back later.
func TestLogoutDestroysWhatWasSetAside(t *testing.T) {
	m := newMoodyHome(t)
	u := signedIn(t, m.Home, "c:1")
	enqueue(t, u, op("1", "a"))
	m.reopen(func(name string) bool { return !strings.HasSuffix(name, "-1") })
	signedIn(t, m.Home, "c:1")
	if err := m.Leave(false); err != nil {
		t.Fatal(err)
	}
	m.reopen(nil)
	if got := outbox(t, signedIn(t, m.Home, "c:1")); len(got) != 0 {
		t.Errorf("%v", got)
	}
}

// TestLogoutDestroysTheKey: whoever kept the files, or finds their bytes on the
// disk, opens nothing of them.
func TestLogoutDestroysTheKey(t *testing.T) {
	dir := t.TempDir()
	h := openHome(t, dir)
	u := signedIn(t, h, "c:1")
	enqueue(t, u, op("1", "a"))
	if err := u.PutFile(sum("photo"), []byte("photo")); err != nil {
		t.Fatal(err)
	}
	name := u.name
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	kept := t.TempDir()
	if err := os.CopyFS(kept, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(filepath.Join(kept, "keys")); err != nil {
		t.Fatal(err)
	}
	secret, err := FileKeys(filepath.Join(dir, "keys")).Load(name)
	if err != nil {
		t.Fatal(err)
	}
	h = openHome(t, dir)
	if err := h.Leave(false); err != nil {
		t.Fatal(err)
	}
	signedIn(t, h, "c:1") // makes another key under the same name
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		if bytes.Contains(b, secret) {
			t.Errorf("%s holds the key", path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(filepath.Join(kept, "keys"), os.DirFS(filepath.Join(dir, "keys"))); err != nil {
		t.Fatal(err)
	}
	// With all keys there are now, the old files open as damaged and give nothing.
	key, err := FileKeys(filepath.Join(kept, "keys")).Load(name)
	if err != nil {
		t.Fatal(err)
	}
	s, err := newSealer(key, options(kept).Rand)
	if err != nil {
		t.Fatal(err)
	}
	paths := userFiles(kept, name)
	if _, err := openDatabase(paths[0], userLayout(), s, &reserve{path: filepath.Join(kept, "reserve")}, options(kept).LockWait); !errors.Is(err, ErrDamaged) {
		t.Errorf("the old file: %v", err)
	}
	journal, err := os.ReadFile(paths[3])
	if err != nil {
		t.Fatal(err)
	}
	if records := decodeJournal(s, journal); len(journal) == 0 || len(records) != 0 {
		t.Errorf("%d records of %d bytes of journal open", len(records), len(journal))
	}
	if b, err := (&User{db: &database{seal: s}, files: paths[4]}).File(sum("photo")); !errors.Is(err, ErrDamaged) {
		t.Errorf("the photo: %q %v", b, err)
	}
}
