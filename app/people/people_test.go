package people

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"github.com/pquerna/otp/totp"

	"github.com/citizens-portal/portal/app/bidi"
	"github.com/citizens-portal/portal/app/i18n"
	"github.com/citizens-portal/portal/app/model"
	"github.com/citizens-portal/portal/app/style"
	"github.com/citizens-portal/portal/assets"
	"github.com/citizens-portal/portal/backend/server"
	"github.com/citizens-portal/portal/sdk"
	"github.com/citizens-portal/portal/sdk/api"
)

// road is the way to the server, which can be cut, or made to ask for a fresh code.
type road struct{ cut, stepUp atomic.Bool }

var errCut = errors.New("the line is cut")

// RoundTrip implements [http.RoundTripper].
func (r *road) RoundTrip(req *http.Request) (*http.Response, error) {
	if r.cut.Load() {
		return nil, errCut
	}
	if req.URL.Path == api.RouteStepUp {
		r.stepUp.Store(false)
		w := httptest.NewRecorder()
		w.WriteHeader(http.StatusNoContent)
		return w.Result(), nil
	}
	if r.stepUp.Load() && req.Method != http.MethodGet {
		w := httptest.NewRecorder()
		w.Header().Set("Content-Type", "application/problem+json")
		w.WriteHeader(http.StatusForbidden)
		_, _ = io.WriteString(w, `{"type":"`+api.TypeStepUp+`","status":403}`) // a recorder takes everything
		return w.Result(), nil
	}
	return http.DefaultTransport.RoundTrip(req)
}

// rig is the page of the demonstration's administrator against a real server. What
// would run elsewhere or later runs when the test says so.
type rig struct {
	*People
	t      *testing.T
	road   *road
	work   []func()
	late   []func()
	copied string
	file   string
}

func newRig(t *testing.T) *rig {
	t.Helper()
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(context.Background())
	s, err := server.New(ctx, server.Config{DataDir: dir, Addr: "127.0.0.1:0", Demo: true})
	if err != nil {
		cancel()
		t.Fatal(err)
	}
	s.Start(ctx)
	h := httptest.NewServer(s.Handler())
	t.Cleanup(func() {
		h.CloseClientConnections()
		h.Close()
		cancel()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	r := &rig{t: t, road: &road{}}
	client, err := sdk.Open(ctx, sdk.Config{Dir: t.TempDir(), BaseURL: h.URL, Transport: r.road})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() }) // the folder goes with the test
	r.signIn(client, dir)
	fa := test.NewTempApp(t)
	th := style.New(false, style.Scale100)
	fa.Settings().SetTheme(th)
	words, err := i18n.Load(assets.Translations)
	if err != nil {
		t.Fatal(err)
	}
	faces, err := bidi.NewFaces()
	if err != nil {
		t.Fatal(err)
	}
	r.People = New(ctx, Config{
		Client: client, Env: bidi.NewEnv(i18n.English, words, th, faces),
		Words: func() model.Words { return model.Words{Lang: i18n.English, Catalogue: words, Now: time.Now()} },
		Spawn: func(f func()) { r.work = append(r.work, f) }, Dispatch: func(f func()) { f() },
		After: func(_ time.Duration, f func()) func() { r.late = append(r.late, f); return func() {} },
		Focus: func(fyne.Focusable) {}, Copy: func(s string) { r.copied = s }, Desk: func() {}, Person: func() {},
		PickFile: func(chosen func(string, io.ReadCloser, error)) {
			chosen("officers.csv", io.NopCloser(strings.NewReader(r.file)), nil)
		},
	})
	w := test.NewTempWindow(t, r.Object())
	w.Resize(fyne.NewSize(1280, 800))
	r.settle()
	return r
}

// signIn signs the demonstration's administrator in.
func (r *rig) signIn(client *sdk.Client, dir string) {
	r.t.Helper()
	demo, err := server.DemoPeople(dir)
	if err != nil {
		r.t.Fatal(err)
	}
	for _, p := range demo {
		if p.Role != model.PostAdmin {
			continue
		}
		code, err := totp.GenerateCode(p.TOTPSecret, time.Now())
		if err != nil {
			r.t.Fatal(err)
		}
		if _, err := client.Accounts.LoginOfficer(r.t.Context(), p.Name, p.Password, code); err != nil {
			r.t.Fatal(err)
		}
		return
	}
	r.t.Fatal("the demonstration has no administrator")
}

// settle does all the work that is due.
func (r *rig) settle() {
	for len(r.work) > 0 {
		f := r.work[0]
		r.work = r.work[1:]
		f()
	}
}

// pass lets the time pass for which something waits.
func (r *rig) pass() {
	late := r.late
	r.late = nil
	for _, f := range late {
		f()
	}
	r.settle()
}

func (r *rig) officer(id string) {
	r.t.Helper()
	r.openOfficer(id)
	r.settle()
	if !r.open.ok {
		r.t.Fatalf("%s: %v", id, r.open.err)
	}
}

// TestListsAreReadPageByPage: an administrator begins at their office with those right
// below it, lists all by pages, and searches on the server.
func TestListsAreReadPageByPage(t *testing.T) {
	r := newRig(t)
	own := r.profile.Office
	if l := r.list.offices; len(l) < 2 || l[0].ID != own || l[1].Parent != own {
		t.Fatalf("the list begins with %+v", l[:min(2, len(l))])
	}
	r.below("")
	r.settle()
	if len(r.list.offices) != pageSize || !r.list.more {
		t.Fatalf("%d offices, more %v: want one page of several", len(r.list.offices), r.list.more)
	}
	seen := map[string]bool{}
	for r.list.more {
		r.readMore()
		r.readMore() // while one is on its way, no other starts
		if len(r.work) > 1 {
			t.Fatal("two pages are asked for at once")
		}
		r.settle()
	}
	for _, o := range r.list.offices {
		if seen[o.ID] {
			t.Fatalf("%s is listed twice", o.ID)
		}
		seen[o.ID] = true
	}
	if !seen["dc-swat"] || !seen[own] {
		t.Error("the list of all leaves offices out")
	}
	r.setView(model.PeopleOfficers)
	r.settle()
	r.search("shabana")
	r.search("shabana b")
	r.pass()
	if l := r.list.officers; len(l) != 1 || l[0].ID != "officer.swat" {
		t.Errorf("the search found %+v", l)
	}
}

// TestWithoutServer: the page says that it needs the server, and works again after.
func TestWithoutServer(t *testing.T) {
	r := newRig(t)
	r.road.cut.Store(true)
	r.setView(model.PeopleOfficers)
	r.openOfficer("officer.swat")
	r.settle()
	if !errors.Is(r.list.err, sdk.ErrOffline) || !errors.Is(r.open.err, sdk.ErrOffline) {
		t.Fatalf("list %v, page %v", r.list.err, r.open.err)
	}
	r.road.cut.Store(false)
	r.read()
	r.readOpen()
	r.settle()
	if r.list.err != nil || r.list.count() == 0 || !r.open.ok {
		t.Errorf("with the server again: list %v, page %v", r.list.err, r.open.err)
	}
}

// TestDisableMoveAndLeave: what is done about an officer shows on the page, in the list
// and in the history.
func TestDisableMoveAndLeave(t *testing.T) {
	r := newRig(t)
	r.setView(model.PeopleOfficers)
	r.settle()
	r.officer("officer2.swat")
	r.do(model.PeopleDisable)
	r.write(model.FieldReason, "retired")
	r.send()
	r.settle()
	if r.form != nil || !r.open.officer.Disabled {
		t.Fatalf("form %+v, officer %+v", r.form, r.open.officer.OfficerRecord)
	}
	for _, o := range r.list.officers {
		if o.ID == "officer2.swat" && !o.Disabled {
			t.Error("the list still shows them as they were")
		}
	}
	if h := r.open.officer.History; len(h) == 0 || h[len(h)-1].Reason != "retired" {
		t.Errorf("history %+v", h)
	}
	r.officer("officer3.swat")
	r.do(model.PeopleMove)
	r.findOffice("phe-swat")
	r.pass()
	if o := r.form.state.Offices; len(o) != 1 || o[0].ID != "phe-swat" {
		t.Fatalf("offices offered: %+v", o)
	}
	r.write(model.FieldOffice, "phe-swat")
	r.send()
	r.settle()
	if r.open.officer.Office != "phe-swat" {
		t.Errorf("moved to %q", r.open.officer.Office)
	}
	r.do(model.PeopleLeave)
	r.write(model.FieldUntil, "tomorrow")
	r.send()
	if r.form == nil || r.form.state.Wrong[model.FieldUntil] == "" {
		t.Fatal("a day that is none was taken")
	}
	r.write(model.FieldUntil, "2099-01-01")
	r.send()
	r.settle()
	if len(r.open.officer.Leaves) != 1 {
		t.Fatalf("leaves %+v", r.open.officer.Leaves)
	}
	r.endLeave(0)
	r.settle()
	if len(r.open.officer.Leaves) != 0 {
		t.Errorf("leaves %+v after ending it", r.open.officer.Leaves)
	}
}

// TestResetWaitsForTheCode: the server wants a fresh proof, the reset waits for it, and
// its one-time code can be copied.
func TestResetWaitsForTheCode(t *testing.T) {
	r := newRig(t)
	r.officer("officer.swat")
	r.road.stepUp.Store(true)
	r.do(model.PeopleReset)
	r.send()
	r.settle()
	if r.step == nil {
		t.Fatal("nothing asks for a fresh code")
	}
	r.leaveStepUp()
	if r.form == nil || r.form.state.Busy {
		t.Fatal("leaving the question lost the form, or left it busy")
	}
	r.send()
	r.settle()
	r.step.entry.SetText("123456")
	r.sendCode()
	r.settle()
	if r.step != nil || r.form != nil {
		t.Fatalf("after the code: question %v, form %+v", r.step, r.form)
	}
	if r.open.officer.CanSignIn {
		t.Error("after the reset they can sign in as before")
	}
}

// TestImport: a file is tried first; its bad lines are named, and nothing is done until
// the administrator says so.
func TestImport(t *testing.T) {
	r := newRig(t)
	const head = "id,name,office,post,disabled,en,ur,ps,reviewed\n"
	r.openImport()
	r.importKind(model.PeopleOfficers)
	r.file = head + "new.swat,Gul Khan,nowhere,staff,no,Clerk,,,no\n"
	r.chooseFile()
	r.settle()
	if b := r.imports.page.Bad; len(b) != 1 || b[0].N != 2 || r.imports.page.Tried != "" {
		t.Fatalf("bad lines %+v", r.imports.page)
	}
	r.applyImport()
	if len(r.work) > 0 {
		t.Fatal("a file with bad lines can be applied")
	}
	r.file = head + "new.swat,Gul Khan,dc-swat,staff,no,Clerk,,,no\n"
	r.chooseFile()
	r.settle()
	if r.imports.page.Tried == "" || r.imports.page.Done {
		t.Fatalf("tried: %+v", r.imports.page)
	}
	r.applyImport()
	r.settle()
	if !r.imports.page.Done || r.imports.page.Invited != 1 {
		t.Fatalf("done: %+v", r.imports.page)
	}
	r.copyInvitations()
	if !strings.Contains(r.copied, "\nnew.swat,") {
		t.Errorf("copied %q", r.copied)
	}
	r.officer("new.swat")
}

// TestAddReplacesNobody: the name of one that there is, is not taken for a new officer.
func TestAddReplacesNobody(t *testing.T) {
	r := newRig(t)
	r.openOffice("dc-swat")
	r.settle()
	r.do(model.PeopleAdd)
	for f, v := range map[model.PeopleField]string{model.FieldName: "Gul Khan", model.FieldID: "officer.swat", model.FieldTitle: "Clerk"} {
		r.write(f, v)
	}
	r.send()
	r.settle()
	if r.form == nil || r.form.state.Wrong[model.FieldID] == "" {
		t.Fatal("a name that is taken was accepted")
	}
	r.write(model.FieldID, "clerk.swat")
	r.send()
	r.settle()
	if r.form != nil || r.open.id != "clerk.swat" || r.open.officer.Name != "Gul Khan" {
		t.Fatalf("form %+v, page %+v", r.form, r.open)
	}
}
