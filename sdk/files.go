package sdk

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/citizens-portal/portal/sdk/api"
	"github.com/citizens-portal/portal/sdk/internal/local"
	"github.com/citizens-portal/portal/sdk/internal/photo"
)

// maxPhotoBytes is how large a photo may be before it is made smaller.
const maxPhotoBytes = 32 << 20

// AddFile keeps a file sealed on the device and gives the entry that a draft,
// an act or a proposal promises it with: JPEG, PNG, PDF or a sound recording by
// its content, at most MaxFileBytes. Pictures are made upright and smaller, and
// lose their metadata, before anything of them is kept. ErrFull when the device
// has no room: what people write comes first.
func (s *Complaints) AddFile(ctx context.Context, r io.Reader) (api.File, error) {
	if err := ctx.Err(); err != nil {
		return api.File{}, err
	}
	u, err := s.c.user()
	if err != nil {
		return api.File{}, err
	}
	if s.c.home.LowSpace() {
		return api.File{}, ErrFull
	}
	b, err := io.ReadAll(io.LimitReader(r, maxPhotoBytes+1))
	if err != nil {
		return api.File{}, fmt.Errorf("read file: %w", err)
	}
	media := fileType(b)
	switch {
	case len(b) == 0:
		return api.File{}, invalid(field("files", "file_empty", "the file is empty"))
	case media == "":
		return api.File{}, invalid(field("files", "file_type", "only JPEG and PNG pictures, PDF documents and sound recordings"))
	case isPicture(media):
		if b, err = photo.Clean(b); err != nil {
			return api.File{}, invalid(field("files", "file_picture", "%v", err))
		}
	}
	if len(b) > MaxFileBytes {
		return api.File{}, invalid(field("files", "file_size", "at most %d MB", MaxFileBytes>>20))
	}
	sum := sha256.Sum256(b)
	f := api.File{SHA256: hex.EncodeToString(sum[:]), Size: int64(len(b)), Type: media}
	if err := u.PutFile(f.SHA256, b); err != nil {
		return f, err
	}
	if isPicture(media) {
		// Kept for when the file itself is sent and gone; a picture without one is
		// no reason to refuse it.
		if small, err := photo.Thumb(b); err == nil {
			_ = u.PutThumb(f.SHA256, small)
		}
	}
	return f, nil
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

func isPicture(media string) bool { return media == "image/jpeg" || media == "image/png" }

// fileType tells a file's type by its first bytes; empty for what the portal
// does not take.
func fileType(b []byte) string {
	switch {
	case bytes.HasPrefix(b, []byte("\xff\xd8\xff")):
		return "image/jpeg"
	case bytes.HasPrefix(b, []byte("\x89PNG\r\n\x1a\n")):
		return "image/png"
	case bytes.HasPrefix(b, []byte("%PDF-")):
		return "application/pdf"
	case bytes.HasPrefix(b, []byte("OggS")):
		return "audio/ogg"
	case bytes.HasPrefix(b, []byte("#!AMR")):
		return "audio/amr"
	case bytes.HasPrefix(b, []byte("ID3")):
		return "audio/mpeg"
	case len(b) < 12:
		return ""
	case string(b[:4]) == "RIFF" && string(b[8:12]) == "WAVE":
		return "audio/wav"
	case string(b[4:8]) == "ftyp" && slices.Contains([]string{"M4A ", "M4B ", "mp41", "mp42", "isom", "iso2", "3gp4", "3gp5", "3gp6", "3g2a", "dash"}, string(b[8:12])):
		return "audio/mp4"
	case b[0] == 0xff && b[1]&0xf6 == 0xf0:
		return "audio/aac" // ADTS
	case b[0] == 0xff && b[1]&0xe6 == 0xe2:
		return "audio/mpeg" // layer III
	}
	return ""
}
