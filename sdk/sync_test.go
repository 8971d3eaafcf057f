package sdk_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
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

func TestTokensAreRefreshedOnce(t *testing.T) {
	s, _ := newServer()
	p := citizen(t, s)
	id := p.lodge("a").Complaint.ID
	s.EndAccess()
	p.sync()
	if p.show(id).State != sdk.StateReceived {
		t.Fatal("after a refresh")
	}
	// A lost refresh answer signs nobody out.
	s.EndAccess()
	lost := false
	s.Lose = func(path string, answer bool) bool {
		if path == api.RouteRefresh && answer && !lost {
			lost = true
			return true
		}
		return false
	}
	if _, err := p.Sync.Now(t.Context()); !errors.Is(err, sdk.ErrOffline) {
		t.Fatalf("got %v", err)
	}
	p.restart()
	p.sync()
	if !p.Accounts.SignedIn() {
		t.Fatal("signed out by a lost answer")
	}
}

func TestEndedSessionKeepsEverything(t *testing.T) {
	s, _ := newServer()
	p := citizen(t, s)
	s.EndSessions()
	id := p.lodge("a").Complaint.ID
	_, err := p.Sync.Now(t.Context())
	wantErr(t, err, sdk.ErrSignedOut)
	if len(p.list()) != 1 || p.Accounts.SignedIn() {
		t.Fatal("readable, but not signed in")
	}
	p.signIn(mobile)
	p.sync()
	if p.show(id).State != sdk.StateReceived {
		t.Fatal("sent after signing in again")
	}
}

func TestCopiedDeviceTakesANewIdentity(t *testing.T) {
	s, _ := newServer()
	p := citizen(t, s)
	s.Lose = down
	p.lodge("on both")
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	twin := &phone{t: t, cfg: p.cfg}
	twin.cfg.Dir = t.TempDir()
	if err := os.CopyFS(twin.cfg.Dir, os.DirFS(p.cfg.Dir)); err != nil {
		t.Fatal(err)
	}
	p.open()
	twin.open()
	defer twin.Close()
	s.Lose = nil
	p.sync()
	twin.sync() // the same operation again: a duplicate
	p.lodge("on the phone")
	p.sync()
	twin.lodge("on the twin, one")
	twin.lodge("on the twin, two")
	_, err := twin.Sync.Now(t.Context())
	wantErr(t, err, sdk.ErrSignedOut)
	out, err := twin.Sync.Outbox(t.Context())
	if err != nil || len(out) != 1 || out[0].Text != "on the twin, one" {
		t.Fatalf("what was not taken is kept: %+v %v", out, err)
	}
	twin.signIn(mobile)
	twin.sync()
	p.sync()
	if n := len(s.Complaints()); n != 4 || len(p.list()) != 4 || len(twin.list()) != 4 {
		t.Fatalf("server %d, phone %d, twin %d; want 4", n, len(p.list()), len(twin.list()))
	}
}

func TestSharedPhone(t *testing.T) {
	s, _ := newServer()
	p := citizen(t, s)
	p.lodge("first person")
	p.sync()
	if err := p.Accounts.Logout(t.Context(), sdk.KeepSealed); err != nil {
		t.Fatal(err)
	}
	p.signIn("+923339876543")
	p.sync()
	if len(p.list()) != 0 {
		t.Fatal("the second person sees nothing of the first")
	}
	p.lodge("second person")
	p.sync()
	p.signIn(mobile)
	p.sync()
	if got := p.list(); len(got) != 1 || got[0].Text != "first person" {
		t.Fatalf("%+v", got)
	}
}

func TestLogoutAsksAboutUnsentWork(t *testing.T) {
	s, _ := newServer()
	p := citizen(t, s)
	p.lodge("sent")
	p.sync()
	s.Lose = down
	p.lodge("unsent")
	err := p.Accounts.Logout(t.Context(), sdk.AskFirst)
	wantErr(t, err, sdk.ErrUnsent)
	var unsent *sdk.UnsentError
	if !errors.As(err, &unsent) || unsent.Operations != 1 {
		t.Fatalf("%v", err)
	}
	wantErr(t, p.Accounts.Logout(t.Context(), sdk.SendFirst), sdk.ErrOffline)
	s.Lose = nil
	if err := p.Accounts.Logout(t.Context(), sdk.SendFirst); err != nil {
		t.Fatal(err)
	}
	left, err := filepath.Glob(filepath.Join(p.cfg.Dir, "user-*"))
	if err != nil || len(left) != 0 {
		t.Fatalf("files left: %v %v", left, err)
	}
	if keys, _ := filepath.Glob(filepath.Join(p.cfg.Dir, "keys", "user-*")); len(keys) != 0 {
		t.Fatalf("keys left: %v", keys)
	}
	// Coming back goes on with operation numbers that were never used.
	p.signIn(mobile)
	p.lodge("again")
	p.sync()
	if n := len(s.Complaints()); n != 3 {
		t.Fatalf("the server holds %d of 3", n)
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

// newcomer is a second phone of the citizen's that was not approved yet.
func newcomer(t *testing.T, s *fake.Server) *phone {
	t.Helper()
	q := newPhone(t, s)
	s.OldCasesFrom = s.Now().Add(72 * time.Hour)
	if _, err := q.Accounts.Recover(t.Context(), mobile, fake.RecoveryCode); err != nil {
		t.Fatal(err)
	}
	return q
}

// waits reports whether the phone knows that older complaints are hidden from it.
func (p *phone) waits() bool {
	p.t.Helper()
	profile, err := p.Accounts.Profile()
	if err != nil {
		p.t.Fatal(err)
	}
	return !profile.OldCasesFrom.IsZero()
}

func TestNewDeviceSeesOlderComplaintsOnceApproved(t *testing.T) {
	s, _ := newServer()
	p := citizen(t, s)
	p.lodge("from the old phone")
	p.sync()
	q := newcomer(t, s)
	q.sync()
	if got := q.list(); len(got) != 0 {
		t.Fatalf("hidden until approved: %+v", got)
	}
	wantErr(t, q.Accounts.ApproveByPIN(t.Context(), "000000"), sdk.ErrInvalid)
	if !q.waits() {
		t.Fatal("the phone knows that it waits")
	}
	if err := q.Accounts.ApproveByPIN(t.Context(), "۲۷۱۸۲۸"); err != nil {
		t.Fatal(err)
	}
	if q.waits() {
		t.Fatal("the phone knows that it waits no more")
	}
	q.sync()
	if got := q.list(); len(got) != 1 {
		t.Fatalf("read again from the start: %+v", got)
	}
}

func TestDeviceNotesThatAnotherApprovedIt(t *testing.T) {
	s, _ := newServer()
	citizen(t, s)
	q := newcomer(t, s)
	look := func() {
		if _, err := q.Accounts.Devices(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if look(); !q.waits() {
		t.Fatal("the phone knows that it waits")
	}
	s.Hidden = nil
	look()
	if q.waits() {
		t.Fatal("the phone knows that it waits no more")
	}
}

func TestEndingALongPollIsNotBeingOffline(t *testing.T) {
	inBubble(t, func(*fake.Server) {}, func(t *testing.T, _ *fake.Server, p *phone) {
		synctest.Wait()
		if err := p.Accounts.ApproveByPIN(t.Context(), fake.PIN); err != nil {
			t.Fatal(err)
		}
		synctest.Wait() // the poll was ended, and another one is under way
		st, err := p.Sync.Status()
		if err != nil || st.Offline || st.Err != nil {
			t.Fatalf("%+v %v", st, err)
		}
	})
}

func TestResendAndInvitation(t *testing.T) {
	s, _ := newServer()
	p := newPhone(t, s)
	_, err := p.Accounts.Resend(t.Context())
	wantErr(t, err, sdk.ErrInvalid)
	if _, err := p.Accounts.Login(t.Context(), mobile); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Accounts.Resend(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Accounts.Verify(t.Context(), fake.OTP); err != nil {
		t.Fatal(err)
	}
	if e, err := p.Accounts.AcceptInvitation(t.Context(), fake.Invitation, fake.Password); err != nil || e.TOTPSecret == "" {
		t.Fatalf("%+v %v", e, err)
	}
	_, err = p.Accounts.AcceptInvitation(t.Context(), "used", fake.Password)
	wantErr(t, err, sdk.ErrInvalid)
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

// inBubble runs a client with Run going, on virtual time.
func inBubble(t *testing.T, prepare func(s *fake.Server), test func(t *testing.T, s *fake.Server, p *phone)) {
	synctest.Test(t, func(t *testing.T) {
		s := fake.New(time.Now)
		p := citizen(t, s)
		prepare(s)
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- p.Run(ctx) }()
		test(t, s, p)
		stop()
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
}

func TestRunBringsNewsByLongPoll(t *testing.T) {
	inBubble(t, func(*fake.Server) {}, func(t *testing.T, s *fake.Server, p *phone) {
		id := p.lodge("a").Complaint.ID
		synctest.Wait()
		if p.show(id).State != sdk.StateReceived {
			t.Fatal("queued work goes at once, although a long poll was under way")
		}
		time.Sleep(10 * time.Minute)
		n := len(s.Requests())
		s.Propose(id, "done")
		synctest.Wait()
		if c := p.show(id); c.Status != "proposed" {
			t.Fatalf("news arrive at once: %+v", c)
		}
		if n > 15 {
			t.Errorf("%d requests in ten quiet minutes", n)
		}
	})
}

func TestRunBacksOffAndRecovers(t *testing.T) {
	attempts := 0
	inBubble(t, func(s *fake.Server) {
		s.Lose = func(string, bool) bool { attempts++; return true }
	}, func(t *testing.T, s *fake.Server, p *phone) {
		id := p.lodge("a").Complaint.ID
		time.Sleep(24 * time.Hour)
		synctest.Wait()
		if attempts < 96 || attempts > 500 {
			t.Errorf("%d attempts in a day without a network", attempts)
		}
		s.Set(func(s *fake.Server) { s.Lose = nil })
		p.Sync.Poke() // the network is back
		synctest.Wait()
		if p.show(id).State != sdk.StateReceived {
			t.Fatal("sent at once when poked")
		}
	})
}

func TestRunObeysRetryAfter(t *testing.T) {
	var at []time.Duration
	start := time.Time{}
	inBubble(t, func(s *fake.Server) {
		start = time.Now()
		s.Answer = func(api.Operation) *api.Answer {
			at = append(at, time.Since(start))
			if len(at) < 3 {
				return &api.Answer{Status: api.RetryAfter, RetryAfterSeconds: 300}
			}
			return nil
		}
	}, func(t *testing.T, _ *fake.Server, p *phone) {
		id := p.lodge("a").Complaint.ID
		time.Sleep(time.Hour)
		synctest.Wait()
		if p.show(id).State != sdk.StateReceived || len(at) != 3 {
			t.Fatalf("%v", at)
		}
		for i := 1; i < 3; i++ {
			if gap := at[i] - at[i-1]; gap < 300*time.Second || gap > 360*time.Second {
				t.Errorf("tried again after %v, asked to wait 5 min", gap)
			}
		}
	})
}

// TestQuietIsObeyed: a server with too many first syncs is not asked for news
// before the time it named, each device at another moment after it; what a person
// writes goes at once nevertheless.
func TestQuietIsObeyed(t *testing.T) {
	var asked []time.Duration
	start := time.Time{}
	inBubble(t, func(s *fake.Server) {
		start = time.Now()
		s.Tamper = func(r *api.SyncResponse) { r.Busy, r.Feeds = true, nil }
		s.Status = func(req api.SyncRequest) int {
			if len(req.Operations) > 0 {
				return 0
			}
			asked = append(asked, time.Since(start))
			return http.StatusServiceUnavailable
		}
		s.RetryAfter = 40 * time.Second
	}, func(t *testing.T, s *fake.Server, p *phone) {
		time.Sleep(time.Second)
		synctest.Wait()
		id := p.lodge("a").Complaint.ID
		if _, err := p.Sync.Now(t.Context()); !errors.Is(err, sdk.ErrOffline) {
			t.Errorf("a person who asks for news is told to wait: %v", err)
		}
		synctest.Wait()
		if p.show(id).State != sdk.StateReceived {
			t.Error("what was written waits for a first sync")
		}
		if len(asked) != 1 {
			t.Fatalf("asked at %v", asked)
		}
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		for i := 1; i < len(asked); i++ {
			if gap := asked[i] - asked[i-1]; gap < 40*time.Second {
				t.Errorf("asked again after %s", gap)
			}
		}
		if len(asked) < 2 || asked[1]-asked[0] == 40*time.Second {
			t.Errorf("asked at %v", asked)
		}
		if st, err := p.Sync.Status(); err != nil || !st.SyncedAt.IsZero() {
			t.Errorf("without its feeds it is not up to date: %+v %v", st, err)
		}
	})
}

func TestRunStopsAskingWhenSignedOut(t *testing.T) {
	inBubble(t, func(s *fake.Server) { s.EndSessions() }, func(t *testing.T, s *fake.Server, p *phone) {
		time.Sleep(24 * time.Hour)
		if n := len(s.Requests()); n > 2 {
			t.Errorf("%d requests without a session", n)
		}
		p.signIn(mobile)
		id := p.lodge("a").Complaint.ID
		synctest.Wait()
		if p.show(id).State != sdk.StateReceived {
			t.Fatal("goes on after signing in")
		}
	})
}

func TestNowInterruptsTheLongPoll(t *testing.T) {
	inBubble(t, func(*fake.Server) {}, func(t *testing.T, _ *fake.Server, p *phone) {
		synctest.Wait()
		start := time.Now()
		if _, err := p.Sync.Now(t.Context()); err != nil {
			t.Fatal(err)
		}
		if waited := time.Since(start); waited > time.Second {
			t.Errorf("waited %v for the long poll", waited)
		}
	})
}

func TestDeliverGivesUpInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := fake.New(time.Now)
		p := citizen(t, s)
		s.Lose = down
		sub := p.lodge("a")
		start := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		d, err := p.Sync.Deliver(ctx, sub.Op)
		if d != sdk.Waiting || !errors.Is(err, sdk.ErrOffline) || time.Since(start) > 6*time.Second {
			t.Fatalf("%v %v after %v", d, err, time.Since(start))
		}
		if err := p.Close(); err != nil {
			t.Fatal(err)
		}
	})
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
