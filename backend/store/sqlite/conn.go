package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/citizens-portal/portal/backend/store"
	"github.com/citizens-portal/portal/backend/store/sqltx"
)

// conn is one connection with its prepared statements. It is a sqltx.Executor
// and is used by one goroutine at a time.
//
// Statements are never interrupted in the middle: SQLite would roll back the
// whole transaction, and with it the work of others in the same group. The
// context is looked at between statements instead.
type conn struct {
	db    *sql.DB
	c     *sql.Conn
	stmts map[string]*sql.Stmt
	// failed is the first error of the present transaction. Nothing more is run
	// in it: SQLite may have rolled it back already, and then a statement would
	// commit by itself.
	failed error
}

var _ sqltx.Executor = (*conn)(nil)

// openConn opens a connection. busy_timeout comes first, since the other
// pragmas may have to wait for a process that is just closing the file.
func openConn(ctx context.Context, path string, readOnly bool) (*conn, error) {
	pragmas := []string{"busy_timeout(10000)", fmt.Sprintf("cache_size(-%d)", cacheKB), "temp_store(MEMORY)"}
	mode := "ro"
	if readOnly {
		pragmas = append(pragmas, "query_only(1)")
	} else {
		mode = "rw"
		// fullfsync matters on Apple systems only, where fsync alone does not
		// reach the medium. The log is folded in every 16 MB. What is deleted is
		// overwritten, because people may have their words erased.
		pragmas = append(pragmas, "journal_mode(WAL)", "secure_delete(1)", "synchronous(FULL)", "fullfsync(1)", "checkpoint_fullfsync(1)",
			"wal_autocheckpoint(4000)", "journal_size_limit(67108864)")
	}
	db, err := sql.Open("sqlite", fileURI(path, url.Values{"mode": {mode}, "_pragma": pragmas}))
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	c, err := db.Conn(ctx)
	if err != nil {
		_ = db.Close()
		return nil, err
	}
	return &conn{db: db, c: c, stmts: map[string]*sql.Stmt{}}, nil
}

// fileURI names a file to SQLite; any character may be in its path.
func fileURI(path string, query url.Values) string {
	path = filepath.ToSlash(path)
	if !strings.HasPrefix(path, "/") {
		path = "/" + path // a Windows drive
	}
	return "file://" + (&url.URL{Path: path}).EscapedPath() + "?" + query.Encode()
}

func (c *conn) close() error {
	var errs []error
	for _, s := range c.stmts {
		errs = append(errs, s.Close())
	}
	return errors.Join(append(errs, c.c.Close(), c.db.Close())...)
}

func (c *conn) prepared(query string) (*sql.Stmt, error) {
	if s, ok := c.stmts[query]; ok {
		return s, nil
	}
	s, err := c.c.PrepareContext(context.Background(), query)
	if err != nil {
		return nil, translate(err)
	}
	c.stmts[query] = s
	return s, nil
}

// Exec implements sqltx.Executor.
func (c *conn) Exec(ctx context.Context, query string, args ...any) (int64, error) {
	if err := c.ready(ctx); err != nil {
		return 0, err
	}
	n, err := c.run(query, args...)
	c.failed = err
	return n, err
}

func (c *conn) ready(ctx context.Context) error {
	if c.failed != nil {
		return c.failed
	}
	return ctx.Err()
}

func (c *conn) run(query string, args ...any) (int64, error) {
	s, err := c.prepared(query)
	if err != nil {
		return 0, err
	}
	res, err := s.ExecContext(context.Background(), args...)
	if err != nil {
		return 0, translate(err)
	}
	return res.RowsAffected()
}

// Queue implements sqltx.Executor: there is no round trip to save.
func (c *conn) Queue(ctx context.Context, none error, query string, args ...any) error {
	n, err := c.Exec(ctx, query, args...)
	if err == nil && n == 0 && none != nil {
		return none
	}
	return err
}

// Query implements sqltx.Executor.
func (c *conn) Query(ctx context.Context, query string, args ...any) (sqltx.Rows, error) {
	if err := c.ready(ctx); err != nil {
		return nil, err
	}
	s, err := c.prepared(query)
	if err != nil {
		c.failed = err
		return nil, err
	}
	rows, err := s.QueryContext(context.Background(), args...)
	if err != nil {
		c.failed = translate(err)
		return nil, c.failed
	}
	return rows, nil
}

// must runs a statement of the transaction itself, whatever became of the
// context or of the statements before.
func (c *conn) must(query string) error {
	_, err := c.run(query)
	return err
}

// preferFdatasync has commits wait for the data and what is needed to read it
// back, but not for the file's timestamps, which on a journaling file system
// takes several times as long. It holds for the whole process, and where the
// system has no such call everything stays as it is.
func preferFdatasync() { _, _ = sqlite.Fdatasync(true) }

// translate names a broken unique key in the contract's words.
func translate(err error) error {
	var e *sqlite.Error
	if errors.As(err, &e) && (e.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE || e.Code() == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY) {
		return fmt.Errorf("%w: %w", store.ErrExists, err)
	}
	return err
}

// mediumFailed reports whether the disk itself refused, after which nothing
// that was thought to be written can be relied on.
func mediumFailed(err error) bool {
	var e *sqlite.Error
	return errors.As(err, &e) && (e.Code()&0xff == sqlite3.SQLITE_IOERR || e.Code()&0xff == sqlite3.SQLITE_CORRUPT)
}
