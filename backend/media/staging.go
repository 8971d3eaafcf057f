package media

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/tus/tusd/v2/pkg/filestore"
	"github.com/tus/tusd/v2/pkg/handler"
)

// Names of what is remembered with an upload. The first two are the client's
// to send; the owner is set by Begin.
const (
	metaCase  = "case"
	metaSHA   = "sha256"
	metaOwner = "owner"
)

// Staging is the data store of a tus handler: tusd's file store, which leaves
// writing to the operating system, with what it wrote brought to the disk
// before anything is acknowledged. A finished upload keeps its description for
// a while, so that a client whose last answer was lost learns that it is done.
type Staging struct {
	files  filestore.FileStore
	finish func(ctx context.Context, id string) error
}

func openStaging(dir string, finish func(context.Context, string) error) (*Staging, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("folder of unfinished uploads: %w", err)
	}
	files := filestore.New(dir)
	files.DirModePerm, files.FileModePerm = 0o700, 0o600
	return &Staging{files: files, finish: finish}, nil
}

func (s *Staging) contentPath(id string) string { return filepath.Join(s.files.Path, id) }
func (s *Staging) infoPath(id string) string    { return filepath.Join(s.files.Path, id+".info") }

// NewUpload implements handler.DataStore.
func (s *Staging) NewUpload(ctx context.Context, info handler.FileInfo) (handler.Upload, error) {
	if !isID(info.ID) {
		return nil, handler.ErrNotFound
	}
	u, err := s.files.NewUpload(ctx, info)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(syncPath(s.contentPath(info.ID)), syncPath(s.infoPath(info.ID)), syncPath(s.files.Path)); err != nil {
		return nil, err
	}
	return &staged{Upload: u, s: s, id: info.ID}, nil
}

// GetUpload implements handler.DataStore. An upload that was complete when the
// server died is finished here.
func (s *Staging) GetUpload(ctx context.Context, id string) (handler.Upload, error) {
	info, err := s.info(id)
	if err != nil {
		return nil, err
	}
	u, err := s.files.GetUpload(ctx, id)
	if errors.Is(err, handler.ErrNotFound) {
		return &staged{Upload: finished{info}, s: s, id: id}, nil
	}
	if err != nil {
		return nil, err
	}
	if info, err = u.GetInfo(ctx); err != nil {
		return nil, err
	}
	if info.Offset == info.Size {
		if err := s.finish(ctx, id); err != nil {
			return nil, err
		}
	}
	return &staged{Upload: u, s: s, id: id}, nil
}

// info gives an upload's description, with the offset as far as it got.
func (s *Staging) info(id string) (handler.FileInfo, error) {
	var info handler.FileInfo
	if !isID(id) {
		return info, handler.ErrNotFound
	}
	raw, err := os.ReadFile(s.infoPath(id))
	if errors.Is(err, fs.ErrNotExist) {
		return info, handler.ErrNotFound
	}
	if err != nil {
		return info, err
	}
	if err := json.Unmarshal(raw, &info); err != nil {
		// A power cut while it was made: nothing of it was acknowledged.
		return info, handler.ErrNotFound
	}
	info.Offset = info.Size
	if stat, err := os.Stat(s.contentPath(id)); err == nil {
		info.Offset = stat.Size()
	}
	return info, nil
}

// Owner gives whose upload it is; handler.ErrNotFound when there is none.
func (s *Staging) Owner(id string) (string, error) {
	info, err := s.info(id)
	return info.MetaData[metaOwner], err
}

// AsTerminatableUpload implements handler.TerminaterDataStore.
func (s *Staging) AsTerminatableUpload(u handler.Upload) handler.TerminatableUpload {
	return u.(*staged)
}

// remove forgets an upload and what came of it so far.
func (s *Staging) remove(id string) error {
	if !isID(id) {
		return nil
	}
	return errors.Join(removeFile(s.contentPath(id)), removeFile(s.infoPath(id)))
}

// drop lets go of the bytes of a finished upload; its description stays.
func (s *Staging) drop(id string) error {
	return errors.Join(removeFile(s.contentPath(id)), syncPath(s.files.Path))
}

// waiting is an upload found in the folder.
type waiting struct {
	id string
	// touched is when its last piece came.
	touched time.Time
	// complete: all bytes are here, and nobody finished it.
	complete bool
}

// list finds all uploads of this node.
func (s *Staging) list() ([]waiting, error) {
	entries, err := os.ReadDir(s.files.Path)
	if err != nil {
		return nil, err
	}
	var out []waiting
	for _, e := range entries {
		id, ok := strings.CutSuffix(e.Name(), ".info")
		if !ok {
			id = e.Name() // one whose description was never written
		} else if _, err := os.Stat(s.contentPath(id)); err == nil {
			continue // seen under its own name
		}
		stat, err := e.Info()
		if !isID(id) || err != nil {
			continue
		}
		w := waiting{id: id, touched: stat.ModTime()}
		if info, err := s.info(id); err == nil && !ok {
			w.complete = info.Offset == info.Size
		}
		out = append(out, w)
	}
	return out, nil
}

// staged is an upload whose pieces are on the disk when they are acknowledged.
type staged struct {
	handler.Upload
	s  *Staging
	id string
}

// WriteChunk implements handler.Upload.
func (u *staged) WriteChunk(ctx context.Context, offset int64, src io.Reader) (int64, error) {
	n, err := u.Upload.WriteChunk(ctx, offset, src)
	if n == 0 {
		return n, err
	}
	if syncErr := syncPath(u.s.contentPath(u.id)); syncErr != nil {
		return 0, errors.Join(err, syncErr)
	}
	return n, err
}

// FinishUpload implements handler.Upload.
func (u *staged) FinishUpload(ctx context.Context) error { return u.s.finish(ctx, u.id) }

// Terminate implements handler.TerminatableUpload.
func (u *staged) Terminate(context.Context) error { return u.s.remove(u.id) }

// finished stands for an upload whose bytes have become a file.
type finished struct{ info handler.FileInfo }

// GetInfo implements handler.Upload.
func (f finished) GetInfo(context.Context) (handler.FileInfo, error) { return f.info, nil }

// WriteChunk implements handler.Upload: nothing more is taken.
func (f finished) WriteChunk(context.Context, int64, io.Reader) (int64, error) {
	return 0, handler.ErrSizeExceeded
}

// GetReader implements handler.Upload: the bytes are a file's by now.
func (f finished) GetReader(context.Context) (io.ReadCloser, error) {
	return nil, handler.ErrNotFound
}

// FinishUpload implements handler.Upload.
func (f finished) FinishUpload(context.Context) error { return nil }
