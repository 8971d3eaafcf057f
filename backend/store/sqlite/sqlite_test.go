package sqlite_test

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"testing"

	"github.com/citizens-portal/portal/backend/store"
	"github.com/citizens-portal/portal/backend/store/sqlite"
	"github.com/citizens-portal/portal/backend/store/storetest"
)

// harness is one database file.
type harness struct{ path string }

func newHarness(tb testing.TB) harness {
	return harness{filepath.Join(tb.TempDir(), "data folder %?#", "portal.db")}
}

func (h harness) Open(ctx context.Context) (store.Store, error) {
	s, err := sqlite.Open(ctx, sqlite.Config{Path: h.path})
	if err != nil {
		return nil, err
	}
	return s, nil
}

func (h harness) Tamper(ctx context.Context, statements ...string) error {
	db, err := sql.Open("sqlite", "file://"+(&url.URL{Path: h.path}).EscapedPath()+"?_pragma=busy_timeout(10000)")
	if err != nil {
		return err
	}
	for _, s := range statements {
		if _, err := db.ExecContext(ctx, s); err != nil {
			return errors.Join(err, db.Close())
		}
	}
	return db.Close()
}

func (h harness) Restore(t *testing.T, file string) (storetest.Harness, error) {
	to := newHarness(t)
	return to, sqlite.Restore(t.Context(), file, to.path)
}

func TestStore(t *testing.T) {
	storetest.Run(t, func(t *testing.T) storetest.Harness { return newHarness(t) })
}

func BenchmarkStore(b *testing.B) { storetest.Bench(b, newHarness(b)) }

func open(t *testing.T, h harness) store.Store {
	t.Helper()
	s, err := h.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func put(t *testing.T, s store.Store, id string) {
	t.Helper()
	err := s.Update(t.Context(), func(tx store.Tx) error { return tx.PutRecord(t.Context(), store.Record{Kind: "k", ID: id}) })
	if err != nil {
		t.Fatal(err)
	}
}

func has(t *testing.T, s store.Store, id string) bool {
	t.Helper()
	err := s.View(t.Context(), func(tx store.Tx) error { _, err := tx.Record(t.Context(), "k", id); return err })
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		t.Fatal(err)
	}
	return err == nil
}

func TestOneServerPerFile(t *testing.T) {
	h := newHarness(t)
	s := open(t, h)
	if _, err := h.Open(t.Context()); !errors.Is(err, sqlite.ErrLocked) {
		t.Fatalf("a second server was not refused: %v", err)
	}
	s.Close()
	open(t, h)
}

func TestFilesArePrivate(t *testing.T) {
	h := newHarness(t)
	s := open(t, h)
	put(t, s, "1")
	backup := filepath.Join(t.TempDir(), "backup.db")
	if err := s.Backup(t.Context(), backup); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(filepath.Dir(h.path), "portal.db*"))
	if err != nil || len(files) < 3 {
		t.Fatalf("files: %v, %v", files, err)
	}
	for _, f := range append(files, backup) {
		if info, err := os.Stat(f); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", f, info.Mode(), err)
		}
	}
	if info, err := os.Stat(filepath.Dir(h.path)); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("folder: %v, %v", info.Mode(), err)
	}
}

func TestReadOnlyBesideALiveServer(t *testing.T) {
	h := newHarness(t)
	if _, err := sqlite.Open(t.Context(), sqlite.Config{Path: h.path, ReadOnly: true}); !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("without a store: %v", err)
	}
	live := open(t, h)
	put(t, live, "1")
	reader, err := sqlite.Open(t.Context(), sqlite.Config{Path: h.path, ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	put(t, live, "2")
	if !has(t, reader, "1") || !has(t, reader, "2") {
		t.Error("the reader does not see what the server wrote")
	}
	if found, err := reader.Check(t.Context(), store.Expect{}); err != nil || len(found) > 0 {
		t.Errorf("check: %v, %v", found, err)
	}
	if err := reader.Update(t.Context(), func(store.Tx) error { return nil }); err == nil {
		t.Error("the reader may write")
	}
	backup := filepath.Join(t.TempDir(), "backup.db")
	if err := reader.Backup(t.Context(), backup); err != nil {
		t.Fatal(err)
	}
	if err := reader.Close(); err != nil {
		t.Fatal(err)
	}
	put(t, live, "3")
	live.Close()
	// And without a server.
	reader, err = sqlite.Open(t.Context(), sqlite.Config{Path: h.path, ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	if !has(t, reader, "3") {
		t.Error("the reader does not see what the server left")
	}
}

func TestRestoreRefuses(t *testing.T) {
	h := newHarness(t)
	s := open(t, h)
	put(t, s, "1")
	backup := filepath.Join(t.TempDir(), "backup.db")
	if err := s.Backup(t.Context(), backup); err != nil {
		t.Fatal(err)
	}
	if err := sqlite.Restore(t.Context(), backup, h.path); !errors.Is(err, sqlite.ErrLocked) {
		t.Errorf("over a live store: %v", err)
	}
	s.Close()
	if err := sqlite.Restore(t.Context(), backup, h.path); !errors.Is(err, fs.ErrExist) {
		t.Errorf("over a store: %v", err)
	}
	whole, err := os.ReadFile(backup)
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{"empty": {}, "half": whole[:len(whole)/2], "other": []byte("not a database at all")} {
		file, to := filepath.Join(t.TempDir(), name), newHarness(t)
		if err := os.WriteFile(file, content, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := sqlite.Restore(t.Context(), file, to.path); err == nil {
			t.Errorf("%s was restored", name)
		}
		if _, err := os.Stat(to.path); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s left a store behind: %v", name, err)
		}
	}
}
