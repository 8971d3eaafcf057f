package keys_test

import (
	"crypto/rand"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/citizens-portal/portal/backend/keys"
)

func open(t *testing.T, dir string) *keys.Ring {
	t.Helper()
	r, err := keys.Open(dir, "")
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestSealOpensOnlyWhereItBelongs(t *testing.T) {
	r := open(t, t.TempDir())
	sealed, err := r.Seal("person", "acc1", []byte("Zarmina"))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := r.Open("person", "acc1", sealed); err != nil || string(got) != "Zarmina" {
		t.Fatalf("Open = %q, %v", got, err)
	}
	if strings.Contains(sealed, "Zarmina") {
		t.Error("the sealed value shows the plain one")
	}
	other := open(t, t.TempDir())
	for name, f := range map[string]func() ([]byte, error){
		"another owner":   func() ([]byte, error) { return r.Open("person", "acc2", sealed) },
		"another purpose": func() ([]byte, error) { return r.Open("sms", "acc1", sealed) },
		"moved border":    func() ([]byte, error) { return r.Open("persona", "cc1", sealed) },
		"another ring":    func() ([]byte, error) { return other.Open("person", "acc1", sealed) },
		"cut short":       func() ([]byte, error) { return r.Open("person", "acc1", sealed[:20]) },
		"empty":           func() ([]byte, error) { return r.Open("person", "acc1", "") },
		"flipped":         func() ([]byte, error) { return r.Open("person", "acc1", flip(sealed)) },
	} {
		if _, err := f(); !errors.Is(err, keys.ErrSealed) {
			t.Errorf("%s: %v, want ErrSealed", name, err)
		}
	}
}

func flip(s string) string {
	b := []byte(s)
	if i := len(b) - 5; b[i] == 'A' {
		b[i] = 'B'
	} else {
		b[i] = 'A'
	}
	return string(b)
}

func TestIndexAndPseudonymAreStableAndApart(t *testing.T) {
	dir := t.TempDir()
	a, b := open(t, dir), open(t, dir)
	if a.BlindIndex("cnic", "1560212345671") != b.BlindIndex("cnic", "1560212345671") {
		t.Error("the index changed between two openings")
	}
	if a.BlindIndex("cnic", "1") == a.BlindIndex("mobile", "1") || a.BlindIndex("x", "ab", "c") == a.BlindIndex("x", "a", "bc") {
		t.Error("kinds or tuples are mixed up")
	}
	p := a.Pseudonym("account-1")
	if !regexp.MustCompile(`^Citizen [2-9A-HJKMNP-Z]{4}-[2-9A-HJKMNP-Z]{2}$`).MatchString(p) || p != b.Pseudonym("account-1") {
		t.Errorf("pseudonym %q", p)
	}
	if p == a.Pseudonym("account-2") {
		t.Error("two accounts share a pseudonym")
	}
	if a.Fingerprint() != b.Fingerprint() || a.Fingerprint() == open(t, t.TempDir()).Fingerprint() {
		t.Error("the fingerprint does not name the keys")
	}
}

func TestReceipts(t *testing.T) {
	r := open(t, t.TempDir())
	sig := r.Sign([]byte("KP-26"))
	if err := r.VerifyReceipt([]byte("KP-26"), sig); err != nil {
		t.Error(err)
	}
	for _, bad := range []string{"", "x.y", sig[:len(sig)-4], flip(sig), open(t, t.TempDir()).Sign([]byte("KP-26"))} {
		if err := r.VerifyReceipt([]byte("KP-26"), bad); !errors.Is(err, keys.ErrSignature) {
			t.Errorf("%q: %v, want ErrSignature", bad, err)
		}
	}
	if err := r.VerifyReceipt([]byte("KP-27"), sig); !errors.Is(err, keys.ErrSignature) {
		t.Error("another message verifies")
	}
	if len(r.ReceiptKeys()) != 1 {
		t.Error("want one public key")
	}
}

var rotated = time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)

func TestRotateKeepsOldValuesReadable(t *testing.T) {
	dir := t.TempDir()
	before := open(t, dir)
	sealed, err := before.Seal("p", "o", []byte("x"))
	if err != nil {
		t.Fatal(err)
	}
	sig, index := before.Sign([]byte("m")), before.BlindIndex("k", "v")
	if err := keys.Rotate(dir, "", rotated); err != nil {
		t.Fatal(err)
	}
	after := open(t, dir)
	if _, err := after.Open("p", "o", sealed); err != nil {
		t.Error(err)
	}
	if err := after.VerifyReceipt([]byte("m"), sig); err != nil {
		t.Error(err)
	}
	if after.BlindIndex("k", "v") != index {
		t.Error("rotation changed the index")
	}
	again, err := after.Seal("p", "o", []byte("x"))
	if err != nil {
		t.Fatal(err)
	}
	if sealed[:8] == again[:8] {
		t.Error("new values are still made with the old key")
	}
	// A ring that was open meanwhile meets the new key and takes it up.
	if got, err := before.Open("p", "o", again); err != nil || string(got) != "x" {
		t.Errorf("on another node: %q, %v", got, err)
	}
	if err := before.VerifyReceipt([]byte("n"), after.Sign([]byte("n"))); err != nil {
		t.Errorf("a receipt of another node: %v", err)
	}
	if a, b := before.List(), after.List(); !reflect.DeepEqual(a, b) || len(a) != 5 || !a[0].Current || !a[0].Made.Equal(rotated) || a[1].Current || a[4].Use != "index" {
		t.Errorf("keys %+v\nand  %+v", a, b)
	}
}

// TestReload takes keys that were added, and only those: a file that is damaged,
// of other data, or lacks a key in use leaves the ring as it is.
func TestReload(t *testing.T) {
	dir := t.TempDir()
	r := open(t, dir)
	if changed, err := r.Reload(); changed || err != nil {
		t.Errorf("nothing happened: %v, %v", changed, err)
	}
	sealed, err := r.Seal("p", "o", []byte("x"))
	if err != nil {
		t.Fatal(err)
	}
	if err := keys.Rotate(dir, "", rotated); err != nil {
		t.Fatal(err)
	}
	if changed, err := r.Reload(); !changed || err != nil {
		t.Errorf("after a rotation: %v, %v", changed, err)
	}
	file := filepath.Join(dir, keys.FileName)
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	other := t.TempDir()
	open(t, other)
	foreign, err := os.ReadFile(filepath.Join(other, keys.FileName))
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{"half": whole[:len(whole)/2], "of other data": foreign, "empty": nil} {
		if err := os.WriteFile(file, content, 0o600); err != nil {
			t.Fatal(err)
		}
		if changed, err := r.Reload(); changed || err == nil {
			t.Errorf("%s: %v, %v", name, changed, err)
		}
		if _, err := r.Open("p", "o", sealed); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestRotateTogether: two that rotate at once do not lose each other's key.
func TestRotateTogether(t *testing.T) {
	dir := t.TempDir()
	open(t, dir)
	var done atomic.Int64
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			switch err := keys.Rotate(dir, "", rotated); {
			case err == nil:
				done.Add(1)
			case !errors.Is(err, keys.ErrRotating):
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if got := len(open(t, dir).ReceiptKeys()); int64(got) != 1+done.Load() {
		t.Errorf("%d keys after %d rotations", got, done.Load())
	}
}

func TestNodesThatStartTogetherShareKeys(t *testing.T) {
	file := filepath.Join(t.TempDir(), "shared.json")
	prints := make([]string, 8)
	var wg sync.WaitGroup
	for i := range prints {
		wg.Go(func() {
			r, err := keys.Open("", file)
			if err != nil {
				t.Error(err)
				return
			}
			prints[i] = r.Fingerprint()
		})
	}
	wg.Wait()
	for _, p := range prints {
		if p != prints[0] {
			t.Fatalf("different keys: %v", prints)
		}
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(file), ".keys-*")); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestBadKeyFilesAreRefused(t *testing.T) {
	for name, c := range map[string]struct {
		text, want string
		mode       os.FileMode
	}{
		"open to all": {"{}", "chmod 600", 0o644},
		"no JSON":     {"hello", "not a key file", 0o600},
		"newer":       {`{"version":2}`, "version 2", 0o600},
		"no keys":     {`{"version":1}`, "at least one", 0o600},
		"short key":   {`{"version":1,"sealing":[{"id":"a","key":"AAAA"}],"receipts":[{"id":"a","key":"AAAA"}]}`, "32 bytes", 0o600},
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "keys.json")
			if err := os.WriteFile(file, []byte(c.text), c.mode); err != nil {
				t.Fatal(err)
			}
			if _, err := keys.Open("", file); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want %q", err, c.want)
			}
		})
	}
	if _, err := keys.Open(filepath.Join(t.TempDir(), "missing"), ""); err == nil {
		t.Error("a folder that is not there was accepted")
	}
}

func TestNewInMemory(t *testing.T) {
	r, err := keys.New(rand.Reader)
	if err != nil || r.Fingerprint() == "" {
		t.Fatal(err)
	}
}
