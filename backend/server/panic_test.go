package server_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/citizens-portal/portal/backend/httpapi"
	"github.com/citizens-portal/portal/backend/server"
	"github.com/citizens-portal/portal/backend/store"
	"github.com/citizens-portal/portal/sdk/api"
)

// tripStore panics in the middle of a transaction while it is told to.
type tripStore struct {
	store.Store
	trips atomic.Bool
}

func (s *tripStore) Update(ctx context.Context, do func(store.Tx) error) error {
	return s.Store.Update(ctx, func(tx store.Tx) error {
		err := do(tx)
		if s.trips.Load() {
			panic("tripped over +92 345 1234567 and 15602-1234567-1")
		}
		return err
	})
}

// logBuffer is a log that several goroutines write.
type logBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// TestPanicsAreSurvived: a panic in a request or in a command of the admin
// socket is an answer and a line in the log with its place and no numbers; what
// its transaction wrote is gone, and the process goes on.
func TestPanicsAreSurvived(t *testing.T) {
	var trip *tripStore
	log := &logBuffer{}
	c := configure(t)
	c.SweepEvery, c.SequenceEvery = 1<<40, 1<<40 // workers have no net, on purpose
	c.Log = slog.New(slog.NewJSONHandler(log, nil))
	c.Wrap = func(s store.Store) store.Store { trip = &tripStore{Store: s}; return trip }
	r := serve(t, c)
	amir := r.citizen(amirMobile)

	trip.trips.Store(true)
	p := as[api.Problem](t, r.do("POST", api.RouteComplaints, amir, lodgeBody()), 500)
	if p.Type != api.TypeInternal || p.RequestID == "" || strings.Contains(p.Detail, "tripped") {
		t.Errorf("told %+v", p)
	}
	if _, err := server.Admin(t.Context(), r.Config, "bootstrap", server.AdminRequest{}); err == nil || strings.Contains(err.Error(), "tripped") || !strings.Contains(err.Error(), "something went wrong") {
		t.Errorf("the command says %v", err)
	}
	as[map[string]string](t, r.do("GET", "/healthz", "", nil), 200)
	trip.trips.Store(false)

	written := log.String()
	if strings.Count(written, "tripped over") != 2 || !strings.Contains(written, "panic_test.go") || !strings.Contains(written, p.RequestID) || !strings.Contains(written, `"command":"bootstrap"`) {
		t.Errorf("the log says\n%s", written)
	}
	if strings.Contains(written, "1234567") {
		t.Error("a number stands in the log")
	}
	if list := as[httpapi.ComplaintList](t, r.do("GET", api.RouteComplaints, amir, nil), 200); len(list.Items) != 0 {
		t.Errorf("a failed transaction left %d complaints", len(list.Items))
	}
	r.lodge(amir)
	if _, err := server.Admin(t.Context(), r.Config, "bootstrap", server.AdminRequest{}); err != nil {
		t.Error(err)
	}
}
