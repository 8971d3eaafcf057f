package httpapi_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"flag"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/citizens-portal/portal/backend/httpapi"
	"github.com/citizens-portal/portal/backend/portal"
	"github.com/citizens-portal/portal/sdk/api"
)

var update = flag.Bool("update", false, "write golden files anew")

// TestOpenAPI: the document is 3.1, whole, and lists every route.
func TestOpenAPI(t *testing.T) {
	w := newWorld(t)
	rec := w.anonymous().do("GET", "/openapi.json", nil)
	var doc struct {
		OpenAPI    string
		Info       struct{ Title, Version string }
		Paths      map[string]map[string]struct{ OperationID, Summary string }
		Components struct{ Schemas map[string]any }
	}
	if err := json.Unmarshal(rec.Body.Bytes(), &doc); err != nil || rec.Code != 200 {
		t.Fatalf("%d %v", rec.Code, err)
	}
	if !strings.HasPrefix(doc.OpenAPI, "3.1") || doc.Info.Version != "1.2.3" || doc.Info.Title == "" || doc.Components.Schemas["SyncRequest"] == nil {
		t.Errorf("document %s %+v", doc.OpenAPI, doc.Info)
	}
	var routes []string
	for path, methods := range doc.Paths {
		for method, o := range methods {
			routes = append(routes, strings.ToUpper(method)+" "+path+"  "+o.Summary)
			if o.OperationID == "" || o.Summary == "" {
				t.Errorf("%s %s has no name or summary", method, path)
			}
		}
	}
	slices.Sort(routes)
	golden(t, "routes.txt", strings.Join(routes, "\n")+"\n")
	for ref := range refs(rec.Body.Bytes()) {
		if doc.Components.Schemas[ref] == nil {
			t.Errorf("a reference to %s, which is not there", ref)
		}
	}
}

func refs(doc []byte) map[string]bool {
	out := map[string]bool{}
	for _, m := range regexp.MustCompile(`"#/components/schemas/([^"]+)"`).FindAllSubmatch(doc, -1) {
		out[string(m[1])] = true
	}
	return out
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil || string(want) != got {
		t.Errorf("%s (%v) differs; go test -update writes it anew. Got\n%s", path, err, got)
	}
}

// TestDocs: the page to browse it fetches nothing from elsewhere.
func TestDocs(t *testing.T) {
	w := newWorld(t)
	rec := w.anonymous().do("GET", "/docs", nil)
	page := rec.Body.String()
	if rec.Code != 200 || !strings.HasPrefix(rec.Header().Get("Content-Type"), "text/html") || !strings.Contains(page, "/openapi.json") {
		t.Fatalf("%d %s", rec.Code, rec.Header())
	}
	if found := regexp.MustCompile(`(?i)(https?:)?//[a-z0-9.-]+\.[a-z]{2,}|\bsrc=|@import|url\(`).FindString(page); found != "" {
		t.Errorf("the page needs %q", found)
	}
	if csp := rec.Header().Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") || !strings.Contains(csp, "connect-src 'self'") {
		t.Errorf("policy %q", csp)
	}
}

// TestHeaders: every answer keeps browsers and caches on a short lead and can be
// found in the log.
func TestHeaders(t *testing.T) {
	w := newWorld(t)
	amir := w.citizen(amirMobile)
	ids := map[string]bool{}
	for _, rec := range []*httptest.ResponseRecorder{
		amir.do("GET", api.RouteMe, nil), amir.do("GET", "/nowhere", nil), amir.do("POST", api.RouteSync, "{"), w.anonymous().do("GET", api.RouteMe, nil),
		amir.do("GET", "/openapi.json", nil),
	} {
		h := rec.Header()
		for name, want := range map[string]string{
			"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cache-Control": "no-store",
			"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
		} {
			is(t, name, h.Get(name), want)
		}
		id := h.Get("X-Request-Id")
		if len(id) != 36 || ids[id] {
			t.Errorf("request id %q", id)
		}
		ids[id] = true
	}
	forged := amir.do("GET", api.RouteMe, nil, "X-Request-Id", "chosen-by-the-client")
	if forged.Header().Get("X-Request-Id") == "chosen-by-the-client" {
		t.Error("a client chooses what is written to the log")
	}
}

// TestCollections: public collections are cacheable, compressed, and not sent
// again to who has them.
func TestCollections(t *testing.T) {
	w := newWorld(t)
	anyone := w.anonymous()
	tags := map[string]string{}
	for name, want := range map[string]int{"areas": 10, "categories": 3, "offices": 0} {
		path := "/v1/collections/" + name
		rec := anyone.do("GET", path, nil)
		list := get[[]map[string]any](t, rec, 200)
		if want > 0 && len(list) < want {
			t.Errorf("%s has %d items", name, len(list))
		}
		tag := rec.Header().Get("ETag")
		if tag == "" || rec.Header().Get("Cache-Control") != "public, max-age=300" || rec.Header().Get("Content-Type") != "application/json" {
			t.Errorf("%s: %v", name, rec.Header())
		}
		tags[name] = strings.Trim(tag, `"`)
		for _, have := range []string{tag, "W/" + tag, `"other", ` + tag} {
			rec := anyone.do("GET", path, nil, "If-None-Match", have)
			if rec.Code != 304 || rec.Body.Len() != 0 || rec.Header().Get("ETag") != tag {
				t.Errorf("%s with %s: %d, %d bytes", name, have, rec.Code, rec.Body.Len())
			}
		}
		if rec := anyone.do("GET", path, nil, "If-None-Match", `"old"`); rec.Code != 200 {
			t.Errorf("%s with an old tag: %d", name, rec.Code)
		}
		if rec.Body.Len() < 1024 {
			continue // not worth compressing
		}
		zipped := anyone.do("GET", path, nil, "Accept-Encoding", "gzip")
		if zipped.Header().Get("Content-Encoding") != "gzip" || !strings.Contains(zipped.Header().Get("Vary"), "Accept-Encoding") || zipped.Body.Len() >= rec.Body.Len() {
			t.Errorf("%s compressed: %v, %d of %d bytes", name, zipped.Header(), zipped.Body.Len(), rec.Body.Len())
			continue
		}
		z, err := gzip.NewReader(zipped.Body)
		if err != nil {
			t.Fatal(err)
		}
		if plain, err := io.ReadAll(z); err != nil || !bytes.Equal(plain, rec.Body.Bytes()) {
			t.Errorf("%s compressed is not what it was: %v", name, err)
		}
	}
	versions := w.citizen(amirMobile).sync(api.SyncRequest{}).Collections
	if !maps.Equal(versions, tags) {
		t.Errorf("a sync tells of versions %v, the collections have %v", versions, tags)
	}
	focal := w.officer("focal.oasis")
	rec := focal.do("GET", "/v1/collections/officers", nil)
	var ids []string
	for _, o := range get[[]api.OfficerInfo](t, rec, 200) {
		ids = append(ids, o.ID)
	}
	is(t, "colleagues", ids, "[clerk.oasis focal.oasis reeve.oasis]")
	is(t, "cache", rec.Header().Get("Cache-Control"), "private, no-cache")
	is(t, "version", `"`+focal.sync(api.SyncRequest{}).Collections["officers"]+`"`, rec.Header().Get("ETag"))
	is(t, "not again", focal.do("GET", "/v1/collections/officers", nil, "If-None-Match", rec.Header().Get("ETag")).Code, 304)
}

// TestPanic: a panic is a problem without detail; the log has it all.
func TestPanic(t *testing.T) {
	w := newWorld(t)
	amir := w.citizen(amirMobile)
	var observed []string
	w.api = w.with(func(c *httpapi.Config) {
		c.Pseudonym = func(portal.AccountID) string { panic("a wrong turn") }
		c.Observe = func(route string, status int, _ time.Duration) {
			observed = append(observed, route+" "+http.StatusText(status))
		}
	})
	focal := w.officer("focal.oasis")
	filed := amir.lodge()
	rec := focal.do("GET", api.RouteComplaints+"/"+filed.Case, nil)
	p := problem(t, rec, api.TypeInternal, 500)
	if p.Detail != "" || strings.Contains(rec.Body.String(), "wrong turn") {
		t.Errorf("told %s", rec.Body)
	}
	if log := w.log.String(); !strings.Contains(log, "a wrong turn") || !strings.Contains(log, p.RequestID) {
		t.Errorf("log %s", log)
	}
	if !slices.Contains(observed, "GET /v1/complaints/{ref} Internal Server Error") {
		t.Errorf("observed %q", observed)
	}
}

// TestPanicInTheMiddle: an answer that broke off does not look like a whole one,
// and numbers of people in the panic's words do not reach the log.
func TestPanicInTheMiddle(t *testing.T) {
	w := newWorld(t)
	srv := httptest.NewServer(w.with(func(c *httpapi.Config) {
		c.Operator = map[string]http.Handler{"GET /half": http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write(bytes.Repeat([]byte("half "), 10_000))
			panic("while calling +923451234567")
		})}
	}))
	defer srv.Close()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, srv.URL+"/half", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := srv.Client().Do(req)
	if err == nil {
		_, err = io.Copy(io.Discard, resp.Body)
		_ = resp.Body.Close()
	}
	if err == nil {
		t.Error("half an answer ends like a whole one")
	}
	if log := w.log.String(); !strings.Contains(log, "while calling +[number]") || strings.Contains(log, "1234567") || !strings.Contains(log, "surface_test.go") {
		t.Errorf("log %s", log)
	}
}

// TestStoreFails: what goes wrong inside is logged whole and leaves as 500 with
// nothing but a number to ask about.
func TestStoreFails(t *testing.T) {
	w := newWorld(t)
	amir := w.citizen(amirMobile)
	w.fault.failOn("blue mosque")
	rec := amir.do("POST", api.RouteComplaints, lodgeBody(), api.HeaderIdempotencyKey, "0190b5a0-0000-7000-8000-000000000001")
	p := problem(t, rec, api.TypeInternal, 500)
	if strings.Contains(rec.Body.String(), errFault.Error()) || !strings.Contains(w.log.String(), errFault.Error()) || !strings.Contains(w.log.String(), p.RequestID) {
		t.Errorf("told %s", rec.Body)
	}
	w.fault.mend()
}

func TestTrustedProxy(t *testing.T) {
	trust, err := httpapi.TrustCIDR("10.1.0.0/16")
	if err != nil {
		t.Fatal(err)
	}
	for peer, want := range map[string]bool{"10.1.2.3:99": true, "10.2.2.3:99": false, "[::1]:99": false, "nonsense": false} {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = peer
		is(t, peer, trust(r), want)
	}
	if _, err := httpapi.TrustCIDR("10.1.0.0"); err == nil {
		t.Error("took an address for a network")
	}
}

// pipes is a listener whose connections are pipes in this process, so that a
// server's time limits run on a bubble's clock.
type pipes struct {
	accept chan net.Conn
	closed chan struct{}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.accept:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}
func (p *pipes) Close() error   { close(p.closed); return nil }
func (p *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipe"} }

// TestSlowBody: a body may take as long as a bad link needs, not for ever.
func TestSlowBody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		l := &pipes{accept: make(chan net.Conn), closed: make(chan struct{})}
		srv := &http.Server{Handler: w.api}
		go func() { _ = srv.Serve(l) }() // ends with the test
		started := time.Now()
		client, peer := net.Pipe()
		l.accept <- peer
		go func() {
			_, _ = io.WriteString(client, "POST "+api.RouteRegister+" HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{")
		}()
		var answer bytes.Buffer
		_, _ = io.Copy(&answer, client) // until the server hangs up
		head, body, _ := strings.Cut(answer.String(), "\r\n\r\n")
		if !strings.HasPrefix(head, "HTTP/1.1 408") || !strings.Contains(head, api.ProblemType) || !strings.Contains(body, api.TypeInvalid) {
			t.Errorf("after %s: %s", time.Since(started), answer.String())
		}
		if took := time.Since(started); took < 60*time.Second || took > 2*time.Minute {
			t.Errorf("given up after %s", took)
		}
		if err := srv.Close(); err != nil {
			t.Error(err)
		}
	})
}
