package local

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	bolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

// bucketMeta holds the format number (open) and a probe (sealed).
const bucketMeta = "meta"

var (
	keyFormat = []byte("format")
	keyProbe  = []byte("probe")
)

// migration brings a file from one format to the next, in one transaction.
type migration func(tx *bolt.Tx, s *sealer) error

// layout says how a file is made: its buckets and how older ones are brought
// up to date. A file's format is 1 + len(migrations).
type layout struct {
	buckets    []string
	migrations []migration
	maxBytes   int
}

func (l layout) format() uint64 { return uint64(1 + len(l.migrations)) }

// database is one bbolt file with sealed values.
type database struct {
	path   string
	bolt   *bolt.DB
	seal   *sealer
	space  *reserve
	faults Faults
	// beforeCommit, in tests, fails a write as a full disk would.
	beforeCommit func() error
}

// openDatabase opens or creates a file. Errors: ErrLocked, ErrNewer (file
// untouched), ErrDamaged.
func openDatabase(path string, l layout, s *sealer, space *reserve, lockWait time.Duration) (*database, error) {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		if err := createDatabase(path, l, s); err != nil {
			return nil, fmt.Errorf("create %s: %w", filepath.Base(path), err)
		}
	}
	d := &database{path: path, seal: s, space: space}
	err := guard(func() error {
		b, err := bolt.Open(path, 0o600, &bolt.Options{Timeout: lockWait, MaxSize: l.maxBytes, FreelistType: bolt.FreelistMapType, NoStatistics: true})
		if err != nil {
			return openError(err)
		}
		d.bolt = b
		return d.verify(l)
	})
	if err == nil {
		err = d.migrate(l)
	}
	if err != nil {
		if d.bolt != nil {
			err = errors.Join(err, d.bolt.Close())
		}
		return nil, fmt.Errorf("open %s: %w", filepath.Base(path), err)
	}
	return d, nil
}

func openError(err error) error {
	switch {
	case errors.Is(err, bolterrors.ErrTimeout):
		return ErrLocked
	case errors.Is(err, bolterrors.ErrInvalid), errors.Is(err, bolterrors.ErrChecksum), errors.Is(err, bolterrors.ErrVersionMismatch):
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	case strings.Contains(err.Error(), "file size too small"):
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return err
}

// createDatabase makes a file beside its place and moves it there: a power cut
// while bbolt initialises a file in place can leave one that never opens.
func createDatabase(path string, l layout, s *sealer) error {
	tmp := path + ".new"
	if err := removeAll(tmp); err != nil {
		return err
	}
	b, err := bolt.Open(tmp, 0o600, &bolt.Options{Timeout: time.Second, FreelistType: bolt.FreelistMapType})
	if err != nil {
		return err
	}
	err = b.Update(func(tx *bolt.Tx) error {
		for _, name := range append([]string{bucketMeta}, l.buckets...) {
			if _, err := tx.CreateBucketIfNotExists([]byte(name)); err != nil {
				return err
			}
		}
		probe, err := s.seal(bucketMeta+"/probe", []byte("portal"))
		if err != nil {
			return err
		}
		return errors.Join(putFormat(tx, l.format()), tx.Bucket([]byte(bucketMeta)).Put(keyProbe, probe))
	})
	if err = errors.Join(err, b.Sync(), b.Close()); err != nil {
		return errors.Join(err, removeAll(tmp))
	}
	if err := os.Rename(tmp, path); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

func putFormat(tx *bolt.Tx, format uint64) error {
	return tx.Bucket([]byte(bucketMeta)).Put(keyFormat, binary.BigEndian.AppendUint64(nil, format))
}

// verify checks what can be checked cheaply and without touching the file: its
// length (reading beyond it would kill the process), format and key.
func (d *database) verify(l layout) error {
	info, err := os.Stat(d.path)
	if err != nil {
		return err
	}
	return d.bolt.View(func(tx *bolt.Tx) error {
		if info.Size() < tx.Size() {
			return fmt.Errorf("%w: %d bytes are missing", ErrDamaged, tx.Size()-info.Size())
		}
		meta := tx.Bucket([]byte(bucketMeta))
		if meta == nil || len(meta.Get(keyFormat)) != 8 {
			return fmt.Errorf("%w: no format", ErrDamaged)
		}
		if f := binary.BigEndian.Uint64(meta.Get(keyFormat)); f > l.format() {
			return fmt.Errorf("format %d, this program knows %d: %w", f, l.format(), ErrNewer)
		}
		_, err := d.seal.open(bucketMeta+"/probe", meta.Get(keyProbe))
		return err
	})
}

// migrate runs the missing migrations, each in one transaction, after copying
// the file; dropMigrationCopy removes the copy after the first good sync.
func (d *database) migrate(l layout) error {
	var format uint64
	err := d.bolt.View(func(tx *bolt.Tx) error {
		format = binary.BigEndian.Uint64(tx.Bucket([]byte(bucketMeta)).Get(keyFormat))
		return nil
	})
	if err != nil || format == l.format() {
		return err
	}
	if err := copyFile(d.path, d.migrationCopy()); err != nil {
		return fmt.Errorf("copy before migration: %w", err)
	}
	for ; format < l.format(); format++ {
		err := d.bolt.Update(func(tx *bolt.Tx) error {
			if err := l.migrations[format-1](tx, d.seal); err != nil {
				return err
			}
			return putFormat(tx, format+1)
		})
		if err != nil {
			return fmt.Errorf("migration from format %d: %w", format, err)
		}
	}
	return nil
}

func (d *database) migrationCopy() string { return d.path + ".before-migration" }

func (d *database) dropMigrationCopy() error { return removeAll(d.migrationCopy()) }

func (d *database) close() error {
	if d == nil || d.bolt == nil {
		return nil
	}
	return d.bolt.Close()
}

func (d *database) view(fn func(*bolt.Tx) error) error {
	return guard(func() error { return d.bolt.View(fn) })
}

// update runs a transaction. On a full disk it gives the reserve up and tries
// once more; fn must therefore be repeatable.
func (d *database) update(fn func(*bolt.Tx) error) error {
	err := d.tryUpdate(fn)
	if !diskFull(err) {
		return err
	}
	if d.space.release() {
		err = d.tryUpdate(fn)
	}
	if diskFull(err) {
		return fmt.Errorf("%w: %w", ErrFull, err)
	}
	return err
}

func (d *database) tryUpdate(fn func(*bolt.Tx) error) error {
	return guard(func() error {
		err := d.bolt.Update(func(tx *bolt.Tx) error {
			if err := fn(tx); err != nil {
				return err
			}
			if d.beforeCommit != nil {
				return d.beforeCommit()
			}
			d.faults.write(d.path, false)
			return nil
		})
		if err == nil {
			d.faults.write(d.path, true)
		}
		return err
	})
}

// guard turns the panics by which bbolt and the memory map report a broken
// file into ErrDamaged. Other panics are bugs and go on.
func guard(fn func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		switch r := recover().(type) {
		case nil:
		case runtime.Error:
			if _, fault := r.(interface{ Addr() uintptr }); !fault && !inBolt() {
				panic(r)
			}
			err = fmt.Errorf("%w: %w", ErrDamaged, r)
		case string:
			if !brokenFile(r) {
				panic(r)
			}
			err = fmt.Errorf("%w: %s", ErrDamaged, r)
		case error:
			if !brokenFile(r.Error()) {
				panic(r)
			}
			err = fmt.Errorf("%w: %w", ErrDamaged, r)
		default:
			panic(r)
		}
	}()
	return fn()
}

// inBolt reports, while a panic is handled, whether it arose in bbolt's own code:
// on a page with wrong numbers it reaches beyond its slices.
func inBolt() bool {
	pcs := make([]uintptr, 32)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(1, pcs)])
	panicking := false
	for {
		f, more := frames.Next()
		if strings.HasPrefix(f.Function, "runtime.") {
			panicking = true
		} else if panicking {
			return strings.HasPrefix(f.Function, "go.etcd.io/bbolt")
		}
		if !more {
			return false
		}
	}
}

func brokenFile(message string) bool {
	for _, sign := range []string{"assertion failed", "page ", "freelist", "invalid freelist", "freepages", "meta page"} {
		if strings.Contains(message, sign) {
			return true
		}
	}
	return false
}
