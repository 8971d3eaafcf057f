package local

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"sync"
)

// writeFile replaces a file so that after a power cut either the old or the
// new content is there, whole.
func writeFile(path string, content []byte) error {
	tmp := path + ".new"
	f, err := os.OpenFile(tmp, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return errors.Join(err, os.Remove(tmp))
	}
	if err := os.Rename(tmp, path); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

// syncDir makes a rename or removal durable. Windows keeps directories durable
// by itself and cannot sync them.
func syncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// copyFile copies durably.
func copyFile(from, to string) error {
	b, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return writeFile(to, b)
}

// reserveBytes is what the reserve file holds back so that a draft can still
// be saved on a full device.
const reserveBytes = 1 << 20

// reserve is a file that is given up when the disk is full.
type reserve struct {
	mu   sync.Mutex
	path string
	low  bool // given up, or could not be made
}

// keep makes the reserve file when there is room for it.
func (r *reserve) keep() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if info, err := os.Stat(r.path); err == nil && info.Size() >= reserveBytes {
		r.low = false
		return
	}
	err := writeFile(r.path, make([]byte, reserveBytes))
	if err != nil {
		err = errors.Join(err, os.Remove(r.path))
	}
	r.low = err != nil
}

// release gives the reserve up; false when there was none.
func (r *reserve) release() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.low = true
	return os.Remove(r.path) == nil
}

// isLow reports whether the device is short of space.
func (r *reserve) isLow() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.low
}

// removeAll deletes files and treats missing ones as done.
func removeAll(paths ...string) error {
	var errs []error
	for _, p := range paths {
		if err := os.RemoveAll(p); err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}
