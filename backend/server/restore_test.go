package server_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/citizens-portal/portal/backend/identity"
	"github.com/citizens-portal/portal/backend/portal"
	"github.com/citizens-portal/portal/backend/server"
)

// TestFailedRestoreKeepsTheStore: a backup that turns out to be none leaves
// everything as it was. Without a store the next start would make an empty one.
func TestFailedRestoreKeepsTheStore(t *testing.T) {
	c := server.Config{DataDir: t.TempDir()}
	b, err := server.Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	epoch, err := b.Epoch(t.Context())
	if err := errors.Join(err, b.Close()); err != nil {
		t.Fatal(err)
	}
	backup := filepath.Join(t.TempDir(), "backup")
	if err := server.Backup(t.Context(), c, backup); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(backup)
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{"nothing": {}, "another file": []byte("no store at all"), "half": whole[:len(whole)/2]} {
		file := filepath.Join(t.TempDir(), "broken")
		if err := os.WriteFile(file, content, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := server.Restore(t.Context(), c, file); err == nil {
			t.Errorf("%s was restored", name)
		}
		if got := epochOf(t, c); got != epoch {
			t.Errorf("after %s the epoch is %q, was %q", name, got, epoch)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(c.DataDir, "portal.db.incoming*")); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
	if err := server.Restore(t.Context(), c, backup); err != nil {
		t.Fatal(err)
	}
	if got := epochOf(t, c); got == epoch {
		t.Error("a restored store must start a new epoch")
	}
}

func epochOf(t *testing.T, c server.Config) string {
	t.Helper()
	b, err := server.Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	epoch, err := b.Epoch(t.Context())
	if err := errors.Join(err, b.Close()); err != nil {
		t.Fatal(err)
	}
	return epoch
}

// TestRestoreNeedsTheKeys: a backup that these keys cannot open is refused before
// the present store is touched; without keys it waits for them.
func TestRestoreNeedsTheKeys(t *testing.T) {
	open := func(c server.Config) {
		b, err := server.Open(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		if err := b.Close(); err != nil {
			t.Fatal(err)
		}
	}
	theirs, ours := server.Config{DataDir: t.TempDir()}, server.Config{DataDir: t.TempDir()}
	open(theirs)
	open(ours)
	backup := filepath.Join(t.TempDir(), "backup")
	if err := server.Backup(t.Context(), theirs, backup); err != nil {
		t.Fatal(err)
	}
	epoch := epochOf(t, ours)
	if err := server.Restore(t.Context(), ours, backup); !errors.Is(err, identity.ErrKeys) {
		t.Errorf("restored with other keys: %v", err)
	}
	if got := epochOf(t, ours); got != epoch {
		t.Errorf("the epoch is %q, was %q", got, epoch)
	}
	if err := server.Restore(t.Context(), server.Config{DataDir: t.TempDir()}, backup); err != nil {
		t.Errorf("before the keys are there: %v", err)
	}
}

// TestRestoreIntoAFullDatabase is refused; nothing of it changes.
func TestRestoreIntoAFullDatabase(t *testing.T) {
	c := server.Config{DataDir: t.TempDir(), DSN: pg.New(t)}
	epoch := epochOf(t, c)
	backup := filepath.Join(t.TempDir(), "backup")
	if err := server.Backup(t.Context(), c, backup); err != nil {
		t.Fatal(err)
	}
	if err := server.Restore(t.Context(), c, backup); !errors.Is(err, portal.ErrConflict) {
		t.Errorf("restored over what was there: %v", err)
	}
	if got := epochOf(t, c); got != epoch {
		t.Errorf("the epoch is %q, was %q", got, epoch)
	}
}
