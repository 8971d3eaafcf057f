// Package sqlite is the embedded store: one file, no server to run.
//
// All writes go through one writer that commits in groups. An Update waits for
// its turn in the running transaction, runs in a savepoint of its own, and is
// answered when the group's commit has been fsynced; while that happens the
// next group gathers. So the price of an fsync is shared by everyone who waits
// for it, and nobody is answered before it. Readers have a small pool of
// connections and never wait for the writer (write-ahead log).
//
// It must never know what is stored: the statements are sqltx's. Start reading
// at Open, then writer.go for the group commit.
package sqlite

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"

	"github.com/citizens-portal/portal/backend/store"
	"github.com/citizens-portal/portal/backend/store/sqltx"
)

// ErrLocked means that another process has the store open for writing.
var ErrLocked = errors.New("another server is using this store")

//go:embed migrations/*.sql
var migrations embed.FS

// Config says where the store is.
type Config struct {
	// Path of the database file. Its folder is made (mode 0700) when missing;
	// the log and lock files lie beside it.
	Path string
	// ReadOnly opens an existing store beside a live server, for checks and
	// backups. Update is refused.
	ReadOnly bool
}

// readers is how many Views run at once; each has a cache of cacheKB.
const (
	readers = 4
	cacheKB = 8 << 10
)

// Store is a store.Store in one file.
type Store struct {
	path     string
	readOnly bool
	dialect  *sqltx.Dialect
	lock     *fileLock
	writer   *writer
	readers  chan *conn
	publish  atomic.Pointer[func([]store.FeedID)]

	scrub scrubber

	mu      sync.RWMutex // guards closed against running.Add
	closed  bool
	running sync.WaitGroup
}

var _ store.Store = (*Store)(nil)

// Open opens the store, creates it when it is missing, and brings its tables up
// to date. Errors: ErrLocked when another server has it, store.ErrNewer when a
// newer program wrote it (it is then left as it is), fs.ErrNotExist for
// ReadOnly without a file.
func Open(ctx context.Context, cfg Config) (_ *Store, err error) {
	preferFdatasync()
	path, err := filepath.Abs(cfg.Path)
	if err != nil {
		return nil, err
	}
	s := &Store{path: path, readOnly: cfg.ReadOnly, dialect: sqltx.NewDialect(sqltx.Options{}), readers: make(chan *conn, readers)}
	defer func() {
		if err != nil {
			_ = s.release()
		}
	}()
	if err := s.prepareFile(ctx); err != nil {
		return nil, fmt.Errorf("open %s: %w", cfg.Path, err)
	}
	for range readers {
		c, err := openConn(ctx, path, true)
		if err != nil {
			return nil, fmt.Errorf("open %s for reading: %w", cfg.Path, err)
		}
		s.readers <- c
	}
	return s, nil
}

// prepareFile locks the file against other servers, migrates it and starts the
// writer; for a read-only store it only looks at the version.
func (s *Store) prepareFile(ctx context.Context) error {
	if s.readOnly {
		if _, err := os.Stat(s.path); err != nil {
			return err
		}
		return s.checkVersion(ctx)
	}
	dir := filepath.Dir(s.path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	var err error
	if s.lock, err = lockFile(s.path + ".lock"); err != nil {
		return err
	}
	if err := createPrivate(s.path); err != nil {
		return err
	}
	c, err := openConn(ctx, s.path, false)
	if err != nil {
		return err
	}
	err = migrate(ctx, c)
	if err == nil {
		// A server that was killed may have left erased words in the journal.
		err = c.emptyJournal(ctx)
	}
	if errors.Is(err, errReaders) {
		err = nil // a check or a backup is reading; the next Scrub does it
	}
	if err != nil {
		return errors.Join(err, c.close())
	}
	s.writer = newWriter(c, s.dialect, s.notify)
	return nil
}

// checkVersion refuses a file that this program cannot read as it is.
func (s *Store) checkVersion(ctx context.Context) error {
	c, err := openConn(ctx, s.path, true)
	if err != nil {
		return err
	}
	defer func() { _ = c.close() }()
	have, err := schemaVersion(ctx, c)
	if err != nil {
		return err
	}
	switch newest, err := newestMigration(); {
	case err != nil:
		return err
	case have > newest:
		return newer(have, newest)
	case have < newest:
		return fmt.Errorf("the data has version %d and this program needs %d: start the server once, or run migrate", have, newest)
	}
	return nil
}

// createPrivate makes sure that the file is there and for its owner only, and
// that the folder will still know it after a power cut.
func createPrivate(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	if err := errors.Join(f.Chmod(0o600), f.Close()); err != nil && !errors.Is(err, errors.ErrUnsupported) {
		return err
	}
	return syncDir(filepath.Dir(path))
}

// begin counts a transaction in, unless the store is closed.
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
	return s.view(ctx, func(tx *sqltx.Tx, _ *conn) error { return f(tx) })
}

func (s *Store) view(ctx context.Context, f func(*sqltx.Tx, *conn) error) (err error) {
	if err := s.begin(); err != nil {
		return err
	}
	defer s.running.Done()
	c, err := s.reader(ctx)
	if err != nil {
		return err
	}
	defer func() { s.readers <- c }()
	c.failed = nil
	if err := c.must("BEGIN"); err != nil {
		return err
	}
	// Nothing was written, so that rolling back is the quick way to end.
	defer func() { err = errors.Join(err, c.must("ROLLBACK")) }()
	return f(sqltx.New(c, s.dialect, false), c)
}

// reader takes a reading connection from the pool.
func (s *Store) reader(ctx context.Context) (*conn, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	select {
	case c := <-s.readers:
		return c, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Update implements store.Store. When ctx ends before f's turn, f is not run;
// once it has run, the answer is the true one.
func (s *Store) Update(ctx context.Context, f func(store.Tx) error) error {
	if s.readOnly {
		return fmt.Errorf("opened for reading: %w", sqltx.ErrReadOnly)
	}
	if err := s.begin(); err != nil {
		return err
	}
	defer s.running.Done()
	return s.writer.update(ctx, f)
}

// OnPublish implements store.Store.
func (s *Store) OnPublish(f func(feeds []store.FeedID)) { s.publish.Store(&f) }

func (s *Store) notify(feeds []store.FeedID) {
	if f := s.publish.Load(); f != nil && len(feeds) > 0 {
		(*f)(feeds)
	}
}

// Check implements store.Store; it also has the engine look over its pages and
// indexes.
func (s *Store) Check(ctx context.Context, expect store.Expect) ([]string, error) {
	var found []string
	err := s.view(ctx, func(tx *sqltx.Tx, c *conn) error {
		rows, err := c.Query(ctx, "PRAGMA integrity_check(100)")
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			var line string
			if err := rows.Scan(&line); err != nil {
				return err
			}
			if line != "ok" {
				found = append(found, "database file: "+line)
			}
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil {
			return err
		}
		more, err := sqltx.Check(ctx, tx, expect)
		found = append(found, more...)
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
	if already {
		return nil
	}
	return s.release()
}

func (s *Store) release() error {
	var errs []error
	for {
		select {
		case c := <-s.readers:
			errs = append(errs, c.close())
			continue
		default:
		}
		break
	}
	if s.writer != nil {
		errs = append(errs, s.writer.stop())
	}
	if s.lock != nil {
		errs = append(errs, s.lock.release())
	}
	return errors.Join(errs...)
}

// syncDir makes a folder's entries survive a power cut. Some systems cannot
// sync a folder, and need not.
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
