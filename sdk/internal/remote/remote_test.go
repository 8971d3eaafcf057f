package remote

import (
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/citizens-portal/portal/sdk/api"
)

func newClient(t *testing.T, h http.HandlerFunc) *Client {
	t.Helper()
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	c, err := New(Config{BaseURL: srv.URL, Client: "test/1", Timeout: 5 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestSyncCall(t *testing.T) {
	c := newClient(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost || r.URL.Path != api.RouteSync || r.Header.Get("Authorization") != "Bearer token" || r.Header.Get(api.HeaderClient) != "test/1" {
			t.Errorf("%s %s %v", r.Method, r.URL, r.Header)
		}
		var req api.SyncRequest
		if err := json.NewDecoder(r.Body).Decode(&req); err != nil || string(req.Operations[0].Body) != `{"a":"\u003cb\u003e"}` {
			t.Errorf("body %s: the bytes that were hashed must arrive (%v)", req.Operations[0].Body, err)
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(api.SyncResponse{Request: req.Request, Epoch: "e"})
	})
	body, err := json.Marshal(map[string]string{"a": "<b>"})
	if err != nil {
		t.Fatal(err)
	}
	got, err := c.Sync(t.Context(), "token", api.SyncRequest{Request: 7, Operations: []api.Operation{{Body: body}}})
	if err != nil || got.Request != 7 {
		t.Fatalf("%+v %v", got, err)
	}
}

// TestLongRequestsArePacked: short ones are not worth it.
func TestLongRequestsArePacked(t *testing.T) {
	var length int64
	c := newClient(t, func(w http.ResponseWriter, r *http.Request) {
		var body io.Reader = r.Body
		if length = r.ContentLength; r.Header.Get("Content-Encoding") == "gzip" {
			var err error
			if body, err = gzip.NewReader(r.Body); err != nil {
				t.Error(err)
				return
			}
		}
		var req api.SyncRequest
		if err := json.NewDecoder(body).Decode(&req); err != nil {
			t.Error(err)
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(api.SyncResponse{Request: req.Request, Epoch: string(req.Operations[0].Body)})
	})
	for _, n := range []int{10, 20_000} {
		body := json.RawMessage(`"` + strings.Repeat("ab", n/2) + `"`)
		got, err := c.Sync(t.Context(), "token", api.SyncRequest{Request: 1, Operations: []api.Operation{{Body: body}}})
		if err != nil || got.Epoch != string(body) {
			t.Fatalf("%d bytes: %v", n, err)
		}
		if length <= 0 || length > 1000 {
			t.Errorf("%d bytes were sent as %d", n, length)
		}
	}
}

func TestWhatDoesNotLookLikeThePortalIsOffline(t *testing.T) {
	tests := map[string]http.HandlerFunc{
		"login page": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			_, _ = w.Write([]byte("<h1>Welcome to the hotel</h1>"))
		},
		"redirect": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "https://hotel.example/login", http.StatusFound)
		},
		"half an answer": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write([]byte(`{"request":`))
		},
		"bad gateway": func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no", http.StatusBadGateway) },
		"foreign 404": func(w http.ResponseWriter, r *http.Request) { http.NotFound(w, r) },
		"too large": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write([]byte(`"` + strings.Repeat("x", maxAnswerBytes) + `"`))
		},
		"no answer": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
	}
	for name, h := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := newClient(t, h).Sync(t.Context(), "", api.SyncRequest{})
			var off *Offline
			if !errors.As(err, &off) {
				t.Fatalf("got %v", err)
			}
		})
	}
}

func TestProblems(t *testing.T) {
	c := newClient(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", api.ProblemType)
		w.Header().Set("Retry-After", "17")
		w.WriteHeader(http.StatusTooManyRequests)
		_, _ = w.Write([]byte(`{"type":"urn:portal:problem:limited","title":"Too often","status":429}`))
	})
	_, err := c.Me(t.Context(), "t")
	var p *api.Problem
	if !errors.As(err, &p) || p.Type != api.TypeLimited || p.RetryAfterSeconds != 17 {
		t.Fatalf("%+v %v", p, err)
	}
}

func TestCollectionNotModified(t *testing.T) {
	c := newClient(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", `"v1"`)
		if r.Header.Get("If-None-Match") == `"v1"` {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`[1]`))
	})
	body, tag, changed, err := c.Collection(t.Context(), "", "areas", "")
	if err != nil || !changed || string(body) != "[1]" || tag != `"v1"` {
		t.Fatalf("%s %s %v %v", body, tag, changed, err)
	}
	if _, _, changed, err = c.Collection(t.Context(), "", "areas", tag); err != nil || changed {
		t.Fatalf("%v %v", changed, err)
	}
}

func TestCleanURL(t *testing.T) {
	for in, want := range map[string]string{
		"https://Portal.Example/": "https://portal.example", "http://127.0.0.1:8080": "http://127.0.0.1:8080", "http://[::1]:1/x/": "http://[::1]:1/x",
		"http://localhost:1": "http://localhost:1", "http://portal.example": "", "ftp://portal.example": "", "portal.example": "", "https://u:p@x": "", "": "",
		"https://x?a=b": "", "http://127.0.0.1.evil.example": "",
	} {
		got, err := CleanURL(in)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%q: got %q, %v; want %q", in, got, err, want)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(200, "application/json", []byte(`{"request":1,"feeds":[{"feed":"f","entries":[{"n":1}]}]}`))
	f.Add(422, api.ProblemType, []byte(`{"type":"urn:portal:problem:invalid","errors":[{"pointer":"/a"}]}`))
	f.Add(204, "", []byte{})
	f.Add(304, "text/html; charset", []byte("<"))
	f.Fuzz(func(t *testing.T, status int, media string, body []byte) {
		var out api.SyncResponse
		err := decode(status, http.Header{"Content-Type": {media}, "Retry-After": {string(body)}}, body, &out)
		var off *Offline
		var p *api.Problem
		if err != nil && !errors.As(err, &off) && !errors.As(err, &p) {
			t.Errorf("an error of no known kind: %v", err)
		}
	})
}
