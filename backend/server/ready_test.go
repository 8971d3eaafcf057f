package server_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"sync/atomic"
	"testing"

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
