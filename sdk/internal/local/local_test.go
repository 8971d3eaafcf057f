package local

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/citizens-portal/portal/sdk/api"
)

func at() time.Time { return time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC) }

func options(dir string) Options {
	return Options{Dir: dir, Server: "https://portal.example", Keys: FileKeys(filepath.Join(dir, "keys")), Rand: rand.Reader, Now: at, LockWait: 20 * time.Millisecond}
}

func openHome(t testing.TB, dir string) *Home {
	t.Helper()
	h, err := OpenHome(options(dir))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.Close() })
	return h
}

func signedIn(t testing.TB, h *Home, subject string) *User {
	t.Helper()
	login, _, err := h.Identity(subject, "test")
	if err != nil {
		t.Fatal(err)
	}
	u, err := h.Adopt(api.Session{Access: "a", Refresh: "r", Profile: api.Profile{Subject: subject, Feeds: []string{"f"}}}, login)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func op(id, lane string) Op {
	return Op{Operation: api.Operation{Op: id, Lane: lane, Type: api.OpAct, Version: 1, Body: []byte(`{"text":"words"}`)}}
}

func enqueue(t testing.TB, u *User, ops ...Op) {
	t.Helper()
	err := u.Update(func(tx *Tx) error {
		for _, o := range ops {
			if _, err := tx.Enqueue(o, nil, nil); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func outbox(t testing.TB, u *User) (ids []string) {
	t.Helper()
	err := u.View(func(tx *Tx) error {
		ops, err := tx.Outbox()
		for _, o := range ops {
			ids = append(ids, o.Op)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return ids
}

func TestNewerFileIsRefusedAndNotTouched(t *testing.T) {
	dir := t.TempDir()
	h := openHome(t, dir)
	u := signedIn(t, h, "c:1")
	path := u.db.path
	if err := u.db.bolt.Update(func(tx *bolt.Tx) error { return putFormat(tx, 99) }); err != nil {
		t.Fatal(err)
	}
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := OpenHome(options(dir)); !errors.Is(err, ErrNewer) {
		t.Fatalf("got %v", err)
	}
	after, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(before, after) {
		t.Fatalf("the file was touched (%v)", err)
	}
}

func TestMigrationsRunOnceAfterACopy(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.db")
	s := testSealer(t)
	space := &reserve{path: filepath.Join(dir, "reserve")}
	l := layout{buckets: []string{"things"}}
	d, err := openDatabase(path, l, s, space, time.Second)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.close(); err != nil {
		t.Fatal(err)
	}
	runs := []int{0, 0}
	l.migrations = []migration{
		func(tx *bolt.Tx, _ *sealer) error {
			runs[0]++
			return tx.Bucket([]byte("things")).Put([]byte("a"), []byte("1"))
		},
		func(tx *bolt.Tx, _ *sealer) error {
			runs[1]++
			if string(tx.Bucket([]byte("things")).Get([]byte("a"))) != "1" {
				return errors.New("in order")
			}
			return nil
		},
	}
	for range 2 {
		if d, err = openDatabase(path, l, s, space, time.Second); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(d.migrationCopy()); err != nil {
			t.Fatalf("the copy stays until the first good sync: %v", err)
		}
		if err := d.close(); err != nil {
			t.Fatal(err)
		}
	}
	if runs[0] != 1 || runs[1] != 1 {
		t.Fatalf("runs %v", runs)
	}
	if err := d.dropMigrationCopy(); err != nil {
		t.Fatal(err)
	}
	l.migrations = append(l.migrations, func(*bolt.Tx, *sealer) error { return errors.New("broken") })
	if _, err = openDatabase(path, l, s, space, time.Second); err == nil {
		t.Fatal("a broken migration is an error")
	}
	l.migrations = l.migrations[:2]
	if d, err = openDatabase(path, l, s, space, time.Second); err != nil {
		t.Fatalf("and changes nothing: %v", err)
	}
	if err := d.close(); err != nil {
		t.Fatal(err)
	}
}

func testSealer(t testing.TB) *sealer {
	t.Helper()
	s, err := newSealer(bytes.Repeat([]byte{7}, keyBytes), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestDamagedCacheIsRebuilt(t *testing.T) {
	for name, content := range map[string][]byte{"empty": {}, "garbage": bytes.Repeat([]byte("x"), 40000), "short": []byte("short")} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			h := openHome(t, dir)
			if err := errors.Join(h.PutCollection("areas", Collection{ETag: "1", Body: []byte(`[]`)}), h.Close()); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, "cache.db"), content, 0o600); err != nil {
				t.Fatal(err)
			}
			h = openHome(t, dir)
			if _, ok, err := h.Collection("areas"); ok || err != nil {
				t.Fatalf("%v %v", ok, err)
			}
			if err := h.PutCollection("areas", Collection{ETag: "2", Body: []byte(`[]`)}); err != nil {
				t.Fatal(err)
			}
		})
	}
}

func TestSecondProgramWaitsThenSaysSo(t *testing.T) {
	dir := t.TempDir()
	openHome(t, dir)
	if _, err := OpenHome(options(dir)); !errors.Is(err, ErrLocked) {
		t.Fatalf("got %v", err)
	}
}

func TestFullDiskGivesUpTheReserve(t *testing.T) {
	dir := t.TempDir()
	h := openHome(t, dir)
	u := signedIn(t, h, "c:1")
	if h.LowSpace() {
		t.Fatal("low space from the start")
	}
	full := func() error {
		if _, err := os.Stat(filepath.Join(dir, "reserve")); err == nil {
			return syscall.ENOSPC
		}
		return nil
	}
	u.db.beforeCommit = full
	if err := u.Update(func(tx *Tx) error { return tx.PutDraft(Draft{ID: "d", Text: "saved after all"}) }); err != nil {
		t.Fatal(err)
	}
	if !h.LowSpace() {
		t.Error("the owner should be told")
	}
	u.db.beforeCommit = func() error { return syscall.ENOSPC }
	size := u.journal.size
	err := u.Update(func(tx *Tx) error { _, err := tx.Enqueue(op("o", "l"), nil, nil); return err })
	if !errors.Is(err, ErrFull) {
		t.Fatalf("got %v", err)
	}
	if u.journal.size != size {
		t.Error("what was not saved must not come back from the journal")
	}
	u.db.beforeCommit = nil
	if got := outbox(t, u); len(got) != 0 {
		t.Fatalf("%v", got)
	}
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	if h = openHome(t, dir); h.LowSpace() {
		t.Error("the reserve is made anew when there is room")
	}
}

func TestJournalIsEmptiedAfterTheAnswer(t *testing.T) {
	h := openHome(t, t.TempDir())
	u := signedIn(t, h, "c:1")
	enqueue(t, u, op("1", "a"), op("2", "b"))
	if u.journal.size <= journalMark {
		t.Fatalf("journal of %d bytes", u.journal.size)
	}
	answer := func(ids ...string) {
		err := u.Update(func(tx *Tx) error {
			req, err := tx.Prepare(Select{})
			if err != nil {
				return err
			}
			resp := api.SyncResponse{Request: req.Request, Epoch: "e"}
			for _, id := range ids {
				resp.Answers = append(resp.Answers, api.Answer{Op: id, Status: api.Applied})
			}
			_, err = tx.Apply(req, resp, func(int) time.Duration { return 0 })
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	answer("1")
	if u.journal.size <= journalMark {
		t.Fatal("one is still unsent")
	}
	answer("2")
	if u.journal.size > journalMark {
		t.Fatalf("%d bytes left", u.journal.size)
	}
	records, err := u.journal.read()
	if err != nil || len(records) != 1 || records[0].N != 2 {
		t.Fatalf("the last number stays: %+v %v", records, err)
	}
}

func TestBatchLimitsAndOrder(t *testing.T) {
	h := openHome(t, t.TempDir())
	u := signedIn(t, h, "c:1")
	var ops []Op
	for i := range 60 {
		o := op(fmt.Sprintf("act-%02d", i), fmt.Sprintf("lane-%02d", i))
		o.Priority = 1
		ops = append(ops, o)
	}
	second := op("second", "lane-00")
	urgent := op("urgent", "lane-x")
	enqueue(t, u, append(ops, second, urgent)...)
	prepare := func(tried map[string]bool) (req api.SyncRequest) {
		err := u.Update(func(tx *Tx) (err error) {
			req, err = tx.Prepare(Select{Tried: tried})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return req
	}
	req := prepare(nil)
	if len(req.Operations) != api.MaxBatchOperations || req.Operations[0].Op != "urgent" || req.Operations[1].Op != "act-00" {
		t.Fatalf("%d operations, first %s, %s", len(req.Operations), req.Operations[0].Op, req.Operations[1].Op)
	}
	for _, o := range req.Operations {
		if o.Op == "second" {
			t.Fatal("only the head of a lane goes")
		}
	}
	big := op("big", "lane-b")
	big.Body = []byte(`"` + strings.Repeat("x", api.MaxBatchBytes) + `"`)
	enqueue(t, u, big)
	req = prepare(map[string]bool{"urgent": true})
	size := 0
	for _, o := range req.Operations {
		size += len(o.Body)
	}
	if len(req.Operations) != 1 || req.Operations[0].Op != "big" {
		t.Fatalf("one that is too big for a batch goes alone: %d operations, %d bytes", len(req.Operations), size)
	}
}

func TestIdentityKeepsNumbersAcrossLogout(t *testing.T) {
	h := openHome(t, t.TempDir())
	u := signedIn(t, h, "c:1")
	enqueue(t, u, op("1", "a"), op("2", "b"))
	if err := h.Leave(false); err != nil {
		t.Fatal(err)
	}
	u = signedIn(t, h, "c:1")
	enqueue(t, u, op("3", "a"))
	err := u.View(func(tx *Tx) error {
		ops, err := tx.Outbox()
		if len(ops) != 1 || ops[0].N != 3 {
			t.Errorf("numbers used before are not used again: %+v", ops)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestSealedValuesAreBoundToTheirPlace(t *testing.T) {
	s := testSealer(t)
	sealed, err := s.seal("drafts/1", []byte("text"))
	if err != nil {
		t.Fatal(err)
	}
	if b, err := s.open("drafts/1", sealed); err != nil || string(b) != "text" {
		t.Fatalf("%q %v", b, err)
	}
	for place, v := range map[string][]byte{"drafts/2": sealed, "drafts/1": append(bytes.Clone(sealed[:len(sealed)-1]), sealed[len(sealed)-1]^1), "": nil} {
		if _, err := s.open(place, v); !errors.Is(err, ErrDamaged) {
			t.Errorf("%q: got %v", place, err)
		}
	}
}

func TestDamagedValuesComeBackFromTheServer(t *testing.T) {
	h := openHome(t, t.TempDir())
	u := signedIn(t, h, "c:1")
	page := func(from int64, n int64) api.SyncResponse {
		c := api.Complaint{ID: "case", Code: "KP-26-AAAA-BBBB", Version: n, Text: "words", LodgedAt: at()}
		return api.SyncResponse{Epoch: "e", Feeds: []api.Page{{Feed: "f", From: from, Next: n, Head: n, Entries: []api.Entry{{N: n, Type: api.EntryGrant, Case: "case", Event: 1, Complaint: &c}}}}}
	}
	apply := func(resp api.SyncResponse) {
		t.Helper()
		err := u.Update(func(tx *Tx) error {
			req, err := tx.Prepare(Select{})
			if err != nil {
				return err
			}
			resp.Request = req.Request
			out, err := tx.Apply(req, resp, func(int) time.Duration { return 0 })
			if out.Gap {
				t.Error("gap")
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	apply(page(0, 1))
	err := u.db.bolt.Update(func(tx *bolt.Tx) error {
		return tx.Bucket([]byte(bucketCases)).Put([]byte("case"), []byte("rubbish"))
	})
	if err != nil {
		t.Fatal(err)
	}
	read := func() error {
		return u.View(func(tx *Tx) error { _, _, err := tx.Case("case"); return err })
	}
	if err := read(); !errors.Is(err, ErrDamaged) {
		t.Fatalf("got %v", err)
	}
	if err := u.Update(func(tx *Tx) error { return tx.Rebuild() }); err != nil {
		t.Fatal(err)
	}
	apply(page(0, 1))
	if err := read(); err != nil {
		t.Fatal(err)
	}
}

func FuzzJournal(f *testing.F) {
	s := testSealer(f)
	j, err := openJournal(filepath.Join(f.TempDir(), "j"), s)
	if err != nil {
		f.Fatal(err)
	}
	o := op("1", "a")
	if err := j.append([]journalRecord{{Op: &o}, {N: 7}}); err != nil {
		f.Fatal(err)
	}
	good, err := os.ReadFile(j.f.Name())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add(good[:len(good)-3])
	f.Add([]byte{0, 0, 0, 1, 1})
	f.Add([]byte{255, 255, 255, 255})
	f.Fuzz(func(t *testing.T, b []byte) {
		if got := decodeJournal(s, b); len(got) > len(b) {
			t.Errorf("%d records from %d bytes", len(got), len(b))
		}
	})
}

func FuzzSealed(f *testing.F) {
	// The workers are other processes: the seed has to be the same in each.
	s, err := newSealer(bytes.Repeat([]byte{7}, keyBytes), bytes.NewReader(make([]byte, 64)))
	if err != nil {
		f.Fatal(err)
	}
	good, err := s.seal("p", []byte("text"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add([]byte{1})
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		if plain, err := s.open("p", b); err == nil && !bytes.Equal(b, good) {
			t.Errorf("opened something never sealed: %q", plain)
		}
	})
}
