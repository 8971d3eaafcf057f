package httpapi_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/citizens-portal/portal/backend/httpapi"
	"github.com/citizens-portal/portal/backend/store"
	"github.com/citizens-portal/portal/sdk/api"
)

// heldStore keeps its first readers until it is let go.
type heldStore struct {
	store.Store
	hold atomic.Int64
	free chan struct{}
}

func (h *heldStore) View(ctx context.Context, fn func(store.Tx) error) error {
	if h.hold.Add(-1) >= 0 {
		<-h.free
	}
	return h.Store.View(ctx, fn)
}

// TestFirstSyncsAreBounded: when many devices read everything at once, one more
// is told when to come again; what is filed meanwhile is answered, and who only
// wants news gets it.
func TestFirstSyncsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		amir, focal := w.citizen(amirMobile), w.officer("focal.oasis")
		lodge, _ := lodgeOp(1)
		amir.sync(api.SyncRequest{Operations: []api.Operation{lodge}})
		held := &heldStore{Store: w.Store, free: make(chan struct{})}
		w.api = w.with(func(c *httpapi.Config) { c.Store = held })
		held.hold.Store(16)
		var first []<-chan *httptest.ResponseRecorder
		begin := func(v *client, req api.SyncRequest) <-chan *httptest.ResponseRecorder {
			done := make(chan *httptest.ResponseRecorder, 1)
			go func() { done <- v.do("POST", api.RouteSync, req) }()
			return done
		}
		for range 16 {
			first = append(first, begin(focal, api.SyncRequest{}))
		}
		synctest.Wait()
		started := time.Now()
		rec := <-begin(focal, api.SyncRequest{Request: 5})
		p := problem(t, rec, api.TypeUnavailable, 503)
		if p.RetryAfterSeconds == 0 || rec.Header().Get("Retry-After") != "15" || time.Since(started) != 2*time.Second {
			t.Errorf("after %s: %+v %v", time.Since(started), p, rec.Header())
		}
		again, _ := lodgeOp(2)
		resp := get[api.SyncResponse](t, <-begin(amir, api.SyncRequest{Operations: []api.Operation{again}}), 200)
		if resp.Answers[0].Status != api.Applied || !resp.Busy || len(resp.Feeds) != 0 {
			t.Errorf("filed meanwhile: %+v", resp)
		}
		started = time.Now()
		resp = get[api.SyncResponse](t, <-begin(amir, api.SyncRequest{Cursors: []api.Cursor{{Feed: amir.Profile.Subject, N: 1}}}), 200)
		if resp.Busy || len(resp.Feeds[0].Entries) != 1 || time.Since(started) != 0 {
			t.Errorf("news, after %s: %+v", time.Since(started), resp)
		}
		close(held.free)
		for _, f := range first {
			if rec := <-f; rec.Code != 200 {
				t.Errorf("one that had a place: %d", rec.Code)
			}
		}
		if resp := get[api.SyncResponse](t, <-begin(focal, api.SyncRequest{}), 200); len(resp.Feeds[0].Entries) != 2 {
			t.Errorf("afterwards: %+v", resp)
		}
	})
}

func packed(t testing.TB, content io.Reader) string {
	t.Helper()
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(z, content); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// endless is one byte for ever, and how much of it was asked for.
type endless struct{ left int64 }

func (e *endless) Read(p []byte) (int, error) {
	if e.left <= 0 {
		return 0, io.EOF
	}
	n := min(int64(len(p)), e.left)
	for i := range p[:n] {
		p[i] = ' '
	}
	e.left -= n
	return int(n), nil
}

// TestCompressedSync: a sync request may come compressed; what is no gzip, cut or
// a bomb is refused, and other routes take none.
func TestCompressedSync(t *testing.T) {
	w := newWorld(t)
	amir := w.citizen(amirMobile)
	lodge, _ := lodgeOp(1)
	raw, err := json.Marshal(api.SyncRequest{Request: 3, Operations: []api.Operation{lodge}})
	if err != nil {
		t.Fatal(err)
	}
	whole := packed(t, bytes.NewReader(raw))
	resp := get[api.SyncResponse](t, amir.do("POST", api.RouteSync, whole, "Content-Encoding", "gzip"), 200)
	if resp.Request != 3 || resp.Answers[0].Status != api.Applied {
		t.Fatalf("%+v", resp)
	}
	wrong := []byte(whole)
	wrong[len(wrong)-6] ^= 1 // of the checksum at its end
	bomb := packed(t, &endless{left: 1 << 30})
	for _, c := range []struct {
		name, path, body, encoding string
		status                     int
	}{
		{"not gzip", api.RouteSync, string(raw), "gzip", 400},
		{"cut", api.RouteSync, whole[:len(whole)-12], "gzip", 400},
		{"only a head", api.RouteSync, whole[:10], "gzip", 400},
		{"changed", api.RouteSync, string(wrong), "gzip", 400},
		{"a bomb of 1 GB", api.RouteSync, bomb, "gzip", 413},
		{"a gzip of a gzip", api.RouteSync, packed(t, strings.NewReader(whole)), "gzip", 400},
		{"another encoding", api.RouteSync, whole, "br", 415},
		{"several", api.RouteSync, whole, "gzip, gzip", 415},
		{"another route", api.RouteVerify, whole, "gzip", 415},
	} {
		t.Run(c.name, func(t *testing.T) {
			rec := amir.do("POST", c.path, c.body, "Content-Encoding", c.encoding)
			if rec.Code != c.status {
				t.Errorf("%d, want %d: %s", rec.Code, c.status, rec.Body)
			}
			if got := rec.Header().Get("Content-Type"); got != api.ProblemType {
				t.Errorf("answered with %s", got)
			}
		})
	}
	stranger := httptest.NewRequest("POST", api.RouteSync, strings.NewReader(bomb))
	stranger.Header = http.Header{"Content-Type": {"application/json"}, "Content-Encoding": {"gzip"}}
	rec := httptest.NewRecorder()
	w.api.ServeHTTP(rec, stranger)
	if rec.Code != 401 {
		t.Errorf("a stranger's bomb: %d", rec.Code)
	}
}
