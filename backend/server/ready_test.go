package server_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"sync/atomic"
	"testing"

	"github.com/citizens-portal/portal/backend/portal"
	"github.com/citizens-portal/portal/backend/server"
	"github.com/citizens-portal/portal/backend/store"
)

// halfDead goes on reading when it cannot write any more.
type halfDead struct {
	store.Store
	dead atomic.Bool
}

func (s *halfDead) Update(ctx context.Context, do func(store.Tx) error) error {
	if s.dead.Load() {
		return errors.New("the disk failed")
	}
	return s.Store.Update(ctx, do)
}

// TestNotReadyWithoutWriting: a server that cannot take complaints any more says
// so, that others take over or somebody comes.
func TestNotReadyWithoutWriting(t *testing.T) {
	disk := &halfDead{}
	s, err := server.New(t.Context(), server.Config{
		DataDir: t.TempDir(), Addr: "127.0.0.1:0", SMSFile: filepath.Join(t.TempDir(), "sms"),
		Wrap: func(s store.Store) store.Store { disk.Store = s; return disk },
	})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	status := func() int {
		rec := httptest.NewRecorder()
		s.Handler().ServeHTTP(rec, httptest.NewRequest(http.MethodGet, "/readyz", nil))
		return rec.Code
	}
	if got := status(); got != http.StatusOK {
		t.Errorf("readyz: %d", got)
	}
	disk.dead.Store(true)
	if got := status(); got != http.StatusServiceUnavailable {
		t.Errorf("readyz of a server that cannot write: %d", got)
	}
}

// TestFolderOfEverybody: keys and store are not put where anybody could replace
// them.
func TestFolderOfEverybody(t *testing.T) {
	if runtime.GOOS == "windows" {
		return // no such modes
	}
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	if _, err := server.Open(t.Context(), server.Config{DataDir: dir}); !errors.Is(err, portal.ErrInvalid) {
		t.Errorf("a folder that everybody may write to: %v", err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
		t.Errorf("written there: %v, %v", left, err)
	}
}
