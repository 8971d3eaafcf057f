package keys

import (
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
	set, err := load(file)
	if errors.Is(err, fs.ErrNotExist) {
		if err := create(file); err != nil {
			return nil, fmt.Errorf("make keys %s: %w", file, err)
		}
		set, err = load(file)
	}
	if err != nil {
		return nil, fmt.Errorf("keys %s: %w", file, err)
	}
	return newRing(set, rand.Reader)
}

// New makes a ring that lives in memory only: for tests and demonstrations.
func New(random io.Reader) (*Ring, error) {
	set, err := newSet(random)
	if err != nil {
		return nil, err
	}
	return newRing(set, random)
}

// Rotate puts a new sealing and a new receipt key first in the file that Open
// would load. Running nodes read it when they start again; until all have,
// those with the old file cannot open what the others seal.
func Rotate(dir, file string) error {
	if file == "" {
		file = filepath.Join(dir, FileName)
	}
	set, err := load(file)
	if err != nil {
		return fmt.Errorf("rotate keys %s: %w", file, err)
	}
	seal, err := newKey(rand.Reader)
	if err != nil {
		return err
	}
	receipt, err := newKey(rand.Reader)
	if err != nil {
		return err
	}
	set.Sealing = slices.Insert(set.Sealing, 0, seal)
	set.Receipts = slices.Insert(set.Receipts, 0, receipt)
	temp, err := writeTemp(file, set)
	if err != nil {
		return fmt.Errorf("rotate keys %s: %w", file, err)
	}
	if err := os.Rename(temp, file); err != nil {
		return errors.Join(fmt.Errorf("rotate keys: %w", err), os.Remove(temp))
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
func load(file string) (keySet, error) {
	info, err := os.Stat(file)
	if err != nil {
		return keySet{}, err
	}
	if info.Mode().Perm()&0o007 != 0 {
		return keySet{}, fmt.Errorf("its mode is %04o, so others on this machine can read it: chmod 600 %s", info.Mode().Perm(), file)
	}
	raw, err := os.ReadFile(file)
	if err != nil {
		return keySet{}, err
	}
	var set keySet
	if err := json.Unmarshal(raw, &set); err != nil {
		return keySet{}, fmt.Errorf("not a key file: %w", err)
	}
	return set, set.check()
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
