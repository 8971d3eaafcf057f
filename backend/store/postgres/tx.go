package postgres

import (
	"context"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/citizens-portal/portal/backend/store/sqltx"
)

// executor is one transaction on one connection. Statements are held back in a
// batch, BEGIN first, until a result is needed.
type executor struct {
	conn  *pgx.Conn
	batch pgx.Batch
	// none holds, for each statement of the batch, the error for "no row".
	none []error
	// begun is set once BEGIN may have reached the server, and cleared by
	// COMMIT or ROLLBACK.
	begun bool
	// failed is the first error; the server refuses everything after it.
	failed error
}

var _ sqltx.Executor = (*executor)(nil)

// start queues the statement that begins the transaction.
func (e *executor) start(begin string) { e.hold(nil, begin) }

func (e *executor) hold(none error, query string, args ...any) {
	e.batch.Queue(rebind(query), args...)
	e.none = append(e.none, none)
}

// Queue implements sqltx.Executor.
func (e *executor) Queue(ctx context.Context, none error, query string, args ...any) error {
	if err := e.ready(ctx); err != nil {
		return err
	}
	e.hold(none, query, args...)
	return nil
}

func (e *executor) ready(ctx context.Context) error {
	if e.failed != nil {
		return e.failed
	}
	return ctx.Err()
}

// Exec implements sqltx.Executor.
func (e *executor) Exec(ctx context.Context, query string, args ...any) (int64, error) {
	if err := e.ready(ctx); err != nil {
		return 0, err
	}
	return e.send(ctx, query, args...)
}

// send sends what was held back and one statement more in one round trip.
func (e *executor) send(ctx context.Context, query string, args ...any) (n int64, err error) {
	results, err := e.flush(ctx, query, args...)
	if err != nil {
		return 0, err
	}
	tag, err := results.Exec()
	if closed := results.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return 0, e.fail(err)
	}
	return tag.RowsAffected(), nil
}

// Query implements sqltx.Executor.
func (e *executor) Query(ctx context.Context, query string, args ...any) (sqltx.Rows, error) {
	if err := e.ready(ctx); err != nil {
		return nil, err
	}
	results, err := e.flush(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	rows, err := results.Query()
	if err != nil {
		_ = results.Close()
		return nil, e.fail(err)
	}
	return &batchRows{Rows: rows, results: results, tx: e}, nil
}

// flush sends the batch with one statement at its end, and reads the results of
// all but that one.
func (e *executor) flush(ctx context.Context, query string, args ...any) (pgx.BatchResults, error) {
	e.hold(nil, query, args...)
	batch, none := e.batch, e.none[:len(e.none)-1]
	e.batch, e.none, e.begun = pgx.Batch{}, nil, true
	results := e.conn.SendBatch(ctx, &batch)
	for _, missing := range none {
		tag, err := results.Exec()
		if err == nil && missing != nil && tag.RowsAffected() == 0 {
			err = missing
		}
		if err != nil {
			_ = results.Close()
			return nil, e.fail(err)
		}
	}
	return results, nil
}

func (e *executor) fail(err error) error {
	e.failed = translate(err)
	return e.failed
}

// commit sends the last statements together with COMMIT. A statement before it
// that affected no row although it had to is found only afterwards; so COMMIT
// goes separately when there is one.
func (e *executor) commit(ctx context.Context) error {
	if err := e.ready(ctx); err != nil {
		return err
	}
	if !e.begun && len(e.none) == 1 { // nothing but BEGIN
		e.batch, e.none = pgx.Batch{}, nil
		return nil
	}
	for _, missing := range e.none {
		if missing == nil {
			continue
		}
		if _, err := e.send(ctx, "SELECT 1"); err != nil {
			return err
		}
		break
	}
	if _, err := e.send(ctx, "COMMIT"); err != nil {
		return err
	}
	e.begun = false
	return nil
}

// rollbackWithin is how long a connection gets to clean up.
const rollbackWithin = 5 * time.Second

// rollback ends a transaction that was not committed. When it fails, the pool
// sees the state of the connection and closes it.
func (e *executor) rollback(ctx context.Context) {
	if !e.begun || e.conn.IsClosed() {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), rollbackWithin)
	defer cancel()
	_, _ = e.conn.Exec(ctx, "ROLLBACK")
	e.begun = false
}

// batchRows are the rows of a batch's last statement.
type batchRows struct {
	pgx.Rows
	results pgx.BatchResults
	tx      *executor
	closed  bool
}

// Close implements sqltx.Rows, and is where an error of the last moment shows.
func (r *batchRows) Close() error {
	if r.closed {
		return nil
	}
	r.closed = true
	r.Rows.Close()
	err := r.Rows.Err()
	if closed := r.results.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return r.tx.fail(err)
	}
	return nil
}

// Err implements sqltx.Rows.
func (r *batchRows) Err() error {
	if err := r.Rows.Err(); err != nil {
		return r.tx.fail(err)
	}
	return nil
}

// rebound keeps the statements as PostgreSQL wants them; there are a few dozen.
var rebound sync.Map

// rebind writes the placeholders "?" as $1, $2, …; no statement has a question
// mark otherwise.
func rebind(query string) string {
	if q, ok := rebound.Load(query); ok {
		return q.(string)
	}
	var b strings.Builder
	n := 0
	for part := range strings.SplitSeq(query, "?") {
		if n > 0 {
			b.WriteString("$" + strconv.Itoa(n))
		}
		b.WriteString(part)
		n++
	}
	rebound.Store(query, b.String())
	return b.String()
}
