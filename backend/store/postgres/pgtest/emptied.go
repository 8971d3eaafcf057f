package pgtest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"testing"

	"github.com/jackc/pgx/v5"
)

// Emptied runs a package's tests with one server and one database on it, which
// is emptied for each test: much quicker than a new one each time. Tests that
// use it must not run side by side. It is used like a Suite.
type Emptied struct {
	server *Server
	dsn    string
}

// Main starts the server, runs the tests, and stops it. It gives the exit code.
func (e *Emptied) Main(m *testing.M) int {
	var err error
	if e.server, err = Start(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "pgtest:", err)
		return 1
	}
	code := 1
	if e.dsn, _, err = e.server.Database(context.Background()); err == nil {
		code = m.Run()
	}
	if err = errors.Join(err, e.server.Stop()); err != nil {
		fmt.Fprintln(os.Stderr, "pgtest:", err)
		return max(code, 1)
	}
	return code
}

// New empties the database and gives its connection string. Whoever used it
// before must have closed their store.
func (e *Emptied) New(tb testing.TB) string {
	tb.Helper()
	if err := empty(context.Background(), e.dsn); err != nil {
		tb.Fatal(err)
	}
	return e.dsn
}

// emptyAll deletes instead of truncating, which is quicker on small tables, and
// keeps the record of migrations. The role leaves foreign keys aside.
const emptyAll = `SET session_replication_role = replica;
DO $$ DECLARE t text; BEGIN
	FOR t IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename NOT LIKE '%version%' LOOP
		EXECUTE format('DELETE FROM %I', t);
	END LOOP;
END $$`

func empty(ctx context.Context, dsn string) error {
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(ctx) }()
	_, err = conn.Exec(ctx, emptyAll, pgx.QueryExecModeSimpleProtocol)
	return err
}
