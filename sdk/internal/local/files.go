package local

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// filePath is where a kept file lies; its name is the hash of its content, so
// anything else is refused.
func (u *User) filePath(sha string) (string, error) {
	if b, err := hex.DecodeString(sha); err != nil || len(b) != 32 {
		return "", fmt.Errorf("file %q: %w", sha, ErrNoSuch)
	}
	return filepath.Join(u.files, sha), nil
}

// PutFile keeps a file's content, sealed. It never uses the reserve: drafts
// come first on a full device.
func (u *User) PutFile(sha string, content []byte) error {
	path, err := u.filePath(sha)
	if err != nil {
		return err
	}
	sealed, err := u.db.seal.seal("file/"+sha, content)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(u.files, 0o700); err != nil {
		return err
	}
	err = writeFile(path, sealed)
	if diskFull(err) {
		return fmt.Errorf("%w: %w", ErrFull, err)
	}
	return err
}

// File gives a kept file's content. ErrNoSuch when it is not here, ErrDamaged
// when it does not open.
func (u *User) File(sha string) ([]byte, error) {
	path, err := u.filePath(sha)
	if err != nil {
		return nil, err
	}
	sealed, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("file %s: %w", sha, ErrNoSuch)
	}
	if err != nil {
		return nil, err
	}
	return u.db.seal.open("file/"+sha, sealed)
}
