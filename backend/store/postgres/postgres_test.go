package postgres_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/citizens-portal/portal/backend/store"
	"github.com/citizens-portal/portal/backend/store/postgres"
	"github.com/citizens-portal/portal/backend/store/postgres/pgtest"
	"github.com/citizens-portal/portal/backend/store/storetest"
)

var server pgtest.Suite

func TestMain(m *testing.M) { os.Exit(server.Main(m)) }

// harness is one database of the test server.
type harness struct{ dsn string }

func (h harness) Open(ctx context.Context) (store.Store, error) {
	s, err := postgres.Open(ctx, postgres.Config{DSN: h.dsn, MaxConns: 24})
	if err != nil {
		return nil, err
	}
	return s, nil
}

func (h harness) Tamper(ctx context.Context, statements ...string) error {
	conn, err := pgx.Connect(ctx, h.dsn)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	for _, s := range statements {
		if _, err := conn.Exec(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

func (h harness) Restore(t *testing.T, file string) (storetest.Harness, error) {
	to := harness{server.New(t)}
	return to, postgres.Restore(t.Context(), file, postgres.Config{DSN: to.dsn})
}

func TestStore(t *testing.T) {
	storetest.Run(t, func(t *testing.T) storetest.Harness { return harness{server.New(t)} })
}

func BenchmarkStore(b *testing.B) { storetest.Bench(b, harness{server.New(b)}) }

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

// TestOtherNodesAreWoken publishes on one node and waits on another.
func TestOtherNodesAreWoken(t *testing.T) {
	h := harness{server.New(t)}
	here, there := open(t, h), open(t, h)
	told := make(chan []store.FeedID, 1000)
	there.OnPublish(func(feeds []store.FeedID) {
		select {
		case told <- feeds:
		default:
		}
	})
	// The other node may not listen yet: publish until it hears.
	for heard := false; !heard; {
		err := here.Update(t.Context(), func(tx store.Tx) error {
			return tx.Publish(t.Context(), "o:dc", store.Entry{Type: store.EntryEvent, Case: "c"})
		})
		if err != nil {
			t.Fatal(err)
		}
		select {
		case feeds := <-told:
			heard = true
			if len(feeds) != 1 || feeds[0] != "o:dc" {
				t.Errorf("told of %v", feeds)
			}
		default:
		}
	}
}

// TestSequenceMissesRows is the control of the suite's race: followed by a
// sequence, as is often done, a feed loses rows, because sequence order is not
// commit order. It shows that the race can catch what it is there to catch.
func TestSequenceMissesRows(t *testing.T) {
	dsn := server.New(t)
	ctx := t.Context()
	pool, err := pgxpool.New(ctx, dsn+"&pool_max_conns=30")
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	if _, err := pool.Exec(ctx, "CREATE TABLE naive (n BIGSERIAL PRIMARY KEY, key BIGINT)"); err != nil {
		t.Fatal(err)
	}
	write := func(ctx context.Context, key int64, pause func()) error {
		return pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
			_, err := tx.Exec(ctx, "INSERT INTO naive (key) VALUES ($1)", key)
			pause()
			return err
		})
	}
	read := func(ctx context.Context, after int64) (numbers, keys []int64, err error) {
		rows, err := pool.Query(ctx, "SELECT n, key FROM naive WHERE n > $1 ORDER BY n LIMIT 100", after)
		if err != nil {
			return nil, nil, err
		}
		var n, key int64
		_, err = pgx.ForEachRow(rows, []any{&n, &key}, func() error {
			numbers, keys = append(numbers, n), append(keys, key)
			return nil
		})
		return numbers, keys, err
	}
	race, err := storetest.RunRace(ctx, write, read)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("by sequence: %d of %d rows missed", race.Missed, race.Committed)
	if race.Missed == 0 {
		t.Error("the naive way missed nothing: the race is not hard enough to prove anything")
	}
}

func TestRestoreRefuses(t *testing.T) {
	h := harness{server.New(t)}
	s := open(t, h)
	put(t, s, "1")
	backup := filepath.Join(t.TempDir(), "backup")
	if err := s.Backup(t.Context(), backup); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(backup); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the backup's mode: %v, %v", info.Mode(), err)
	}
	if err := postgres.Restore(t.Context(), backup, postgres.Config{DSN: h.dsn}); !errors.Is(err, fs.ErrExist) {
		t.Errorf("over data: %v", err)
	}
	whole, err := os.ReadFile(backup)
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{"empty": {}, "half": whole[:len(whole)/2], "other": []byte("nothing of the kind")} {
		file, to := filepath.Join(t.TempDir(), name), server.New(t)
		if err := os.WriteFile(file, content, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := postgres.Restore(t.Context(), file, postgres.Config{DSN: to}); err == nil {
			t.Errorf("%s was restored", name)
		}
	}
}

func TestRefusesAServerThatForgets(t *testing.T) {
	dsn := server.New(t) + "&options=-c%20synchronous_commit%3Doff"
	if s, err := postgres.Open(t.Context(), postgres.Config{DSN: dsn}); err == nil {
		s.Close()
		t.Error("a server that acknowledges before it has written was accepted")
	}
}
