package server

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/citizens-portal/portal/backend/media"
)

// Folders of files inside DataDir.
const (
	filesDir   = "files"
	uploadsDir = "uploads"
)

// wireMedia opens the files and what they are checked with.
func (b *Backend) wireMedia(ctx context.Context) error {
	blobs, err := openBlobs(ctx, b.Config)
	if err != nil {
		return err
	}
	c := media.Config{Store: b.Store, Blobs: blobs, Dir: filepath.Join(b.DataDir, uploadsDir), Now: b.Now, Rand: b.Rand, Log: b.logger("media")}
	if b.Clamd != "" {
		if c.Scanner, err = media.ParseClamd(b.Clamd); err != nil {
			return err
		}
	}
	b.Media, err = media.New(c)
	return err
}

// openBlobs opens where finished files lie: a bucket, or a folder.
func openBlobs(ctx context.Context, c Config) (media.Blobs, error) {
	if c.FilesConfig == "" {
		return media.OpenFolder(filepath.Join(c.DataDir, filesDir))
	}
	raw, err := os.ReadFile(c.FilesConfig)
	if err != nil {
		return nil, fmt.Errorf("%w: files configuration: %w", ErrFile, err)
	}
	bucket, err := media.ParseS3(raw, os.Getenv)
	if err != nil {
		return nil, err
	}
	return media.OpenBucket(ctx, bucket)
}
