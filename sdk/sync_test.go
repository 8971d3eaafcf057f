package sdk_test

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/citizens-portal/portal/sdk"
	"github.com/citizens-portal/portal/sdk/api"
	"github.com/citizens-portal/portal/sdk/internal/fake"
)

func TestRestoredServerGetsEverythingBack(t *testing.T) {
	s, clk := newServer()
	p := citizen(t, s)
	before := p.lodge("before the backup").Complaint.ID
	p.sync()
	restore := s.Backup()
	clk.at = clk.at.Add(time.Hour)
	after := p.lodge("after the backup").Complaint.ID
	p.sync()
	if _, err := p.Complaints.Message(t.Context(), before, "any news?"); err != nil {
		t.Fatal(err)
	}
	p.sync()
	was := p.show(after)
	clk.at = clk.at.Add(24 * time.Hour)
	restore()
	if n := len(s.Complaints()); n != 1 {
		t.Fatalf("the restored server holds %d", n)
	}
	p.sync()
	c := p.show(after)
	if c.Code != was.Code || !c.LodgedAt.Equal(was.LodgedAt) || c.State != sdk.StateReceived {
		t.Fatalf("same code and time come back: %+v, was %+v", c, was)
	}
	if n := len(s.Complaints()); n != 2 {
		t.Fatalf("the server holds %d", n)
	}
	line, err := p.Complaints.Timeline(t.Context(), before)
	if err != nil || len(line.Events) != 2 || line.Events[1].Text != "any news?" {
		t.Fatalf("the message came back: %+v %v", line, err)
	}
	if out, _ := p.Sync.Outbox(t.Context()); len(out) != 0 {
		t.Fatalf("outbox %+v", out)
	}
}

// TestAccountYoungerThanTheBackup: whoever signed up after the backup that a
// server was restored from signs up again, and loses nothing. Somebody else with
// the same number gets nothing of it.
func TestAccountYoungerThanTheBackup(t *testing.T) {
	for name, again := range map[string]string{"the same person": "15602-1234567-1", "somebody else": "15602-7654321-9"} {
		t.Run(name, func(t *testing.T) {
			s, clk := newServer()
			restore := s.Backup()
			p := newPhone(t, s)
			register := func(cnic string) {
				t.Helper()
				_, err := p.Accounts.Register(t.Context(), sdk.Registration{CNIC: cnic, Mobile: mobile, Name: "Amina", District: "swat"})
				if err != nil {
					t.Fatal(err)
				}
				if _, err := p.Accounts.Verify(t.Context(), fake.OTP); err != nil {
					t.Fatal(err)
				}
			}
			register("1560212345671")
			id := p.lodge("acknowledged before").Complaint.ID
			p.sync()
			if _, err := p.Complaints.Message(t.Context(), id, "any news?"); err != nil {
				t.Fatal(err)
			}
			p.sync()
			photo, err := p.Complaints.AddFile(t.Context(), strings.NewReader("#!AMR\nsaid on the way"))
			if err != nil {
				t.Fatal(err)
			}
			waiting := p.lodge("not sent yet").Complaint.ID
			draft, err := p.Complaints.SaveDraft(t.Context(), sdk.Draft{Text: "half a thought", Files: []api.File{photo}})
			if err != nil {
				t.Fatal(err)
			}
			was := p.show(id)
			clk.at = clk.at.Add(24 * time.Hour)
			restore()
			s.ForgetAccounts()
			s.Born = "-second"
			if _, err := p.Sync.Now(t.Context()); !errors.Is(err, sdk.ErrSignedOut) {
				t.Fatalf("got %v", err)
			}
			register(again)
			if name == "somebody else" {
				if drafts, err := p.Complaints.Drafts(t.Context()); err != nil || len(drafts)+len(p.list()) != 0 {
					t.Fatalf("%+v %+v %v", drafts, p.list(), err)
				}
				return
			}
			if n := len(p.list()); n != 2 {
				t.Fatalf("%d complaints on the screen", n)
			}
			p.sync()
			for i := range 2 {
				c := p.show(id)
				if c.State != sdk.StateReceived || c.Code != was.Code || !c.LodgedAt.Equal(was.LodgedAt) {
					t.Errorf("%+v, was %+v", c, was)
				}
				if line, err := p.Complaints.Timeline(t.Context(), id); err != nil || len(line.Events) != 2 {
					t.Errorf("%+v %v", line, err)
				}
				if c := p.show(waiting); c.State != sdk.StateReceived {
					t.Errorf("%+v", c)
				}
				if d, err := p.Complaints.Draft(t.Context(), draft.ID); err != nil || d.Text != draft.Text {
					t.Errorf("%+v %v", d, err)
				}
				if b, err := p.Complaints.FetchFile(t.Context(), id, photo.SHA256); err != nil || !strings.Contains(string(b), "on the way") {
					t.Errorf("the draft's file, opened %d times: %q %v", i, b, err)
				}
				p.restart()
			}
			if n := len(s.Complaints()); n != 2 {
				t.Errorf("the server holds %d", n)
			}
			if left, err := filepath.Glob(filepath.Join(p.cfg.Dir, "user-*.db")); err != nil || len(left) != 1 {
				t.Errorf("the folder holds %v", left)
			}
		})
	}
}

func TestOldAcknowledgementsAreNotOfferedAgain(t *testing.T) {
	s, clk := newServer()
	p := citizen(t, s)
	restore := s.Backup()
	p.lodge("long ago")
	p.sync()
	clk.at = clk.at.Add(31 * 24 * time.Hour)
	restore()
	p.sync()
	if n := len(s.Complaints()); n != 0 {
		t.Fatalf("offered again after more than 30 days: %d", n)
	}
}

func TestSnapshotInParts(t *testing.T) {
	s, _ := newServer()
	s.PageSize = 7
	p := citizen(t, s)
	s.Fill("c:923451234567", 40)
	p.sync()
	if n := len(p.list()); n != 40 {
		t.Fatalf("%d of 40", n)
	}
	own := p.lodge("mine").Complaint.ID
	draft, err := p.Complaints.SaveDraft(t.Context(), sdk.Draft{Text: "kept"})
	if err != nil {
		t.Fatal(err)
	}
	s.Backup()() // another epoch: everything is read anew
	p.sync()
	if n := len(p.list()); n != 41 {
		t.Fatalf("%d of 41", n)
	}
	if p.show(own).State != sdk.StateReceived {
		t.Fatal("the outbox survived the reset")
	}
	if _, err := p.Complaints.Draft(t.Context(), draft.ID); err != nil {
		t.Fatalf("drafts survive a reset: %v", err)
	}
}

func TestSnapshotForgetsWhatItDoesNotName(t *testing.T) {
	s, _ := newServer()
	p := citizen(t, s)
	restore := s.Backup()
	s.Fill("c:923451234567", 3)
	p.sync()
	if len(p.list()) != 3 {
		t.Fatal("three")
	}
	restore()
	p.sync()
	if got := p.list(); len(got) != 0 {
		t.Fatalf("not the viewer's any more: %+v", got)
	}
}

func TestGapIsNeverApplied(t *testing.T) {
	s, _ := newServer()
	p := citizen(t, s)
	s.Fill("c:923451234567", 5)
	s.Tamper = func(r *api.SyncResponse) {
		for i, page := range r.Feeds {
			if len(page.Entries) > 2 {
				r.Feeds[i].Entries = append(page.Entries[:1:1], page.Entries[2:]...)
			}
		}
	}
	_, _ = p.Sync.Now(t.Context())
	if n := len(p.list()); n != 0 {
		t.Fatalf("a page with a hole was applied: %d", n)
	}
	s.Tamper = nil
	p.sync()
	if n := len(p.list()); n != 5 {
		t.Fatalf("%d of 5", n)
	}
}

func TestForget(t *testing.T) {
	s, _ := newServer()
	p := citizen(t, s)
	id := p.lodge("a").Complaint.ID
	p.sync()
	o := officer(t, s)
	if len(o.list()) != 1 {
		t.Fatal("the desk has it")
	}
	s.Forget(fake.DeskFeed, id)
	o.sync()
	if got := o.list(); len(got) != 0 {
		t.Fatalf("forgotten: %+v", got)
	}
	if line, err := o.Complaints.Timeline(t.Context(), id); err != nil || len(line.Events) == 0 {
		t.Log("the server still shows it to officers; the device does not hold it")
	}
	if len(p.list()) != 1 {
		t.Fatal("its owner keeps it")
	}
}

func TestChecksumMismatchReadsTheFeedAnew(t *testing.T) {
	s, clk := newServer()
	p := citizen(t, s)
	s.Fill("c:923451234567", 3)
	p.sync()
	clk.at = clk.at.Add(25 * time.Hour)
	wrong := true
	s.Tamper = func(r *api.SyncResponse) {
		if wrong {
			r.Mismatch = []string{"feed/c:923451234567"}
			wrong = false
		}
	}
	p.sync()
	reqs := s.Requests()
	if n := len(p.list()); n != 3 || reqs[len(reqs)-1].Cursors[0].N != 0 {
		t.Fatalf("read anew from 0: %d cases, last request %+v", n, reqs[len(reqs)-1])
	}
	// And a good checksum is found good.
	clk.at = clk.at.Add(25 * time.Hour)
	s.Tamper = func(r *api.SyncResponse) {
		if len(r.Mismatch) > 0 {
			t.Errorf("mismatch %v", r.Mismatch)
		}
	}
	p.sync()
	if reqs := s.Requests(); len(reqs[len(reqs)-1].Checksums) != 1 {
		t.Fatal("compared once a day")
	}
}

func TestDamagedFileLosesNoUnsentWork(t *testing.T) {
	for name, damage := range map[string]func([]byte) []byte{
		"truncated": func(b []byte) []byte { return b[:len(b)/2] },
		"emptied":   func([]byte) []byte { return nil },
		"flipped":   func(b []byte) []byte { flip(b[16*1024:]); return b },
		"garbage":   func(b []byte) []byte { return []byte(strings.Repeat("x", len(b))) },
	} {
		t.Run(name, func(t *testing.T) {
			s, _ := newServer()
			p := citizen(t, s)
			p.lodge("sent")
			p.sync()
			s.Lose = down
			id := p.lodge("unsent and precious").Complaint.ID
			if err := p.Close(); err != nil {
				t.Fatal(err)
			}
			files, err := filepath.Glob(filepath.Join(p.cfg.Dir, "user-*.db"))
			if err != nil || len(files) != 1 {
				t.Fatalf("%v %v", files, err)
			}
			b, err := os.ReadFile(files[0])
			if err == nil {
				err = os.WriteFile(files[0], damage(b), 0o600)
			}
			if err != nil {
				t.Fatal(err)
			}
			s.Lose = nil
			p.open()
			if out, err := p.Sync.Outbox(t.Context()); err != nil || len(out) != 1 {
				t.Fatalf("outbox after damage: %+v %v", out, err)
			}
			p.signIn(mobile)
			p.sync()
			if c := p.show(id); c.State != sdk.StateReceived || c.Text != "unsent and precious" {
				t.Fatalf("%+v", c)
			}
			if n := len(s.Complaints()); n != 2 || len(p.list()) != 2 {
				t.Fatalf("server %d, device %d; want 2", n, len(p.list()))
			}
		})
	}
}

// flip damages most bytes.
func flip(b []byte) {
	for i := range b {
		b[i] ^= 0x5a
	}
}

func TestUpgradeIsTriedAgainByANewProgram(t *testing.T) {
	s, _ := newServer()
	p := citizen(t, s)
	s.Answer = func(api.Operation) *api.Answer { return &api.Answer{Status: api.Upgrade} }
	id := p.lodge("a").Complaint.ID
	p.sync()
	s.Answer = nil
	p.sync()
	if p.show(id).State != sdk.StateQueued {
		t.Fatal("the old program does not ask all day")
	}
	p.restart(func(c *sdk.Config) { c.Client = "portal/2.0" })
	p.sync()
	if p.show(id).State != sdk.StateReceived {
		t.Fatal("the new one asks at once")
	}
}

func TestListPages(t *testing.T) {
	s, _ := newServer()
	p := citizen(t, s)
	s.Fill("c:923451234567", 25)
	p.sync()
	seen := map[string]bool{}
	after, last := "", time.Time{}
	for pages := 0; ; pages++ {
		page, err := p.Complaints.List(t.Context(), sdk.ListOptions{Limit: 10, After: after})
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range page.Complaints {
			if seen[c.ID] || (!last.IsZero() && c.LodgedAt.After(last)) {
				t.Fatalf("repeated or out of order: %+v", c)
			}
			seen[c.ID], last = true, c.LodgedAt
		}
		if after = page.Next; after == "" {
			break
		}
	}
	if len(seen) != 25 {
		t.Fatalf("%d of 25", len(seen))
	}
}

func TestProblemsBecomeErrors(t *testing.T) {
	for status, want := range map[int]error{
		http.StatusTooManyRequests: sdk.ErrLimited, http.StatusServiceUnavailable: sdk.ErrOffline, http.StatusInternalServerError: sdk.ErrServer,
	} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			s, _ := newServer()
			p := citizen(t, s)
			s.Status = func(api.SyncRequest) int { return status }
			p.lodge("a")
			_, err := p.Sync.Now(t.Context())
			wantErr(t, err, want)
			st, err := p.Sync.Status()
			if err != nil || st.Queued != 1 || !errors.Is(st.Err, want) {
				t.Fatalf("%+v %v", st, err)
			}
		})
	}
	s, _ := newServer()
	p := citizen(t, s)
	s.Oldest = "portal-sdk/9"
	_, err := p.Sync.Now(t.Context())
	wantErr(t, err, sdk.ErrUpgrade)
}
