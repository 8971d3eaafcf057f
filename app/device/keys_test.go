package device

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

// turned seals by turning every bit, and counts the keys it was asked to make.
type turned struct{ keys map[string]bool }

func (s turned) seal(name string, plain []byte) ([]byte, error) {
	s.keys[name] = true
	return s.turn(plain), nil
}

func (s turned) open(name string, sealed []byte) ([]byte, error) {
	if !s.keys[name] {
		return nil, errors.New("the key is gone")
	}
	return s.turn(sealed), nil
}

func (s turned) forget(name string) error { delete(s.keys, name); return nil }

func (turned) turn(b []byte) []byte {
	out := bytes.Clone(b)
	for i := range out {
		out[i] ^= 0xff
	}
	return out
}

func TestSealedKeysComeBackAndGo(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "keys")
	k := &SealedKeys{dir, turned{map[string]bool{}}}
	if _, err := k.Load("user"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a key that is not there: %v", err)
	}
	key := []byte("0123456789abcdef0123456789abcdef")
	if err := k.Save("user", key); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(k.path("user"))
	if err != nil || bytes.Contains(raw, key[:8]) {
		t.Errorf("the file holds the key in the clear, or %v", err)
	}
	if got, err := k.Load("user"); err != nil || !bytes.Equal(got, key) {
		t.Errorf("loaded %q, %v", got, err)
	}
	copied := raw // as a backup of the folder would have it
	if err := errors.Join(k.Delete("user"), k.Delete("user")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(k.path("user"), copied, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := k.Load("user"); err == nil {
		t.Error("a deleted key comes back from a copy of its file")
	}
}

func TestADeviceWithoutAnythingSaysSo(t *testing.T) {
	var d Device
	if _, err := d.StartPhoto(); !errors.Is(err, ErrNone) {
		t.Error(err)
	}
	if _, err := d.Locate(); !errors.Is(err, ErrNone) {
		t.Error(err)
	}
	if d.OpenedWith() != "" || Keys(t.TempDir()) != nil {
		t.Error("a desktop was opened by an address, or has a phone's key store")
	}
}
