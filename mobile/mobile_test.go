package mobile

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"github.com/citizens-portal/portal/backend/server"
	"github.com/citizens-portal/portal/sdk"
)

// portald is a server with the made-up province of a demonstration.
type portald struct {
	dir, url, sms string
}

func startServer(t *testing.T) portald {
	t.Helper()
	dir := t.TempDir()
	d := portald{dir: dir, sms: filepath.Join(dir, "sms.jsonl")}
	s, err := server.New(t.Context(), server.Config{DataDir: dir, Addr: "127.0.0.1:0", Demo: true, SMSFile: d.sms, DrainFor: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ready, ended := make(chan string, 1), make(chan error, 1)
	go func() { ended <- s.Serve(ctx, func(url string) { ready <- url }) }()
	t.Cleanup(func() {
		stop()
		if err := errors.Join(<-ended, s.Close()); err != nil {
			t.Error(err)
		}
	})
	select {
	case d.url = <-ready:
	case err := <-ended:
		t.Fatal(err)
	}
	return d
}

var sixDigits = regexp.MustCompile(`\b\d{6}\b`)

// code is the one of the newest SMS.
func (d portald) code(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(d.sms)
	if err != nil {
		t.Fatal(err)
	}
	codes := sixDigits.FindAllString(string(text), -1)
	if len(codes) == 0 {
		t.Fatal("no SMS came")
	}
	return codes[len(codes)-1]
}

// open opens a citizen's portal, which is closed at the end.
func (d portald) open(t *testing.T, dir string, offline bool) *Portal {
	t.Helper()
	p, err := Open(&Options{Dir: dir, Server: d.url, Client: "test/1.0", Offline: offline})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close() })
	return p
}

func (d portald) signUp(t *testing.T, p *Portal) {
	t.Helper()
	must(t)(p.Accounts().Register(&Registration{CNIC: "15602-7654321-1", Mobile: "0345-7654321", Name: "Gul Bibi", District: "swat"}, 0))
	if s := must(t)(p.Accounts().Verify(d.code(t), 0)); s.(*Session).RecoveryCode == "" {
		t.Error("a new account brings no recovery code")
	}
	must(t)(p.Sync().Now(0))
}

// officer signs the district's focal person in and gives their client, synced.
func (d portald) officer(t *testing.T) *sdk.Client {
	t.Helper()
	people, err := server.DemoPeople(d.dir)
	if err != nil {
		t.Fatal(err)
	}
	focal := people[slices.IndexFunc(people, func(p server.DemoPerson) bool { return p.Name == "focal.swat" })]
	c, err := sdk.Open(t.Context(), sdk.Config{Dir: t.TempDir(), BaseURL: d.url})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	otp := must(t)(totp.GenerateCode(focal.TOTPSecret, time.Now())).(string)
	must(t)(c.Accounts.LoginOfficer(t.Context(), focal.Name, focal.Password, otp))
	must(t)(c.Sync.Now(t.Context()))
	return c
}

// propose lets the officer answer a complaint.
func (d portald) propose(t *testing.T, officer *sdk.Client, ref string) {
	t.Helper()
	must(t)(officer.Sync.Now(t.Context()))
	c := must(t)(officer.Complaints.Show(t.Context(), ref)).(sdk.Complaint)
	if slices.Contains(c.AllowedActions, "acknowledge") {
		must(t)(officer.Desk.Acknowledge(t.Context(), ref))
	}
	sub := must(t)(officer.Desk.Propose(t.Context(), ref, sdk.Proposal{Text: "The pipe was mended."})).(sdk.Submission)
	must(t)(officer.Sync.Deliver(t.Context(), sub.Op))
}

// must gives a call's result, or ends the test with its error.
func must(t *testing.T) func(v any, err error) any {
	return func(v any, err error) any {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// delivered waits for the server to have a submission.
func delivered(t *testing.T, p *Portal, sub any) *Complaint {
	t.Helper()
	s := sub.(*Submission)
	if state := must(t)(p.Sync().Deliver(s.Op, 0)); state != "received" {
		t.Fatalf("delivered: %q", state)
	}
	return must(t)(p.Complaints().Show(s.Complaint.ID, 0)).(*Complaint)
}

func leaf(t *testing.T, p *Portal) string {
	t.Helper()
	return must(t)(p.Directory().Categories(0)).(*CategoryList).Get(0).Children.Get(0).Code
}

func TestAComplaintFromDraftToVerdict(t *testing.T) {
	d := startServer(t)
	home := t.TempDir()
	p := d.open(t, home, false)
	d.signUp(t, p)
	if areas := must(t)(p.Directory().Areas(0)).(*AreaList); areas.Len() < 30 || areas.Get(0).Name.In("ur") == "" {
		t.Errorf("%d areas, the first called %v", areas.Len(), areas.Get(0).Name)
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}

	off := d.open(t, home, true)
	draft := must(t)(off.Complaints().SaveDraft(&Draft{Category: leaf(t, off), District: "swat", Text: "The pipe is broken"})).(*Draft)
	file := must(t)(off.Complaints().AddFile([]byte("%PDF-1.4\nproof\n%%EOF\n"))).(*File)
	draft.Attach(file)
	sub := must(t)(off.Complaints().Lodge(draft, 0)).(*Submission)
	if sub.Complaint.State != "queued" || sub.Complaint.Pending.Get(0).Action != "lodge" {
		t.Errorf("lodged offline: %+v", sub.Complaint)
	}
	if drafts := must(t)(off.Complaints().Drafts()).(*DraftList); drafts.Len() != 0 {
		t.Error("the draft is still there")
	}
	if st := must(t)(off.Sync().Status()).(*Status); st.Queued != 1 || !st.SignedIn {
		t.Errorf("waiting: %+v", st)
	}
	if files := must(t)(off.Complaints().Files(sub.Complaint.ID, 0)).(*FileList); files.Len() != 1 || files.Get(0).State != "waiting" {
		t.Errorf("its files: %+v", files)
	}
	if err := off.Close(); err != nil {
		t.Fatal(err)
	}

	p = d.open(t, home, false)
	c := delivered(t, p, sub)
	if c.Code == "" || c.Track == "" || c.LodgedAtMillis == 0 || c.Holder.EN == "" {
		t.Errorf("received: %+v", c)
	}
	if left := must(t)(p.Sync().SendFiles(0)); left != 0 {
		t.Errorf("%d files still wait", left)
	}
	if got := must(t)(p.Complaints().FetchFile(c.Code, file.SHA256, 0)).([]byte); string(got[:4]) != "%PDF" {
		t.Errorf("the file came back as %q", got)
	}

	officer := d.officer(t)
	d.propose(t, officer, c.ID)
	must(t)(p.Sync().Now(0))
	c = delivered(t, p, must(t)(p.Complaints().Reject(c.ID, "Water still runs out.")))
	d.propose(t, officer, c.ID)
	must(t)(p.Sync().Now(0))
	c = delivered(t, p, must(t)(p.Complaints().Confirm(c.ID)))
	if c.Status != "closed_confirmed" || c.ClosedAtMillis == 0 {
		t.Errorf("confirmed: %+v", c)
	}
	c = delivered(t, p, must(t)(p.Complaints().Rate(c.ID, 4, 5, "Thank you")))
	if c.RatingTime != 4 || c.RatingQuality != 5 || c.RatingComment != "Thank you" {
		t.Errorf("rated: %+v", c)
	}
	timeline := must(t)(p.Complaints().Timeline(c.Code, 0)).(*Timeline)
	if timeline.Events.Len() < 5 || timeline.Events.Get(0).Role != "citizen" || timeline.Events.Get(timeline.Events.Len()) != nil {
		t.Errorf("%d events", timeline.Events.Len())
	}
	if closed := must(t)(p.Complaints().List(ListClosed, 0, "")).(*Page); closed.Complaints.Len() != 1 || closed.Complaints.Get(0).Code != c.Code {
		t.Errorf("closed ones: %+v", closed)
	}
}

// hears keeps what a listener was told.
type hears struct {
	changes chan *Change
	errors  chan int
	done    chan struct{}
}

func newListener() *hears {
	return &hears{changes: make(chan *Change, 100), errors: make(chan int, 1), done: make(chan struct{})}
}

func (h *hears) OnChange(c *Change)         { h.changes <- c }
func (h *hears) OnError(code int, _ string) { h.errors <- code }
func (h *hears) OnDone()                    { close(h.done) }

func TestAListenerHearsAndEndsWithThePortal(t *testing.T) {
	d := startServer(t)
	p := d.open(t, t.TempDir(), false)
	d.signUp(t, p)
	h := newListener()
	must(t)(p.Sync().Start(h))
	sub := must(t)(p.Complaints().Lodge(&Draft{Category: leaf(t, p), District: "swat", Text: "No light in our street"}, 0)).(*Submission)
	for c := range h.changes {
		if c.Complaints.Has(sub.Complaint.ID) && must(t)(p.Complaints().Show(sub.Complaint.ID, 0)).(*Complaint).Code != "" {
			break
		}
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	<-h.done
	if len(h.errors) > 0 {
		t.Errorf("ended with code %d", <-h.errors)
	}
}

// faulty panics when it is told something.
type faulty struct{ *hears }

func (faulty) OnChange(*Change) { panic("in the host") }

func TestAFaultyListenerEndsItsJobOnly(t *testing.T) {
	p, err := Open(&Options{Dir: t.TempDir(), Server: "http://127.0.0.1:1"})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	h := newListener()
	must(t)(p.Sync().Start(faulty{h}))
	p.client.Sync.Poke()
	// Signed out, a first change comes from the attempt to sync.
	<-h.done
	if code := <-h.errors; code != CodeBug {
		t.Errorf("told code %d", code)
	}
	if p.Accounts().SignedIn() {
		t.Error("signed in")
	}
}

func TestACancelledJobIsDone(t *testing.T) {
	p, err := Open(&Options{Dir: t.TempDir(), Server: "http://127.0.0.1:1", Offline: true})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	h := newListener()
	job := must(t)(p.Sync().Start(h)).(*Job)
	job.Cancel()
	<-h.done
}

func TestErrorsHaveNumbers(t *testing.T) {
	home := t.TempDir()
	p, err := Open(&Options{Dir: home, Server: "http://127.0.0.1:1", Offline: true})
	if err != nil {
		t.Fatal(err)
	}
	cases := []struct {
		name string
		code int
		do   func() error
	}{
		{"no options", CodeInvalid, func() error { _, err := Open(nil); return err }},
		{"locked folder", CodeLocked, func() error { _, err := Open(&Options{Dir: home}); return err }},
		{"no draft", CodeInvalid, func() error { _, err := p.Complaints().SaveDraft(nil); return err }},
		{"no registration", CodeInvalid, func() error { _, err := p.Accounts().Register(nil, 0); return err }},
		{"no listener", CodeInvalid, func() error { _, err := p.Sync().Start(nil); return err }},
		{"unknown way out", CodeInvalid, func() error { return p.Accounts().Logout(9, 0) }},
		{"signed out", CodeSignedOut, func() error { _, err := p.Accounts().Profile(); return err }},
		{"a fault", CodeBug, func() error {
			return perform(p, 0, func(context.Context) error { panic("at the border") })
		}},
		{"out of time", CodeTime, func() error {
			return perform(p, 1, func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() })
		}},
		{"no network", CodeOffline, func() error { _, err := p.Accounts().Login("0345-1234567", 0); return err }},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			f := Explain(c.do())
			if f == nil || f.Code != c.code || f.Message == "" {
				t.Errorf("explained as %+v, want code %d", f, c.code)
			}
		})
	}
	wrong := Explain(func() error {
		_, err := p.Accounts().Register(&Registration{CNIC: "1", Mobile: "0345-1234567", Name: "A", District: "swat"}, 0)
		return err
	}())
	if wrong.Fields.Len() == 0 || wrong.Fields.Get(0).Pointer != "/cnic" || wrong.Fields.Get(0).Code != "cnic_digits" {
		t.Errorf("a short CNIC is explained as %+v", wrong)
	}
	if err := errors.Join(p.Close(), p.Close()); err != nil {
		t.Error(err)
	}
	if _, err := p.Complaints().Drafts(); Explain(err).Code != CodeClosed {
		t.Errorf("a closed portal: %v", err)
	}
	if Explain(nil) != nil {
		t.Error("no error is explained")
	}
}

func TestListsEndQuietly(t *testing.T) {
	s := &Strings{[]string{"a"}}
	l := &FieldList{}
	l.add(Field{Pointer: "/text"})
	l.Get(0).Pointer = "changed"
	if s.Get(0) != "a" || s.Get(1) != "" || s.Get(-1) != "" || l.Get(0).Pointer != "/text" || l.Get(1) != nil || l.Get(-1) != nil {
		t.Error("a list gives what it should not")
	}
	text := &Text{EN: "Water", UR: "پانی"}
	if text.In("ur") != "پانی" || text.In("ps") != "Water" || text.In("en") != "Water" {
		t.Error("a text is given in the wrong language")
	}
}
