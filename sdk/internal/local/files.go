package local

import (
	"crypto/cipher"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/citizens-portal/portal/sdk/api"
)

// A kept file is sealed in pieces, so that sending one piece opens one piece:
//
//	version (1 byte) ‖ nonce base (15 bytes) ‖ sealed pieces
//
// A piece's nonce is the base, its number (8 bytes, big endian) and 1 for the
// last piece, else 0: pieces can be neither exchanged nor cut off unnoticed.
const (
	filesVersion  = 2 // 1 was one value like any other, see seal.go
	fileNonceBase = 15
	fileHead      = 1 + fileNonceBase
	filePiece     = 64 << 10
)

// thumbSuffix marks small pictures, which can be fetched again.
const thumbSuffix = ".thumb"

// Bounds on what lies beside the database: small pictures, in bytes, and how
// long a file that nothing refers to is kept for a draft that was not saved yet.
const (
	maxThumbBytes = 32 << 20
	keepLoose     = 7 * 24 * time.Hour
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
	sealed, err := u.db.seal.sealFile("file/"+sha, content)
	if err != nil {
		return err
	}
	return u.writeSealed(path, sealed)
}

func (u *User) writeSealed(path string, sealed []byte) error {
	if err := os.MkdirAll(u.files, 0o700); err != nil {
		return err
	}
	u.faults.write("file", false)
	err := writeFile(path, sealed)
	if diskFull(err) {
		return fmt.Errorf("%w: %w", ErrFull, err)
	}
	u.faults.write("file", true)
	return err
}

// File gives a kept file's content. ErrNoSuch when it is not here, ErrDamaged
// when it does not open.
func (u *User) File(sha string) ([]byte, error) { return u.FileAt(sha, 0, -1) }

// FileAt gives up to n bytes of a kept file from an offset; n below 0 means all
// that follows.
func (u *User) FileAt(sha string, offset, n int64) ([]byte, error) {
	path, err := u.filePath(sha)
	if err != nil {
		return nil, err
	}
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("file %s: %w", sha, ErrNoSuch)
	}
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // it was only read
	return u.db.seal.openFile("file/"+sha, f, offset, n)
}

// HasFile reports whether a file is kept here.
func (u *User) HasFile(sha string) bool {
	path, err := u.filePath(sha)
	if err != nil {
		return false
	}
	_, err = os.Stat(path)
	return err == nil
}

// DropFile removes a kept file; one that is not there is no error. Its small
// picture stays.
func (u *User) DropFile(sha string) error {
	path, err := u.filePath(sha)
	if err != nil {
		return err
	}
	u.faults.write("file", false)
	return removeAll(path)
}

// PutThumb keeps a small picture, and lets go of the oldest when there are too
// many.
func (u *User) PutThumb(sha string, content []byte) error {
	path, err := u.filePath(sha)
	if err != nil {
		return err
	}
	sealed, err := u.db.seal.seal("thumb/"+sha, content)
	if err != nil {
		return err
	}
	return errors.Join(u.writeSealed(path+thumbSuffix, sealed), u.boundThumbs())
}

// Thumb gives a small picture kept here. ErrNoSuch when there is none; one that
// does not open counts as missing, because it can be made again.
func (u *User) Thumb(sha string) ([]byte, error) {
	path, err := u.filePath(sha)
	if err != nil {
		return nil, err
	}
	sealed, err := os.ReadFile(path + thumbSuffix)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("small picture %s: %w", sha, ErrNoSuch)
	}
	if err != nil {
		return nil, err
	}
	b, err := u.db.seal.open("thumb/"+sha, sealed)
	if err != nil {
		return nil, fmt.Errorf("small picture %s: %w", sha, ErrNoSuch)
	}
	return b, nil
}

// looseFile is one entry of the folder of files.
type looseFile struct {
	name string
	size int64
	at   time.Time
}

func (u *User) listFiles(keep func(name string) bool) ([]looseFile, error) {
	entries, err := os.ReadDir(u.files)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var out []looseFile
	for _, e := range entries {
		if info, infoErr := e.Info(); infoErr == nil && keep(e.Name()) {
			out = append(out, looseFile{e.Name(), info.Size(), info.ModTime()})
		}
	}
	slices.SortFunc(out, func(a, b looseFile) int { return a.at.Compare(b.at) })
	return out, err
}

func isThumb(name string) bool { return strings.HasSuffix(name, thumbSuffix) }

func (u *User) boundThumbs() error {
	thumbs, err := u.listFiles(isThumb)
	total := int64(0)
	for _, t := range thumbs {
		total += t.size
	}
	for _, t := range thumbs {
		if total <= maxThumbBytes {
			break
		}
		total -= t.size
		err = errors.Join(err, removeAll(filepath.Join(u.files, t.name)))
	}
	return err
}

// SweepFiles removes files that nothing refers to any more: of drafts that were
// deleted, of complaints that were taken back. more tells files that the caller
// knows of.
func (u *User) SweepFiles(more func(*Tx) ([]api.File, error)) error {
	loose, err := u.listFiles(func(name string) bool { return !isThumb(name) })
	if err != nil || len(loose) == 0 {
		return err
	}
	var wanted map[string]bool
	err = u.View(func(tx *Tx) error {
		known, err := more(tx)
		if err != nil {
			return err
		}
		wanted, err = tx.wantedFiles(known)
		return err
	})
	if err != nil {
		return err
	}
	for _, f := range loose {
		if !wanted[f.name] && u.now().Sub(f.at) > keepLoose {
			err = errors.Join(err, removeAll(filepath.Join(u.files, f.name)))
		}
	}
	return err
}

func fileNonce(base []byte, piece int64, last bool) []byte {
	nonce := binary.BigEndian.AppendUint64(slices.Clone(base), uint64(piece))
	if last {
		return append(nonce, 1)
	}
	return append(nonce, 0)
}

// sealFile seals content in pieces; even an empty one has a last piece.
func (s *sealer) sealFile(place string, content []byte) ([]byte, error) {
	base := make([]byte, fileNonceBase)
	if _, err := io.ReadFull(s.rand, base); err != nil {
		return nil, fmt.Errorf("random nonce: %w", err)
	}
	out := append([]byte{filesVersion}, base...)
	for piece := int64(0); ; piece++ {
		n := min(len(content), filePiece)
		last := n == len(content)
		out = s.aead.Seal(out, fileNonce(base, piece, last), content[:n], []byte(place))
		if content = content[n:]; last {
			return out, nil
		}
	}
}

// openFile opens the pieces that hold n bytes from an offset.
func (s *sealer) openFile(place string, f *os.File, offset, n int64) ([]byte, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	head := make([]byte, fileHead)
	if _, err := io.ReadFull(f, head); err != nil {
		return nil, fmt.Errorf("%s: %w", place, ErrDamaged)
	}
	if head[0] == sealVersion {
		return s.openOldFile(place, f, offset, n)
	}
	r := pieces{s.aead, place, head[1:], f, info.Size() - fileHead}
	if head[0] != filesVersion || r.sealed < int64(r.aead.Overhead()) {
		return nil, fmt.Errorf("%s: %w", place, ErrDamaged)
	}
	return r.read(offset, n)
}

// openOldFile opens a file of version 1, whole.
func (s *sealer) openOldFile(place string, f *os.File, offset, n int64) ([]byte, error) {
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	sealed, err := io.ReadAll(f)
	if err != nil {
		return nil, err
	}
	plain, err := s.open(place, sealed)
	if err != nil {
		return nil, err
	}
	plain = plain[min(max(offset, 0), int64(len(plain))):]
	if n >= 0 {
		plain = plain[:min(n, int64(len(plain)))]
	}
	return plain, nil
}

// pieces reads a sealed file of sealed bytes behind its head.
type pieces struct {
	aead   cipher.AEAD
	place  string
	base   []byte
	f      *os.File
	sealed int64
}

func (p pieces) read(offset, n int64) ([]byte, error) {
	whole := int64(filePiece + p.aead.Overhead())
	last := (p.sealed - 1) / whole
	size := p.sealed - (last+1)*int64(p.aead.Overhead())
	offset = min(max(offset, 0), size)
	if n < 0 || n > size-offset {
		n = size - offset
	}
	out := make([]byte, 0, n)
	for i := offset / filePiece; i <= last; i++ {
		plain, err := p.piece(i, whole, i == last)
		if err != nil {
			return nil, err
		}
		from := max(offset-i*filePiece, 0)
		plain = plain[min(from, int64(len(plain))):]
		plain = plain[:min(int64(len(plain)), n-int64(len(out)))]
		if out = append(out, plain...); int64(len(out)) == n {
			break
		}
	}
	return out, nil
}

func (p pieces) piece(i, whole int64, last bool) ([]byte, error) {
	length := whole
	if last {
		length = p.sealed - i*whole
	}
	sealed := make([]byte, length)
	if _, err := p.f.ReadAt(sealed, fileHead+i*whole); err != nil {
		return nil, fmt.Errorf("%s: %w: %w", p.place, ErrDamaged, err)
	}
	plain, err := p.aead.Open(sealed[:0], fileNonce(p.base, i, last), sealed, []byte(p.place))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", p.place, ErrDamaged)
	}
	return plain, nil
}
