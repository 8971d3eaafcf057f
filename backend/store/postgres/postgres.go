// Package postgres is the store for more than one server: any number of
// stateless nodes on one PostgreSQL.
//
// Writes of a transaction are held back and sent together: BEGIN travels with
// the first statement and COMMIT with the last ones, so that filing a case
// takes three round trips. A transaction that loses against another one
// (deadlock, serialisation, the same operation twice) is run again.
//
// It must never know what is stored: the statements are sqltx's. Start reading
// at Open, then tx.go for the batching and listen.go for the wake-up.
package postgres

import (
	"context"
	"crypto/rand"
	"embed"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/citizens-portal/portal/backend/store"
	"github.com/citizens-portal/portal/backend/store/sqltx"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Config says where the database is.
type Config struct {
	// DSN is a connection string, postgres://… or key=value. For a pair of
	// servers it names both hosts and target_session_attrs=read-write.
	DSN string
	// MaxConns bounds the connections of this node; 0 means 16.
	MaxConns int
}

// Limits the server puts on this program's statements, unless the DSN sets
// others: a query gone wrong must not hold a lock for ever.
var sessionLimits = map[string]string{
	"statement_timeout":                   "30s",
	"lock_timeout":                        "20s",
	"idle_in_transaction_session_timeout": "60s",
	"application_name":                    "portal",
}

// tries is how often a transaction is run before a conflict is given up on.
const tries = 8

// Store is a store.Store in a PostgreSQL database.
type Store struct {
	pool    *pgxpool.Pool
	dialect *sqltx.Dialect
	wake    *wake
	publish atomic.Pointer[func([]store.FeedID)]

	mu      sync.RWMutex // guards closed against running.Add
	closed  bool
	running sync.WaitGroup
}

var _ store.Store = (*Store)(nil)

// Open connects, brings the tables up to date and starts to listen for what
// other nodes publish. Errors: store.ErrNewer when a newer program wrote the
// data (it is then left as it is), and a plain error when the server would not
// make commits durable.
func Open(ctx context.Context, cfg Config) (*Store, error) {
	pool, err := connect(ctx, cfg)
	if err != nil {
		return nil, err
	}
	if err := prepare(ctx, pool); err != nil {
		pool.Close()
		return nil, err
	}
	s := &Store{pool: pool, dialect: sqltx.NewDialect(sqltx.Options{
		ForUpdate: " FOR UPDATE", SkipLocked: " FOR UPDATE SKIP LOCKED", Lock: lockSQL, ByDistrict: true,
	})}
	s.wake = startWake(pool, rand.Text(), s.tell)
	return s, nil
}

// lockSQL takes an advisory lock; 64 bits of hash make two names that share one
// an accident that costs a wait and nothing else.
const lockSQL = "SELECT pg_advisory_xact_lock(hashtextextended(CAST(? AS TEXT), 0))"

func connect(ctx context.Context, cfg Config) (*pgxpool.Pool, error) {
	pc, err := pgxpool.ParseConfig(cfg.DSN)
	if err != nil {
		return nil, fmt.Errorf("connection string: %w", err)
	}
	pc.MaxConns = 16
	if cfg.MaxConns > 0 {
		pc.MaxConns = int32(cfg.MaxConns)
	}
	for k, v := range sessionLimits {
		if _, set := pc.ConnConfig.RuntimeParams[k]; !set {
			pc.ConnConfig.RuntimeParams[k] = v
		}
	}
	pool, err := pgxpool.NewWithConfig(ctx, pc)
	if err != nil {
		return nil, err
	}
	if err := pool.Ping(ctx); err != nil {
		pool.Close()
		return nil, fmt.Errorf("connect to PostgreSQL: %w", err)
	}
	return pool, nil
}

func prepare(ctx context.Context, pool *pgxpool.Pool) error {
	if err := checkDurable(ctx, pool); err != nil {
		return err
	}
	return migrate(ctx, pool)
}

// checkDurable refuses a server that acknowledges before it has written.
func checkDurable(ctx context.Context, pool *pgxpool.Pool) error {
	for _, setting := range []string{"fsync", "synchronous_commit"} {
		var value string
		if err := pool.QueryRow(ctx, "SELECT current_setting($1)", setting).Scan(&value); err != nil {
			return err
		}
		if value == "off" {
			return fmt.Errorf("PostgreSQL runs with %s = off: a power cut would lose complaints that were acknowledged; turn it on", setting)
		}
	}
	return nil
}

func (s *Store) begin() error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.closed {
		return store.ErrClosed
	}
	s.running.Add(1)
	return nil
}

// View implements store.Store.
func (s *Store) View(ctx context.Context, f func(store.Tx) error) error {
	return s.view(ctx, func(tx *sqltx.Tx, _ *executor) error { return f(tx) })
}

func (s *Store) view(ctx context.Context, f func(*sqltx.Tx, *executor) error) error {
	if err := s.begin(); err != nil {
		return err
	}
	defer s.running.Done()
	return s.withConn(ctx, func(ex *executor) error {
		ex.start("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
		if err := f(sqltx.New(ex, s.dialect, false), ex); err != nil {
			return err
		}
		return ex.commit(ctx)
	})
}

// withConn lends a connection to do, and cleans it up whatever do does: one
// that may still be in a transaction is rolled back, or thrown away.
func (s *Store) withConn(ctx context.Context, do func(*executor) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	c, err := s.pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer c.Release() // closes the connection when it is still in a transaction
	ex := &executor{conn: c.Conn()}
	defer ex.rollback(ctx)
	return do(ex)
}

// scrubbed are the tables that people's words and particulars lie in.
var scrubbed = []string{"cases", "case_body", "case_event", "record"}

// Scrub implements store.Store: dead rows are freed, and overwritten as their
// space is used again; whole writes the tables anew, which locks each for as
// long as it takes. The server's write-ahead log and its archive hold them until they are
// recycled, which is the operator's to arrange.
func (s *Store) Scrub(ctx context.Context, whole bool) error {
	vacuum := "VACUUM "
	if whole {
		vacuum = "VACUUM FULL "
	}
	if err := s.begin(); err != nil {
		return err
	}
	defer s.running.Done()
	for _, table := range scrubbed {
		if _, err := s.pool.Exec(ctx, vacuum+table); err != nil {
			return fmt.Errorf("scrub %s: %w", table, err)
		}
	}
	return nil
}

// Update implements store.Store.
func (s *Store) Update(ctx context.Context, f func(store.Tx) error) error {
	if err := s.begin(); err != nil {
		return err
	}
	defer s.running.Done()
	var err error
	for try := range tries {
		var feeds []store.FeedID
		if feeds, err = s.updateOnce(ctx, f); err == nil {
			s.wake.published(feeds)
			return nil
		}
		if !worthAnotherTry(err, try) || wait(ctx, try) != nil {
			break
		}
	}
	return err
}

func (s *Store) updateOnce(ctx context.Context, f func(store.Tx) error) (feeds []store.FeedID, err error) {
	err = s.withConn(ctx, func(ex *executor) error {
		ex.start("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE")
		tx := sqltx.New(ex, s.dialect, true)
		if err := f(tx); err != nil {
			return err
		}
		if feeds, err = tx.Finish(ctx); err != nil {
			return err
		}
		return ex.commit(ctx)
	})
	return feeds, err
}

// SQLSTATE codes that are acted on.
const (
	codeSerialization = "40001"
	codeDeadlock      = "40P01"
	codeUnique        = "23505"
)

// worthAnotherTry reports whether running the transaction again may help: it
// lost against another one, or nothing of it reached the server. A connection
// that breaks during COMMIT is neither: the work may be done, and only whoever
// holds the operation's id can ask again without doing it twice. Two that remember the same operation at once collide on its key; run again,
// the loser finds the winner's answer. Once is enough for that.
func worthAnotherTry(err error, try int) bool {
	var e *pgconn.PgError
	if !errors.As(err, &e) {
		return pgconn.SafeToRetry(err)
	}
	switch e.Code {
	case codeSerialization, codeDeadlock:
		return true
	case codeUnique:
		return e.TableName == "operation" && try == 0
	}
	return false
}

// wait lets a moment pass that grows with the number of tries.
func wait(ctx context.Context, try int) error {
	t := time.NewTimer(time.Duration(1<<try) * time.Millisecond)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// OnPublish implements store.Store.
func (s *Store) OnPublish(f func(feeds []store.FeedID)) { s.publish.Store(&f) }

func (s *Store) tell(feeds []store.FeedID) {
	if f := s.publish.Load(); f != nil {
		(*f)(feeds)
	}
}

// Check implements store.Store.
func (s *Store) Check(ctx context.Context, expect store.Expect) ([]string, error) {
	var found []string
	err := s.view(ctx, func(tx *sqltx.Tx, ex *executor) (err error) {
		if err := ex.Queue(ctx, nil, "SET LOCAL statement_timeout = 0"); err != nil {
			return err
		}
		found, err = sqltx.Check(ctx, tx, expect)
		return err
	})
	return found, err
}

// Close implements store.Store. Closing twice is harmless.
func (s *Store) Close() error {
	s.mu.Lock()
	already := s.closed
	s.closed = true
	s.mu.Unlock()
	s.running.Wait()
	if !already {
		s.wake.stop()
		s.pool.Close()
	}
	return nil
}

// translate names a broken unique key in the contract's words.
func translate(err error) error {
	var e *pgconn.PgError
	if errors.As(err, &e) && e.Code == codeUnique {
		return fmt.Errorf("%w: %w", store.ErrExists, err)
	}
	return err
}
