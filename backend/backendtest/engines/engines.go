// Package engines runs a test of a use case on both stores:
//
//	var both engines.Both
//
//	func TestMain(m *testing.M) { os.Exit(both.Main(m)) }
//
//	func TestSomething(t *testing.T) {
//		both.Each(t, func(t *testing.T, n *backendtest.Node) { … })
//	}
//
// It must never be imported by anything but tests, nor know what they test.
//
// Start reading at Both.Each.
package engines

import (
	"path/filepath"
	"testing"

	"github.com/citizens-portal/portal/backend/backendtest"
	"github.com/citizens-portal/portal/backend/store"
	"github.com/citizens-portal/portal/backend/store/postgres"
	"github.com/citizens-portal/portal/backend/store/postgres/pgtest"
	"github.com/citizens-portal/portal/backend/store/sqlite"
)

// Both are the two stores; PostgreSQL runs from Main on.
type Both struct{ server pgtest.Emptied }

// Main runs a package's tests beside a PostgreSQL of their own and gives the
// exit code.
func (b *Both) Main(m *testing.M) int { return b.server.Main(m) }

// Each runs a test once on each store, on an empty province, and checks the
// whole store at the end.
func (b *Both) Each(t *testing.T, run func(*testing.T, *backendtest.Node)) {
	t.Helper()
	for _, e := range []struct {
		name string
		open func(testing.TB) store.Store
	}{{"sqlite", SQLite}, {"postgres", b.Postgres}} {
		t.Run(e.name, func(t *testing.T) {
			n := backendtest.New(t, e.open(t))
			run(t, n)
			n.Check()
		})
	}
}

// SQLite gives an empty embedded store, closed when the test ends.
func SQLite(t testing.TB) store.Store {
	t.Helper()
	s, err := sqlite.Open(t.Context(), sqlite.Config{Path: filepath.Join(t.TempDir(), "portal.db")})
	return opened(t, s, err)
}

// Postgres gives an empty PostgreSQL store, closed when the test ends. A test
// has one at a time.
func (b *Both) Postgres(t testing.TB) store.Store {
	t.Helper()
	s, err := postgres.Open(t.Context(), postgres.Config{DSN: b.server.New(t)})
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
