package httpapi_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/citizens-portal/portal/sdk/api"
)

// FuzzSync: whatever comes as a sync request is answered, as a sync answer with
// one answer for each operation or as a problem, never by a failure of ours.
func FuzzSync(f *testing.F) {
	w := newWorld(f)
	amir := w.citizen(amirMobile)
	lodge, id := lodgeOp(1)
	act := op(2, id, api.OpAct, api.ActBody{Case: id, Action: "message", Text: "x"})
	for _, req := range []api.SyncRequest{
		{},
		{Request: 1, Epoch: "first-epoch", Operations: []api.Operation{lodge, act}},
		{Request: -1, Cursors: []api.Cursor{{Feed: amir.Profile.Subject, N: 99, Snapshot: "x"}}, Checksums: []api.Checksum{{Feed: "x", N: -1, Sum: 1}}},
	} {
		raw, _ := json.Marshal(req) // always encodes
		f.Add(raw)
	}
	for _, s := range []string{"", "null", "[]", `{"request":1e99}`, `{"operations":[null]}`, `{"operations":[{}]}`, `{"request":1,"operations":[` + bareOp + `]}`, "{\"request\":1,\"epoch\":\"\xff\"}"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		w.TB = t
		w.Clock.Forward(time.Second) // else the fuzzer meets the session's rate limit
		if w.Clock.Now().After(amir.AccessExpiresAt.Add(-time.Minute)) {
			amir.enter(amir.do("POST", api.RouteRefresh, api.RefreshRequest{Refresh: amir.Refresh, Device: amir.device}))
		}
		var req api.SyncRequest
		if json.Unmarshal(body, &req) == nil && req.WaitSeconds > 0 {
			return // it would wait in real time
		}
		rec := amir.do("POST", api.RouteSync, string(body))
		switch {
		case rec.Code >= 500:
			t.Fatalf("%d %s", rec.Code, rec.Body)
		case rec.Code != 200:
			problem(t, rec, api.TypeInvalid, rec.Code)
		default:
			var resp api.SyncResponse
			if err := json.Unmarshal(rec.Body.Bytes(), &resp); err != nil || len(resp.Answers) != len(req.Operations) || len(resp.Feeds) != 1 {
				t.Fatalf("%v: %s", err, rec.Body)
			}
		}
	})
}

// FuzzOperation: whatever an operation's body and envelope hold, it is answered
// on its own, and by nothing that is a failure of ours.
func FuzzOperation(f *testing.F) {
	w := newWorld(f)
	amir := w.citizen(amirMobile)
	body, _ := json.Marshal(lodgeBody()) // always encodes
	f.Add(api.OpLodge, 1, "lane", body)
	f.Add(api.OpAct, 1, "", []byte(`{"case":"x","action":"withdraw","rating":{"time":9}}`))
	f.Add("x", -1, "\x00", []byte(`{}`))
	f.Add(api.OpLodge, 1, "x", []byte(`{"id":"0190b5a0-0000-7000-8000-000000000001","text":"\u0000","files":[{}],"written_at":"9999-12-31T23:59:59Z"}`))
	f.Add(api.OpLodge, 1, "x", []byte(`"`))
	f.Add(api.OpAct, 1, "x", []byte(`[[[[[[`))
	f.Fuzz(func(t *testing.T, typ string, version int, lane string, raw []byte) {
		w.TB = t
		w.Clock.Forward(time.Second)
		if w.Clock.Now().After(amir.AccessExpiresAt.Add(-time.Minute)) {
			amir.enter(amir.do("POST", api.RouteRefresh, api.RefreshRequest{Refresh: amir.Refresh, Device: amir.device}))
		}
		if !json.Valid(raw) {
			return // it could not be part of a request
		}
		var compact json.RawMessage
		if err := json.Unmarshal(raw, &compact); err != nil {
			return
		}
		first, _ := lodgeOp(w.next())
		o := op(w.next(), lane, typ, compact)
		o.Version, o.Op = version, uuid.NewString()
		answers := amir.sync(api.SyncRequest{Operations: []api.Operation{first, o}}).Answers
		if len(answers) != 2 || answers[0].Status != api.Applied || answers[1].Status == api.RetryAfter || answers[1].Status == "" {
			t.Fatalf("answers %+v", answers)
		}
		if p := answers[1].Problem; p != nil && p.Type == api.TypeInternal {
			t.Fatalf("problem %+v", p)
		}
	})
}
