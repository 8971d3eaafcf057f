package keys

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// FileName is the key file's name in the data folder.
const FileName = "keys.json"

// keySet is the key file: plain JSON, so that it can be copied by hand to the
// other nodes and into a safe. Lists hold the current key first.
type keySet struct {
	Version  int         `json:"version"`
	Sealing  []masterKey `json:"sealing"`
	Receipts []masterKey `json:"receipts"`
	Index    masterKey   `json:"index"`
}

type masterKey struct {
	ID  string `json:"id"`
	Key []byte `json:"key"` // 32 random bytes
	// Made is when it was added to the file; zero for those it began with.
	Made time.Time `json:"made,omitzero"`
}

// File is where Open looks for the keys.
func File(dir, file string) string {
	if file == "" {
		return filepath.Join(dir, FileName)
	}
	return file
}

// Open loads the keys from file or, when file is empty, from keys.json in dir.
// Missing keys are made once, mode 0600; when several nodes start together on
// one shared file they end up with the same keys. Losing the file makes all
// sealed data unreadable: a backup without it is worth little.
func Open(dir, file string) (*Ring, error) {
	file = File(dir, file)
	info, set, err := load(file)
	if errors.Is(err, fs.ErrNotExist) {
		if err := create(file); err != nil {
			return nil, fmt.Errorf("make keys %s: %w", file, err)
		}
		info, set, err = load(file)
	}
	if err != nil {
		return nil, fmt.Errorf("keys %s: %w", file, err)
	}
	r, err := newRing(set, rand.Reader)
	if err != nil {
		return nil, err
	}
	r.file, r.seen = file, info
	return r, nil
}

// Reload reads the key file again if it changed since, and reports whether keys
// changed with it. A file with another index key, or without a key that is in
// use, belongs to other data or is half copied: it is refused, and the ring
// stays as it is.
func (r *Ring) Reload() (bool, error) {
	if r.file == "" {
		return false, nil
	}
	r.reload.Lock()
	defer r.reload.Unlock()
	if info, err := os.Stat(r.file); err == nil && os.SameFile(info, r.seen) && info.ModTime().Equal(r.seen.ModTime()) && info.Size() == r.seen.Size() {
		return false, nil
	}
	info, set, err := load(r.file)
	if err != nil {
		return false, fmt.Errorf("keys %s: %w", r.file, err)
	}
	old := r.now.Load().set
	if set.Index.ID != old.Index.ID || !bytes.Equal(set.Index.Key, old.Index.Key) {
		return false, fmt.Errorf("keys %s: it holds the keys of other data", r.file)
	}
	for _, lists := range [][2][]masterKey{{old.Sealing, set.Sealing}, {old.Receipts, set.Receipts}} {
		for _, k := range lists[0] {
			if !slices.ContainsFunc(lists[1], func(n masterKey) bool { return n.ID == k.ID && bytes.Equal(n.Key, k.Key) }) {
				return false, fmt.Errorf("keys %s: key %s, which is in use, is missing", r.file, k.ID)
			}
		}
	}
	m, err := newMaterial(set)
	if err != nil {
		return false, err
	}
	r.now.Store(m)
	r.seen = info
	return true, nil
}

// Info describes a key without telling it.
type Info struct {
	Use string `json:"use"` // sealing, receipts or index
	ID  string `json:"id"`
	// Current is set on the key that makes new values; the others open old ones.
	Current bool      `json:"current"`
	Made    time.Time `json:"made,omitzero"` // when rotation added it
}

// List describes the ring's keys, the current one of each use first.
func (r *Ring) List() []Info {
	set := r.now.Load().set
	var out []Info
	for _, l := range []struct {
		use  string
		keys []masterKey
	}{{"sealing", set.Sealing}, {"receipts", set.Receipts}, {"index", []masterKey{set.Index}}} {
		for i, k := range l.keys {
			out = append(out, Info{Use: l.use, ID: k.ID, Current: i == 0, Made: k.Made})
		}
	}
	return out
}

// New makes a ring that lives in memory only: for tests and demonstrations.
func New(random io.Reader) (*Ring, error) {
	set, err := newSet(random)
	if err != nil {
		return nil, err
	}
	return newRing(set, random)
}

// ErrRotating means that somebody else rotates the same file just now, or was
// cut short while doing so.
var ErrRotating = errors.New("the key file is being rotated")

// Rotate puts a new sealing and a new receipt key first in the file that Open
// would load. Rings that were opened from the same file take them up by Reload,
// which they also do when they meet a value of a key they do not know. Nodes
// with a copy of the file need the new one before they read what others seal.
func Rotate(dir, file string, now time.Time) error {
	file, err := filepath.EvalSymlinks(File(dir, file))
	if err != nil {
		return fmt.Errorf("rotate keys: %w", err)
	}
	mark := file + ".rotating"
	f, err := os.OpenFile(mark, os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%w: if nobody does, remove %s", ErrRotating, mark)
	}
	if err != nil {
		return fmt.Errorf("rotate keys: %w", err)
	}
	if err := errors.Join(rotate(file, now), f.Close(), os.Remove(mark)); err != nil {
		return fmt.Errorf("rotate keys %s: %w", file, err)
	}
	return nil
}

func rotate(file string, now time.Time) error {
	info, set, err := load(file)
	if err != nil {
		return err
	}
	for _, list := range []*[]masterKey{&set.Sealing, &set.Receipts} {
		k, err := newKey(rand.Reader)
		if err != nil {
			return err
		}
		k.Made = now.UTC().Truncate(time.Second)
		*list = slices.Insert(*list, 0, k)
	}
	temp, err := writeTemp(file, set)
	if err != nil {
		return err
	}
	// Nodes of another user may read it through their group.
	if err := errors.Join(os.Chmod(temp, info.Mode().Perm()), os.Rename(temp, file)); err != nil {
		return errors.Join(err, os.Remove(temp))
	}
	return syncDir(filepath.Dir(file))
}

func newSet(random io.Reader) (keySet, error) {
	set := keySet{Version: 1, Sealing: make([]masterKey, 1), Receipts: make([]masterKey, 1)}
	for _, k := range []*masterKey{&set.Sealing[0], &set.Receipts[0], &set.Index} {
		var err error
		if *k, err = newKey(random); err != nil {
			return keySet{}, err
		}
	}
	return set, nil
}

func newKey(random io.Reader) (masterKey, error) {
	var id [4]byte
	k := masterKey{Key: make([]byte, 32)}
	if _, err := io.ReadFull(random, id[:]); err != nil {
		return masterKey{}, fmt.Errorf("new key: %w", err)
	}
	if _, err := io.ReadFull(random, k.Key); err != nil {
		return masterKey{}, fmt.Errorf("new key: %w", err)
	}
	k.ID = hex.EncodeToString(id[:])
	return k, nil
}

// create writes new keys unless another process was first: a hard link fails
// when the name is taken, and a reader never sees half a file.
func create(file string) error {
	set, err := newSet(rand.Reader)
	if err != nil {
		return err
	}
	temp, err := writeTemp(file, set)
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(temp) }() // the link stays
	if err := os.Link(temp, file); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return syncDir(filepath.Dir(file))
}

func writeTemp(file string, set keySet) (name string, err error) {
	f, err := os.CreateTemp(filepath.Dir(file), ".keys-*") // mode 0600
	if err != nil {
		return "", err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	enc := json.NewEncoder(f)
	enc.SetIndent("", "  ")
	return f.Name(), errors.Join(enc.Encode(set), f.Sync(), f.Close())
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// load reads and checks the key file. Keys that everybody on the machine can
// read are no keys, so such a file is refused.
func load(file string) (fs.FileInfo, keySet, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, keySet{}, err
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return nil, keySet{}, err
	}
	if info.Mode().Perm()&0o007 != 0 {
		return nil, keySet{}, fmt.Errorf("its mode is %04o, so others on this machine can read it: chmod 600 %s", info.Mode().Perm(), file)
	}
	raw, err := io.ReadAll(f)
	if err != nil {
		return nil, keySet{}, err
	}
	var set keySet
	if err := json.Unmarshal(raw, &set); err != nil {
		return nil, keySet{}, fmt.Errorf("not a key file: %w", err)
	}
	return info, set, set.check()
}

func (s keySet) check() error {
	if s.Version != 1 {
		return fmt.Errorf("version %d is not known to this program", s.Version)
	}
	if len(s.Sealing) == 0 || len(s.Receipts) == 0 {
		return errors.New("it needs at least one sealing and one receipt key")
	}
	for _, list := range [][]masterKey{s.Sealing, s.Receipts, {s.Index}} {
		seen := map[string]bool{}
		for _, k := range list {
			if k.ID == "" || len(k.Key) != 32 || seen[k.ID] {
				return fmt.Errorf("key %q must have an id of its own and 32 bytes", k.ID)
			}
			seen[k.ID] = true
		}
	}
	return nil
}
