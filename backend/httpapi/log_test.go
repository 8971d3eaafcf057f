package httpapi_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/citizens-portal/portal/backend/httpapi"
	"github.com/citizens-portal/portal/sdk/api"
	"github.com/citizens-portal/portal/sdk/verify"
)

func body[T any](t *testing.T, rec *httptest.ResponseRecorder) T {
	t.Helper()
	var v T
	if rec.Code != http.StatusOK {
		t.Fatalf("status %d: %s", rec.Code, rec.Body)
	}
	if err := json.Unmarshal(rec.Body.Bytes(), &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func (w *world) sequence(t *testing.T) {
	t.Helper()
	if _, err := w.Transparency.Sequence(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// TestLog: everybody may follow the log; a complaint's proof is for those who may
// read it, with words for its owner alone, and for who holds the paper.
func TestLog(t *testing.T) {
	w := newWorld(t)
	none := w.anonymous().do(http.MethodGet, api.RouteCheckpoint, nil)
	is(t, "before the first checkpoint", none.Code, 503)
	citizen := w.citizen("+923451234567")
	secret := make([]byte, 16)
	hash := sha256.Sum256(secret)
	filed := lodgeBody()
	filed.SecretHash = hex.EncodeToString(hash[:])
	answers, _ := citizen.push(op(1, filed.ID, "complaint.lodge", filed))
	code, receipt := answers[0].Code, answers[0].Receipt
	w.sequence(t)

	info := body[api.LogInfo](t, w.anonymous().do(http.MethodGet, api.RouteLog, nil))
	keys, err := verify.ParseKeys(info.Keys, nil)
	if err != nil || info.MergeDelaySeconds != 3600 {
		t.Fatalf("%+v: %v", info, err)
	}
	policy := verify.Policy{Keys: keys}
	check := func(who string, rec *httptest.ResponseRecorder, words bool) {
		t.Helper()
		r := policy.Verify(receipt, body[verify.Proof](t, rec))
		if r.Outcome != verify.Verified || (r.Events[0].Words != nil) != words {
			t.Errorf("%s: %s (%s), words %+v", who, r.Outcome, r.Reason, r.Events)
		}
		if strings.Contains(rec.Body.String(), filed.Text) != words {
			t.Errorf("%s: text shown is %t", who, !words)
		}
	}
	proof := "/v1/complaints/" + code + "/proof"
	check("the owner", citizen.do(http.MethodGet, proof, nil), true)
	check("their officer", w.officer("focal.oasis").do(http.MethodGet, proof, nil), false)
	track := "/track/" + code + "/proof?s=" + base64.RawURLEncoding.EncodeToString(secret)
	check("who holds the paper", w.anonymous().do(http.MethodGet, track, nil), false)
	is(t, "a stranger", w.citizen("+923451234568").do(http.MethodGet, proof, nil).Code, 404)
	is(t, "nobody", w.anonymous().do(http.MethodGet, proof, nil).Code, 401)
	is(t, "a wrong secret", w.anonymous().do(http.MethodGet, "/track/"+code+"/proof?s=guess", nil).Code, 404)
	is(t, "witnesses nobody has", citizen.do(http.MethodGet, proof+"?witnesses=1", nil).Code, 503)
	is(t, "a count of witnesses that is none", w.anonymous().do(http.MethodGet, api.RouteCheckpoint+"?witnesses=many", nil).Code, 422)
	for range 10 {
		none = w.anonymous().do(http.MethodGet, track, nil)
	}
	is(t, "after more than ten tries in an hour", none.Code, 429)

	before := openCheckpoint(t, keys, w.anonymous().do(http.MethodGet, api.RouteCheckpoint, nil))
	citizen.act(code, "message", httpapi.ActRequest{Text: "any news?"})
	w.Clock.Forward(time.Second)
	w.sequence(t)
	after := openCheckpoint(t, keys, w.anonymous().do(http.MethodGet, api.RouteCheckpoint, nil))
	grown := body[api.LogConsistency](t, w.anonymous().do(http.MethodGet, api.RouteConsistency+"?from=1&to=2", nil))
	var hashes []verify.Hash
	for _, text := range grown.Hashes {
		h, err := tlog.ParseHash(text)
		if err != nil {
			t.Fatal(err)
		}
		hashes = append(hashes, h)
	}
	if before.Size != 1 || after.Size != 2 || !verify.Consistent(before, after, hashes) {
		t.Errorf("%+v, then %+v: %v", before, after, hashes)
	}
	is(t, "a size that never was", w.anonymous().do(http.MethodGet, api.RouteConsistency+"?from=1&to=3", nil).Code, 422)
	tile := w.anonymous().do(http.MethodGet, api.RouteLogTiles+"8/0/000.p/2", nil)
	if tile.Code != 200 || tile.Body.Len() != 64 {
		t.Errorf("tile: %d, %d bytes", tile.Code, tile.Body.Len())
	}
	is(t, "a tile that is not there", w.anonymous().do(http.MethodGet, api.RouteLogTiles+"8/0/001", nil).Code, 404)
	is(t, "nobody's cosignature", w.anonymous().do(http.MethodPost, api.RouteCosign, after.Note).Code, 422)
	is(t, "an endless cosignature", w.anonymous().do(http.MethodPost, api.RouteCosign, strings.Repeat("x", 100_000)).Code, 422)
}

func openCheckpoint(t *testing.T, keys verify.Keys, rec *httptest.ResponseRecorder) verify.Checkpoint {
	t.Helper()
	c, err := keys.Open(rec.Body.String())
	if err != nil || !strings.HasPrefix(rec.Header().Get("Content-Type"), "text/plain") {
		t.Fatalf("%v: %s", err, rec.Body)
	}
	return c
}
