package httpapi_test

import (
	"context"
	"encoding/json"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"

	"github.com/citizens-portal/portal/backend/backendtest"
	"github.com/citizens-portal/portal/backend/store"
	"github.com/citizens-portal/portal/sdk/api"
)

func TestSync(t *testing.T) {
	w := newWorld(t)
	amir := w.citizen(amirMobile)
	lodge, id := lodgeOp(1)
	resp := amir.sync(api.SyncRequest{Request: 41, Operations: []api.Operation{lodge}})
	if resp.Request != 41 || resp.Epoch != "first-epoch" || !resp.Time.Equal(backendtest.Filed) {
		t.Errorf("answer %+v", resp)
	}
	a := resp.Answers[0]
	if a.Status != api.Applied || a.Case != id || a.Code == "" || a.Version != 1 || a.Receipt == "" || !a.LodgedAt.Equal(backendtest.Filed) {
		t.Errorf("answer %+v", a)
	}
	page := resp.Feeds[0]
	if page.Feed != amir.Profile.Subject || page.Next != 1 || len(page.Entries) != 1 || page.Entries[0].Complaint.Text != secretText || page.Entries[0].Events[0].Action != "lodge" {
		t.Errorf("what was just filed is not in the same answer: %+v", page)
	}
	for _, name := range []string{api.CollectionAreas, api.CollectionCategories, api.CollectionOffices} {
		if resp.Collections[name] == "" {
			t.Errorf("no version of %s", name)
		}
	}
	// The answer was lost: the device sends the same again.
	again := amir.sync(api.SyncRequest{Request: 42, Operations: []api.Operation{lodge}})
	is(t, "status", again.Answers[0].Status, api.Duplicate)
	is(t, "code", again.Answers[0].Code, a.Code)
	is(t, "receipt", again.Answers[0].Receipt, a.Receipt)
	shouting := lodge
	shouting.SHA256 = strings.ToUpper(lodge.SHA256)
	_, got := amir.push(shouting)
	is(t, "hash in capitals", got, "duplicate")
}

// TestEachOnItsOwn: whatever is wrong with one operation, the others pass.
func TestEachOnItsOwn(t *testing.T) {
	w := newWorld(t)
	amir := w.citizen(amirMobile)
	good := func(n int64) api.Operation { o, _ := lodgeOp(n); return o }
	changed := func(n int64, change func(*api.Operation)) api.Operation { o := good(n); change(&o); return o }
	raw := func(n int64, body string) api.Operation {
		return op(n, uuid.NewString(), api.OpLodge, json.RawMessage(body))
	}
	poison := []struct {
		name string
		op   api.Operation
		want string
		typ  string
		at   string
	}{
		{"bad hash", changed(2, func(o *api.Operation) { o.SHA256 = strings.Repeat("0", 64) }), "rejected", api.TypeInvalid, "/sha256"},
		{"no hash", changed(2, func(o *api.Operation) { o.SHA256 = "" }), "rejected", api.TypeInvalid, "/sha256"},
		{"unknown type", changed(2, func(o *api.Operation) { o.Type = "poll.vote" }), "upgrade", api.TypeUpgrade, ""},
		{"newer version", changed(2, func(o *api.Operation) { o.Version = 2 }), "upgrade", api.TypeUpgrade, ""},
		{"not a UUID", changed(2, func(o *api.Operation) { o.Op = "operation-1" }), "rejected", api.TypeInvalid, "/operation"},
		{"no counter", changed(0, func(*api.Operation) {}), "rejected", api.TypeInvalid, "/operation"},
		{"too many deps", changed(2, func(o *api.Operation) { o.Deps = make([]string, 17) }), "rejected", api.TypeInvalid, "/operation"},
		{"body of another type", raw(2, `[1,2]`), "rejected", api.TypeInvalid, "/body"},
		{"null", raw(2, `null`), "rejected", api.TypeInvalid, "/id"},
		{"unknown field", raw(2, `{"id":"`+uuid.NewString()+`","bribe":5}`), "rejected", api.TypeInvalid, "/bribe"},
		{"number for text", raw(2, `{"id":"`+uuid.NewString()+`","text":5}`), "rejected", api.TypeInvalid, "/text"},
		{"no time", raw(2, `{"written_at":"yesterday"}`), "rejected", api.TypeInvalid, "/body"},
		{"id no UUID", raw(2, `{"id":"x"}`), "rejected", api.TypeInvalid, "/id"},
		{"nothing filled in", raw(2, `{"id":"`+uuid.NewString()+`"}`), "rejected", api.TypeInvalid, "/district /category /text"},
		{"too large", raw(2, `{"id":"`+uuid.NewString()+`","text":"`+strings.Repeat("x", 129<<10)+`"}`), "rejected", api.TypeInvalid, "/operation"},
		{"somebody's case", op(2, "x", api.OpAct, api.ActBody{Case: uuid.NewString(), Action: "withdraw"}), "rejected", api.TypeNotFound, ""},
		{"unknown action", op(2, "x", api.OpAct, api.ActBody{Case: uuid.NewString(), Action: "burn"}), "rejected", api.TypeNotFound, ""},
	}
	n := int64(100)
	for _, p := range poison {
		before, after := good(n), good(n+1)
		n += 2
		answers, got := amir.push(before, p.op, after)
		is(t, p.name, got, "applied "+p.want+" applied")
		problem := answers[1].Problem
		if p.typ == "" {
			continue
		}
		if problem == nil || problem.Type != p.typ || problem.Title == "" || names(*problem) != p.at {
			t.Errorf("%s: problem %+v, want %s at %q", p.name, problem, p.typ, p.at)
		}
	}
}

// TestBodyIsNotSaidBack: a body that cannot be read may hold anything.
func TestBodyIsNotSaidBack(t *testing.T) {
	w := newWorld(t)
	amir := w.citizen(amirMobile)
	for _, body := range []string{`{"written_at":"15602-1234567-1"}`, `{"id":15602.12345671}`, `{"files":[{"size":1.56021234567e200}]}`} {
		answers, got := amir.push(op(1, "x", api.OpLodge, json.RawMessage(body)))
		is(t, body, got, "rejected")
		if text, _ := json.Marshal(answers); strings.Contains(string(text), "1234567") {
			t.Errorf("%s is said back: %s", body, text)
		}
	}
}

// TestLanes: order holds within a lane; a lane that must wait holds up nobody
// else.
func TestLanes(t *testing.T) {
	w := newWorld(t)
	amir := w.citizen(amirMobile)
	lodge, id := lodgeOp(1)
	other, _ := lodgeOp(4)
	act := func(n int64, action, text string) api.Operation {
		return op(n, id, api.OpAct, api.ActBody{Case: id, Action: action, Text: text})
	}
	answers, got := amir.push(lodge, act(2, "message", "one"), act(3, "message", "two"), other)
	is(t, "in order", got, "applied applied applied applied")
	is(t, "versions", []int64{answers[0].Version, answers[1].Version, answers[2].Version}, "[1 2 3]")

	_, failing := lodgeOp(5)
	fails := op(5, failing, api.OpLodge, with(lodgeBody(), failing, "burning"))
	follows := op(6, failing, api.OpAct, api.ActBody{Case: failing, Action: "message", Text: "after"})
	passes, _ := lodgeOp(7)
	w.fault.failOn("burning")
	answers, got = amir.push(fails, follows, passes)
	is(t, "a lane that waits", got, "retry_after retry_after applied")
	if answers[0].RetryAfterSeconds <= 0 || answers[1].RetryAfterSeconds != answers[0].RetryAfterSeconds || answers[0].Problem.Type != api.TypeInternal || answers[0].Problem.Detail != "" {
		t.Errorf("answers %+v", answers)
	}
	w.fault.mend()
	_, got = amir.push(fails, follows, passes)
	is(t, "afterwards", got, "applied applied duplicate")
}

func with(b api.LodgeBody, id, text string) api.LodgeBody {
	b.ID, b.Text = id, text
	return b
}

// TestDeps: an operation waits for what it builds on, in this batch or an
// earlier one.
func TestDeps(t *testing.T) {
	w := newWorld(t)
	amir := w.citizen(amirMobile)
	first, id := lodgeOp(1)
	second := op(2, "another lane", api.OpAct, api.ActBody{Case: id, Action: "message", Text: "x"})
	second.Deps = []string{first.Op}
	_, got := amir.push(second)
	is(t, "too early", got, "retry_after")
	_, got = amir.push(second, first)
	is(t, "in the wrong order", got, "retry_after applied")
	_, got = amir.push(second)
	is(t, "done before", got, "applied")

	base, id := lodgeOp(3)
	next := op(4, "another lane", api.OpAct, api.ActBody{Case: id, Action: "message", Text: "x"})
	next.Deps = []string{base.Op, first.Op}
	_, got = amir.push(base, next)
	is(t, "in one batch", got, "applied applied")

	bad := op(5, "bad lane", api.OpAct, api.ActBody{Case: uuid.NewString(), Action: "message", Text: "x"})
	upon, third := lodgeOnly(6, bad.Op), lodgeOnly(7, "")
	third.Deps = []string{upon.Op}
	free, _ := lodgeOp(8)
	resp, got := amir.push(bad, upon, third, free)
	is(t, "what builds on a refused one", got, "rejected rejected rejected applied")
	if p := resp[1].Problem; p.Type != api.TypeConflict || p.Errors[0].Code != api.CodeDependency || !strings.Contains(p.Detail, bad.Op) {
		t.Errorf("the reason is %+v", p)
	}
}

// lodgeOnly is a filing that builds on another operation.
func lodgeOnly(n int64, dep string) api.Operation {
	o, _ := lodgeOp(n)
	o.Deps = []string{dep}
	return o
}

// TestQuarantine: after five failures that are the server's, an operation is put
// aside with its raw bytes, and holds up its lane no more.
func TestQuarantine(t *testing.T) {
	w := newWorld(t)
	amir := w.citizen(amirMobile)
	id := uuid.NewString()
	poison := op(1, id, api.OpLodge, with(lodgeBody(), id, "burning"))
	w.fault.failOn("burning")
	for i := 1; i < 5; i++ {
		_, got := amir.push(poison)
		is(t, "failure", got, "retry_after")
	}
	answers, got := amir.push(poison)
	is(t, "fifth failure", got, "quarantined")
	if answers[0].Problem.Type != api.TypeInternal {
		t.Errorf("problem %+v", answers[0].Problem)
	}
	if kept := w.quarantined(poison); !strings.Contains(kept, `"burning"`) || !strings.Contains(kept, poison.SHA256) {
		t.Errorf("kept %q", kept)
	}
	w.fault.mend()
	_, got = amir.push(poison)
	is(t, "once mended", got, "applied")
}

// quarantined gives what was put aside of an operation.
func (w *world) quarantined(o api.Operation) string {
	w.Helper()
	var doc string
	w.View(func(tx store.Tx) error {
		r, err := tx.Record(context.Background(), "quarantine", o.Op+"/"+o.SHA256)
		doc = string(r.Doc)
		return err
	})
	return doc
}

// TestMisusedIDs: one id with two bodies is put aside, both kept; one counter
// with two operations is two copies of a phone.
func TestMisusedIDs(t *testing.T) {
	w := newWorld(t)
	amir := w.citizen(amirMobile)
	first, _ := lodgeOp(1)
	second, _ := lodgeOp(2)
	second.Op = first.Op
	copied, _ := lodgeOp(1)
	fine, _ := lodgeOp(3)
	answers, got := amir.push(first, second, copied, fine)
	is(t, "answers", got, "applied quarantined reset_device applied")
	is(t, "problem", answers[1].Problem.Type, api.TypeConflict)
	is(t, "problem", answers[2].Problem.Type, api.TypeResetDevice)
	if kept := w.quarantined(second); !strings.Contains(kept, second.SHA256) {
		t.Errorf("kept %q", kept)
	}
}

// TestEpoch: a device of another life of the data reads everything anew, and
// offers what it keeps; its promises come true again.
func TestEpoch(t *testing.T) {
	w := newWorld(t)
	amir := w.citizen(amirMobile)
	lodge, _ := lodgeOp(1)
	answers, _ := amir.push(lodge)
	resp := amir.sync(api.SyncRequest{Epoch: "first-epoch", Cursors: []api.Cursor{{Feed: amir.Profile.Subject, N: 1}}})
	if p := resp.Feeds[0]; p.Reset || len(p.Entries) != 0 {
		t.Errorf("same epoch: %+v", p)
	}
	w.epoch.Store("second-epoch")
	resp = amir.sync(api.SyncRequest{Epoch: "first-epoch", Cursors: []api.Cursor{{Feed: amir.Profile.Subject, N: 1}}})
	if p := resp.Feeds[0]; resp.Epoch != "second-epoch" || !p.Reset || len(p.Entries) != 1 || p.Entries[0].N != 0 || p.Entries[0].Type != api.EntryGrant {
		t.Errorf("another epoch: %+v", resp)
	}
	lodge.Receipt = answers[0].Receipt
	again, got := amir.push(lodge)
	is(t, "offered again", got+again[0].Code, "duplicate"+answers[0].Code)
}

func TestChecksum(t *testing.T) {
	w := newWorld(t)
	amir := w.citizen(amirMobile)
	amir.lodge()
	_, head := w.Feed(store.FeedID(amir.Profile.Subject))
	sum := func(feed string, n, sum int64) []string {
		return amir.sync(api.SyncRequest{Checksums: []api.Checksum{{Feed: feed, N: n, Sum: sum}}}).Mismatch
	}
	is(t, "right", sum(amir.Profile.Subject, 1, head.Sum), "[]")
	is(t, "wrong", sum(amir.Profile.Subject, 1, head.Sum+1), "["+amir.Profile.Subject+"]")
	is(t, "elsewhere", sum(amir.Profile.Subject, 0, 5), "[]")
	is(t, "another's feed", sum("c:somebody", 0, 5), "[]")
}

// poll is a long poll under way, inside a bubble of its own time.
func (c *client) poll(ctx context.Context, seconds int, cursor int64) <-chan api.SyncResponse {
	done := make(chan api.SyncResponse, 1)
	raw, _ := json.Marshal(api.SyncRequest{WaitSeconds: seconds, Cursors: []api.Cursor{{Feed: c.Profile.Feeds[0], N: cursor}}}) // always encodes
	go func() {
		r := httptest.NewRequest("POST", api.RouteSync, strings.NewReader(string(raw))).WithContext(ctx)
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Authorization", "Bearer "+c.token)
		rec := httptest.NewRecorder()
		c.api.ServeHTTP(rec, r)
		var resp api.SyncResponse
		_ = json.Unmarshal(rec.Body.Bytes(), &resp) // an empty one fails the test
		done <- resp
	}()
	return done
}

func TestLongPoll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		amir, focal := w.citizen(amirMobile), w.officer("focal.oasis")
		started := time.Now()
		desk := focal.poll(t.Context(), 55, 0)
		synctest.Wait()
		filed := amir.lodge()
		got := <-desk
		if len(got.Feeds) != 1 || len(got.Feeds[0].Entries) != 1 || got.Feeds[0].Entries[0].Case != filed.Case || time.Since(started) != 0 {
			t.Errorf("after %s: %+v", time.Since(started), got)
		}

		// Nothing happens: it ends when its time is over.
		got = <-amir.poll(t.Context(), 20, 1)
		if time.Since(started) != 20*time.Second || len(got.Feeds[0].Entries) != 0 {
			t.Errorf("after %s: %+v", time.Since(started), got)
		}

		// Others' news wake nobody.
		poll := amir.poll(t.Context(), 30, 1)
		synctest.Wait()
		w.citizen(zariMobile).lodge()
		got = <-poll
		if time.Since(started) != 50*time.Second || len(got.Feeds[0].Entries) != 0 {
			t.Errorf("after %s: %+v", time.Since(started), got)
		}

		// With something to tell at once, nobody waits.
		got = <-amir.poll(t.Context(), 55, 0)
		if time.Since(started) != 50*time.Second || len(got.Feeds[0].Entries) != 1 {
			t.Errorf("after %s: %+v", time.Since(started), got)
		}

		// The server stops: it answers at once.
		ctx, stop := context.WithCancel(t.Context())
		poll = amir.poll(ctx, 55, 1)
		synctest.Wait()
		stop()
		got = <-poll
		if time.Since(started) != 50*time.Second || len(got.Feeds) != 1 || got.Epoch == "" {
			t.Errorf("after %s: %+v", time.Since(started), got)
		}
	})
}

// TestLongPollIsNoActivity: an officer who has left the desk is signed out,
// however eagerly the device waits for news.
func TestLongPollIsNoActivity(t *testing.T) {
	w := newWorld(t)
	amir, focal := w.citizen(amirMobile), w.officer("focal.oasis")
	w.Clock.Forward(10 * time.Minute)
	amir.lodge()
	waits := api.SyncRequest{WaitSeconds: 55}
	get[api.SyncResponse](t, focal.do("POST", api.RouteSync, waits), 200)
	w.Clock.Forward(6 * time.Minute)
	problem(t, focal.do("POST", api.RouteSync, waits), api.TypeSignedOut, 401)

	busy := w.officer("clerk.oasis")
	w.Clock.Forward(10 * time.Minute)
	get[api.SyncResponse](t, busy.do("POST", api.RouteSync, api.SyncRequest{}), 200)
	busy.enter(busy.do("POST", api.RouteRefresh, api.RefreshRequest{Refresh: busy.Refresh, Device: busy.device}))
	w.Clock.Forward(10 * time.Minute)
	get[api.SyncResponse](t, busy.do("POST", api.RouteSync, api.SyncRequest{}), 200)
}
