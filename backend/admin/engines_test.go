package admin_test

import (
	"path/filepath"
	"testing"

	"github.com/citizens-portal/portal/backend/backendtest"
	"github.com/citizens-portal/portal/backend/store"
	"github.com/citizens-portal/portal/backend/store/postgres"
	"github.com/citizens-portal/portal/backend/store/postgres/pgtest"
	"github.com/citizens-portal/portal/backend/store/sqlite"
)

var server pgtest.Emptied

// each runs a test on both engines.
func each(t *testing.T, run func(*testing.T, *backendtest.Node)) {
	t.Helper()
	backendtest.Each(t, []backendtest.Engine{{Name: "sqlite", Open: openSQLite}, {Name: "postgres", Open: openPostgres}}, run)
}

func openSQLite(t testing.TB) store.Store {
	t.Helper()
	s, err := sqlite.Open(t.Context(), sqlite.Config{Path: filepath.Join(t.TempDir(), "portal.db")})
	return opened(t, s, err)
}

func openPostgres(t testing.TB) store.Store {
	t.Helper()
	s, err := postgres.Open(t.Context(), postgres.Config{DSN: server.New(t)})
	return opened(t, s, err)
}

func opened(t testing.TB, s store.Store, err error) store.Store {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}
