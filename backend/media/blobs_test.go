package media_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/citizens-portal/portal/backend/media"
	"github.com/citizens-portal/portal/backend/portal"
)

// exerciseBlobs is what every implementation keeps.
func exerciseBlobs(t *testing.T, b media.Blobs) {
	t.Helper()
	ctx := t.Context()
	name := strings.Repeat("a1", 16)
	content := bytes.Repeat([]byte("some bytes "), 20_000)
	if _, err := b.Open(ctx, name); !errors.Is(err, portal.ErrNotFound) {
		t.Errorf("open what is not there: %v", err)
	}
	if _, err := b.Size(ctx, name); !errors.Is(err, portal.ErrNotFound) {
		t.Errorf("size of what is not there: %v", err)
	}
	if err := b.Delete(ctx, name); err != nil {
		t.Errorf("delete what is not there: %v", err)
	}
	if err := b.Put(ctx, name, bytes.NewReader(content), int64(len(content))+1); err == nil {
		t.Error("fewer bytes than announced were taken")
	}
	if _, err := b.Size(ctx, name); !errors.Is(err, portal.ErrNotFound) {
		t.Errorf("a part was kept: %v", err)
	}
	for range 2 { // again replaces
		if err := b.Put(ctx, name, bytes.NewReader(content), int64(len(content))); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := b.Size(ctx, name); err != nil || n != int64(len(content)) {
		t.Errorf("size %d %v", n, err)
	}
	f, err := b.Open(ctx, name)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Seek(100, io.SeekStart); err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(f)
	if err = errors.Join(err, f.Close()); err != nil || !bytes.Equal(got, content[100:]) {
		t.Errorf("read %d bytes: %v", len(got), err)
	}
	if err := b.Put(ctx, name+".jpg", strings.NewReader("small"), 5); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(b.Delete(ctx, name), b.Delete(ctx, name+".jpg")); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Size(ctx, name); !errors.Is(err, portal.ErrNotFound) {
		t.Errorf("after delete: %v", err)
	}
}

func TestFolder(t *testing.T) {
	dir := t.TempDir()
	f, err := media.OpenFolder(filepath.Join(dir, "files"))
	if err != nil {
		t.Fatal(err)
	}
	exerciseBlobs(t, f)
	for _, name := range []string{"", "..", "../../etc/passwd", strings.Repeat("A1", 16), strings.Repeat("a1", 16) + ".png"} {
		if err := f.Put(t.Context(), name, strings.NewReader("x"), 1); !errors.Is(err, portal.ErrNotFound) {
			t.Errorf("%q: %v", name, err)
		}
	}
	left, err := filepath.Glob(filepath.Join(dir, "files", "new-*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
	if _, err := media.OpenFolder(filepath.Join(dir, "files", "a1", "x")); err != nil {
		t.Error(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "plain"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := media.OpenFolder(filepath.Join(dir, "plain")); err == nil {
		t.Error("a file is no folder")
	}
}

func TestParseS3(t *testing.T) {
	env := map[string]string{media.EnvAccessKey: "who", media.EnvSecretKey: "secret"}
	c, err := media.ParseS3([]byte(`{"endpoint":"s3.example","bucket":"files","prefix":"portal/"}`), func(name string) string { return env[name] })
	if err != nil || c.AccessKey != "who" || c.SecretKey != "secret" || c.Plain {
		t.Errorf("%+v %v", c, err)
	}
	for _, bad := range []string{``, `{}`, `{"endpoint":"s3.example"}`, `{"endpoint":"s3.example","bucket":"b","unknown":1}`, `{"endpoint":"s3.example","bucket":"b"}`} {
		if _, err := media.ParseS3([]byte(bad), func(string) string { return "" }); !errors.Is(err, portal.ErrInvalid) {
			t.Errorf("%s: %v", bad, err)
		}
	}
}
