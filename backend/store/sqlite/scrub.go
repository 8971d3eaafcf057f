package sqlite

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
)

// errReaders means that a long read keeps the journal from being emptied.
var errReaders = errors.New("a reader keeps the journal: try again")

// rewriteUpTo is the size, in bytes, up to which a store is written anew at each
// Scrub: some seconds, in which nothing else is written.
const rewriteUpTo = 256 << 20

// scrubber lets calls of Scrub that come together share one run.
type scrubber struct {
	mu      sync.Mutex
	started atomic.Int64
}

// Scrub implements store.Store. Freed space is overwritten at once
// (secure_delete), but when rows moved to another page before, a copy may lie in
// the unused part of the old one: only writing the file anew is sure to leave
// nothing. The journal, which holds pages as they were, is then cut to nothing.
func (s *Store) Scrub(ctx context.Context, whole bool) error {
	if s.readOnly {
		return nil
	}
	if err := s.begin(); err != nil {
		return err
	}
	defer s.running.Done()
	next := s.scrub.started.Load() + 1
	s.scrub.mu.Lock()
	defer s.scrub.mu.Unlock()
	if s.scrub.started.Load() >= next && !whole {
		return nil // one that began after this call has done it
	}
	s.scrub.started.Add(1)
	c, err := openConn(ctx, s.path, false)
	if err != nil {
		return err
	}
	defer func() { _ = c.close() }()
	info, err := os.Stat(s.path)
	if err != nil {
		return err
	}
	// Between two groups, so that no caller of Update waits for the file's lock.
	s.writer.between.Lock()
	defer s.writer.between.Unlock()
	if whole || info.Size() <= rewriteUpTo {
		if _, err := c.c.ExecContext(ctx, "VACUUM"); err != nil {
			return fmt.Errorf("write the store anew: %w", err)
		}
	}
	return c.emptyJournal(ctx)
}

// emptyJournal folds the journal in and cuts it to nothing; it waits for readers
// as long as busy_timeout allows.
func (c *conn) emptyJournal(ctx context.Context) error {
	var busy, pages, moved int
	if err := c.c.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &pages, &moved); err != nil {
		return fmt.Errorf("empty the journal: %w", err)
	}
	if busy != 0 {
		return fmt.Errorf("empty the journal: %w", errReaders)
	}
	return nil
}
