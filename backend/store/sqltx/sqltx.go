// Package sqltx is the SQL that both engines share: it keeps store.Tx over an
// Executor, a transaction that can run statements.
//
// Engines differ in few things, and say so in the Options of a Dialect and in
// their Executor: placeholders, locks, whether tables are keyed by district,
// and whether writes are sent one by one or held back and sent together. It must never
// know a driver, a connection or how a transaction begins and ends.
//
// The statements follow a few rules that measurements gave. The changing part
// of a case is a narrow row apart from its text. Counters and feeds are kept in
// the transaction, but written last and in sorted order, so that the rows
// everybody shares are locked for the shortest time and never in a circle. No
// write needs the result of an earlier one, so that an engine may batch them.
//
// Start reading at Tx and Finish; cases.go holds the case verbs, feeds.go the
// feeds, records.go the small documents, check.go the recount.
package sqltx

import (
	"context"
	"errors"
	"time"
	"unicode/utf8"

	"github.com/citizens-portal/portal/backend/portal"
	"github.com/citizens-portal/portal/backend/store"
)

// ErrReadOnly means that a View tried to write.
var ErrReadOnly = errors.New("a view cannot write")

// Executor runs statements in one open transaction. Placeholders are written
// "?" in order of use.
type Executor interface {
	// Queue runs a write whose result nobody waits for; it may be held back
	// until the next Exec, Query or commit, and its error may come then. When
	// none is not nil it is the error for a statement that affected no row.
	Queue(ctx context.Context, none error, query string, args ...any) error
	// Exec runs a write at once, after those held back, and tells how many rows
	// it affected.
	Exec(ctx context.Context, query string, args ...any) (int64, error)
	// Query reads, after the writes held back. Rows must be closed before the
	// next call.
	Query(ctx context.Context, query string, args ...any) (Rows, error)
}

// Rows is the part of a driver's rows that is needed here. Close is harmless
// when repeated.
type Rows interface {
	Next() bool
	Scan(dest ...any) error
	Err() error
	Close() error
}

// Dialect is what an engine adds to the shared SQL. Build it with NewDialect.
type Dialect struct {
	lock       string // statement that takes an advisory lock on one text argument, or ""
	byDistrict bool

	caseByID, caseByIDLocked     string
	caseByCode, caseByCodeLocked string
	bodiesOf, eventsOf, events   string
	record, recordLocked         string
	insertCase                   string
	expire                       string
	due                          map[store.Timer]dueQueries
}

type dueQueries struct{ list, claim string }

// Options say how an engine differs. The zero Options fit an engine with one
// writer, which needs no locks.
type Options struct {
	// ForUpdate is added to a read that locks its row until commit; SkipLocked
	// to one that claims rows and passes over those already claimed.
	ForUpdate, SkipLocked string
	// Lock is the statement that takes an advisory lock, named by its one
	// argument, until commit.
	Lock string
	// ByDistrict is set when the tables of cases, bodies and events are keyed by
	// district first: an id alone then finds a body or an event only through the
	// case, and that an id or a code is taken in another district only a look.
	ByDistrict bool
}

// NewDialect composes the statements that differ.
func NewDialect(o Options) *Dialect {
	forUpdate, skipLocked := o.ForUpdate, o.SkipLocked
	bodies, events, insert := "case_body b WHERE b.id", "case_event e WHERE e.case_id", insertCase
	if o.ByDistrict {
		insert = insertCaseByDistrict
		bodies = "cases c JOIN case_body b ON b.district = c.district AND b.id = c.id WHERE c.id"
		events = "cases c JOIN case_event e ON e.district = c.district AND e.case_id = c.id WHERE c.id"
	}
	return &Dialect{
		lock:             o.Lock,
		byDistrict:       o.ByDistrict,
		insertCase:       insert,
		caseByID:         selectCase + " WHERE c.id = ?",
		caseByIDLocked:   selectCase + " WHERE c.id = ?" + forUpdate,
		caseByCode:       selectCase + " WHERE c.code = ?",
		caseByCodeLocked: selectCase + " WHERE c.code = ?" + forUpdate,
		bodiesOf:         "SELECT b.id, b.doc FROM " + bodies + " IN ",
		eventsOf:         "SELECT e.case_id, e.doc FROM " + events + " IN ",
		events:           "SELECT e.doc FROM " + events + " = ? AND e.n > ? ORDER BY e.n",
		record:           selectRecord,
		recordLocked:     selectRecord + forUpdate,
		due: map[store.Timer]dueQueries{
			store.TimerEscalate: {selectEscalate, selectEscalate + skipLocked},
			store.TimerSilence:  {selectSilence, selectSilence + skipLocked},
		},
		expire: "DELETE FROM record WHERE (kind, id) IN (SELECT kind, id FROM record WHERE expires_at < ? ORDER BY expires_at LIMIT ?" +
			skipLocked + ")",
	}
}

// Tx keeps store.Tx for the length of one transaction. It is not safe for
// concurrent use.
type Tx struct {
	ex    Executor
	d     *Dialect
	write bool

	counts    []count
	pending   []publication
	published []store.FeedID
	// held remembers what the desk table says of the cases read here, so that
	// putting one back rewrites its desk rows only when they change.
	held map[string]deskRows
	// heads are the newest leaves of cases, as far as they are known here.
	heads map[string]store.Leaf
	// audits wait for the end.
	audits []store.AuditEntry
}

var _ store.Tx = (*Tx)(nil)

// New makes a Tx. The engine calls Finish before it commits.
func New(ex Executor, d *Dialect, write bool) *Tx { return &Tx{ex: ex, d: d, write: write} }

// Finish sends what was kept for the end, counters, feeds and the audit log, and gives
// the feeds that grow with this transaction, sorted.
func (t *Tx) Finish(ctx context.Context) ([]store.FeedID, error) {
	if err := t.flushCounts(ctx); err != nil {
		return nil, err
	}
	if err := t.flushFeeds(ctx); err != nil {
		return nil, err
	}
	if err := t.flushAudits(ctx); err != nil {
		return nil, err
	}
	return sortedFeeds(t.published), nil
}

func (t *Tx) queue(ctx context.Context, none error, query string, args ...any) error {
	if !t.write {
		return ErrReadOnly
	}
	return t.ex.Queue(ctx, none, query, args...)
}

func (t *Tx) exec(ctx context.Context, query string, args ...any) (int64, error) {
	if !t.write {
		return 0, ErrReadOnly
	}
	return t.ex.Exec(ctx, query, args...)
}

// one runs a query for at most one row, and answers ErrNotFound for none.
func (t *Tx) one(ctx context.Context, scan func(Rows) error, query string, args ...any) error {
	found := false
	err := t.each(ctx, func(r Rows) error {
		found = true
		return scan(r)
	}, query, args...)
	if err == nil && !found {
		return store.ErrNotFound
	}
	return err
}

// each runs a query and calls scan on every row.
func (t *Tx) each(ctx context.Context, scan func(Rows) error, query string, args ...any) error {
	rows, err := t.ex.Query(ctx, query, args...)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := scan(rows); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	return rows.Close()
}

// storable reports whether every engine can keep the text in a text column:
// valid UTF-8 without NUL. Nothing can be stored under any other key, so that
// asking for one is "not found" and never an internal error.
func storable(texts ...string) bool {
	for _, s := range texts {
		if !utf8.ValidString(s) {
			return false
		}
		for i := range len(s) {
			if s[i] == 0 {
				return false
			}
		}
	}
	return true
}

func checkKeys(field string, texts ...string) error {
	if !storable(texts...) {
		return portal.Invalid(field, "text_encoding", "it must be valid UTF-8 without NUL")
	}
	return nil
}

// Times are kept in whole milliseconds UTC, the precision of the wire. The zero
// time is NULL in a column of its own and 0 inside a document.

func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func nullMillis(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UnixMilli()
}

func timeOf(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// atEdge cuts a time to what the store keeps.
func atEdge(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return t.UTC().Truncate(time.Millisecond)
}

// nonNil makes an absent document an empty one, since columns are NOT NULL.
func nonNil(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}
