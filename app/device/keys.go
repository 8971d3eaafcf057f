package device

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// sealer seals bytes with a key that does not leave the device.
type sealer interface {
	// seal makes the key of that name if need be.
	seal(name string, plain []byte) ([]byte, error)
	open(name string, sealed []byte) ([]byte, error)
	// forget destroys the key; one that does not exist is no error.
	forget(name string) error
}

// Keys keeps the SDK's keys in files of dir that only this device's key store can
// open. It is nil where there is no such store: the SDK then keeps them in files.
func Keys(dir string) *SealedKeys {
	if s := systemSealer(); s != nil {
		return &SealedKeys{dir, s}
	}
	return nil
}

// SealedKeys implements the SDK's key store.
type SealedKeys struct {
	dir    string
	sealer sealer
}

func (k *SealedKeys) path(name string) string { return filepath.Join(k.dir, name+".sealed-key") }

// Load gives a key; an error that is [fs.ErrNotExist] means there is none.
func (k *SealedKeys) Load(name string) ([]byte, error) {
	sealed, err := os.ReadFile(k.path(name))
	if err != nil {
		return nil, err
	}
	return k.sealer.open(name, sealed)
}

// Save keeps a key durably before it returns.
func (k *SealedKeys) Save(name string, key []byte) error {
	sealed, err := k.sealer.seal(name, key)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(k.dir, 0o700); err != nil {
		return err
	}
	partial := k.path(name) + ".partial"
	if err := writeSynced(partial, sealed); err != nil {
		return err
	}
	if err := os.Rename(partial, k.path(name)); err != nil {
		return err
	}
	return syncFolder(k.dir)
}

// Delete destroys a key; one that does not exist is no error. Destroying the key that
// sealed it decides; the file is only tidied away.
func (k *SealedKeys) Delete(name string) error {
	err := k.sealer.forget(name)
	if gone := os.Remove(k.path(name)); !errors.Is(gone, fs.ErrNotExist) {
		err = errors.Join(err, gone)
	}
	return err
}

func writeSynced(name string, b []byte) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	return errors.Join(err, f.Sync(), f.Close())
}

func syncFolder(name string) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
