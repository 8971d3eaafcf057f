package sdk

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/citizens-portal/portal/sdk/api"
	"github.com/citizens-portal/portal/sdk/internal/local"
	"github.com/citizens-portal/portal/sdk/internal/photo"
)

// maxPhotoBytes is how large a photo may be before it is made smaller.
const maxPhotoBytes = 32 << 20

// AddFile keeps a file sealed on the device and gives the entry that a draft
// or a proposal promises it with: JPEG, PNG or PDF by its content, at most
// MaxFileBytes. Pictures are made upright and smaller, and lose their metadata,
// before anything of them is kept.
func (s *Complaints) AddFile(ctx context.Context, r io.Reader) (api.File, error) {
	if err := ctx.Err(); err != nil {
		return api.File{}, err
	}
	b, err := io.ReadAll(io.LimitReader(r, maxPhotoBytes+1))
	if err != nil {
		return api.File{}, fmt.Errorf("read file: %w", err)
	}
	media := http.DetectContentType(b)
	switch media {
	case "image/jpeg", "image/png":
		if b, err = photo.Clean(b); err != nil {
			return api.File{}, invalid(field("files", "file_picture", "%v", err))
		}
	case "application/pdf":
	default:
		if len(b) == 0 {
			return api.File{}, invalid(field("files", "file_empty", "the file is empty"))
		}
		return api.File{}, invalid(field("files", "file_type", "only JPEG, PNG and PDF files; this is %s", media))
	}
	if len(b) > MaxFileBytes {
		return api.File{}, invalid(field("files", "file_size", "at most %d MB", MaxFileBytes>>20))
	}
	sum := sha256.Sum256(b)
	f := api.File{SHA256: hex.EncodeToString(sum[:]), Size: int64(len(b)), Type: media}
	u, err := s.c.user()
	if err != nil {
		return f, err
	}
	return f, u.PutFile(f.SHA256, b)
}

// OpenFile gives back a file kept on this device.
func (s *Complaints) OpenFile(ctx context.Context, sha string) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	u, err := s.c.user()
	if err != nil {
		return nil, err
	}
	b, err := u.File(sha)
	if errors.Is(err, local.ErrNoSuch) {
		return nil, notFound("this file is not on this device")
	}
	return b, err
}
