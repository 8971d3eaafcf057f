package admin_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"github.com/citizens-portal/portal/backend/admin"
	. "github.com/citizens-portal/portal/backend/backendtest"
	"github.com/citizens-portal/portal/backend/backendtest/engines"
	"github.com/citizens-portal/portal/backend/directory"
	"github.com/citizens-portal/portal/backend/identity"
	"github.com/citizens-portal/portal/backend/lifecycle"
	"github.com/citizens-portal/portal/backend/portal"
	"github.com/citizens-portal/portal/backend/store"
)

const password = "a long sentence for tests"

func people(n *Node) *admin.Service {
	return &admin.Service{Store: n.Store, Directory: n.Directory, Identity: n.Identity, Now: n.Clock.Now}
}

func save(t *testing.T, n *Node, by portal.Actor, ch directory.Change) admin.Saved {
	t.Helper()
	out, err := people(n).Save(t.Context(), by, ch)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// rootAdmin appoints an administrator at the top, as bootstrap does.
func rootAdmin(t *testing.T, n *Node) portal.Actor { return adminAt(t, n, "root", "governor") }

func adminAt(t *testing.T, n *Node, id portal.OfficerID, office portal.OfficeID) portal.Actor {
	t.Helper()
	o := portal.Officer{ID: id, Name: string(id), Office: office, Post: portal.AdminPost}
	save(t, n, admin.Console(), directory.Change{Officers: []portal.Officer{o}})
	return portal.Actor{Kind: portal.OfficerActor, Officer: o}
}

// signIn accepts an invitation and signs the officer in on a node.
func signIn(t *testing.T, n *Node, inv admin.Invitation) identity.Session {
	t.Helper()
	e, err := n.Identity.AcceptInvite(t.Context(), inv.Token, password)
	if err != nil {
		t.Fatal(err)
	}
	code, err := totp.GenerateCode(e.Secret.Reveal(), n.Clock.Now())
	if err != nil {
		t.Fatal(err)
	}
	s, err := n.Identity.LoginOfficer(t.Context(), identity.OfficerLogin{
		Name: string(inv.Officer), Password: password, TOTP: code,
		Device: identity.DeviceInput{ID: deviceOf(inv.Officer), Key: strings.Repeat("k", 43)},
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestDisabledEverywhere: an officer disabled on one node is out on another
// within a second, their refresh token is worth nothing, and enabling does not
// bring the old session back.
func TestDisabledEverywhere(t *testing.T) {
	both.Each(t, func(t *testing.T, n *Node) {
		by, other := rootAdmin(t, n), n.Beside(n.Store)
		inv, err := people(n).Invite(t.Context(), by, "clerk.oasis")
		if err != nil {
			t.Fatal(err)
		}
		s := signIn(t, n, inv)
		for _, node := range []*Node{n, other} {
			if _, err := node.Identity.Authenticate(t.Context(), s.Access.Reveal()); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := people(n).SetDisabled(t.Context(), by, "clerk.oasis", true, "left the service"); err != nil {
			t.Fatal(err)
		}
		if _, err := n.Identity.Authenticate(t.Context(), s.Access.Reveal()); !errors.Is(err, identity.ErrSignedOut) {
			t.Errorf("at once on this node: %v", err)
		}
		n.Clock.Forward(time.Second)
		if _, err := other.Identity.Authenticate(t.Context(), s.Access.Reveal()); !errors.Is(err, identity.ErrSignedOut) {
			t.Errorf("within a second on another: %v", err)
		}
		if _, err := other.Identity.Refresh(t.Context(), s.Refresh.Reveal(), identity.DeviceInput{ID: deviceOf("clerk.oasis"), Key: strings.Repeat("k", 43)}); !errors.Is(err, identity.ErrSignedOut) {
			t.Errorf("refresh: %v", err)
		}
		if _, err := people(n).SetDisabled(t.Context(), by, "clerk.oasis", false, ""); err != nil {
			t.Fatal(err)
		}
		n.Clock.Forward(time.Second)
		if _, err := other.Identity.Authenticate(t.Context(), s.Access.Reveal()); !errors.Is(err, identity.ErrSignedOut) {
			t.Errorf("the old session came back: %v", err)
		}
	})
}

// TestReset: the old password and TOTP stop working, sessions end, and a new
// invitation sets new ones.
func TestReset(t *testing.T) {
	n := New(t, engines.SQLite(t))
	by := rootAdmin(t, n)
	inv, err := people(n).Invite(t.Context(), by, "clerk.oasis")
	if err != nil {
		t.Fatal(err)
	}
	s := signIn(t, n, inv)
	again, err := people(n).Reset(t.Context(), by, "clerk.oasis")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := n.Identity.Authenticate(t.Context(), s.Access.Reveal()); !errors.Is(err, identity.ErrSignedOut) {
		t.Errorf("the session goes on: %v", err)
	}
	v, err := people(n).Officer(t.Context(), by, "clerk.oasis")
	if err != nil || v.CanSignIn {
		t.Errorf("can sign in %v, %v", v.CanSignIn, err)
	}
	n.Clock.Forward(time.Minute)
	signIn(t, n, again)
	if _, err := n.Identity.AcceptInvite(t.Context(), again.Token, password); !errors.Is(err, identity.ErrCredentials) {
		t.Errorf("the token works twice: %v", err)
	}
	if got := audited(t, n); !slices.Contains(got, "o:root officer.reset clerk.oasis") || !slices.Contains(got, "o:root officer.invite clerk.oasis") {
		t.Errorf("audit log %q", got)
	}
}

func audited(t *testing.T, n *Node) []string {
	t.Helper()
	var out []string
	n.View(func(tx store.Tx) error {
		log, err := tx.AuditLog(t.Context(), 0, 1000)
		for _, e := range log {
			out = append(out, e.Actor+" "+e.Action+" "+e.Subject)
		}
		return err
	})
	return out
}

// TestJurisdiction: a district's administrator sees and changes the own offices
// only, by every way in.
func TestJurisdiction(t *testing.T) {
	n := New(t, engines.SQLite(t))
	rootAdmin(t, n)
	by, p := adminAt(t, n, "admin.oasis", "reeve-oasis-oasis"), people(n)
	list, more, err := p.Offices(t.Context(), by, admin.Query{})
	if err != nil || more || len(list) != 2 {
		t.Errorf("offices %+v, %v", list, err)
	}
	officers, _, err := p.Officers(t.Context(), by, admin.Query{Text: "clerk"})
	if err != nil || len(officers) != 2 {
		t.Errorf("officers %+v, %v", officers, err)
	}
	for name, err := range map[string]error{
		"look at an office":    second(p.Office(t.Context(), by, "reeve-delta-harbour")),
		"look at an officer":   second(p.Officer(t.Context(), by, "focal.harbour")),
		"unknown officer":      second(p.Officer(t.Context(), by, "nobody")),
		"invite":               second(p.Invite(t.Context(), by, "focal.harbour")),
		"reset":                second(p.Reset(t.Context(), by, "governor")),
		"disable":              second(p.SetDisabled(t.Context(), by, "governor", true, "")),
		"disable the top":      second(p.SetDisabled(t.Context(), by, "root", true, "")),
		"close":                second(p.CloseOffice(t.Context(), by, "warden-oasis", "")),
		"appoint to elsewhere": second(p.Save(t.Context(), by, directory.Change{Officers: []portal.Officer{{ID: "x.y", Name: "X", Office: "governor", Post: portal.AdminPost}}})),
	} {
		if !errors.Is(err, portal.ErrNotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := p.Reset(t.Context(), by, "admin.oasis"); !errors.Is(err, portal.ErrForbidden) {
		t.Errorf("resets themselves: %v", err)
	}
	if _, err := p.Export(t.Context(), portal.Actor{Kind: portal.OfficerActor, Officer: n.Officer("clerk.oasis").Officer}, admin.OfficersFile); !errors.Is(err, portal.ErrForbidden) {
		t.Errorf("a clerk exports: %v", err)
	}
}

func second[T any](_ T, err error) error { return err }

// TestMoveLeavesCases: who moves to another office leaves their cases behind,
// listed; who opens them there again sees them with nobody's hands on them.
func TestMoveLeavesCases(t *testing.T) {
	both.Each(t, func(t *testing.T, n *Node) {
		by := rootAdmin(t, n)
		citizen := portal.Actor{Kind: portal.CitizenActor, Account: "someone"}
		filed := n.Lodge(citizen, Filing())
		clerk, focal := n.Officer("clerk.oasis"), n.Officer("focal.oasis")
		n.Act(focal, lifecycle.Ask{Case: filed.Case, Action: portal.ActAcknowledge})
		n.Act(focal, lifecycle.Ask{Case: filed.Case, Action: portal.ActAssign, ToOfficer: "clerk.oasis"})
		moved := clerk.Officer
		moved.Office = "reeve-delta-harbour"
		out := save(t, n, by, directory.Change{Officers: []portal.Officer{moved}, Reason: "posted to the harbour"})
		if len(out.Reassign) != 1 || out.Reassign[0] != filed.Code || out.Changed != 1 {
			t.Errorf("to reassign %+v", out)
		}
		if _, err := n.TryAct(n.Officer("clerk.oasis"), lifecycle.Ask{Case: filed.Case, Action: portal.ActMessage, Text: "still here?"}); !errors.Is(err, portal.ErrNotFound) {
			t.Errorf("the case went along: %v", err)
		}
		if _, err := people(n).CloseOffice(t.Context(), by, "reeve-oasis-oasis", ""); err == nil {
			t.Error("an office with cases was closed")
		}
		v, err := people(n).Officer(t.Context(), by, "clerk.oasis")
		if err != nil || len(v.History) != 1 || v.History[0].By != "o:root" || v.History[0].Reason != "posted to the harbour" || v.History[0].Fields[0].Field != "office" {
			t.Errorf("history %+v, %v", v.History, err)
		}
	})
}

// TestCasesAboutTheAdministrator: whoever administers from the office complained
// of learns nothing of it from those who work on it.
func TestCasesAboutTheAdministrator(t *testing.T) {
	n := New(t, engines.SQLite(t))
	by := rootAdmin(t, n)
	f := Filing()
	f.AboutOffice = by.Officer.Office
	filed := n.Lodge(portal.Actor{Kind: portal.CitizenActor, Account: "someone"}, f)
	panel := n.Case(filed.Case).Office
	judge := portal.Officer{ID: "judge", Name: "Judge", Office: panel, Post: portal.Head}
	save(t, n, admin.Console(), directory.Change{Officers: []portal.Officer{judge}})
	n.Act(n.Officer("judge"), lifecycle.Ask{Case: filed.Case, Action: portal.ActAcknowledge})
	n.Act(n.Officer("judge"), lifecycle.Ask{Case: filed.Case, Action: portal.ActAssign, ToOfficer: "judge"})
	by = n.Officer("root")
	v, err := people(n).Officer(t.Context(), by, "judge")
	if err != nil || v.OpenCases != 0 {
		t.Errorf("%d open cases, %v", v.OpenCases, err)
	}
	if v, err = people(n).Officer(t.Context(), admin.Console(), "judge"); err != nil || v.OpenCases != 1 {
		t.Errorf("at the console %d open cases, %v", v.OpenCases, err)
	}
	judge.Office = "reeve-oasis-oasis"
	if out := save(t, n, by, directory.Change{Officers: []portal.Officer{judge}}); len(out.Reassign) != 0 {
		t.Errorf("to reassign %v", out.Reassign)
	}
}

// TestCloseOffice: a department without cases closes, and receives none then;
// its history says who did it.
func TestCloseOffice(t *testing.T) {
	n := New(t, engines.SQLite(t))
	by := rootAdmin(t, n)
	if _, err := people(n).CloseOffice(t.Context(), by, "wells-oasis-oasis", "merged"); err != nil {
		t.Fatal(err)
	}
	v, err := people(n).Office(t.Context(), by, "wells-oasis-oasis")
	if err != nil || !v.Closed() || len(v.History) != 1 {
		t.Errorf("%+v, %v", v, err)
	}
	dir := n.Directory.Current(t.Context())
	for _, o := range dir.TransferTargets("tl/oasis/oasis", "wells") {
		if o.ID == "wells-oasis-oasis" {
			t.Error("it still receives cases")
		}
	}
	_, err = people(n).Save(t.Context(), by, directory.Change{Officers: []portal.Officer{{ID: "new.one", Name: "New", Office: "wells-oasis-oasis", Post: portal.Staff}}})
	if !errors.Is(err, portal.ErrInvalid) {
		t.Errorf("appointed to a closed office: %v", err)
	}
}

// TestVacantOffice: cases of an office without head and focal person are filed
// with it, and climb in time.
func TestVacantOffice(t *testing.T) {
	n := New(t, engines.SQLite(t))
	by := rootAdmin(t, n)
	for _, id := range []portal.OfficerID{"focal.oasis", "reeve.oasis"} {
		if _, err := people(n).SetDisabled(t.Context(), by, id, true, ""); err != nil {
			t.Fatal(err)
		}
	}
	if v, err := people(n).Office(t.Context(), by, "reeve-oasis-oasis"); err != nil || !v.Vacant {
		t.Fatalf("vacant %v, %v", v.Vacant, err)
	}
	filed := n.Lodge(portal.Actor{Kind: portal.CitizenActor, Account: "someone"}, Filing())
	if c := n.Case(filed.Case); c.Office != "reeve-oasis-oasis" {
		t.Errorf("filed with %s", c.Office)
	}
	n.Clock.Forward(8 * 24 * time.Hour)
	if moves, err := n.Sweeper.Escalate(t.Context(), n.Clock.Now()); err != nil || len(moves) != 1 {
		t.Errorf("moved up: %v, %v", moves, err)
	}
}

const header = "id,name,office,post,disabled,en,ur,ps,reviewed\r\n"

func officersFile(lines ...string) admin.File {
	return admin.File{Kind: admin.OfficersFile, Name: "o.csv", CSV: "\ufeff" + header + strings.Join(lines, "\r\n") + "\r\n"}
}

// TestImport: a spreadsheet's file is taken as it is, twice is once, and what
// comes out goes in again.
func TestImport(t *testing.T) {
	n := New(t, engines.SQLite(t))
	by, p := rootAdmin(t, n), people(n)
	file := officersFile(`clerk2.oasis,"Khan, ""Gul""",reeve-oasis-oasis,staff,no,Clerk,کلرک,کلرک,no`, `focal.oasis,Focal of Oasis,reeve-oasis-oasis,focal,no,Focal person,,,no`)
	dry := file
	dry.DryRun = true
	if out, err := p.Import(t.Context(), by, dry); err != nil || out.Added != 1 || out.Unchanged != 1 || out.Invitations != nil || !out.DryRun {
		t.Errorf("dry run %+v, %v", out, err)
	}
	if _, ok := n.Directory.Current(t.Context()).Officer("clerk2.oasis"); ok {
		t.Error("a dry run added somebody")
	}
	out, err := p.Import(t.Context(), by, file)
	if err != nil || out.Added != 1 || len(out.Invitations) != 1 {
		t.Fatalf("import %+v, %v", out, err)
	}
	o, _ := n.Directory.Current(t.Context()).Officer("clerk2.oasis")
	if o.Name != `Khan, "Gul"` || o.Title.UR != "کلرک" {
		t.Errorf("imported %+v", o)
	}
	signIn(t, n, out.Invitations[0])
	if out, err := p.Import(t.Context(), by, file); err != nil || out.Added+out.Changed != 0 || out.Unchanged != 2 || len(out.Invitations) != 0 {
		t.Errorf("again %+v, %v", out, err)
	}
	for _, kind := range []string{admin.OfficesFile, admin.OfficersFile} {
		raw, err := p.Export(t.Context(), by, kind)
		if err != nil {
			t.Fatal(err)
		}
		back, err := p.Import(t.Context(), admin.Console(), admin.File{Kind: kind, Name: "back.csv", CSV: string(raw)})
		if err != nil || back.Added+back.Changed != 0 || back.Unchanged == 0 {
			t.Errorf("%s: what was exported differs: %+v, %v", kind, back, err)
		}
	}
}

// TestImportErrors: each bad line is named, and nothing changes.
func TestImportErrors(t *testing.T) {
	n := New(t, engines.SQLite(t))
	root, p := rootAdmin(t, n), people(n)
	district := adminAt(t, n, "admin.oasis", "reeve-oasis-oasis")
	const offices = "id,kind,level,area,parent,categories,closed,en,ur,ps,reviewed,source,check,from\n"
	before := n.Directory.Current(t.Context())
	for _, tc := range []struct {
		name string
		by   portal.Actor
		file admin.File
		want string
	}{
		{"unknown office", root, officersFile("a.b,A,nowhere,staff,no,T,,,no"), `o.csv:2: office "nowhere" is not an office`},
		{"bad post", root, officersFile("a.b,A,governor,king,no,T,,,no"), `o.csv:2: post is "king"`},
		{"twice", root, officersFile("a.b,A,governor,staff,no,T,,,no", "a.b,A,governor,staff,no,T,,,no"), `o.csv:3: id "a.b" is there twice, first on line 2`},
		{"formula", root, officersFile(`a.b,=1+1,governor,staff,no,T,,,no`), `o.csv:2: name begins with "="`},
		{"an open quote", root, officersFile(`a.b,"A,governor,staff,no,T,,,no`), `o.csv:2: `},
		{"too few cells", root, officersFile(`a.b,A`), `o.csv:2: has 2 cells`},
		{"not UTF-8 before it travelled as JSON", root, officersFile("a.b,\ufffd,governor,staff,no,T,,,no"), `o.csv:2: name is not valid UTF-8`},
		{"not UTF-8", root, officersFile("a.b,\xff,governor,staff,no,T,,,no"), `o.csv:2: name is not valid UTF-8`},
		{"a column too many", root, admin.File{Kind: admin.OfficersFile, Name: "o.csv", CSV: "salary," + header}, `o.csv:1: column "salary" is unknown`},
		{"empty", root, admin.File{Kind: admin.OfficersFile, Name: "o.csv"}, `o.csv:1: needs a first line`},
		{"not theirs", district, officersFile("a.b,A,governor,staff,no,T,,,no", "c.d,C,reeve-oasis-oasis,staff,no,T,,,no"), `o.csv:2: a.b is not yours to change`},
		{"themselves", district, officersFile("admin.oasis,A,reeve-oasis-oasis,head,no,T,,,no"), `o.csv:2: admin.oasis is not yours to change`},
		{"a cycle", root, admin.File{Kind: admin.OfficesFile, Name: "f.csv", CSV: offices +
			"one,line,0,tl/oasis/oasis,two,,,One,,,no,s,unknown,\ntwo,line,0,tl/oasis/oasis,one,,,Two,,,no,s,unknown,\n"}, `f.csv:2: one lies below itself`},
		{"unknown place", root, admin.File{Kind: admin.OfficesFile, Name: "f.csv", CSV: offices + "one,line,0,tl/atlantis,governor,,,One,,,no,s,unknown,\n"}, `f.csv:2: area "tl/atlantis" is not a place`},
		{"unknown parent", root, admin.File{Kind: admin.OfficesFile, Name: "f.csv", CSV: offices + "one,line,0,tl/oasis/oasis,nobody,,,One,,,no,s,unknown,\n"}, `f.csv:2: it is below "nobody"`},
		{"unknown category", root, admin.File{Kind: admin.OfficesFile, Name: "f.csv", CSV: offices + "one,line,0,tl/oasis/oasis,governor,dragons,,One,,,no,s,unknown,\n"}, `f.csv:2: category "dragons"`},
		{"a second chain", root, admin.File{Kind: admin.OfficesFile, Name: "f.csv", CSV: offices + "one,chain,2,tl,,,,One,,,no,s,unknown,\n"}, `f.csv:2: tl has the office governor at level 2 already`},
		{"the last administrator", root, officersFile("admin.oasis,admin.oasis,reeve-oasis-oasis,admin,yes,T,,,no", "root,root,governor,admin,yes,T,,,no"), `o.csv:3: root is not yours to change`},
		{"another kind", root, admin.File{Kind: "kings"}, "kings"},
	} {
		_, err := p.Import(t.Context(), tc.by, tc.file)
		if err == nil || !strings.Contains(err.Error(), tc.want) || !errors.Is(err, portal.ErrInvalid) {
			t.Errorf("%s: %v\nwant %s", tc.name, err, tc.want)
		}
	}
	if _, err := p.Import(t.Context(), admin.Console(), officersFile("root,root,governor,admin,yes,T,,,no")); !errors.Is(err, portal.ErrConflict) {
		t.Errorf("the console removes the last administrator: %v", err)
	}
	if err := n.Directory.Reload(t.Context()); err != nil || n.Directory.Current(t.Context()) != before {
		t.Errorf("something changed: %v", err)
	}
}

// TestExportIsFormulaSafe: what a spreadsheet would compute is quoted, and read
// again as it was.
func TestExportIsFormulaSafe(t *testing.T) {
	n := New(t, engines.SQLite(t))
	save(t, n, admin.Console(), directory.Change{Officers: []portal.Officer{{ID: "a.b", Name: "=cmd|calc", Title: portal.Text{EN: "Clerk"}, Office: "governor", Post: portal.Staff}}})
	raw, err := people(n).Export(t.Context(), admin.Console(), admin.OfficersFile)
	if err != nil || !strings.Contains(string(raw), "a.b,'=cmd|calc,") {
		t.Errorf("%s, %v", raw, err)
	}
	back, err := people(n).Import(t.Context(), admin.Console(), admin.File{Kind: admin.OfficersFile, Name: "back", CSV: string(raw)})
	if err != nil || back.Changed+back.Added != 0 {
		t.Errorf("%+v, %v", back, err)
	}
}

// deviceOf names an officer's device.
func deviceOf(id portal.OfficerID) string {
	return "test-device-of-" + strings.ReplaceAll(string(id), ".", "-")
}
