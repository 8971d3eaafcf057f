package sqlite

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Backup implements store.Store: the copy is a database file of its own. It
// appears under its name only when it is complete and on the disk.
func (s *Store) Backup(ctx context.Context, file string) error {
	if err := s.begin(); err != nil {
		return err
	}
	defer s.running.Done()
	return intoNewFile(file, func(partial string) error {
		c, err := openConn(ctx, s.path, false)
		if err != nil {
			return err
		}
		defer func() { _ = c.close() }()
		// VACUUM INTO copies one snapshot; writers go on meanwhile.
		_, err = c.c.ExecContext(ctx, "VACUUM INTO ?", partial)
		return err
	})
}

// Restore makes a new store at path from a backup. It is refused when a store
// is there already (fs.ErrExist), when a server is using it (ErrLocked), and
// when the file is no whole backup or was written by a newer program.
func Restore(ctx context.Context, file, path string) error {
	path, err := filepath.Abs(path)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	lock, err := lockFile(path + ".lock")
	if err != nil {
		return err
	}
	defer func() { _ = lock.release() }()
	return intoNewFile(path, func(partial string) error {
		if err := copyFile(file, partial); err != nil {
			return err
		}
		if err := verify(ctx, partial); err != nil {
			return fmt.Errorf("%s is not a usable backup: %w", file, err)
		}
		// A log left behind by a store that is gone would be played into the
		// new one.
		for _, suffix := range []string{"-wal", "-shm"} {
			if err := os.Remove(path + suffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
		}
		return nil
	})
}

// verify has SQLite look through the copy and checks its version.
func verify(ctx context.Context, path string) error {
	c, err := openConn(ctx, path, true)
	if err != nil {
		return err
	}
	defer func() { _ = c.close() }()
	var line string
	if err := c.c.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&line); err != nil {
		return err
	}
	if line != "ok" {
		return errors.New(line)
	}
	have, err := schemaVersion(ctx, c)
	if err != nil {
		return err
	}
	newest, err := newestMigration()
	switch {
	case err != nil:
		return err
	case have == 0:
		return errors.New("it holds no portal data")
	case have > newest:
		return newer(have, newest)
	}
	return nil
}

// intoNewFile lets fill write a partial file, syncs it and gives it its name.
// A file that is there already is never overwritten.
func intoNewFile(name string, fill func(partial string) error) (err error) {
	if _, err := os.Lstat(name); !errors.Is(err, fs.ErrNotExist) {
		return errors.Join(err, &fs.PathError{Op: "create", Path: name, Err: fs.ErrExist})
	}
	f, err := os.CreateTemp(filepath.Dir(name), filepath.Base(name)+".partial-*") // mode 0600
	if err != nil {
		return err
	}
	partial := f.Name()
	defer func() {
		if err != nil {
			_ = os.Remove(partial)
		}
	}()
	defer func() { _ = f.Close() }()
	if err := fill(partial); err != nil {
		return err
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(partial, name); err != nil {
		return err
	}
	return syncDir(filepath.Dir(name))
}

func copyFile(from, to string) error {
	src, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { _ = src.Close() }()
	dst, err := os.OpenFile(to, os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(dst, src)
	return errors.Join(err, dst.Close())
}
