package server

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/citizens-portal/portal/backend/media"
	"github.com/citizens-portal/portal/backend/portal"
	"github.com/citizens-portal/portal/backend/store"
)

// A backup is a tar archive: the store's own copy first, then the files that
// lie in the data folder, and at the end how many there were with a hash over all
// content, by which an archive that was cut short or changed is told from a whole
// one. Files in a bucket stay there. A bare copy of the store, as older programs
// wrote, is restored like an archive without files.

const (
	archiveStore = "portal-backup-1/store"
	archiveFiles = "portal-backup-1/files/"
	archiveEnd   = "portal-backup-1/end.json"
	// maxArchiveEnd bounds what is read as the end, in bytes.
	maxArchiveEnd = 4 << 10
)

// archiveTail is the last entry.
type archiveTail struct {
	Files  int    `json:"files"`
	SHA256 string `json:"sha256"` // of the store and all files, in order
}

// archiveWriter writes a backup.
type archiveWriter struct {
	tar  *tar.Writer
	hash hash.Hash
	n    int
}

func (a *archiveWriter) add(name string, content io.Reader, size int64) error {
	if err := a.tar.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: size, Format: tar.FormatPAX}); err != nil {
		return err
	}
	_, err := io.Copy(io.MultiWriter(a.tar, a.hash), content)
	return err
}

// writeArchive writes the store's copy and the files that db's records name. The
// copy must be the older one: then no file that it names is missing, except what
// was erased since.
func writeArchive(ctx context.Context, w io.Writer, storeCopy string, db store.Store, blobs media.Blobs) error {
	a := &archiveWriter{tar: tar.NewWriter(w), hash: sha256.New()}
	in, err := os.Open(storeCopy)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }()
	info, err := in.Stat()
	if err != nil {
		return err
	}
	if err := a.add(archiveStore, in, info.Size()); err != nil {
		return err
	}
	if folder, ok := blobs.(*media.Folder); ok {
		if err := a.addFiles(ctx, db, folder); err != nil {
			return err
		}
	}
	end, err := json.Marshal(archiveTail{Files: a.n, SHA256: hex.EncodeToString(a.hash.Sum(nil))})
	if err != nil {
		return err
	}
	return errors.Join(a.add(archiveEnd, bytes.NewReader(end), int64(len(end))), a.tar.Close())
}

func (a *archiveWriter) addFiles(ctx context.Context, db store.Store, folder *media.Folder) error {
	names, err := media.Stored(ctx, db)
	if err != nil {
		return err
	}
	for _, name := range names {
		if err := a.addFile(ctx, folder, name); err != nil && !errors.Is(err, portal.ErrNotFound) {
			return fmt.Errorf("file %s: %w", name, err)
		}
	}
	return nil
}

func (a *archiveWriter) addFile(ctx context.Context, folder *media.Folder, name string) error {
	size, err := folder.Size(ctx, name)
	if err != nil {
		return err
	}
	blob, err := folder.Open(ctx, name)
	if err != nil {
		return err
	}
	defer func() { _ = blob.Close() }()
	a.n++
	return a.add(archiveFiles+name, blob, size)
}

// errNoArchive means that a file is something else than an archive.
var errNoArchive = errors.New("no archive")

// readArchive calls fn for the store and each file, in order, and tells at the end
// whether the archive was whole; errNoArchive before anything else.
func readArchive(r io.Reader, fn func(name string, content io.Reader, size int64) error) error {
	in, sum, files := tar.NewReader(r), sha256.New(), 0
	head, err := in.Next()
	if err != nil || head.Name != archiveStore {
		return errNoArchive
	}
	for ; err == nil; head, err = in.Next() {
		name, isFile := strings.CutPrefix(head.Name, archiveFiles)
		switch {
		case head.Name == archiveEnd:
			return checkTail(in, archiveTail{Files: files, SHA256: hex.EncodeToString(sum.Sum(nil))})
		case isFile:
			files++
		case head.Name == archiveStore && files == 0:
			name = ""
		default:
			return fmt.Errorf("%w: %.80q does not belong into a backup", ErrFile, head.Name)
		}
		content := io.TeeReader(in, sum)
		if err := fn(name, content, head.Size); err != nil {
			return err
		}
		if _, err := io.Copy(io.Discard, content); err != nil {
			return fmt.Errorf("%w: the backup breaks off in the middle: %w", ErrFile, err)
		}
	}
	return fmt.Errorf("%w: the backup breaks off in the middle", ErrFile)
}

func checkTail(in io.Reader, want archiveTail) error {
	var end archiveTail
	if err := json.NewDecoder(io.LimitReader(in, maxArchiveEnd)).Decode(&end); err != nil {
		return fmt.Errorf("%w: the end of the backup cannot be read: %w", ErrFile, err)
	}
	if end != want {
		return fmt.Errorf("%w: the backup was changed or is damaged", ErrFile)
	}
	return nil
}

// unpack calls use with the store's copy of a backup, after all of the backup was
// found whole and its files were put into blobs. Names are new ones, so a restore that
// fails afterwards leaves nothing but files that nothing refers to.
func unpack(ctx context.Context, c Config, file string, blobs media.Blobs, use func(storeCopy string) error) error {
	read := func(fn func(name string, content io.Reader, size int64) error) error {
		in, err := os.Open(file)
		if err != nil {
			return fmt.Errorf("%w: %w", ErrFile, err)
		}
		defer func() { _ = in.Close() }()
		return readArchive(in, fn)
	}
	return aside(c.DataDir, func(dir string) error {
		storeCopy := filepath.Join(dir, "store")
		err := read(func(name string, content io.Reader, _ int64) error {
			if name != "" {
				return nil
			}
			return writeNew(storeCopy, func(w io.Writer) error { _, err := io.Copy(w, content); return err })
		})
		if errors.Is(err, errNoArchive) {
			return use(file)
		}
		if err != nil {
			return err
		}
		err = read(func(name string, content io.Reader, size int64) error {
			if name == "" {
				return nil
			}
			return blobs.Put(ctx, name, content, size)
		})
		if err != nil {
			return err
		}
		return use(storeCopy)
	})
}
