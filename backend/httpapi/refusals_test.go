package httpapi_test

import (
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/citizens-portal/portal/backend/httpapi"
	"github.com/citizens-portal/portal/sdk/api"
)

// TestSignedOut: every route but the public ones wants a good access token.
func TestSignedOut(t *testing.T) {
	w := newWorld(t)
	amir := w.citizen(amirMobile)
	filed := amir.lodge()
	w.Clock.Forward(16 * time.Minute) // its access token has run out
	routes := []string{
		"POST " + api.RouteSync, "POST " + api.RouteLogout, "GET " + api.RouteDevices, "POST /v1/devices/0123456789abcdef/approve",
		"PUT " + api.RoutePIN, "POST " + api.RoutePIN, "GET " + api.RouteMe, "DELETE " + api.RouteMe, "GET /v1/collections/officers",
		"GET " + api.RouteComplaints, "POST " + api.RouteComplaints, "GET /v1/complaints/" + filed.Code,
		"GET /v1/complaints/" + filed.Case + "/events", "POST /v1/complaints/" + filed.Case + "/withdraw", "GET " + api.RouteCounters,
	}
	for _, route := range routes {
		method, path, _ := strings.Cut(route, " ")
		for name, header := range map[string]string{
			"none": "", "garbage": "Bearer garbage", "another scheme": "Basic " + amir.token, "expired": "Bearer " + amir.token,
			"a refresh token": "Bearer " + amir.Refresh, "empty": "Bearer ", "one letter off": "Bearer " + amir.token[:len(amir.token)-1] + "_",
		} {
			rec := w.anonymous().do(method, path, "{}", "Authorization", header)
			p := problem(t, rec, api.TypeSignedOut, 401)
			if len(p.Errors) > 0 || rec.Header().Get("WWW-Authenticate") != "Bearer" {
				t.Errorf("%s with %s: %s %q", route, name, rec.Body, rec.Header().Get("WWW-Authenticate"))
			}
		}
	}
}

// TestNothingComesBack: someone else's complaint, another district's officer, a
// guessed code and a mistyped one all get one and the same answer.
func TestNothingComesBack(t *testing.T) {
	w := newWorld(t)
	amir := w.citizen(amirMobile)
	filed := amir.lodge()
	w.Clock.Forward(time.Second)
	zari, harbour, warden := w.citizen(zariMobile), w.officer("focal.harbour"), w.officer("warden.oasis")
	mistyped := []byte(filed.Code)
	mistyped[8] = map[bool]byte{true: '3', false: '2'}[mistyped[8] == '2']
	refs := map[string]string{
		"id": filed.Case, "code": filed.Code, "unknown id": uuid.NewString(), "guessed code": "TL-26-2222-2222", "mistyped code": string(mistyped),
		"rubbish": "x", "letters and signs": "%D8%B3%00", "another id": strings.ToUpper(filed.Case),
	}
	var same string
	for _, who := range []*client{zari, harbour, warden} {
		for name, ref := range refs {
			for _, rec := range []*httptest.ResponseRecorder{
				who.do("GET", api.RouteComplaints+"/"+ref, nil),
				who.do("GET", api.RouteComplaints+"/"+ref+"/events", nil),
				who.act(ref, "withdraw", httpapi.ActRequest{Text: "mine now"}),
				who.act(ref, "acknowledge", httpapi.ActRequest{}),
			} {
				p := problem(t, rec, api.TypeNotFound, 404)
				body := strings.ReplaceAll(rec.Body.String(), p.RequestID, "")
				if same == "" {
					same = body
				}
				if body != same {
					t.Errorf("%s by %s tells more: %s", name, who.Profile.Subject, body)
				}
			}
		}
		_, got := who.push(op(1, filed.Case, api.OpAct, api.ActBody{Case: filed.Case, Action: "withdraw", Text: "x"}))
		is(t, "by sync", got, "rejected")
		page := who.sync(api.SyncRequest{Cursors: []api.Cursor{{Feed: amir.Profile.Subject, N: 0}, {Feed: "o:reeve-oasis-oasis"}}})
		if len(page.Feeds) != 1 || len(page.Feeds[0].Entries) != 0 {
			t.Errorf("%s reads %+v", who.Profile.Subject, page.Feeds)
		}
	}
	for name, ref := range refs {
		if name == "id" || name == "code" {
			continue
		}
		rec := amir.do("GET", api.RouteComplaints+"/"+ref, nil)
		if body := strings.ReplaceAll(rec.Body.String(), problem(t, rec, api.TypeNotFound, 404).RequestID, ""); body != same {
			t.Errorf("%s to its owner: %s", name, body)
		}
	}
	is(t, "still as it was", get[api.Complaint](t, amir.do("GET", api.RouteComplaints+"/"+filed.Case, nil), 200).Version, 1)
	problem(t, amir.do("GET", "/v1/collections/officers", nil), api.TypeNotFound, 404)
	problem(t, amir.do("GET", "/v1/collections/secrets", nil), api.TypeNotFound, 404)
	problem(t, amir.do("GET", "/v2/anything", nil), api.TypeNotFound, 404)
}

// TestRefusals: what may be seen but not done says so, and why.
func TestRefusals(t *testing.T) {
	w := newWorld(t)
	amir, focal := w.citizen(amirMobile), w.officer("focal.oasis")
	filed := amir.lodge()
	problem(t, amir.act(filed.Case, "acknowledge", httpapi.ActRequest{}), api.TypeForbidden, 403)
	problem(t, amir.act(filed.Case, "escalate", httpapi.ActRequest{}), api.TypeForbidden, 403)
	problem(t, focal.do("POST", api.RouteComplaints, lodgeBody(), api.HeaderIdempotencyKey, uuid.NewString()), api.TypeForbidden, 403)
	p := problem(t, amir.act(filed.Case, "confirm", httpapi.ActRequest{}), api.TypeConflict, 409)
	is(t, "detail", p.Detail, "a case that is new cannot confirm")
	p = problem(t, focal.act(filed.Case, "acknowledge", httpapi.ActRequest{ExpectedVersion: 7}), api.TypeConflict, 409)
	is(t, "detail", p.Detail, "the case is at version 1, not 7: sync and look again")
	p = problem(t, focal.act(filed.Case, "ask", httpapi.ActRequest{}), api.TypeInvalid, 422)
	is(t, "fields", names(p), "/text")
	p = problem(t, focal.act(filed.Case, "dance", httpapi.ActRequest{}), api.TypeInvalid, 422)
	is(t, "fields", names(p), "/action")
}

// TestBadInput: each boundary names the field by pointer and never says back
// what was sent.
func TestBadInput(t *testing.T) {
	w := newWorld(t)
	amir := w.citizen(amirMobile)
	with := func(v any, change string) string { // v's JSON with members set from change's
		raw, _ := json.Marshal(v)
		m := map[string]any{}
		for _, s := range []string{string(raw), change} {
			if err := json.Unmarshal([]byte(s), &m); err != nil {
				t.Fatal(err)
			}
		}
		raw, _ = json.Marshal(m)
		return string(raw)
	}
	reg, lodge := registration(zariMobile, amir.device), lodgeBody()
	const echo = "3520299987654" // appears in every bad value below
	for _, c := range []struct {
		name, method, path, body string
		status                   int
		want                     string
	}{
		{"cnic", "POST", api.RouteRegister, with(reg, `{"cnic":"3520299987654999"}`), 422, "/cnic"},
		{"mobile", "POST", api.RouteRegister, with(reg, `{"mobile":"3520299987654"}`), 422, "/mobile"},
		{"two at once", "POST", api.RouteRegister, with(reg, `{"name":" ","mobile":"3520299987654"}`), 422, "/mobile /name"},
		{"district", "POST", api.RouteRegister, with(reg, `{"district":"nowhere"}`), 422, "/district"},
		{"device key", "POST", api.RouteRegister, with(reg, `{"device":{"id":"0123456789abcdef","key":"3520299987654"}}`), 422, "/device/key"},
		{"missing", "POST", api.RouteRegister, `{}`, 422, "/cnic /device /district /mobile /name"},
		{"wrong type", "POST", api.RouteRegister, with(reg, `{"cnic":3520299987654}`), 422, "/cnic"},
		{"unknown field", "POST", api.RouteRegister, with(reg, `{"colour":"3520299987654"}`), 422, "/colour"},
		{"unknown field below", "POST", api.RouteRegister, with(reg, `{"device":{"id":"0123456789abcdef","key":"`+amir.device.Key+`","x":"3520299987654"}}`), 422, "/device/x"},
		{"too long", "POST", api.RouteRegister, with(reg, `{"name":"`+strings.Repeat("3520299987654", 20)+`"}`), 422, "/name"},
		{"not JSON", "POST", api.RouteRegister, `{"cnic":"3520299987654"`, 400, ""},
		{"a list", "POST", api.RouteRegister, `["3520299987654"]`, 422, ""},
		{"null", "POST", api.RouteRegister, `null`, 422, ""},
		{"nothing", "POST", api.RouteRegister, "", 400, ""},
		{"otp", "POST", api.RouteVerify, with(api.VerifyRequest{Challenge: "x", OTP: "3520299987654", Device: amir.device}, `{}`), 422, "/otp"},
		{"challenge", "POST", api.RouteVerify, with(api.VerifyRequest{Challenge: "3520299987654", OTP: "123456", Device: amir.device}, `{}`), 422, "/challenge"},
		{"pin", "PUT", api.RoutePIN, `{"pin":"3520299987654x"}`, 422, "/pin"},
		{"complaint id", "POST", api.RouteComplaints, with(lodge, `{"id":"3520299987654-3520299987654-35202999x"}`), 422, "/id"},
		{"complaint id's shape", "POST", api.RouteComplaints, with(lodge, `{"id":"3520299987654-xxxxxxxxxxxxxxxxxxxxxx"}`), 422, "/id"},
		{"text", "POST", api.RouteComplaints, with(lodge, `{"text":""}`), 422, "/text"},
		{"text's length", "POST", api.RouteComplaints, with(lodge, `{"text":"`+strings.Repeat("3520299987654", 700)+`"}`), 422, "/text"},
		{"time", "POST", api.RouteComplaints, with(lodge, `{"written_at":"3520299987654"}`), 422, "/written_at"},
		{"file's size", "POST", api.RouteComplaints, with(lodge, `{"files":[{"sha256":"x","size":"3520299987654","type":"image/png"}]}`), 422, "/files/0/size"},
		{"too many files", "POST", api.RouteComplaints, with(lodge, `{"files":[`+strings.Repeat(`{"sha256":"x","size":1,"type":"3520299987654"},`, 5)+`{"sha256":"x","size":1,"type":"x"}]}`), 422, "/files"},
		{"category", "POST", api.RouteComplaints, with(lodge, `{"category":"wells"}`), 422, "/category"},
		{"limit", "GET", api.RouteComplaints + "?limit=3520299987654", "", 422, "/query/limit"},
		{"limit's type", "GET", api.RouteComplaints + "?limit=x3520299987654", "", 422, "/query/limit"},
		{"page", "GET", api.RouteComplaints + "?before=3520299987654", "", 422, "/query/before"},
		{"metric", "GET", api.RouteCounters + "?metric=3520299987654", "", 422, "/query/metric"},
		{"sync", "POST", api.RouteSync, `{"request":"3520299987654"}`, 422, "/request"},
		{"sync, waiting too long", "POST", api.RouteSync, `{"request":1,"wait_seconds":3520299987654}`, 422, "/wait_seconds"},
		{"sync, a cursor", "POST", api.RouteSync, `{"request":1,"cursors":[{"feed":"c:x","n":-3520299987654}]}`, 422, "/cursors/0/n"},
		{"sync, too many operations", "POST", api.RouteSync, `{"request":1,"operations":[` + strings.Repeat(bareOp+",", 50) + bareOp + `]}`, 422, "/operations"},
		{"sync, unknown", "POST", api.RouteSync, `{"request":1,"spy":"3520299987654"}`, 422, "/spy"},
	} {
		rec := amir.do(c.method, c.path, c.body, api.HeaderIdempotencyKey, uuid.NewString())
		p := problem(t, rec, api.TypeInvalid, c.status)
		if got := strings.Join(sorted(p), " "); got != c.want {
			t.Errorf("%s: fields %q, want %q: %s", c.name, got, c.want, rec.Body)
		}
		if strings.Contains(rec.Body.String(), echo) {
			t.Errorf("%s says back what was sent: %s", c.name, rec.Body)
		}
	}
}

const bareOp = `{"op":"x","n":1,"lane":"x","type":"x","version":1,"body":{},"sha256":"x","at":"2026-05-04T09:10:11Z"}`

func sorted(p api.Problem) []string {
	var out []string
	seen := map[string]bool{}
	for _, f := range p.Errors {
		if !seen[f.Pointer] {
			out = append(out, f.Pointer)
		}
		seen[f.Pointer] = true
	}
	for i := range out {
		for j := i; j > 0 && out[j] < out[j-1]; j-- {
			out[j], out[j-1] = out[j-1], out[j]
		}
	}
	return out
}

func TestContentTypeAndSize(t *testing.T) {
	w := newWorld(t)
	amir := w.citizen(amirMobile)
	problem(t, amir.do("POST", api.RouteSync, "<sync/>", "Content-Type", "application/xml"), api.TypeInvalid, 415)
	problem(t, amir.do("POST", api.RouteRegister, "a=b", "Content-Type", "application/x-www-form-urlencoded"), api.TypeInvalid, 415)
	for path, limit := range map[string]int{api.RouteRegister: 16 << 10, api.RouteVerify: 16 << 10, api.RoutePIN: 16 << 10, api.RouteComplaints: 128 << 10, api.RouteSync: 512 << 10} {
		body := fmt.Sprintf(`{"pad":%q}`, strings.Repeat("p", limit))
		p := problem(t, amir.do("POST", path, body, api.HeaderIdempotencyKey, uuid.NewString()), api.TypeInvalid, 413)
		if len(p.Errors) > 0 || strings.Contains(p.Detail, "pp") {
			t.Errorf("%s: %+v", path, p)
		}
	}
}

// TestLimits: too many requests of one session get 429 with a time to wait, in
// the header too; one number gets few SMS.
func TestLimits(t *testing.T) {
	w := newWorld(t)
	amir := w.citizen(amirMobile)
	for i := 0; ; i++ {
		rec := amir.do("GET", api.RouteMe, nil)
		if rec.Code == 429 {
			p := problem(t, rec, api.TypeLimited, 429)
			if i != 200 || p.RetryAfterSeconds < 1 || rec.Header().Get("Retry-After") != fmt.Sprint(p.RetryAfterSeconds) {
				t.Errorf("after %d: %s %s", i, rec.Body, rec.Header().Get("Retry-After"))
			}
			break
		}
		if i > 1000 {
			t.Fatal("no limit")
		}
	}
	w.Clock.Forward(time.Second)
	get[api.Profile](t, amir.do("GET", api.RouteMe, nil), 200)

	other := w.anonymous()
	login := func() *httptest.ResponseRecorder {
		return other.do("POST", api.RouteLogin, api.LoginRequest{Mobile: zariMobile, Device: other.device})
	}
	for range 3 {
		get[api.Challenge](t, login(), 200)
		w.Clock.Forward(61 * time.Second)
	}
	rec := login()
	p := problem(t, rec, api.TypeLimited, 429)
	if p.RetryAfterSeconds < 60 || rec.Header().Get("Retry-After") != fmt.Sprint(p.RetryAfterSeconds) {
		t.Errorf("fourth SMS: %s, Retry-After %q", rec.Body, rec.Header().Get("Retry-After"))
	}
}
