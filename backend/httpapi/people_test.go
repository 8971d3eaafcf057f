package httpapi_test

import (
	"strings"
	"testing"
	"time"

	"github.com/citizens-portal/portal/backend/admin"
	"github.com/citizens-portal/portal/backend/directory"
	"github.com/citizens-portal/portal/backend/portal"
	"github.com/citizens-portal/portal/sdk/api"
)

func (w *world) people() *admin.Service {
	return &admin.Service{Store: w.Store, Directory: w.Directory, Identity: w.Identity, Now: w.Clock.Now}
}

// administrator appoints one and signs them in.
func (w *world) administrator(id, office string) *client {
	w.Helper()
	o := portal.Officer{ID: portal.OfficerID(id), Name: id, Office: portal.OfficeID(office), Post: portal.AdminPost}
	if _, err := w.people().Save(w.Ctx(), admin.Console(), directory.Change{Officers: []portal.Officer{o}}); err != nil {
		w.Fatal(err)
	}
	return w.officer(id)
}

func officerPath(id string) string { return strings.Replace(api.RouteAdminOfficer, "{id}", id, 1) }

func tokenPath(id, action string) string {
	return strings.NewReplacer("{id}", id, "{action}", action).Replace(api.RouteAdminToken)
}

// TestAdministration: from a list to an officer added, invited, on leave, moved,
// stopped; each is in the history.
func TestAdministration(t *testing.T) {
	w := newWorld(t)
	c := w.administrator("root", "governor")
	list := get[api.OfficeList](t, c.do("GET", api.RouteAdminOffices+"?q=oasis&limit=2", nil), 200)
	if len(list.Offices) != 2 || !list.More {
		t.Errorf("offices %+v", list)
	}
	officer := api.OfficerRecord{ID: "new.oasis", Name: "New Person", Title: api.Text{EN: "Clerk"}, Office: "reeve-oasis-oasis", Post: "staff"}
	put := func() api.AdminOutcome {
		t.Helper()
		return get[api.AdminOutcome](t, c.do("PUT", officerPath(officer.ID), api.OfficerChange{Officer: officer, Reason: "test"}), 200)
	}
	if out := put(); out.Added != 1 {
		t.Errorf("added %+v", out)
	}
	inv := get[api.AdminInvitation](t, c.do("POST", tokenPath(officer.ID, "invite"), nil), 200)
	enrolled := get[api.Enrolment](t, w.anonymous().do("POST", api.RouteInvitation, api.InvitationRequest{Token: inv.Token, Password: password}), 200)
	person := w.anonymous()
	person.enter(person.do("POST", api.RouteOfficer, api.OfficerLogin{Name: officer.ID, Password: password, TOTP: w.totp(enrolled.TOTPSecret), Device: person.device}))
	officer.Leaves = []api.Span{{From: w.Clock.Now(), Until: w.Clock.Now().Add(48 * time.Hour)}}
	officer.Charges = []api.Charge{{Office: "reeve-delta-harbour", Post: "focal", From: w.Clock.Now()}}
	put()
	w.Clock.Forward(time.Second)
	if me := get[api.Profile](t, person.do("GET", api.RouteMe, nil), 200); len(me.Feeds) != 2 {
		t.Errorf("an acting holder reads %v", me.Feeds)
	}
	colleagues := person.do("GET", strings.Replace(api.RouteCollections, "{name}", api.CollectionOfficers, 1), nil)
	if !strings.Contains(colleagues.Body.String(), "focal.harbour") || strings.Contains(colleagues.Body.String(), "governor") {
		t.Errorf("an acting holder may assign to %s", colleagues.Body)
	}
	officer.Disabled = true
	put()
	problem(t, person.do("GET", api.RouteMe, nil), api.TypeSignedOut, 401)
	v := get[api.OfficerDetail](t, c.do("GET", officerPath(officer.ID), nil), 200)
	if len(v.History) != 3 || v.History[0].By != "o:root" || v.CanSignIn || !v.Disabled || len(v.Leaves) != 1 {
		t.Errorf("%+v", v)
	}
}

// TestAdministrationRefuses: nobody else, nothing out of reach, no change
// without a fresh proof but to stop somebody, and each bad line by its number.
func TestAdministrationRefuses(t *testing.T) {
	w := newWorld(t)
	w.administrator("root", "governor")
	c := w.administrator("admin.oasis", "reeve-oasis-oasis")
	for _, other := range []*client{w.officer("focal.oasis"), w.citizen(amirMobile)} {
		for _, path := range []string{api.RouteAdminOffices, officerPath("clerk.oasis"), strings.Replace(api.RouteAdminExport, "{kind}", "officers", 1)} {
			problem(t, other.do("GET", path, nil), api.TypeNotFound, 404)
		}
	}
	problem(t, c.do("GET", officerPath("governor"), nil), api.TypeNotFound, 404)
	problem(t, c.do("POST", tokenPath("governor", "reset"), nil), api.TypeNotFound, 404)
	problem(t, c.do("POST", tokenPath("admin.oasis", "reset"), nil), api.TypeForbidden, 403)
	file := api.DirectoryFile{Kind: "officers", DryRun: true, CSV: "id,name,office,post,disabled,en,ur,ps,reviewed\na.b,A,nowhere,staff,no,,,,no\nc.d,C,reeve-oasis-oasis,king,no,,,,no\n"}
	p := problem(t, c.do("POST", api.RouteAdminImport, file), api.TypeInvalid, 422)
	if got := names(p); got != "/csv/2 /csv/3" {
		t.Errorf("bad lines %s", got)
	}
	w.Clock.Forward(14*time.Minute + 30*time.Second)
	get[api.OfficerList](t, c.do("GET", api.RouteAdminOfficers, nil), 200)
	c.enter(c.do("POST", api.RouteRefresh, api.RefreshRequest{Refresh: c.Refresh, Device: c.device}))
	w.Clock.Forward(2 * time.Minute)
	clerk := api.OfficerRecord{ID: "clerk.oasis", Name: "Somebody Else", Office: "reeve-oasis-oasis", Post: "head"}
	problem(t, c.do("PUT", officerPath("clerk.oasis"), api.OfficerChange{Officer: clerk}), api.TypeStepUp, 403)
	clerk.Disabled = true
	made := api.OfficerRecord{ID: "made.up", Name: "Made Up", Office: "reeve-oasis-oasis", Post: "head", Disabled: true}
	problem(t, c.do("PUT", officerPath("made.up"), api.OfficerChange{Officer: made}), api.TypeStepUp, 403)
	get[api.AdminOutcome](t, c.do("PUT", officerPath("clerk.oasis"), api.OfficerChange{Officer: clerk}), 200)
	if v := get[api.OfficerDetail](t, c.do("GET", officerPath("clerk.oasis"), nil), 200); !v.Disabled || v.Name != "Clerk of Oasis" || v.Post != "staff" {
		t.Errorf("more than the stop was taken: %+v", v)
	}
}
