package local

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// KeyStore keeps sealing keys. Platforms with a key store of their own
// implement it; FileKeys is for those without one.
type KeyStore interface {
	// Load gives a key; an error that is fs.ErrNotExist means there is none.
	Load(name string) ([]byte, error)
	// Save keeps a key durably before it returns.
	Save(name string, key []byte) error
	// Delete destroys a key; one that does not exist is no error.
	Delete(name string) error
}

// FileKeys keeps each key in a file of mode 0600 in dir. It protects against
// other users of the device and makes logout final, not against someone who
// can read all of the folder.
func FileKeys(dir string) KeyStore { return fileKeys{dir} }

type fileKeys struct{ dir string }

func (k fileKeys) path(name string) string { return filepath.Join(k.dir, name+".key") }

// Load reads a key file.
func (k fileKeys) Load(name string) ([]byte, error) {
	b, err := os.ReadFile(k.path(name))
	if err != nil {
		return nil, err
	}
	key, err := base64.RawStdEncoding.DecodeString(strings.TrimSpace(string(b)))
	if err != nil || len(key) != keyBytes {
		return nil, fmt.Errorf("key file %s: %w", k.path(name), ErrDamaged)
	}
	return key, nil
}

// Save writes a key file durably.
func (k fileKeys) Save(name string, key []byte) error {
	if err := os.MkdirAll(k.dir, 0o700); err != nil {
		return err
	}
	return writeFile(k.path(name), []byte(base64.RawStdEncoding.EncodeToString(key)+"\n"))
}

// Delete overwrites a key file and removes it.
func (k fileKeys) Delete(name string) error {
	path := k.path(name)
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	// Overwriting is a courtesy on disks that write in place; removing decides.
	if err := overwrite(path, info.Size()); err != nil {
		return err
	}
	if err := os.Remove(path); err != nil {
		return err
	}
	return syncDir(k.dir)
}

func overwrite(path string, size int64) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.Write(make([]byte, size))
	return errors.Join(err, f.Sync(), f.Close())
}

// keyFor loads a key or makes one.
func keyFor(keys KeyStore, rand io.Reader, name string) ([]byte, error) {
	key, err := keys.Load(name)
	if err == nil || !errors.Is(err, fs.ErrNotExist) {
		return key, err
	}
	key = make([]byte, keyBytes)
	if _, err := io.ReadFull(rand, key); err != nil {
		return nil, err
	}
	if err := keys.Save(name, key); err != nil {
		return nil, fmt.Errorf("save key: %w", err)
	}
	return key, nil
}
