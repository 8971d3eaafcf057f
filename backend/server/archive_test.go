package server

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/citizens-portal/portal/backend/media"
	"github.com/citizens-portal/portal/backend/store/sqlite"
)

// smallArchive is a backup of an empty store's stand-in.
func smallArchive(t testing.TB) []byte {
	t.Helper()
	dir := t.TempDir()
	db, err := sqlite.Open(t.Context(), sqlite.Config{Path: filepath.Join(dir, StoreFile)})
	if err != nil {
		t.Fatal(err)
	}
	blobs, err := media.OpenFolder(filepath.Join(dir, filesDir))
	if err != nil {
		t.Fatal(err)
	}
	plain := filepath.Join(dir, "copy")
	if err := os.WriteFile(plain, []byte("the store's copy"), 0o600); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := errors.Join(writeArchive(t.Context(), &out, plain, db, blobs), db.Close()); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func readAll(raw []byte) (content []byte, err error) {
	err = readArchive(bytes.NewReader(raw), func(_ string, in io.Reader, _ int64) error {
		b, err := io.ReadAll(in)
		content = append(content, b...)
		return err
	})
	return content, err
}

// TestArchiveCutOrChanged: whatever is missing or changed at any place that
// matters is noticed.
func TestArchiveCutOrChanged(t *testing.T) {
	whole := smallArchive(t)
	if got, err := readAll(whole); err != nil || string(got) != "the store's copy" {
		t.Fatalf("%q %v", got, err)
	}
	const trailer = 1024 // two empty blocks: padding behind the end
	for n := 0; n < len(whole)-trailer; n += 64 {
		if _, err := readAll(whole[:n]); err == nil && n < bytes.Index(whole, []byte(`"sha256"`)) {
			t.Errorf("cut after %d of %d bytes: taken for whole", n, len(whole))
		}
	}
	changed := bytes.Replace(whole, []byte("store's"), []byte("store'z"), 1)
	if _, err := readAll(changed); !errors.Is(err, ErrFile) {
		t.Errorf("changed: %v", err)
	}
}

func FuzzArchive(f *testing.F) {
	whole := smallArchive(f)
	f.Add(whole)
	f.Add(whole[:600])
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		content, err := readAll(b)
		if err == nil && len(content) > len(b) {
			t.Errorf("%d bytes out of %d", len(content), len(b))
		}
	})
}
