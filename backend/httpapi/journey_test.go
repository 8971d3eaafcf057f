package httpapi_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/citizens-portal/portal/backend/backendtest"
	"github.com/citizens-portal/portal/backend/httpapi"
	"github.com/citizens-portal/portal/sdk/api"
)

// TestAccount walks through everything a citizen does with their account.
func TestAccount(t *testing.T) {
	w := newWorld(t)
	amir := w.citizen(amirMobile)
	is(t, "kind", amir.Profile.Kind, "citizen")
	is(t, "district", amir.Profile.District, "tl/oasis/oasis")
	is(t, "feeds", amir.Profile.Feeds, []string{amir.Profile.Subject})
	if amir.RecoveryCode == "" || amir.AccessExpiresAt != backendtest.Filed.Add(15*time.Minute).Truncate(time.Millisecond) {
		t.Errorf("session %+v", amir.AccessExpiresAt)
	}
	me := get[api.Profile](t, amir.do("GET", api.RouteMe, nil), 200)
	is(t, "me", me, amir.Profile)

	w.Clock.Forward(time.Minute)
	first := amir.token
	amir.enter(amir.do("POST", api.RouteRefresh, api.RefreshRequest{Refresh: amir.Refresh, Device: amir.device}))
	if amir.token == first {
		t.Error("a refresh gave the same token")
	}

	w.Clock.Forward(time.Minute)
	second := w.anonymous()
	challenge := get[api.Challenge](t, second.do("POST", api.RouteLogin, api.LoginRequest{Mobile: "0345-1234567", Device: second.device}), 200)
	second.enter(second.do("POST", api.RouteVerify, api.VerifyRequest{Challenge: challenge.Challenge, OTP: w.Phone.OTP(t, amirMobile), Device: second.device}))
	if second.Profile.OldCasesFrom.IsZero() {
		t.Error("a second device sees old complaints at once")
	}
	devices := get[[]api.Device](t, amir.do("GET", api.RouteDevices, nil), 200)
	if len(devices) != 2 || !devices[0].Current || devices[1].Approved {
		t.Fatalf("devices %+v", devices)
	}
	get[none](t, amir.do("POST", strings.Replace(api.RouteApprove, "{id}", second.device.ID, 1), nil), 204)
	if me := get[api.Profile](t, second.do("GET", api.RouteMe, nil), 200); !me.OldCasesFrom.IsZero() {
		t.Errorf("approved, but old complaints wait until %s", me.OldCasesFrom)
	}

	get[none](t, amir.do("PUT", api.RoutePIN, httpapi.PINRequest{PIN: "739146"}), 204)
	w.Clock.Forward(time.Minute)
	third := w.anonymous()
	challenge = get[api.Challenge](t, third.do("POST", api.RouteLogin, api.LoginRequest{Mobile: amirMobile, Device: third.device}), 200)
	third.enter(third.do("POST", api.RouteVerify, api.VerifyRequest{Challenge: challenge.Challenge, OTP: w.Phone.OTP(t, amirMobile), Device: third.device}))
	get[none](t, third.do("POST", api.RoutePIN, httpapi.PINRequest{PIN: "739146"}), 204)

	get[none](t, third.do("POST", api.RouteLogout, nil), 204)
	problem(t, third.do("GET", api.RouteMe, nil), api.TypeSignedOut, 401)
	get[none](t, amir.do("DELETE", api.RouteMe, nil), 204)
	problem(t, amir.do("GET", api.RouteMe, nil), api.TypeSignedOut, 401)
	problem(t, second.do("GET", api.RouteMe, nil), api.TypeSignedOut, 401)
}

type none struct{}

// TestComplaint walks one complaint through its life by plain REST.
func TestComplaint(t *testing.T) {
	w := newWorld(t)
	amir, focal := w.citizen(amirMobile), w.officer("focal.oasis")
	filed := amir.lodge()
	is(t, "status", filed.Status, api.Applied)
	if filed.Receipt == "" || !filed.LodgedAt.Equal(backendtest.Filed) || filed.Version != 1 {
		t.Errorf("answer %+v", filed)
	}
	mine := get[api.Complaint](t, amir.do("GET", api.RouteComplaints+"/"+filed.Code, nil), 200)
	is(t, "text", mine.Text, secretText)
	is(t, "district", mine.District, "oasis")
	is(t, "due", mine.DueAt.Equal(day(7)), true)
	is(t, "ladder", len(mine.Ladder), 3)
	is(t, "holder", mine.HolderName.EN, "Reeve, Oasis")
	is(t, "what amir may do", mine.AllowedActions, []string{"message", "withdraw"})
	is(t, "pseudonym", mine.Citizen, "")

	theirs := get[api.Complaint](t, focal.do("GET", api.RouteComplaints+"/"+mine.ID, nil), 200)
	if !strings.HasPrefix(theirs.Citizen, "Citizen ") || strings.Contains(theirs.Citizen, amir.Profile.Subject[2:]) {
		t.Errorf("the office sees %q", theirs.Citizen)
	}
	if !slices.Contains(theirs.AllowedActions, "transfer") || slices.Contains(theirs.AllowedActions, "withdraw") {
		t.Errorf("the office may %v", theirs.AllowedActions)
	}

	get[api.Answer](t, focal.act(mine.Code, "assign", httpapi.ActRequest{ToOfficer: "clerk.oasis", ExpectedVersion: 1}), 200)
	w.Clock.Forward(10 * time.Minute)
	get[api.Answer](t, focal.act(mine.ID, "propose", httpapi.ActRequest{Text: "It was dug deeper.", Disposition: "relief_partial"}), 200)
	mine = get[api.Complaint](t, amir.do("GET", api.RouteComplaints+"/"+mine.ID, nil), 200)
	is(t, "status", mine.Status, "proposed")
	is(t, "silent at", mine.SilentAt.Equal(w.Clock.Now().Add(5*24*time.Hour)), true)
	is(t, "officer, to the citizen", mine.Officer+mine.OfficerTitle.EN, "Clerk")
	get[api.Answer](t, amir.act(mine.ID, "confirm", httpapi.ActRequest{}), 200)
	get[api.Answer](t, amir.act(mine.ID, "rate", httpapi.ActRequest{Rating: &api.Rating{Time: 2, Quality: 5, Comment: "thanks"}}), 200)

	for _, c := range []*client{amir, focal} {
		events := get[[]api.Event](t, c.do("GET", api.RouteComplaints+"/"+mine.Code+"/events", nil), 200)
		var actions []string
		for i, e := range events {
			actions = append(actions, e.Action)
			is(t, "number", e.N, i+1)
			if c == amir && (e.ToOfficer != "" || strings.Contains(e.By, "focal")) {
				t.Errorf("the citizen learns an officer's name: %+v", e)
			}
		}
		is(t, "timeline", actions, "[lodge assign propose confirm rate]")
	}
	counters := get[[]httpapi.Counter](t, focal.do("GET", api.RouteCounters, nil), 200)
	is(t, "counters", counters, []httpapi.Counter{{District: "tl/oasis/oasis", Metric: "status", Key: "dry-well|closed_confirmed|0", N: 1}})
	rated := get[[]httpapi.Counter](t, focal.do("GET", api.RouteCounters+"?metric=satisfied", nil), 200)
	is(t, "satisfied", rated, []httpapi.Counter{{District: "tl/oasis/oasis", Metric: "satisfied", Key: "dry-well", Day: "2026-05-04", N: 1}})
	problem(t, amir.do("GET", api.RouteCounters, nil), api.TypeNotFound, 404)
}

// TestList pages through complaints, newest first.
func TestList(t *testing.T) {
	w := newWorld(t)
	amir, focal := w.citizen(amirMobile), w.officer("focal.oasis")
	var want []string
	for range 5 {
		w.Clock.Forward(time.Second)
		want = append([]string{amir.lodge().Case}, want...)
	}
	get[api.Answer](t, amir.act(want[2], "withdraw", httpapi.ActRequest{Text: "solved"}), 200)
	for _, c := range []*client{amir, focal} {
		var got []string
		path := api.RouteComplaints + "?limit=2"
		for next := path; next != ""; {
			page := get[httpapi.ComplaintList](t, c.do("GET", next, nil), 200)
			for _, item := range page.Items {
				got = append(got, item.ID)
			}
			next = ""
			if page.Next != "" {
				next = path + "&before=" + page.Next
			}
		}
		is(t, "all", got, want)
		open := get[httpapi.ComplaintList](t, c.do("GET", api.RouteComplaints+"?open=true", nil), 200)
		is(t, "open", len(open.Items), 4)
	}
	zari := w.citizen(zariMobile)
	if page := get[httpapi.ComplaintList](t, zari.do("GET", api.RouteComplaints, nil), 200); page.Items == nil || len(page.Items) != 0 {
		t.Errorf("another citizen lists %+v", page)
	}
}

// TestIdempotency: a repeated REST write has the first answer and no second
// effect; the same key with another body is a conflict.
func TestIdempotency(t *testing.T) {
	w := newWorld(t)
	amir, key, body := w.citizen(amirMobile), uuid.NewString(), lodgeBody()
	first := get[api.Answer](t, amir.do("POST", api.RouteComplaints, body, api.HeaderIdempotencyKey, key), 201)
	again := get[api.Answer](t, amir.do("POST", api.RouteComplaints, body, api.HeaderIdempotencyKey, strings.ToUpper(key)), 201)
	is(t, "statuses", []api.AnswerStatus{first.Status, again.Status}, []api.AnswerStatus{api.Applied, api.Duplicate})
	is(t, "code", again.Code, first.Code)
	is(t, "receipt", again.Receipt, first.Receipt)
	body.Text += " Still."
	problem(t, amir.do("POST", api.RouteComplaints, body, api.HeaderIdempotencyKey, key), api.TypeConflict, 409)

	key = uuid.NewString()
	path := api.RouteComplaints + "/" + first.Case + "/message"
	for range 3 {
		a := get[api.Answer](t, amir.do("POST", path, httpapi.ActRequest{Text: "please"}, api.HeaderIdempotencyKey, key), 200)
		is(t, "version", a.Version, 2)
	}
	p := problem(t, amir.do("POST", path, httpapi.ActRequest{Text: "please"}), api.TypeInvalid, 422)
	is(t, "without a key", names(p), "/header/Idempotency-Key")
	p = problem(t, amir.do("POST", path, httpapi.ActRequest{Text: "please"}, api.HeaderIdempotencyKey, strings.Repeat("x", 36)), api.TypeInvalid, 422)
	is(t, "with a bad key", names(p), "/header/Idempotency-Key")
}

// TestUnapprovedDevice: a new device of the account does not see what was filed
// before it, by any way, until it is approved or 72 hours have passed.
func TestUnapprovedDevice(t *testing.T) {
	w := newWorld(t)
	old := w.citizen(amirMobile)
	filed := old.lodge()
	w.Clock.Forward(2 * time.Minute)
	fresh := w.anonymous()
	challenge := get[api.Challenge](t, fresh.do("POST", api.RouteLogin, api.LoginRequest{Mobile: amirMobile, Device: fresh.device}), 200)
	fresh.enter(fresh.do("POST", api.RouteVerify, api.VerifyRequest{Challenge: challenge.Challenge, OTP: w.Phone.OTP(t, amirMobile), Device: fresh.device}))
	for _, ref := range []string{filed.Case, filed.Code} {
		problem(t, fresh.do("GET", api.RouteComplaints+"/"+ref, nil), api.TypeNotFound, 404)
		problem(t, fresh.do("GET", api.RouteComplaints+"/"+ref+"/events", nil), api.TypeNotFound, 404)
		problem(t, fresh.act(ref, "message", httpapi.ActRequest{Text: "let me in"}), api.TypeNotFound, 404)
	}
	_, got := fresh.push(op(1, filed.Case, api.OpAct, api.ActBody{Case: filed.Case, Action: "withdraw", Text: "x"}))
	is(t, "withdraw from a device that does not see it", got, "rejected")
	if page := get[httpapi.ComplaintList](t, fresh.do("GET", api.RouteComplaints, nil), 200); len(page.Items) != 0 {
		t.Errorf("lists %+v", page)
	}
	feed := fresh.sync(api.SyncRequest{}).Feeds[0]
	if len(feed.Entries) != 1 || !feed.Entries[0].Gone || feed.Entries[0].Complaint != nil || feed.Entries[0].Events != nil {
		t.Errorf("feed %+v", feed)
	}
	is(t, "told that it waits", fresh.sync(api.SyncRequest{}).Waiting, true)
	is(t, "an old device does not", old.sync(api.SyncRequest{}).Waiting, false)
	own := fresh.lodge()
	get[api.Complaint](t, fresh.do("GET", api.RouteComplaints+"/"+own.Case, nil), 200)
	w.Clock.Forward(73 * time.Hour)
	fresh.enter(fresh.do("POST", api.RouteRefresh, api.RefreshRequest{Refresh: fresh.Refresh, Device: fresh.device}))
	get[api.Complaint](t, fresh.do("GET", api.RouteComplaints+"/"+filed.Case, nil), 200)
}

// TestRecovery: the SMS can be asked for once more, and the code on paper signs
// in without one.
func TestRecovery(t *testing.T) {
	w := newWorld(t)
	amir := w.citizen(amirMobile)
	w.Clock.Forward(2 * time.Minute)
	next := w.anonymous()
	challenge := get[api.Challenge](t, next.do("POST", api.RouteLogin, api.LoginRequest{Mobile: amirMobile, Device: next.device}), 200)
	resend := api.ResendRequest{Challenge: challenge.Challenge, Device: next.device}
	problem(t, next.do("POST", api.RouteResend, resend), api.TypeLimited, 429)
	w.Clock.Forward(time.Minute)
	is(t, "challenge", get[api.Challenge](t, next.do("POST", api.RouteResend, resend), 200).Challenge, challenge.Challenge)
	is(t, "SMS", len(w.Phone.Sent()), 3)

	found := w.anonymous()
	paper := api.RecoverRequest{Mobile: amirMobile, Code: amir.RecoveryCode, Device: found.device}
	found.enter(found.do("POST", api.RouteRecover, paper))
	if found.Profile.Subject != amir.Profile.Subject || found.RecoveryCode == "" || found.RecoveryCode == amir.RecoveryCode {
		t.Errorf("recovered as %+v", found.Profile)
	}
	problem(t, w.anonymous().do("POST", api.RouteRecover, paper), api.TypeSignedOut, 401)
}

// TestInvitation: an officer sets the password with the one-time token, once.
func TestInvitation(t *testing.T) {
	w := newWorld(t)
	token, err := w.Identity.InviteToken(t.Context(), "console", "warden.oasis")
	if err != nil {
		t.Fatal(err)
	}
	c := w.anonymous()
	invitation := api.InvitationRequest{Token: token.Reveal(), Password: "short"}
	is(t, "fields", names(problem(t, c.do("POST", api.RouteInvitation, invitation), api.TypeInvalid, 422)), "/password")
	invitation.Password = password
	e := get[api.Enrolment](t, c.do("POST", api.RouteInvitation, invitation), 200)
	c.enter(c.do("POST", api.RouteOfficer, api.OfficerLogin{Name: e.Name, Password: password, TOTP: w.totp(e.TOTPSecret), Device: c.device}))
	is(t, "feeds", c.Profile.Feeds, "[o:warden-oasis]")
	problem(t, w.anonymous().do("POST", api.RouteInvitation, invitation), api.TypeSignedOut, 401)
	problem(t, w.anonymous().do("POST", api.RouteOfficer, api.OfficerLogin{Name: e.Name, Password: password, TOTP: w.totp(e.TOTPSecret), Device: c.device}), api.TypeSignedOut, 401)
}
