package local

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// childEnv names the folder in the process that fills its disk.
const childEnv = "PORTAL_FULL_DISK"

// TestFullDisk has the operating system refuse every write beyond some size, in
// a process of its own: what does not fit is an error that says so, what was
// saved before stays, and with room again everything works.
func TestFullDisk(t *testing.T) {
	if dir := os.Getenv(childEnv); dir != "" {
		fillDisk(t, dir)
		return
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestFullDisk$", "-test.v")
	cmd.Env = append(os.Environ(), childEnv+"="+t.TempDir())
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

// allowFiles sets how large a file may become.
func allowFiles(t *testing.T, size uint64) {
	t.Helper()
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		t.Fatal(err)
	}
	limit.Cur = min(size, limit.Max)
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		t.Fatal(err)
	}
}

func fillDisk(t *testing.T, dir string) {
	const unlimited = ^uint64(0)
	saveDraft := func(u *User, id, text string) error {
		return u.Update(func(tx *Tx) error { return tx.PutDraft(Draft{ID: id, Text: text}) })
	}
	file := func(u *User, size int) error { return u.PutFile(sum("photo"), make([]byte, size)) }
	long := strings.Repeat("words ", 100_000)
	h := openHome(t, dir)
	u := signedIn(t, h, "c:1")
	if err := saveDraft(u, "before", "saved before"); err != nil {
		t.Fatal(err)
	}
	enqueue(t, u, op("1", "a"))
	intact := func(drafts int, ops ...string) {
		t.Helper()
		if got := outbox(t, u); fmt.Sprint(got) != fmt.Sprint(ops) {
			t.Errorf("the outbox has %v, not %v", got, ops)
		}
		err := u.View(func(tx *Tx) error {
			all, err := tx.Drafts()
			d, _, err2 := tx.Draft("before")
			if len(all) != drafts || d.Text != "saved before" {
				t.Errorf("%d drafts, %+v", len(all), d)
			}
			return errors.Join(err, err2)
		})
		if err != nil {
			t.Error(err)
		}
	}
	reopen := func() {
		t.Helper()
		if err := h.Close(); err != nil {
			t.Fatal(err)
		}
		h = openHome(t, dir)
		u = h.Current()
	}
	size := func() uint64 {
		info, err := os.Stat(u.db.path)
		if err != nil {
			t.Fatal(err)
		}
		return uint64(info.Size())
	}

	// Little space: a photo is refused and does not take the reserve, which is
	// for words. A complaint's text can be saved.
	allowFiles(t, size()+256<<10)
	if err := file(u, 1<<20); !errors.Is(err, ErrFull) {
		t.Errorf("a photo: %v", err)
	}
	if _, err := os.Stat(filepath.Join(dir, "reserve")); err != nil || h.LowSpace() {
		t.Errorf("the reserve went for a photo: %v", err)
	}
	enqueue(t, u, op("2", "b"))
	intact(1, "1", "2")

	// None: words are refused, too, and nothing is lost.
	allowFiles(t, size())
	for range 3 {
		if err := saveDraft(u, "after", long); !errors.Is(err, ErrFull) {
			t.Errorf("a draft: %v", err)
		}
		big := op("3", "c")
		big.Body = []byte(`{"text":"` + long + `"}`)
		err := u.Update(func(tx *Tx) error { _, err := tx.Enqueue(big, nil, nil); return err })
		if !errors.Is(err, ErrFull) {
			t.Errorf("an operation: %v", err)
		}
		intact(1, "1", "2")
	}
	if !h.LowSpace() {
		t.Error("the owner should be told")
	}
	reopen()
	intact(1, "1", "2")
	if !h.LowSpace() {
		t.Error("the owner should be told after a start, too")
	}

	allowFiles(t, unlimited)
	if err := errors.Join(saveDraft(u, "after", long), file(u, 1<<20)); err != nil {
		t.Errorf("with room again: %v", err)
	}
	enqueue(t, u, op("3", "c"))
	reopen()
	intact(2, "1", "2", "3")
	if h.LowSpace() {
		t.Error("the reserve is made anew when there is room")
	}
}
