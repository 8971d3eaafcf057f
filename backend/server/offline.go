package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/citizens-portal/portal/backend/directory"
	"github.com/citizens-portal/portal/backend/identity"
	"github.com/citizens-portal/portal/backend/keys"
	"github.com/citizens-portal/portal/backend/lifecycle"
	"github.com/citizens-portal/portal/backend/media"
	"github.com/citizens-portal/portal/backend/portal"
	"github.com/citizens-portal/portal/backend/seed"
	"github.com/citizens-portal/portal/backend/store"
	"github.com/citizens-portal/portal/backend/store/postgres"
	"github.com/citizens-portal/portal/backend/store/sqlite"
)

// ErrLive means that a server runs on this data, so that the command would pull
// the floor from under it.
var ErrLive = errors.New("a server is running on this data: stop it first")

// ErrFile means that a file given to a command cannot be used.
var ErrFile = errors.New("file cannot be used")

// Check recounts the whole store, also beside a live server, and lists what does
// not agree.
func Check(ctx context.Context, c Config) ([]string, error) {
	s, err := openBeside(ctx, c)
	if err != nil {
		return nil, err
	}
	dir, err := directory.New(ctx, s, mustDefaults(c).Now)
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	faults, err := s.Check(ctx, store.Expect{Timers: func(pc portal.Case) store.Timers { return lifecycle.Timers(dir.Current(ctx), pc) }})
	if err != nil {
		return faults, errors.Join(err, s.Close())
	}
	blobs, err := openBlobs(ctx, c)
	if err != nil {
		return faults, errors.Join(err, s.Close())
	}
	files, err := media.Check(ctx, s, blobs)
	if faults = append(faults, files...); err != nil {
		return faults, errors.Join(err, s.Close())
	}
	entries, err := checkTransparency(ctx, mustDefaults(c), s)
	return append(faults, entries...), errors.Join(err, s.Close())
}

// openBeside opens an existing store for reading, without disturbing a server.
func openBeside(ctx context.Context, c Config) (store.Store, error) {
	c, err := c.withDefaults()
	if err != nil {
		return nil, err
	}
	if c.DSN == "" {
		if _, err := os.Stat(filepath.Join(c.DataDir, StoreFile)); err != nil {
			return nil, fmt.Errorf("%w: no store in %s: %w", ErrFile, c.DataDir, err)
		}
	}
	return openStore(ctx, c, true)
}

func mustDefaults(c Config) Config {
	c, _ = c.withDefaults() // checked by openBeside before
	return c
}

// Backup writes a consistent copy of the store, with the attachments of the data
// folder, to a new file, mode 0600. Attachments in a bucket stay there. The keys are
// not in it: keep them apart.
func Backup(ctx context.Context, c Config, file string) error {
	return backup(ctx, c, file, func(w io.Writer) (io.WriteCloser, error) { return unsealed{w}, nil })
}

// unsealed writes as it is.
type unsealed struct{ io.Writer }

func (unsealed) Close() error { return nil }

// backup writes an archive through what sealing gives.
func backup(ctx context.Context, c Config, file string, sealing func(io.Writer) (io.WriteCloser, error)) error {
	if err := newFileAt(file); err != nil {
		return err
	}
	c, err := c.withDefaults()
	if err != nil {
		return err
	}
	s, err := openBeside(ctx, c)
	if err != nil {
		return err
	}
	blobs, err := openBlobs(ctx, c)
	if err != nil {
		return errors.Join(err, s.Close())
	}
	err = aside(c.DataDir, func(dir string) error {
		storeCopy := filepath.Join(dir, "store")
		if err := s.Backup(ctx, storeCopy); err != nil {
			return err
		}
		return writeNew(file, func(w io.Writer) error {
			out, err := sealing(w)
			if err != nil {
				return err
			}
			return errors.Join(writeArchive(ctx, out, storeCopy, s, blobs), out.Close())
		})
	})
	return errors.Join(err, s.Close())
}

// Restore replaces the store with a backup and starts a new epoch: devices then
// offer again what they keep, so that nothing filed after the backup is lost. The
// embedded store that was there is kept beside it under another name; a database
// must be empty, else portal.ErrConflict.
func Restore(ctx context.Context, c Config, file string) error {
	if Live(ctx, c.DataDir) {
		return ErrLive
	}
	if sealed, err := isSealed(file); err != nil {
		return err
	} else if sealed {
		return fmt.Errorf("%w: %s is sealed: name the file of an identity that opens it with --identity", ErrFile, file)
	}
	c, err := c.withDefaults()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(c.DataDir, 0o700); err != nil {
		return fmt.Errorf("data folder: %w", err)
	}
	blobs, err := openBlobs(ctx, c)
	if err != nil {
		return err
	}
	return unpack(ctx, c, file, blobs, func(storeCopy string) error {
		if c.DSN == "" {
			return restoreEmbedded(ctx, c, storeCopy, blobs)
		}
		return restoreDatabase(ctx, c, storeCopy, blobs)
	})
}

func restoreDatabase(ctx context.Context, c Config, file string, blobs media.Blobs) error {
	err := postgres.Restore(ctx, file, postgres.Config{DSN: c.DSN})
	switch {
	case errors.Is(err, os.ErrExist):
		return fmt.Errorf("%w: %w", portal.ErrConflict, err)
	case err != nil:
		return err
	}
	s, err := openStore(ctx, c, false)
	if err != nil {
		return err
	}
	return startEpoch(ctx, c, s, blobs)
}

// startEpoch begins a new life of a store's data, in which no file counts as ready
// whose bytes did not come with it, and closes it.
func startEpoch(ctx context.Context, c Config, s store.Store, blobs media.Blobs) error {
	if err := checkRestored(ctx, c, s); err != nil {
		return errors.Join(err, s.Close())
	}
	lost, err := media.MarkLost(ctx, s, blobs, c.Now())
	if err != nil {
		return errors.Join(fmt.Errorf("files: %w", err), s.Close())
	}
	if lost > 0 {
		c.Log.WarnContext(ctx, "attachments are not in the backup; the devices that have them are asked to send them again", "files", lost)
	}
	err = s.Update(ctx, func(tx store.Tx) error { return newEpoch(ctx, tx, c.Rand) })
	return errors.Join(err, s.Close())
}

// checkRestored refuses a backup of a store with other keys than those at hand:
// no server could open it. Keys that are not here yet may follow, since a backup
// does not hold them.
func checkRestored(ctx context.Context, c Config, s store.Store) error {
	_, err := os.Stat(keys.File(c.DataDir, c.KeysFile))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	ring, err := keys.Open(c.DataDir, c.KeysFile)
	if err != nil {
		return err
	}
	if err := identity.CheckKeys(ctx, s, ring); err != nil {
		return fmt.Errorf("keys: %w", err)
	}
	return nil
}

// restoreEmbedded makes the new store ready under another name first: the one
// that is there stays until nothing can fail but a rename.
func restoreEmbedded(ctx context.Context, c Config, file string, blobs media.Blobs) error {
	path := filepath.Join(c.DataDir, StoreFile)
	incoming := path + ".incoming"
	defer removeStore(incoming)
	removeStore(incoming) // of a restore that was cut short
	if err := sqlite.Restore(ctx, file, incoming); err != nil {
		return err
	}
	s, err := sqlite.Open(ctx, sqlite.Config{Path: incoming})
	if err != nil {
		return err
	}
	if err := startEpoch(ctx, c, s, blobs); err != nil {
		return err
	}
	if _, err := os.Stat(path); err == nil {
		if err := setAside(ctx, c, path); err != nil {
			return err
		}
	}
	return os.Rename(incoming, path)
}

// removeStore removes what is left of a store that was never put to use.
func removeStore(path string) {
	for _, suffix := range []string{"", "-wal", "-shm", ".lock"} {
		_ = os.Remove(path + suffix) // not there, or in nobody's way
	}
}

// setAside moves the present store out of the way. Opening and closing it first
// folds its journal in and proves that nobody has it open.
func setAside(ctx context.Context, c Config, path string) error {
	s, err := sqlite.Open(ctx, sqlite.Config{Path: path})
	if errors.Is(err, sqlite.ErrLocked) {
		return ErrLive
	}
	if err == nil {
		err = s.Close()
	}
	if err != nil {
		c.Log.Warn("the present store cannot be opened; it is set aside as it is")
	}
	aside := path + ".before-restore-" + c.Now().UTC().Format("20060102T150405Z")
	for _, suffix := range []string{"", "-wal", "-shm"} {
		if err := os.Rename(path+suffix, aside+suffix); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	return nil
}

// Seed adds or replaces the directory's records from a folder of CSV files, or
// from the province's own when dir is empty.
func Seed(ctx context.Context, c Config, dir string) error {
	if Live(ctx, c.DataDir) {
		return ErrLive
	}
	data := seed.KP()
	if dir != "" {
		if info, err := os.Stat(dir); err != nil || !info.IsDir() {
			return fmt.Errorf("%w: %s is not a folder", ErrFile, dir)
		}
		var err error
		if data, err = seed.Load(os.DirFS(dir)); err != nil {
			return err
		}
	}
	b, err := Open(ctx, c)
	if err != nil {
		return err
	}
	return errors.Join(b.putDirectory(ctx, data), b.Close())
}

// randomText draws characters of an alphabet whose length divides 256.
func randomText(random io.Reader, alphabet string, n int) (string, error) {
	b := make([]byte, n)
	if _, err := io.ReadFull(random, b); err != nil {
		return "", err
	}
	for i := range b {
		b[i] = alphabet[int(b[i])%len(alphabet)]
	}
	return string(b), nil
}
