package httpapi_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"

	"github.com/citizens-portal/portal/backend/httpapi"
	"github.com/citizens-portal/portal/sdk/api"
)

// TestBorrowedDeviceID: a device's id is made on the device, so somebody may
// bring another's to an account of their own. That must not use up the numbers
// of the other's operations.
func TestBorrowedDeviceID(t *testing.T) {
	w := newWorld(t)
	amir := w.citizen(amirMobile)
	thief := w.anonymous()
	thief.device.ID = amir.device.ID
	challenge := get[api.Challenge](t, thief.do("POST", api.RouteRegister, registration(zariMobile, thief.device)), 200)
	thief.enter(thief.do("POST", api.RouteVerify, api.VerifyRequest{Challenge: challenge.Challenge, OTP: w.Phone.OTP(t, zariMobile), Device: thief.device}))

	theirs, _ := lodgeOp(1)
	_, got := thief.push(theirs)
	is(t, "the other's", got, "applied")
	own, _ := lodgeOp(1)
	_, got = amir.push(own)
	is(t, "the owner's", got, "applied")
}

// TestHeavyOperation: what would cost the server much is refused before it does,
// and does not hold up its lane.
func TestHeavyOperation(t *testing.T) {
	w := newWorld(t)
	amir := w.citizen(amirMobile)
	heavy, id := lodgeOp(1)
	for range 17 {
		heavy.Deps = append(heavy.Deps, uuid.NewString())
	}
	_, got := amir.push(heavy, op(2, id, api.OpAct, api.ActBody{Case: id, Action: "withdraw"}))
	is(t, "too much to build on", got, "rejected rejected")
}

// TestTextIsNotRewritten: text that is no text is refused; stored with other
// characters in its place it would not be what was signed for.
func TestTextIsNotRewritten(t *testing.T) {
	w := newWorld(t)
	amir := w.citizen(amirMobile)
	raw, err := json.Marshal(lodgeBody())
	if err != nil {
		t.Fatal(err)
	}
	broken := op(1, "lane", api.OpLodge, json.RawMessage(strings.Replace(string(raw), "mosque", "mosque\xff", 1)))
	// Written by hand: an encoder would repair the bytes.
	body := fmt.Sprintf(`{"request":1,"operations":[{"op":%q,"n":1,"lane":"lane","type":%q,"version":1,"body":%s,"sha256":%q,"at":"2026-05-04T09:10:11Z"}]}`,
		broken.Op, broken.Type, broken.Body, broken.SHA256)
	resp := get[api.SyncResponse](t, amir.do("POST", api.RouteSync, body), 200)
	if a := resp.Answers[0]; a.Status != api.Rejected || a.Problem.Errors[0].Code != "operation_encoding" {
		t.Errorf("answer %+v", a)
	}
}

// TestLongPollOfOneSignedOut: who signs out while a request waits gets nothing
// more by it.
func TestLongPollOfOneSignedOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		amir, focal := w.citizen(amirMobile), w.officer("focal.oasis")
		desk := focal.poll(t.Context(), 55, 0)
		synctest.Wait()
		if rec := focal.do("POST", api.RouteLogout, nil); rec.Code != http.StatusNoContent {
			t.Fatalf("logout: %d", rec.Code)
		}
		amir.lodge()
		if got := <-desk; len(got.Feeds) != 0 {
			t.Errorf("after signing out: %+v", got)
		}
	})
}

// TestManyLongPolls: one session holds a handful of requests open, and no more.
func TestManyLongPolls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		amir := w.citizen(amirMobile)
		started := time.Now()
		var held []<-chan api.SyncResponse
		for range 4 {
			held = append(held, amir.poll(t.Context(), 30, 0))
		}
		synctest.Wait()
		if got := <-amir.poll(t.Context(), 30, 0); time.Since(started) != 0 || len(got.Feeds) != 1 {
			t.Errorf("one too many: after %s, %+v", time.Since(started), got)
		}
		for _, p := range held {
			<-p
		}
		started = time.Now()
		if <-amir.poll(t.Context(), 30, 0); time.Since(started) != 30*time.Second {
			t.Errorf("when the others ended: after %s", time.Since(started))
		}
	})
}

// TestMadeUpForwardedFor: a proxy may add its word in a line of its own; the
// lines above it are the peer's.
func TestMadeUpForwardedFor(t *testing.T) {
	w := newWorld(t)
	trusting := w.with(func(c *httpapi.Config) { c.Log, c.TrustForwarded = nil, func(*http.Request) bool { return true } })
	statuses := map[int]int{}
	for i := range 40_100 {
		r := httptest.NewRequest("GET", "/nowhere", nil)
		r.Header["X-Forwarded-For"] = []string{fmt.Sprintf("10.1.%d.%d", i/250, i%250), "203.0.113.7"}
		rec := httptest.NewRecorder()
		trusting.ServeHTTP(rec, r)
		statuses[rec.Code]++
	}
	if statuses[http.StatusTooManyRequests] != 100 {
		t.Errorf("statuses %v of one address with many made-up ones", statuses)
	}
}

// TestQuarantineIsBounded: what is put aside for a person to look at is no place
// to store things in. What finds no room stays on its device.
func TestQuarantineIsBounded(t *testing.T) {
	w := newWorld(t)
	amir, zari := w.citizen(amirMobile), w.citizen(zariMobile)
	first, _ := lodgeOp(1)
	amir.push(first)
	flood := func(c *client, n int) string {
		b := lodgeBody()
		b.ID, b.Text = first.Lane, strings.Repeat("x", 100<<10)+fmt.Sprint(n)
		o := op(1, b.ID, api.OpLodge, b)
		o.Op = first.Op
		_, got := c.push(o)
		return got
	}
	for n := range 10 {
		is(t, "within bounds", flood(amir, n), "quarantined")
	}
	is(t, "too much", flood(amir, 10), "retry_after")
	is(t, "kept before", flood(amir, 9), "quarantined")
	is(t, "another account", flood(zari, 11), "quarantined")
	w.Clock.Forward(25 * time.Hour)
	amir.enter(amir.do("POST", api.RouteRefresh, api.RefreshRequest{Refresh: amir.Refresh, Device: amir.device}))
	is(t, "another day", flood(amir, 10), "quarantined")
}

// TestReceiptsShareOneRoom: receipts are made by whoever wants one, so they are no
// way around the bound on what is put aside.
func TestReceiptsShareOneRoom(t *testing.T) {
	w := newWorld(t)
	first, _ := lodgeOp(1)
	w.citizen(amirMobile).push(first)
	got := map[api.AnswerStatus]int{}
	for n := range 30 {
		b := lodgeBody()
		b.Text = strings.Repeat("x", 100<<10) + fmt.Sprint(n)
		o := op(1, b.ID, api.OpLodge, b)
		o.Op = first.Op
		rec := w.anonymous().do("POST", api.RouteSync, api.SyncRequest{Operations: []api.Operation{o}}, "Authorization", receiptOf(n))
		got[get[api.SyncResponse](t, rec, 200).Answers[0].Status]++
	}
	if got[api.Quarantined] > 10 || got[api.RetryAfter] < 20 {
		t.Errorf("answers %v", got)
	}
}

// receiptOf makes the header of one of many receipts.
func receiptOf(n int) string {
	sum := sha256.Sum256([]byte(fmt.Sprint("receipt", n)))
	return api.SchemeReceipt + " " + base64.RawURLEncoding.EncodeToString(sum[:16])
}

// TestCitizenNotesNoOpening: only officers' openings are remembered.
func TestCitizenNotesNoOpening(t *testing.T) {
	w := newWorld(t)
	amir := w.citizen(amirMobile)
	filed := amir.lodge()
	_, got := amir.push(op(1, filed.Case, api.OpOpen, api.OpenBody{Case: filed.Case}))
	is(t, "a citizen's own", got, "rejected")
}

// TestMessagesWithoutEnd: one citizen does not bury a desk under messages; after
// an answer, or a day, the talk goes on.
func TestMessagesWithoutEnd(t *testing.T) {
	w := newWorld(t)
	amir, focal := w.citizen(amirMobile), w.officer("focal.oasis")
	filed := amir.lodge()
	write := func() int { return amir.act(filed.Case, "message", httpapi.ActRequest{Text: "and another thing"}).Code }
	for range 40 {
		if code := write(); code != 200 {
			t.Fatalf("a talk: %d", code)
		}
	}
	problem(t, amir.act(filed.Case, "message", httpapi.ActRequest{Text: "and another thing"}), api.TypeLimited, 429)
	if code := focal.act(filed.Case, "acknowledge", httpapi.ActRequest{}).Code; code != 200 {
		t.Fatalf("acknowledge: %d", code)
	}
	if code := write(); code != 200 {
		t.Errorf("after the office did something: %d", code)
	}
}
