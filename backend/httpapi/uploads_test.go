package httpapi_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"

	"github.com/citizens-portal/portal/backend/httpapi"
	"github.com/citizens-portal/portal/backend/media"
	"github.com/citizens-portal/portal/sdk/api"
)

// document is a file of a given length that passes for a PDF.
func document(n int) []byte {
	b := bytes.Repeat([]byte("0123456789abcdef"), n/16+1)[:n]
	copy(b, "%PDF-1.7\n")
	return b
}

func promise(content []byte, media string) api.File {
	sum := sha256.Sum256(content)
	return api.File{SHA256: hex.EncodeToString(sum[:]), Size: int64(len(content)), Type: media}
}

// lodgeWith files a complaint that promises files.
func (c *client) lodgeWith(files ...api.File) string {
	c.Helper()
	b := lodgeBody()
	b.Files = files
	return get[api.Answer](c, c.do("POST", api.RouteComplaints, b, api.HeaderIdempotencyKey, uuid.NewString()), 201).Case
}

// tus makes one request of the protocol.
func (c *client) tus(method, path string, body []byte, header ...string) *httptest.ResponseRecorder {
	c.Helper()
	return c.do(method, path, string(body), append([]string{"Tus-Resumable", "1.0.0", "Content-Type", "application/offset+octet-stream"}, header...)...)
}

func meta(caseID, sha string) string {
	return "case " + base64.StdEncoding.EncodeToString([]byte(caseID)) + ",sha256 " + base64.StdEncoding.EncodeToString([]byte(sha))
}

// begin asks for an upload.
func (c *client) begin(caseID string, f api.File) *httptest.ResponseRecorder {
	c.Helper()
	return c.do("POST", api.RouteUploads, nil, "Tus-Resumable", "1.0.0", "Upload-Length", strconv.FormatInt(f.Size, 10), "Upload-Metadata", meta(caseID, f.SHA256))
}

// began is begin for what must work; it gives the upload's path.
func (c *client) began(caseID string, f api.File) string {
	c.Helper()
	rec := c.begin(caseID, f)
	if rec.Code != http.StatusCreated {
		c.Fatalf("begin: %d %s", rec.Code, rec.Body)
	}
	where := rec.Header().Get("Location")
	return where[strings.Index(where, api.RouteUploads):]
}

func (c *client) offset(path string) string {
	c.Helper()
	rec := c.do("HEAD", path, nil, "Tus-Resumable", "1.0.0")
	return fmt.Sprint(rec.Code, " ", rec.Header().Get("Upload-Offset"))
}

func (c *client) patch(path string, at int, piece []byte) *httptest.ResponseRecorder {
	c.Helper()
	return c.tus("PATCH", path, piece, "Upload-Offset", strconv.Itoa(at))
}

func (c *client) upload(caseID string, f api.File, content []byte) *httptest.ResponseRecorder {
	c.Helper()
	return c.patch(c.began(caseID, f), 0, content)
}

func filePath(ref, sha string) string {
	return strings.NewReplacer("{ref}", ref, "{sha256}", sha).Replace(api.RouteFile)
}

func (c *client) fileStates(ref string) string {
	c.Helper()
	var out []string
	for _, f := range get[api.Complaint](c, c.do("GET", api.RouteComplaints+"/"+ref, nil), 200).Files {
		out = append(out, f.State)
	}
	return strings.Join(out, ",")
}

// TestUpload brings a file in pieces, tells everyone who sees the case, and
// serves it to them as something to save.
func TestUpload(t *testing.T) {
	w := newWorld(t)
	amir, head := w.citizen(amirMobile), w.officer("focal.oasis")
	content := document(100_000)
	f := promise(content, "application/pdf")
	id := amir.lodgeWith(f)
	is(t, "state before", amir.fileStates(id), "")
	problem(t, amir.do("GET", filePath(id, f.SHA256), nil), api.TypeNotFound, 404)
	before := head.sync(api.SyncRequest{}).Feeds[0]

	path := amir.began(id, f)
	is(t, "at first", amir.offset(path), "200 0")
	is(t, "first piece", amir.patch(path, 0, content[:40_000]).Code, 204)
	is(t, "asked", amir.offset(path), "200 40000")
	is(t, "same piece again", amir.patch(path, 0, content[:40_000]).Code, 409)
	is(t, "too much", amir.patch(path, 40_000, append(content[40_000:], 1)).Code, 413)
	is(t, "the rest", amir.patch(path, 40_000, content[40_000:]).Code, 204)
	is(t, "asked at the end", amir.offset(path), "200 100000")
	is(t, "nothing more", amir.patch(path, 100_000, nil).Code, 204)

	is(t, "state after", amir.fileStates(id)+head.fileStates(id), "readyready")
	after := head.sync(api.SyncRequest{Cursors: []api.Cursor{{Feed: before.Feed, N: before.Next}}}).Feeds[0]
	if len(after.Entries) != 1 || after.Entries[0].Complaint == nil || after.Entries[0].Complaint.Files[0].State != api.FileReady {
		t.Fatalf("the desk learns %+v", after)
	}
	problem(t, amir.begin(id, f), api.TypeConflict, 409)

	rec := head.do("GET", filePath(id, f.SHA256), nil)
	if rec.Code != 200 || !bytes.Equal(rec.Body.Bytes(), content) {
		t.Fatalf("%d, %d bytes", rec.Code, rec.Body.Len())
	}
	h := rec.Header()
	is(t, "headers", h.Get("Content-Type")+"|"+h.Get("X-Content-Type-Options")+"|"+h.Get("Cache-Control")+"|"+h.Get("Content-Disposition")[:12], "application/pdf|nosniff|private, max-age=31536000, immutable|attachment; ")
	part := head.do("GET", filePath(id, f.SHA256), nil, "Range", "bytes=10-19", "Accept-Encoding", "gzip")
	is(t, "a range", fmt.Sprint(part.Code, part.Body.String() == string(content[10:20])), "206 true")
	is(t, "known already", head.do("GET", filePath(id, f.SHA256), nil, "If-None-Match", h.Get("ETag")).Code, 304)
	problem(t, head.do("GET", filePath(id, f.SHA256)+"?thumb=1", nil), api.TypeNotFound, 404)
}

// TestUploadIsOnesOwn hides uploads and files from everybody else.
func TestUploadIsOnesOwn(t *testing.T) {
	w := newWorld(t)
	amir, zari, head, other := w.citizen(amirMobile), w.citizen(zariMobile), w.officer("focal.oasis"), w.officer("focal.harbour")
	content := document(5000)
	f := promise(content, "application/pdf")
	id := amir.lodgeWith(f)
	problem(t, w.anonymous().begin(id, f), api.TypeSignedOut, 401)
	problem(t, zari.begin(id, f), api.TypeNotFound, 404)
	problem(t, other.begin(id, f), api.TypeNotFound, 404)
	is(t, "seen but not promised", names(problem(t, head.begin(id, f), api.TypeInvalid, 422)), "/sha256")
	path := amir.began(id, f)
	for name, c := range map[string]*client{"citizen": zari, "officer": head, "stranger": w.anonymous()} {
		if got := c.patch(path, 0, content).Code; got != 404 && got != 401 {
			t.Errorf("%s may write: %d", name, got)
		}
		if got := c.offset(path); !strings.HasPrefix(got, "404") && !strings.HasPrefix(got, "401") {
			t.Errorf("%s may ask: %s", name, got)
		}
		if got := c.do("DELETE", path, nil, "Tus-Resumable", "1.0.0").Code; got != 404 && got != 401 {
			t.Errorf("%s may end it: %d", name, got)
		}
	}
	for _, odd := range []string{api.RouteUploads + "..%2f..%2fetc", path + "/../" + path[len(path)-32:] + ".info", path + ".info", api.RouteUploads + strings.Repeat("0", 32)} {
		if got := amir.do("HEAD", odd, nil, "Tus-Resumable", "1.0.0").Code; got < 300 {
			t.Errorf("%s: %d", odd, got)
		}
	}
	is(t, "overridden method", amir.do("POST", path, nil, "X-HTTP-Method-Override", "DELETE").Code, 422)
	is(t, "the owner", amir.patch(path, 0, content).Code, 204)
	problem(t, zari.do("GET", filePath(id, f.SHA256), nil), api.TypeNotFound, 404)
	problem(t, other.do("GET", filePath(id, f.SHA256), nil), api.TypeNotFound, 404)
	problem(t, w.anonymous().do("GET", filePath(id, f.SHA256), nil), api.TypeSignedOut, 401)
}

// TestUploadOfEvidence is an officer's, for what their act promised.
func TestUploadOfEvidence(t *testing.T) {
	w := newWorld(t)
	amir, head := w.citizen(amirMobile), w.officer("focal.oasis")
	id := amir.lodgeWith()
	content := document(3000)
	f := promise(content, "application/pdf")
	is(t, "propose", head.act(id, "propose", httpapi.ActRequest{Text: "Dug deeper.", Files: []api.File{f}}).Code, 200)
	is(t, "the citizen did not promise it", names(problem(t, amir.begin(id, f), api.TypeInvalid, 422)), "/sha256")
	is(t, "upload", head.upload(id, f, content).Code, 204)
	events := get[[]api.Event](t, amir.do("GET", api.RouteComplaints+"/"+id+"/events", nil), 200)
	is(t, "the citizen sees", events[len(events)-1].Files[0].State, api.FileReady)
	is(t, "and gets", amir.do("GET", filePath(id, f.SHA256), nil).Code, 200)
}

// TestUploadRefused names what is wrong before or after the bytes.
func TestUploadRefused(t *testing.T) {
	w := newWorld(t)
	amir := w.citizen(amirMobile)
	content := document(3000)
	f := promise(content, "application/pdf")
	page := []byte("<html><script>alert(1)</script></html>")
	zip := append([]byte("PK\x03\x04"), make([]byte, 500)...)
	disguised, packed := promise(page, "image/jpeg"), promise(zip, "image/jpeg")
	id := amir.lodgeWith(f, disguised, packed)

	short, unknown := f, promise([]byte("%PDF-unknown"), "application/pdf")
	short.Size--
	is(t, "wrong size", names(problem(t, amir.begin(id, short), api.TypeInvalid, 422)), "/size")
	is(t, "not promised", names(problem(t, amir.begin(id, unknown), api.TypeInvalid, 422)), "/sha256")
	is(t, "no such complaint", problem(t, amir.begin(uuid.NewString(), f), api.TypeNotFound, 404).Title, "Not found")
	is(t, "no length", amir.do("POST", api.RouteUploads, nil, "Tus-Resumable", "1.0.0", "Upload-Metadata", meta(id, f.SHA256)).Code, 400)
	is(t, "too long", amir.do("POST", api.RouteUploads, nil, "Tus-Resumable", "1.0.0", "Upload-Length", "5242881", "Upload-Metadata", meta(id, f.SHA256)).Code, 413)

	wrong := append([]byte(nil), content...)
	wrong[2000] ^= 1
	path := amir.began(id, f)
	is(t, "wrong hash", problem(t, amir.patch(path, 0, wrong), api.TypeInvalid, 422).Errors[0].Code, "file_hash")
	is(t, "it is gone", amir.offset(path), "404 ")
	is(t, "sent again", amir.upload(id, f, content).Code, 204)

	is(t, "a page", problem(t, amir.upload(id, disguised, page), api.TypeInvalid, 422).Errors[0].Code, "file_type")
	is(t, "an archive", problem(t, amir.upload(id, packed, zip), api.TypeInvalid, 422).Errors[0].Code, "file_type")
	is(t, "states", amir.fileStates(id), "ready,refused,refused")
	is(t, "final", problem(t, amir.begin(id, disguised), api.TypeInvalid, 422).Errors[0].Code, "file_refused")
	problem(t, amir.do("GET", filePath(id, disguised.SHA256), nil), api.TypeNotFound, 404)
}

type wire struct {
	net  http.RoundTripper
	stop int64
}

// RoundTrip cuts a request's body after so many bytes.
func (c *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil && c.stop >= 0 {
		r = r.Clone(r.Context())
		r.Body = io.NopCloser(io.MultiReader(io.LimitReader(r.Body, c.stop), failing{}))
	}
	return c.net.RoundTrip(r)
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errors.New("the link is gone") }

// TestUploadCut cuts the connection at every kind of place; what the server has
// then is a beginning of the file, and it goes on from there.
func TestUploadCut(t *testing.T) {
	w := newWorld(t)
	// One connection a request, and each is over before the next step: else a late
	// one would still be writing while the test goes on.
	over := make(chan struct{}, 1)
	srv := httptest.NewUnstartedServer(w.api)
	srv.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateClosed {
			over <- struct{}{}
		}
	}
	srv.Start()
	defer srv.Close()
	amir := w.citizen(amirMobile)
	content := document(300_000)
	f := promise(content, "application/pdf")
	id := amir.lodgeWith(f)
	for _, cut := range []int64{0, 1, 4095, 4096, 65_536, 299_999} {
		path := amir.began(id, f)
		cutting := http.Client{Transport: &wire{net: &http.Transport{DisableKeepAlives: true}, stop: cut}}
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPatch, srv.URL+path, bytes.NewReader(content))
		if err != nil {
			t.Fatal(err)
		}
		for name, value := range map[string]string{"Authorization": "Bearer " + amir.token, "Tus-Resumable": "1.0.0", "Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"} {
			r.Header.Set(name, value)
		}
		if resp, err := cutting.Do(r); err == nil {
			resp.Body.Close()
			t.Fatalf("cut at %d: answered %s", cut, resp.Status)
		}
		<-over
		var got int
		if _, err := fmt.Sscanf(amir.offset(path), "200 %d", &got); err != nil || int64(got) > cut {
			t.Fatalf("cut at %d: the server has %d (%v)", cut, got, err)
		}
		if cut < 299_999 {
			is(t, "ended by its owner", amir.do("DELETE", path, nil, "Tus-Resumable", "1.0.0").Code, 204)
			is(t, "gone", amir.offset(path), "404 ")
			continue
		}
		is(t, "the rest", amir.patch(path, got, content[got:]).Code, 204)
	}
	is(t, "state", amir.fileStates(id), "ready")
}

// TestUploadTwice lets several uploads of one file end at once: one stays.
func TestUploadTwice(t *testing.T) {
	w := newWorld(t)
	amir := w.citizen(amirMobile)
	content := document(50_000)
	f := promise(content, "application/pdf")
	id := amir.lodgeWith(f)
	paths := []string{amir.began(id, f), amir.began(id, f), amir.began(id, f)}
	var all sync.WaitGroup
	codes := make([]int, len(paths))
	for i, path := range paths {
		all.Go(func() { codes[i] = amir.patch(path, 0, content).Code })
	}
	all.Wait()
	is(t, "all end well", fmt.Sprint(codes), "[204 204 204]")
	is(t, "state", amir.fileStates(id), "ready")
	found, err := media.Check(context.Background(), w.Store, w.media.Blobs)
	is(t, "check", fmt.Sprint(found, err), "[] <nil>")
	entries, _ := w.Feed("c:" + "x")
	is(t, "nobody else's feed", len(entries), 0)

	old := document(50_001)
	g := promise(old, "application/pdf")
	id = amir.lodgeWith(g)
	first := amir.began(id, g)
	for range 3 {
		amir.began(id, g)
	}
	is(t, "the oldest of four unfinished ones", amir.offset(first), "404 ")
}

// TestOtherClient has a client that somebody else wrote upload, die, and go on.
func TestOtherClient(t *testing.T) {
	dir := t.TempDir()
	const source = "../media/testdata/tusclient"
	for _, name := range []string{"package.json", "package-lock.json", "upload.js"} {
		raw, err := os.ReadFile(filepath.Join(source, name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), raw, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	run := func(program string, args ...string) (string, error) {
		cmd := exec.CommandContext(t.Context(), program, args...)
		cmd.Dir = dir
		var out, errs bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &errs
		err := cmd.Run()
		if err != nil {
			err = fmt.Errorf("%s: %w: %s", program, err, errs.String())
		}
		return strings.TrimSpace(out.String()), err
	}
	if _, err := run("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"); err != nil {
		t.Fatal(err)
	}
	w := newWorld(t)
	srv := httptest.NewServer(w.api)
	defer srv.Close()
	amir := w.citizen(amirMobile)
	content := document(500_000)
	f := promise(content, "application/pdf")
	id := amir.lodgeWith(f)
	if err := os.WriteFile(filepath.Join(dir, "file.pdf"), content, 0o600); err != nil {
		t.Fatal(err)
	}
	args := []string{"upload.js", srv.URL + api.RouteUploads, amir.token, "file.pdf", id, f.SHA256, "65536"}
	where, err := run("node", append(args, "200000")...)
	if err == nil || !strings.HasPrefix(where, srv.URL+api.RouteUploads) {
		t.Fatalf("it should have died after 200,000 bytes: %q %v", where, err)
	}
	path := strings.TrimPrefix(where, srv.URL)
	var got int
	if _, err := fmt.Sscanf(amir.offset(path), "200 %d", &got); err != nil || got < 200_000 || got >= len(content) {
		t.Fatalf("the server has %d (%v)", got, err)
	}
	if _, err := run("node", append(args, where)...); err != nil {
		t.Fatal(err)
	}
	is(t, "state", amir.fileStates(id), "ready")
	if got := amir.do("GET", filePath(id, f.SHA256), nil); !bytes.Equal(got.Body.Bytes(), content) {
		t.Fatalf("%d, %d bytes", got.Code, got.Body.Len())
	}
}
