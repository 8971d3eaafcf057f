package sdk_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/citizens-portal/portal/sdk"
	"github.com/citizens-portal/portal/sdk/api"
	"github.com/citizens-portal/portal/sdk/internal/fake"
)

const mobile = "+923451234567"

// phone is a client with what a test needs to open it again.
type phone struct {
	*sdk.Client
	t   testing.TB
	cfg sdk.Config
}

// newPhone opens a client on a fresh folder.
func newPhone(t testing.TB, s *fake.Server, change ...func(*sdk.Config)) *phone {
	t.Helper()
	dir := t.TempDir()
	seed := sha256.Sum256([]byte(dir)) // devices differ, the rest of a test does not
	cfg := sdk.Config{Dir: dir, BaseURL: fake.BaseURL, Transport: s.Transport(), Now: s.Now, Rand: rand.NewChaCha8(seed)}
	for _, c := range change {
		c(&cfg)
	}
	p := &phone{t: t, cfg: cfg}
	p.open()
	t.Cleanup(func() { _ = p.Close() })
	return p
}

func (p *phone) open() {
	p.t.Helper()
	c, err := sdk.Open(p.t.Context(), p.cfg)
	if err != nil {
		p.t.Fatal(err)
	}
	p.Client = c
}

// restart closes and opens the folder, as a new process would.
func (p *phone) restart(change ...func(*sdk.Config)) {
	p.t.Helper()
	if err := p.Close(); err != nil {
		p.t.Fatal(err)
	}
	for _, c := range change {
		c(&p.cfg)
	}
	p.open()
}

// citizen is a phone with somebody signed in.
func citizen(t testing.TB, s *fake.Server, change ...func(*sdk.Config)) *phone {
	t.Helper()
	p := newPhone(t, s, change...)
	p.signIn(mobile)
	return p
}

func (p *phone) signIn(number string) {
	p.t.Helper()
	if _, err := p.Accounts.Login(p.t.Context(), number); err != nil {
		p.t.Fatal(err)
	}
	if _, err := p.Accounts.Verify(p.t.Context(), fake.OTP); err != nil {
		p.t.Fatal(err)
	}
}

func officer(t testing.TB, s *fake.Server) *phone {
	t.Helper()
	p := newPhone(t, s)
	if _, err := p.Accounts.LoginOfficer(t.Context(), "focal.swat", fake.Password, "123456"); err != nil {
		t.Fatal(err)
	}
	p.sync()
	return p
}

func (p *phone) lodge(text string) sdk.Submission {
	p.t.Helper()
	sub, err := p.Complaints.Lodge(p.t.Context(), sdk.Draft{Category: "roads", District: "swat", Text: text})
	if err != nil {
		p.t.Fatal(err)
	}
	return sub
}

func (p *phone) sync() sdk.Result {
	p.t.Helper()
	res, err := p.Sync.Now(p.t.Context())
	if err != nil {
		p.t.Fatal(err)
	}
	return res
}

func (p *phone) show(ref string) sdk.Complaint {
	p.t.Helper()
	c, err := p.Complaints.Show(p.t.Context(), ref)
	if err != nil {
		p.t.Fatal(err)
	}
	return c
}

func (p *phone) list() []sdk.Complaint {
	p.t.Helper()
	page, err := p.Complaints.List(p.t.Context(), sdk.ListOptions{Whole: true})
	if err != nil {
		p.t.Fatal(err)
	}
	return page.Complaints
}

// clock is a settable server and device clock.
type clock struct{ at time.Time }

func newClock() *clock { return &clock{time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC)} }

func (c *clock) now() time.Time { return c.at }

func newServer() (*fake.Server, *clock) {
	c := newClock()
	return fake.New(c.now), c
}

// down loses everything.
func down(string, bool) bool { return true }

func wantErr(t testing.TB, err, kind error) {
	t.Helper()
	if !errors.Is(err, kind) {
		t.Fatalf("got error %v, want %v", err, kind)
	}
}

func TestRegisterVerifyThenPublicKnowledge(t *testing.T) {
	s, _ := newServer()
	p := newPhone(t, s)
	_, err := p.Accounts.Register(t.Context(), sdk.Registration{CNIC: "15602-1234567-1", Mobile: "0345-1234567", Name: "Test", District: "swat"})
	if err != nil {
		t.Fatal(err)
	}
	p.restart() // the OTP may be typed into another process
	session, err := p.Accounts.Verify(t.Context(), "۱۲۳۴۵۶")
	if err != nil || session.RecoveryCode == "" {
		t.Fatalf("verify: %v, recovery code %q", err, session.RecoveryCode)
	}
	tree, err := p.Directory.Categories(t.Context())
	if err != nil || len(tree) == 0 {
		t.Fatalf("categories: %v %v", tree, err)
	}
	s.Lose = down
	if _, err := p.Directory.Categories(t.Context()); err != nil {
		t.Fatalf("categories are held now: %v", err)
	}
	p.restart()
	if !p.Accounts.SignedIn() {
		t.Fatal("signed in after a restart")
	}
}

func TestLodgeOfflineIsQueuedThenReceivedOnce(t *testing.T) {
	s, _ := newServer()
	p := citizen(t, s)
	s.Lose = down
	sub := p.lodge("پانی کا پائپ ٹوٹا ہے")
	if _, err := p.Sync.Now(t.Context()); !errors.Is(err, sdk.ErrOffline) {
		t.Fatalf("sync without a network: %v", err)
	}
	p.restart(func(c *sdk.Config) { c.Offline = true })
	got := p.list()
	if len(got) != 1 || got[0].State != sdk.StateQueued || got[0].Code != "" || got[0].ID != sub.Complaint.ID {
		t.Fatalf("offline list: %+v", got)
	}
	s.Lose = nil
	p.restart(func(c *sdk.Config) { c.Offline = false })
	p.sync()
	c := p.show(sub.Complaint.ID)
	if c.State != sdk.StateReceived || c.Code == "" || c.LodgedAt.IsZero() || c.Holder == "" || len(c.Pending) != 0 {
		t.Fatalf("after sync: %+v", c)
	}
	if !strings.Contains(c.Track, "/track/"+c.Code+"?s=") || !strings.Contains(c.Track, "#r=receipt") {
		t.Errorf("tracking address %q", c.Track)
	}
	if byCode := p.show(strings.ToLower(strings.ReplaceAll(c.Code, "-", " "))); byCode.ID != c.ID {
		t.Error("a code is found however it is typed")
	}
	if n := len(s.Complaints()); n != 1 {
		t.Errorf("the server holds %d complaints", n)
	}
}

func TestLostAnswersNeverDoubleOrLose(t *testing.T) {
	for seed := range uint64(20) {
		s, _ := newServer()
		p := citizen(t, s)
		r := rand.New(rand.NewPCG(seed, 7))
		s.Lose = func(string, bool) bool { return r.IntN(3) == 0 }
		for i := range 4 {
			p.lodge(string(rune('a' + i)))
			_, _ = p.Sync.Now(t.Context())
			if r.IntN(2) == 0 {
				p.restart()
			}
		}
		s.Lose = nil
		p.sync()
		if n := len(s.Complaints()); n != 4 {
			t.Fatalf("seed %d: the server holds %d of 4", seed, n)
		}
		for _, c := range p.list() {
			if c.State != sdk.StateReceived || c.Code == "" || s.Complaints()[c.ID].Text != c.Text {
				t.Fatalf("seed %d: %+v", seed, c)
			}
		}
	}
}

func TestFrozenOperationsNeverChange(t *testing.T) {
	s, _ := newServer()
	p := citizen(t, s)
	lost := 0
	s.Lose = func(path string, answer bool) bool {
		if path != api.RouteSync || !answer || lost > 1 {
			return false
		}
		lost++
		return true
	}
	p.lodge("first")
	for range 3 {
		_, _ = p.Sync.Now(t.Context())
	}
	var sent []api.Operation
	for _, r := range s.Requests() {
		sent = append(sent, r.Operations...)
	}
	if len(sent) < 2 {
		t.Fatalf("sent %d times", len(sent))
	}
	for _, op := range sent[1:] {
		if op.Op != sent[0].Op || op.N != sent[0].N || op.SHA256 != sent[0].SHA256 || string(op.Body) != string(sent[0].Body) {
			t.Fatalf("sent again as %+v, first as %+v", op, sent[0])
		}
	}
}

func TestReadYourWrites(t *testing.T) {
	s, _ := newServer()
	p := citizen(t, s)
	id := p.lodge("a").Complaint.ID
	p.sync()
	s.Propose(id, "mended")
	p.sync()
	s.Lose = down
	sub, err := p.Complaints.Reject(t.Context(), id, "still leaking")
	if err != nil {
		t.Fatal(err)
	}
	c := sub.Complaint
	if c.State != sdk.StateQueued || len(c.Pending) != 1 || c.Pending[0].Action != "reject" || c.Pending[0].Text != "still leaking" {
		t.Fatalf("own act is visible at once: %+v", c)
	}
	// The answer comes, but the page with its result does not.
	s.Lose = nil
	s.Tamper = func(r *api.SyncResponse) { r.Feeds = nil }
	p.sync()
	if c := p.show(id); c.Status != "proposed" || len(c.Pending) != 1 || c.Pending[0].State != sdk.Received {
		t.Fatalf("the overlay stays until the feed has passed: %+v", c)
	}
	s.Tamper = nil
	p.sync()
	if c := p.show(id); c.Status != "assigned" || len(c.Pending) != 0 || c.State != sdk.StateReceived {
		t.Fatalf("and goes then: %+v", c)
	}
}

func TestStaleAnswerIsDropped(t *testing.T) {
	s, _ := newServer()
	p := citizen(t, s)
	id := p.lodge("a").Complaint.ID
	s.Tamper = func(r *api.SyncResponse) { r.Request-- }
	_, _ = p.Sync.Now(t.Context())
	if c := p.show(id); c.State != sdk.StateQueued {
		t.Fatalf("an answer to an older request changed something: %+v", c)
	}
	s.Tamper = nil
	p.sync()
	if c := p.show(id); c.State != sdk.StateReceived {
		t.Fatalf("%+v", c)
	}
}

func TestRefusedIsKeptAndCanBeCorrected(t *testing.T) {
	s, _ := newServer()
	p := citizen(t, s)
	s.Answer = func(op api.Operation) *api.Answer {
		if strings.Contains(string(op.Body), "wrong") {
			return &api.Answer{Status: api.Rejected, Problem: &api.Problem{Type: api.TypeInvalid, Title: "No", Status: 422}}
		}
		return nil
	}
	sub := p.lodge("wrong words")
	d, err := p.Sync.Deliver(t.Context(), sub.Op)
	if d != sdk.Refused {
		t.Fatalf("delivery %q", d)
	}
	wantErr(t, err, sdk.ErrInvalid)
	if c := p.show(sub.Complaint.ID); c.State != sdk.StateAttention || c.Text != "wrong words" {
		t.Fatalf("%+v", c)
	}
	p.restart()
	items, err := p.Sync.Attention(t.Context())
	if err != nil || len(items) != 1 || items[0].Problem == nil {
		t.Fatalf("attention: %+v %v", items, err)
	}
	draft, err := p.Sync.Copy(t.Context(), items[0].Op)
	if err != nil || draft.Text != "wrong words" {
		t.Fatalf("copy: %+v %v", draft, err)
	}
	draft.Text = "right words"
	again, err := p.Complaints.Lodge(t.Context(), draft)
	if err != nil {
		t.Fatal(err)
	}
	p.sync()
	got := p.list()
	if len(got) != 1 || got[0].ID != again.Complaint.ID || got[0].State != sdk.StateReceived {
		t.Fatalf("only the corrected one is left: %+v", got)
	}
	if drafts, _ := p.Complaints.Drafts(t.Context()); len(drafts) != 0 {
		t.Errorf("drafts left: %+v", drafts)
	}
}

func TestRefusedActCanBeRetriedOrDiscarded(t *testing.T) {
	s, _ := newServer()
	p := citizen(t, s)
	id := p.lodge("a").Complaint.ID
	p.sync()
	sub, err := p.Complaints.Confirm(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	if res := p.sync(); res.Refused != 1 {
		t.Fatalf("%+v", res)
	}
	s.Propose(id, "done")
	p.sync()
	retried, err := p.Sync.Retry(t.Context(), sub.Op, "")
	if err != nil {
		t.Fatal(err)
	}
	if d, err := p.Sync.Deliver(t.Context(), retried.Op); d != sdk.Received || err != nil {
		t.Fatalf("%v %v", d, err)
	}
	if _, err := p.Complaints.Confirm(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	p.sync()
	items, _ := p.Sync.Attention(t.Context())
	if len(items) != 1 {
		t.Fatalf("%+v", items)
	}
	if err := p.Sync.Discard(t.Context(), items[0].Op); err != nil {
		t.Fatal(err)
	}
	if c := p.show(id); c.State != sdk.StateReceived || c.Status != "closed_confirmed" {
		t.Fatalf("%+v", c)
	}
	wantErr(t, p.Sync.Discard(t.Context(), "no-such"), sdk.ErrNotFound)
}

func TestPoisonBlocksOnlyItsLane(t *testing.T) {
	s, clk := newServer()
	p := citizen(t, s)
	s.Status = func(req api.SyncRequest) int {
		for _, op := range req.Operations {
			if strings.Contains(string(op.Body), "poison") && op.Failures < 5 {
				return http.StatusInternalServerError
			}
		}
		return 0
	}
	s.Answer = func(op api.Operation) *api.Answer {
		if op.Failures >= 5 {
			return &api.Answer{Status: api.Quarantined}
		}
		return nil
	}
	bad := p.lodge("poison").Complaint.ID
	good := p.lodge("fine").Complaint.ID
	p.sync()
	if c := p.show(good); c.State != sdk.StateReceived {
		t.Fatalf("the other lane went through: %+v", c)
	}
	if c := p.show(bad); c.State != sdk.StateQueued {
		t.Fatalf("%+v", c)
	}
	for range 6 {
		clk.at = clk.at.Add(20 * time.Minute)
		p.sync()
	}
	c := p.show(bad)
	if c.State != sdk.StateChecking || c.Text != "poison" {
		t.Fatalf("received, being checked: %+v", c)
	}
	if d, err := p.Sync.Deliver(t.Context(), c.Pending[0].Op); d != sdk.Checking || err != nil {
		t.Fatalf("%v %v", d, err)
	}
	// A person repaired it: the next question gets the result.
	s.Status, s.Answer = nil, nil
	clk.at = clk.at.Add(2 * time.Hour)
	p.sync()
	if c := p.show(bad); c.State != sdk.StateReceived {
		t.Fatalf("%+v", c)
	}
}

func TestServerDownIsNobodysFault(t *testing.T) {
	s, _ := newServer()
	p := citizen(t, s)
	s.Status = func(api.SyncRequest) int { return http.StatusInternalServerError }
	p.lodge("a")
	for range 8 {
		if _, err := p.Sync.Now(t.Context()); !errors.Is(err, sdk.ErrServer) {
			t.Fatalf("got %v", err)
		}
	}
	out, err := p.Sync.Outbox(t.Context())
	if err != nil || len(out) != 1 || out[0].Tries != 0 || out[0].State != sdk.Waiting {
		t.Fatalf("when nothing passes, no operation is blamed: %+v %v", out, err)
	}
}

func TestBadRequestBecomesAttentionOfOneOperation(t *testing.T) {
	s, _ := newServer()
	p := citizen(t, s)
	s.Status = func(req api.SyncRequest) int {
		for _, op := range req.Operations {
			if strings.Contains(string(op.Body), "unreadable") {
				return http.StatusUnprocessableEntity
			}
		}
		return 0
	}
	bad := p.lodge("unreadable").Complaint.ID
	good := p.lodge("fine").Complaint.ID
	if res := p.sync(); res.Refused != 1 {
		t.Fatalf("%+v", res)
	}
	if p.show(bad).State != sdk.StateAttention || p.show(good).State != sdk.StateReceived {
		t.Fatalf("%+v", p.list())
	}
}

func TestLaneKeepsItsOrder(t *testing.T) {
	s, _ := newServer()
	p := citizen(t, s)
	s.Lose = down
	id := p.lodge("a").Complaint.ID
	for _, text := range []string{"one", "two", "three"} {
		if _, err := p.Complaints.Message(t.Context(), id, text); err != nil {
			t.Fatal(err)
		}
	}
	s.Lose = nil
	p.sync()
	line, err := p.Complaints.Timeline(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	var texts []string
	for _, e := range line.Events {
		texts = append(texts, e.Text)
	}
	if strings.Join(texts, ",") != ",one,two,three" {
		t.Fatalf("events %q", texts)
	}
}

func TestWithdrawBeforeSending(t *testing.T) {
	s, _ := newServer()
	p := citizen(t, s)
	s.Lose = down
	id := p.lodge("a").Complaint.ID
	if sub, err := p.Complaints.Withdraw(t.Context(), id); err != nil || sub.Op != "" {
		t.Fatalf("%+v %v", sub, err)
	}
	s.Lose = nil
	p.sync()
	if len(p.list()) != 0 || len(s.Complaints()) != 0 {
		t.Fatal("it was never sent, so it is simply gone")
	}
}

func TestOfficerExpectsTheVersionTheySaw(t *testing.T) {
	s, _ := newServer()
	p := citizen(t, s)
	id := p.lodge("a").Complaint.ID
	p.sync()
	o := officer(t, s)
	inbox, err := o.Desk.Inbox(t.Context(), sdk.ViewOpen, false)
	if err != nil || len(inbox.Complaints) != 1 {
		t.Fatalf("%+v %v", inbox, err)
	}
	s.Lose = down
	for _, act := range []func() (sdk.Submission, error){
		func() (sdk.Submission, error) { return o.Desk.Acknowledge(t.Context(), id) },
		func() (sdk.Submission, error) { return o.Desk.Assign(t.Context(), id, "rahim gul", "") },
		func() (sdk.Submission, error) { return o.Desk.Propose(t.Context(), id, sdk.Proposal{Text: "done"}) },
	} {
		if _, err := act(); err != nil {
			t.Fatal(err)
		}
	}
	s.Lose = nil
	if res := o.sync(); res.Refused != 0 {
		t.Fatalf("own acts in a row count on: %+v", res)
	}
	if c := o.show(id); c.Status != "proposed" || c.Officer != "officer.swat" {
		t.Fatalf("%+v", c)
	}
	// Somebody else was quicker.
	if _, err := p.Complaints.Message(t.Context(), id, "wait"); err != nil {
		t.Fatal(err)
	}
	p.sync()
	sub, err := o.Desk.Ask(t.Context(), id, "where?")
	if err != nil {
		t.Fatal(err)
	}
	_, err = o.Sync.Deliver(t.Context(), sub.Op)
	wantErr(t, err, sdk.ErrConflict)
	if _, err := o.Desk.Assign(t.Context(), id, "nobody", ""); !errors.Is(err, sdk.ErrInvalid) {
		t.Fatalf("unknown officer: %v", err)
	}
	targets, err := o.Desk.TransferTargets(t.Context(), id)
	if err != nil || len(targets) != 1 || targets[0].ID != "roads.swat" {
		t.Fatalf("targets %+v %v", targets, err)
	}
}

func TestOthersComplaintsDoNotExist(t *testing.T) {
	s, _ := newServer()
	p := citizen(t, s)
	id := p.lodge("a").Complaint.ID
	p.sync()
	other := newPhone(t, s)
	other.signIn("+923339876543")
	other.sync()
	_, err := other.Complaints.Show(t.Context(), p.show(id).Code)
	wantErr(t, err, sdk.ErrNotFound)
	_, err = other.Complaints.Confirm(t.Context(), id)
	wantErr(t, err, sdk.ErrNotFound)
	if len(other.list()) != 0 {
		t.Fatal("list of somebody else is empty")
	}
}

func TestChangesAreMergedAndNeverBlock(t *testing.T) {
	s, _ := newServer()
	p := citizen(t, s)
	ctx, cancel := context.WithCancel(t.Context())
	changes := p.Changes(ctx)
	a, b := p.lodge("a").Complaint.ID, p.lodge("b").Complaint.ID
	p.sync()
	got := <-changes
	if !got.Outbox || !got.Sync || len(got.Complaints) != 2 || got.Complaints[0] != min(a, b) {
		t.Fatalf("%+v", got)
	}
	cancel()
	for range changes {
		continue
	}
}
