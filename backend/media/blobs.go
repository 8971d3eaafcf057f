package media

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/citizens-portal/portal/backend/portal"
)

// Blobs keeps finished files. Names are ours (random), contents never change.
// Implementations are safe for concurrent use.
type Blobs interface {
	// Put stores size bytes under a name, durably, whole or not at all. Storing
	// again under the same name replaces.
	Put(ctx context.Context, name string, content io.Reader, size int64) error
	// Open gives a file; ErrNotFound when there is none.
	Open(ctx context.Context, name string) (Blob, error)
	// Size gives its length in bytes; ErrNotFound when there is none.
	Size(ctx context.Context, name string) (int64, error)
	// Delete removes a file; one that is not there is no error.
	Delete(ctx context.Context, name string) error
}

// Blob is an open file.
type Blob interface {
	io.ReadSeekCloser
}

// Folder keeps files in a folder of the file system, spread over 256 folders
// by the start of their names.
type Folder struct{ dir string }

// OpenFolder makes the folder when it is missing.
func OpenFolder(dir string) (*Folder, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("folder of files: %w", err)
	}
	return &Folder{dir: dir}, nil
}

func (f *Folder) path(name string) (string, error) {
	id := strings.TrimSuffix(name, thumbOf(""))
	if !isID(id) {
		return "", fmt.Errorf("file %q: %w", name, portal.ErrNotFound)
	}
	return filepath.Join(f.dir, id[:2], name), nil
}

// Put implements Blobs.
func (f *Folder) Put(_ context.Context, name string, content io.Reader, size int64) error {
	path, err := f.path(name)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	tmp, err := os.CreateTemp(f.dir, "new-*")
	if err != nil {
		return err
	}
	n, err := io.Copy(tmp, content)
	if err == nil && n != size {
		err = fmt.Errorf("file %s: %d bytes came, not %d", name, n, size)
	}
	if err = errors.Join(err, tmp.Sync(), tmp.Close()); err == nil {
		err = os.Rename(tmp.Name(), path)
	}
	if err != nil {
		return errors.Join(err, removeFile(tmp.Name()))
	}
	return errors.Join(syncPath(filepath.Dir(path)), syncPath(f.dir))
}

// Open implements Blobs.
func (f *Folder) Open(_ context.Context, name string) (Blob, error) {
	path, err := f.path(name)
	if err != nil {
		return nil, err
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, absent(name, err)
	}
	return file, nil
}

// Size implements Blobs.
func (f *Folder) Size(_ context.Context, name string) (int64, error) {
	path, err := f.path(name)
	if err != nil {
		return 0, err
	}
	info, err := os.Stat(path)
	if err != nil {
		return 0, absent(name, err)
	}
	return info.Size(), nil
}

// Delete implements Blobs.
func (f *Folder) Delete(_ context.Context, name string) error {
	path, err := f.path(name)
	if err != nil {
		return err
	}
	return removeFile(path)
}

// sweep removes what an interrupted Put left.
func (f *Folder) sweep(before time.Time) error {
	left, err := filepath.Glob(filepath.Join(f.dir, "new-*"))
	for _, path := range left {
		if info, statErr := os.Stat(path); statErr == nil && info.ModTime().Before(before) {
			err = errors.Join(err, removeFile(path))
		}
	}
	return err
}

func absent(name string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("file %s: %w", name, portal.ErrNotFound)
	}
	return err
}

func removeFile(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
