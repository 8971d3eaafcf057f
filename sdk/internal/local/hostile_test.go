package local

import (
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/citizens-portal/portal/sdk/api"
)

// TestUnsentWorkOutlivesItsFile: whatever becomes of an account's file, what was
// not sent yet comes back.
func TestUnsentWorkOutlivesItsFile(t *testing.T) {
	for name, damage := range map[string]func(path string) error{
		"gone":  os.Remove,
		"empty": func(path string) error { return os.Truncate(path, 0) },
		"short": func(path string) error { return os.Truncate(path, 5000) },
		"bits turned": func(path string) error {
			b, err := os.ReadFile(path)
			for i := 8192; i < len(b); i += 7 {
				b[i] ^= 0x80
			}
			return errors.Join(err, os.WriteFile(path, b, 0o600))
		},
		"lengths turned": func(path string) error {
			b, err := os.ReadFile(path)
			for page := 8192; page+20 < len(b); page += 4096 {
				b[page+24], b[page+27] = 0xff, 0x7f
			}
			return errors.Join(err, os.WriteFile(path, b, 0o600))
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			h := openHome(t, dir)
			u := signedIn(t, h, "c:1")
			enqueue(t, u, op("1", "a"), op("2", "b"))
			path := filepath.Join(dir, u.name+".db")
			if err := errors.Join(h.Close(), damage(path)); err != nil {
				t.Fatal(err)
			}
			if got := outbox(t, openHome(t, dir).Current()); len(got) != 2 {
				t.Errorf("the outbox has %v", got)
			}
		})
	}
}

// TestOthersFeedIsNotKept: a citizen's device keeps nothing of anybody else's,
// whatever a server says.
func TestOthersFeedIsNotKept(t *testing.T) {
	h := openHome(t, t.TempDir())
	login, _, err := h.Identity("c:1", "test")
	if err != nil {
		t.Fatal(err)
	}
	u, err := h.Adopt(api.Session{Access: "a", Refresh: "r", Profile: api.Profile{Subject: "c:1", Kind: "citizen", Feeds: []string{"c:1"}}}, login)
	if err != nil {
		t.Fatal(err)
	}
	page := func(feed, id string) api.Page {
		return api.Page{Feed: feed, Next: 1, Head: 1, Entries: []api.Entry{{N: 1, Type: api.EntryGrant, Case: id, Event: 1, Complaint: &api.Complaint{ID: id, Text: "words"}}}}
	}
	err = u.Update(func(tx *Tx) error {
		req, err := tx.Prepare(Select{})
		if err != nil {
			return err
		}
		_, err = tx.Apply(req, api.SyncResponse{Request: req.Request, Epoch: "e", Feeds: []api.Page{page("c:1", "mine"), page("c:2", "theirs")}}, nil)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	err = u.View(func(tx *Tx) error {
		_, mine, err := get[Case](tx, bucketCases, []byte("mine"))
		_, theirs, err2 := get[Case](tx, bucketCases, []byte("theirs"))
		cursors, err3 := tx.Cursors()
		if !mine || theirs || len(cursors) != 1 {
			t.Errorf("mine kept %v, theirs kept %v, cursors %v", mine, theirs, cursors)
		}
		return errors.Join(err, err2, err3)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestServerMayNotDelayForYears: a slip of the server's keeps nothing here for
// longer than a day.
func TestServerMayNotDelayForYears(t *testing.T) {
	h := openHome(t, t.TempDir())
	u := signedIn(t, h, "c:1")
	for _, seconds := range []int{999_999_999, math.MaxInt} {
		enqueue(t, u, op(strings.Repeat("1", seconds%7+1), "a"))
		err := u.Update(func(tx *Tx) error {
			req, err := tx.Prepare(Select{Impatient: true})
			if err != nil {
				return err
			}
			resp := api.SyncResponse{Request: req.Request, Epoch: "e"}
			for _, o := range req.Operations {
				resp.Answers = append(resp.Answers, api.Answer{Op: o.Op, Status: api.RetryAfter, RetryAfterSeconds: seconds})
			}
			if _, err = tx.Apply(req, resp, func(int) time.Duration { return 0 }); err != nil {
				return err
			}
			next, waiting, err := tx.NextTry()
			if !waiting || !next.After(at()) || next.Sub(at()) > 24*time.Hour {
				t.Errorf("asked for %d s: tried again at %s", seconds, next)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}
