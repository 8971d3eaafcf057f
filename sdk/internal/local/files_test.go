package local

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/citizens-portal/portal/sdk/api"
)

func content(n int) (sha string, b []byte) {
	b = make([]byte, n)
	rng := rand.New(rand.NewPCG(7, uint64(n)))
	for i := range b {
		b[i] = byte(rng.Uint32())
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:]), b
}

func TestFileIsReadFromAnywhere(t *testing.T) {
	u := signedIn(t, openHome(t, t.TempDir()), "c:1")
	for _, size := range []int{0, 1, filePiece - 1, filePiece, filePiece + 1, 3 * filePiece, 200_001} {
		sha, b := content(size)
		if err := u.PutFile(sha, b); err != nil {
			t.Fatal(err)
		}
		if got, err := u.File(sha); err != nil || !bytes.Equal(got, b) {
			t.Fatalf("%d bytes: %d came, %v", size, len(got), err)
		}
		for _, from := range []int{0, 1, filePiece - 1, filePiece, filePiece + 1, size - 1, size, size + 5} {
			for _, n := range []int{0, 1, 1000, filePiece, filePiece + 1, 1 << 30} {
				at := min(max(from, 0), size)
				want := b[at:min(at+n, size)]
				if got, err := u.FileAt(sha, int64(from), int64(n)); err != nil || !bytes.Equal(got, want) {
					t.Fatalf("%d from %d of %d: %d came, want %d, %v", n, from, size, len(got), len(want), err)
				}
			}
		}
	}
}

func TestTamperedFileDoesNotOpen(t *testing.T) {
	u := signedIn(t, openHome(t, t.TempDir()), "c:1")
	sha, b := content(3*filePiece + 10)
	if err := u.PutFile(sha, b); err != nil {
		t.Fatal(err)
	}
	path, err := u.filePath(sha)
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	whole := filePiece + u.db.seal.aead.Overhead()
	swapped := bytes.Clone(sealed)
	copy(swapped[fileHead:], sealed[fileHead+whole:fileHead+2*whole])
	copy(swapped[fileHead+whole:], sealed[fileHead:fileHead+whole])
	flipped := bytes.Clone(sealed)
	flipped[len(flipped)-1] ^= 1
	for name, bad := range map[string][]byte{
		"cut at a piece": sealed[:fileHead+2*whole], "cut within one": sealed[:fileHead+whole+99], "head only": sealed[:fileHead], "nothing": {},
		"pieces exchanged": swapped, "a bit": flipped, "longer": append(bytes.Clone(sealed), 0), "other version": append([]byte{99}, sealed[1:]...),
	} {
		if err := os.WriteFile(path, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := u.File(sha); !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: %d bytes, %v", name, len(got), err)
		}
	}
	other, _ := content(5)
	otherPath, err := u.filePath(other)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(otherPath, sealed, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := u.File(other); !errors.Is(err, ErrDamaged) {
		t.Errorf("under another name: %v", err)
	}
}

func TestFileOfTheFirstVersionOpens(t *testing.T) {
	u := signedIn(t, openHome(t, t.TempDir()), "c:1")
	sha, b := content(100_000)
	sealed, err := u.db.seal.seal("file/"+sha, b)
	if err != nil {
		t.Fatal(err)
	}
	path, err := u.filePath(sha)
	if err != nil {
		t.Fatal(err)
	}
	if err := u.writeSealed(path, sealed); err != nil {
		t.Fatal(err)
	}
	if got, err := u.FileAt(sha, 90_000, 5000); err != nil || !bytes.Equal(got, b[90_000:95_000]) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
}

func TestSmallPicturesAreBounded(t *testing.T) {
	u := signedIn(t, openHome(t, t.TempDir()), "c:1")
	var first string
	for i := range maxThumbBytes/(4<<20) + 2 {
		sum := sha256.Sum256(fmt.Append(nil, i))
		sha := hex.EncodeToString(sum[:])
		if i == 0 {
			first = sha
		}
		if err := u.PutThumb(sha, make([]byte, 4<<20)); err != nil {
			t.Fatal(err)
		}
		old := at().Add(time.Duration(i) * time.Hour) // the file system's clock is too coarse
		if err := os.Chtimes(filepath.Join(u.files, sha+thumbSuffix), old, old); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := u.Thumb(first); !errors.Is(err, ErrNoSuch) {
		t.Errorf("the oldest stays: %v", err)
	}
	kept, err := u.listFiles(isThumb)
	if err != nil || len(kept) < 6 {
		t.Errorf("%d kept, %v", len(kept), err)
	}
}

func TestFilesNobodyWantsGo(t *testing.T) {
	u := signedIn(t, openHome(t, t.TempDir()), "c:1")
	var files []api.File
	for i := range 5 {
		sha, b := content(100 + i)
		if err := u.PutFile(sha, b); err != nil {
			t.Fatal(err)
		}
		old := at().Add(-keepLoose - time.Hour)
		if i == 4 {
			old = at() // of a draft that is not saved yet
		}
		path, err := u.filePath(sha)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, old, old); err != nil {
			t.Fatal(err)
		}
		files = append(files, api.File{SHA256: sha, Size: int64(len(b)), Type: "application/pdf"})
	}
	err := u.Update(func(tx *Tx) error {
		return errors.Join(tx.PutDraft(Draft{ID: "d", Files: files[:1]}), tx.PutTransfer(Transfer{Case: "c", File: files[1]}))
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := u.SweepFiles(func(*Tx) ([]api.File, error) { return files[2:3], nil }); err != nil {
		t.Fatal(err)
	}
	for i, want := range []bool{true, true, true, false, true} {
		if got := u.HasFile(files[i].SHA256); got != want {
			t.Errorf("file %d: here %v, want %v", i, got, want)
		}
	}
}

// TestLostFileGoesAgain: what the server lost is sent again by the device that has
// it, and counts as lost where it is not any more.
func TestLostFileGoesAgain(t *testing.T) {
	h := openHome(t, t.TempDir())
	u := signedIn(t, h, "c:1")
	here, gone := api.File{SHA256: sum("here"), Size: 4}, api.File{SHA256: sum("gone for ever"), Size: 13}
	if err := u.PutFile(here.SHA256, []byte("here")); err != nil {
		t.Fatal(err)
	}
	lodge := op("1", "case")
	lodge.Body = []byte(`{"files":[{"sha256":"` + here.SHA256 + `"},{"sha256":"` + gone.SHA256 + `"}]}`)
	transfer := func(f api.File) (out Transfer) {
		t.Helper()
		if err := u.View(func(tx *Tx) (err error) { out, _, err = tx.Transfer("case", f.SHA256); return err }); err != nil {
			t.Fatal(err)
		}
		return out
	}
	sent := func() {
		t.Helper()
		err := u.Update(func(tx *Tx) error {
			_, err := tx.EndTransfer(Transfer{Case: "case", File: here}, nil)
			_, err2 := tx.EndTransfer(Transfer{Case: "case", File: gone}, nil)
			return errors.Join(err, err2)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	sent()
	lost := func(f api.File) api.File { f.State = api.FileLost; return f }
	entry := api.Entry{N: 1, Type: api.EntryGrant, Case: "case", Event: 1, Complaint: &api.Complaint{ID: "case", Files: []api.File{lost(here), lost(gone)}}}
	if err := u.Update(func(tx *Tx) error { return tx.sendLostAgain(entry) }); err != nil {
		t.Fatal(err)
	}
	if a, b := transfer(here), transfer(gone); !a.Open() || a.File.State != "" || b.Open() {
		t.Errorf("%+v\n%+v", a, b)
	}
	// The server lost the record, too: the operation is offered again.
	sent()
	if err := u.Update(func(tx *Tx) error { return tx.startTransfers(lodge) }); err != nil {
		t.Fatal(err)
	}
	if a, b := transfer(here), transfer(gone); !a.Open() || b.Open() || !b.Lost {
		t.Errorf("%+v\n%+v", a, b)
	}
}
