package postgres

import (
	"bufio"
	"compress/gzip"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/citizens-portal/portal/backend/store"
	"github.com/citizens-portal/portal/backend/store/sqltx"
)

// A dump is gzipped JSON, one value a line: a header, then for each table its
// name and columns followed by its rows as arrays, and at the end how many rows
// there were, by which a dump that broke off is told from a whole one.

const dumpFormat = "portal-dump-1"

// dumpTables are all tables with data, and their columns in order; byte columns
// travel as base64, which is how JSON has them.
var dumpTables = []dumpTable{
	{"cases", []string{"district", "id", "kind", "code", "category", "citizen", "status", "level", "office", "officer", "desks", "lodged_at", "version", "more", "escalate_at", "silence_at"}},
	{"case_body", []string{"district", "id", "doc"}},
	{"case_event", []string{"district", "case_id", "n", "doc"}},
	{"desk", []string{"office", "case_id", "district", "lodged_at", "open"}},
	{"operation", []string{"op", "device", "n", "hash", "result", "at"}},
	{"feed_head", []string{"feed", "n", "oldest", "sum"}},
	{"feed_entry", []string{"feed", "n", "type", "case_id", "event", "at"}},
	{"counter", []string{"metric", "district", "key", "day", "n"}},
	{"record", []string{"kind", "id", "by_key", "doc", "expires_at"}},
	{"audit", []string{"n", "at", "actor", "action", "subject", "detail"}},
	{"log_waiting", []string{"case_id", "n", "leaf", "opening"}},
	{"log_entry", []string{"case_id", "n", "leaf", "opening", "pos"}},
	{"log_tile", []string{"level", "idx", "hashes"}},
	{"log_checkpoint", []string{"n", "size", "at", "note"}},
}

type dumpTable struct {
	Name    string   `json:"table"`
	Columns []string `json:"columns"`
}

type dumpHeader struct {
	Format  string `json:"format"`
	Version int64  `json:"version"`
}

type dumpEnd struct {
	Rows int64 `json:"rows"`
}

// isBytes tells the columns of bytes from those of text.
func isBytes(table, column string) bool {
	switch column {
	case "doc":
		return table == "case_body" || table == "record"
	case "result":
		return table == "operation"
	case "leaf", "opening", "hashes":
		return true
	}
	return false
}

// Backup implements store.Store: one snapshot, written while others write. The
// file appears under its name only when it is complete and on the disk; one
// that is there already is never overwritten.
func (s *Store) Backup(ctx context.Context, file string) (err error) {
	if _, err := os.Lstat(file); !errors.Is(err, fs.ErrNotExist) {
		return errors.Join(err, &fs.PathError{Op: "create", Path: file, Err: fs.ErrExist})
	}
	f, err := os.CreateTemp(filepath.Dir(file), filepath.Base(file)+".partial-*") // mode 0600
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = f.Close()
			_ = os.Remove(f.Name())
		}
	}()
	zip := gzip.NewWriter(f)
	out := bufio.NewWriterSize(zip, 64<<10)
	if err := s.dump(ctx, json.NewEncoder(out)); err != nil {
		return err
	}
	if err := errors.Join(out.Flush(), zip.Close(), f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), file); err != nil {
		return err
	}
	return syncDir(filepath.Dir(file))
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer func() { _ = d.Close() }()
	if err := d.Sync(); err != nil && !errors.Is(err, errors.ErrUnsupported) && !errors.Is(err, fs.ErrPermission) && !errors.Is(err, fs.ErrInvalid) {
		return err
	}
	return nil
}

func (s *Store) dump(ctx context.Context, out *json.Encoder) error {
	version, err := newestMigration()
	if err != nil {
		return err
	}
	out.SetEscapeHTML(false)
	return s.view(ctx, func(_ *sqltx.Tx, ex *executor) error {
		if err := ex.Queue(ctx, nil, "SET LOCAL statement_timeout = 0"); err != nil {
			return err
		}
		if err := out.Encode(dumpHeader{dumpFormat, version}); err != nil {
			return err
		}
		var end dumpEnd
		for _, t := range dumpTables {
			n, err := dumpRows(ctx, ex, t, out)
			if err != nil {
				return fmt.Errorf("table %s: %w", t.Name, err)
			}
			end.Rows += n
		}
		return out.Encode(end)
	})
}

func dumpRows(ctx context.Context, ex *executor, t dumpTable, out *json.Encoder) (n int64, err error) {
	if err := out.Encode(t); err != nil {
		return 0, err
	}
	rows, err := ex.Query(ctx, "SELECT "+strings.Join(t.Columns, ", ")+" FROM "+t.Name)
	if err != nil {
		return 0, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		values, err := rows.(*batchRows).Values()
		if err != nil {
			return n, err
		}
		if err := out.Encode(values); err != nil {
			return n, err
		}
		n++
	}
	return n, errors.Join(rows.Err(), rows.Close())
}

// Restore loads a dump into an empty database, all or nothing. It is refused
// when there is any data (fs.ErrExist), when the dump broke off, and when a
// newer program wrote it (store.ErrNewer). A dump of an older program must be
// restored by one of its age and then migrated.
func Restore(ctx context.Context, file string, cfg Config) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	zip, err := gzip.NewReader(bufio.NewReaderSize(f, 64<<10))
	if err != nil {
		return fmt.Errorf("%s is not a backup: %w", file, err)
	}
	in := json.NewDecoder(zip)
	in.UseNumber()
	if err := readHeader(in); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	pool, err := connect(ctx, cfg)
	if err != nil {
		return err
	}
	defer pool.Close()
	if err := prepare(ctx, pool); err != nil {
		return err
	}
	return load(ctx, pool, file, in)
}

func readHeader(in *json.Decoder) error {
	var h dumpHeader
	if err := in.Decode(&h); err != nil || h.Format != dumpFormat {
		return errors.Join(errors.New("it is not a backup of the portal"), err)
	}
	switch newest, err := newestMigration(); {
	case err != nil:
		return err
	case h.Version > newest:
		return fmt.Errorf("the backup has version %d, this program knows up to %d: %w", h.Version, newest, store.ErrNewer)
	case h.Version < newest:
		return fmt.Errorf("the backup has version %d and this program %d: restore it with the program that wrote it, then migrate", h.Version, newest)
	}
	return nil
}

func load(ctx context.Context, pool *pgxpool.Pool, file string, in *json.Decoder) error {
	tx, err := pool.Begin(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	if _, err := tx.Exec(ctx, "SET LOCAL statement_timeout = 0"); err != nil {
		return err
	}
	for _, t := range dumpTables {
		// The lock keeps a server that is just starting from writing meanwhile.
		if _, err := tx.Exec(ctx, "LOCK TABLE "+t.Name+" IN EXCLUSIVE MODE"); err != nil {
			return err
		}
		var some bool
		if err := tx.QueryRow(ctx, "SELECT EXISTS (SELECT 1 FROM "+t.Name+")").Scan(&some); err != nil {
			return err
		}
		if some {
			return fmt.Errorf("the database has data in %s, and a backup is restored into an empty one only: %w", t.Name, fs.ErrExist)
		}
	}
	d := &dumpReader{in: in}
	if err := d.tables(ctx, tx); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	if _, err := tx.Exec(ctx, "SELECT setval(pg_get_serial_sequence('audit', 'n'), (SELECT coalesce(max(n), 0) + 1 FROM audit), false)"); err != nil {
		return err
	}
	return tx.Commit(ctx)
}

// dumpReader reads a dump line by line.
type dumpReader struct {
	in   *json.Decoder
	line json.RawMessage // read, and not yet used
	rows int64
}

func (d *dumpReader) next() error {
	if err := d.in.Decode(&d.line); err != nil {
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return errors.New("the backup breaks off in the middle")
		}
		return err
	}
	return nil
}

func (d *dumpReader) tables(ctx context.Context, tx pgx.Tx) error {
	if err := d.next(); err != nil {
		return err
	}
	for _, want := range dumpTables {
		var t dumpTable
		if err := json.Unmarshal(d.line, &t); err != nil || t.Name != want.Name || strings.Join(t.Columns, " ") != strings.Join(want.Columns, " ") {
			return fmt.Errorf("table %s is expected, not %.80q", want.Name, d.line)
		}
		rows := &tableRows{d: d, t: want}
		if _, err := tx.CopyFrom(ctx, pgx.Identifier{want.Name}, want.Columns, rows); err != nil {
			return fmt.Errorf("table %s: %w", want.Name, err)
		}
	}
	var end dumpEnd
	if err := json.Unmarshal(d.line, &end); err != nil || end.Rows != d.rows {
		return fmt.Errorf("the backup should have %d rows and has %d", end.Rows, d.rows)
	}
	return nil
}

// tableRows feeds one table's rows to COPY, until a line that is no row.
type tableRows struct {
	d   *dumpReader
	t   dumpTable
	err error
}

func (r *tableRows) Next() bool {
	if r.err = r.d.next(); r.err != nil {
		return false
	}
	return len(r.d.line) > 0 && r.d.line[0] == '['
}

func (r *tableRows) Err() error { return r.err }

func (r *tableRows) Values() ([]any, error) {
	r.d.rows++
	in := json.NewDecoder(strings.NewReader(string(r.d.line)))
	in.UseNumber()
	var cells []any
	if err := in.Decode(&cells); err != nil {
		return nil, err
	}
	if len(cells) != len(r.t.Columns) {
		return nil, fmt.Errorf("a row has %d columns", len(cells))
	}
	for i, cell := range cells {
		var err error
		if cells[i], err = decodeCell(cell, isBytes(r.t.Name, r.t.Columns[i])); err != nil {
			return nil, fmt.Errorf("column %s: %w", r.t.Columns[i], err)
		}
	}
	return cells, nil
}

func decodeCell(cell any, bytes bool) (any, error) {
	switch v := cell.(type) {
	case json.Number:
		return v.Int64()
	case string:
		if bytes {
			return base64.StdEncoding.DecodeString(v)
		}
	}
	return cell, nil
}
