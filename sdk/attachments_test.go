package sdk_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/citizens-portal/portal/sdk"
	"github.com/citizens-portal/portal/sdk/api"
	"github.com/citizens-portal/portal/sdk/internal/fake"
)

// shelf is the server's side of files, in front of the fake for everything
// else: a tus server as the protocol says, whose wire can be cut.
type shelf struct {
	next http.RoundTripper

	mu      sync.Mutex
	uploads map[string]*upload
	files   map[string][]byte // by hash
	log     []string
	bytes   int64 // of pieces that came
	n       int
	// cut, when set, is asked before each request: how many bytes of its body
	// still come (below 0 all), and whether the answer comes.
	cut func(n int, r *http.Request) (body int64, answer bool)
	// judge, when set, gives the problem a complete file meets.
	judge func() *api.Problem
}

type upload struct {
	sha  string
	size int64
	got  []byte
}

// withShelf puts files in front of a phone's server.
func withShelf(s *fake.Server) (*shelf, func(*sdk.Config)) {
	sh := &shelf{uploads: map[string]*upload{}, files: map[string][]byte{}}
	return sh, func(c *sdk.Config) { sh.next = s.Transport(); c.Transport = sh }
}

// RoundTrip implements http.RoundTripper.
func (s *shelf) RoundTrip(r *http.Request) (*http.Response, error) {
	thing := strings.HasPrefix(r.URL.Path, api.RouteUploads) || strings.Contains(r.URL.Path, "/files/")
	if !thing {
		if r.URL.Path == api.RouteSync {
			s.note("SYNC")
		}
		return s.next.RoundTrip(r)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var body []byte
	if r.Body != nil {
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
	}
	arrives, answers := int64(-1), true
	if s.n++; s.cut != nil {
		arrives, answers = s.cut(s.n, r)
	}
	if arrives >= 0 && arrives < int64(len(body)) {
		body, answers = body[:arrives], false
	}
	w := httptest.NewRecorder()
	if answers || arrives != 0 {
		s.serve(w, r, body)
	}
	if !answers {
		return nil, errors.New("the link is gone")
	}
	resp := w.Result()
	resp.Request = r
	return resp, r.Context().Err()
}

func (s *shelf) note(what string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.log = append(s.log, what)
}

func (s *shelf) serve(w http.ResponseWriter, r *http.Request, body []byte) {
	name := strings.TrimPrefix(r.URL.Path, api.RouteUploads)
	s.log = append(s.log, r.Method)
	if r.Method == http.MethodGet {
		s.download(w, r)
		return
	}
	w.Header().Set("Tus-Resumable", "1.0.0")
	if r.Method == http.MethodPost {
		meta := map[string]string{}
		for pair := range strings.SplitSeq(r.Header.Get("Upload-Metadata"), ",") {
			key, value, _ := strings.Cut(pair, " ")
			plain, _ := base64.StdEncoding.DecodeString(value)
			meta[key] = string(plain)
		}
		size, _ := strconv.ParseInt(r.Header.Get("Upload-Length"), 10, 64)
		if s.files[meta[api.UploadSHA256]] != nil {
			problemTo(w, &api.Problem{Type: api.TypeConflict, Title: "here already", Status: 409})
			return
		}
		id := fmt.Sprintf("u%d", len(s.uploads))
		s.uploads[id] = &upload{sha: meta[api.UploadSHA256], size: size}
		w.Header().Set("Location", "http://inside.example"+api.RouteUploads+id)
		w.WriteHeader(http.StatusCreated)
		return
	}
	u := s.uploads[name]
	switch at := r.Header.Get("Upload-Offset"); {
	case u == nil:
		w.WriteHeader(http.StatusNotFound)
		return
	case r.Method == http.MethodPatch && at != strconv.Itoa(len(u.got)):
		w.WriteHeader(http.StatusConflict)
		return
	case r.Method == http.MethodPatch:
		u.got = append(u.got, body...)
		s.bytes += int64(len(body))
		if p := s.finish(name, u); p != nil {
			problemTo(w, p)
			return
		}
	}
	w.Header().Set("Upload-Offset", strconv.Itoa(len(u.got)))
	w.WriteHeader(http.StatusNoContent)
}

func (s *shelf) finish(name string, u *upload) *api.Problem {
	if int64(len(u.got)) < u.size {
		return nil
	}
	if s.judge != nil {
		if p := s.judge(); p != nil {
			delete(s.uploads, name)
			return p
		}
	}
	if sum := sha256.Sum256(u.got); hex.EncodeToString(sum[:]) == u.sha {
		s.files[u.sha] = u.got
	}
	return nil
}

func (s *shelf) download(w http.ResponseWriter, r *http.Request) {
	content, ok := s.files[r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:]]
	if !ok {
		problemTo(w, &api.Problem{Type: api.TypeNotFound, Title: "not here", Status: 404})
		return
	}
	w.Header().Set("Content-Type", "application/pdf")
	_, _ = w.Write(content)
}

func problemTo(w http.ResponseWriter, p *api.Problem) {
	w.Header().Set("Content-Type", api.ProblemType)
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p)
}

// pdfOf is a document of a size.
func pdfOf(n int) []byte {
	b := bytes.Repeat([]byte("0123456789"), n/10+1)[:n]
	copy(b, "%PDF-1.7\n")
	return b
}

func (p *phone) add(content []byte) api.File {
	p.t.Helper()
	f, err := p.Complaints.AddFile(p.t.Context(), bytes.NewReader(content))
	if err != nil {
		p.t.Fatal(err)
	}
	return f
}

func (p *phone) lodgeWith(files ...api.File) string {
	p.t.Helper()
	sub, err := p.Complaints.Lodge(p.t.Context(), sdk.Draft{Category: "roads", District: "swat", Text: "see the photo", Files: files})
	if err != nil {
		p.t.Fatal(err)
	}
	return sub.Complaint.ID
}

// states is how the files of a complaint are, in short.
func (p *phone) states(ref string) string {
	p.t.Helper()
	list, err := p.Complaints.Files(p.t.Context(), ref)
	if err != nil {
		p.t.Fatal(err)
	}
	var out []string
	for _, a := range list {
		out = append(out, string(a.State))
	}
	return strings.Join(out, " ")
}

func (p *phone) send() (sdk.Files, error) { return p.Sync.SendFiles(p.t.Context()) }

func TestFileGoesAfterItsComplaint(t *testing.T) {
	s, _ := newServer()
	shelf, with := withShelf(s)
	p := citizen(t, s, with)
	content := pdfOf(500_000)
	f := p.add(content)
	id := p.lodgeWith(f)
	if got := p.states(id); got != "waiting" {
		t.Errorf("before: %s", got)
	}
	changes := p.Changes(t.Context())
	if out, err := p.send(); err != nil || out != (sdk.Files{}) || len(shelf.files) > 0 {
		t.Errorf("nothing goes before the complaint: %+v %v", out, err)
	}
	p.sync()
	if st, err := p.Sync.Status(); err != nil || st.Files != 1 {
		t.Errorf("%+v %v", st, err)
	}
	if n, err := p.Accounts.Unsent(); err != nil || n.Files != 1 || !n.Any() {
		t.Errorf("%+v %v", n, err)
	}
	out, err := p.send()
	if err != nil || out.Sent != 1 || out.Waiting+out.Failed > 0 || !bytes.Equal(shelf.files[f.SHA256], content) {
		t.Fatalf("%+v %v", out, err)
	}
	if got := p.states(id); got != "sent" {
		t.Errorf("after: %s", got)
	}
	if change := <-changes; !slices.Contains(change.Files, id) {
		t.Errorf("told %+v", change)
	}
	// It stays for a week, in case the server loses it.
	if got, err := p.Complaints.OpenFile(t.Context(), f.SHA256); err != nil || !bytes.Equal(got, content) {
		t.Errorf("kept %d bytes, %v", len(got), err)
	}
	kept, err := filepath.Glob(filepath.Join(p.cfg.Dir, "user-*.files", f.SHA256))
	if err != nil || len(kept) != 1 || os.Remove(kept[0]) != nil {
		t.Fatalf("%v %v", kept, err)
	}
	if got, err := p.Complaints.FetchFile(t.Context(), id, f.SHA256); err != nil || !bytes.Equal(got, content) {
		t.Errorf("fetched %d bytes, %v", len(got), err)
	}
	shelf.files[f.SHA256] = []byte("something else")
	_, err = p.Complaints.FetchFile(t.Context(), id, f.SHA256)
	wantErr(t, err, sdk.ErrOffline)
	if n, err := p.Accounts.Unsent(); err != nil || n.Any() {
		t.Errorf("%+v %v", n, err)
	}
}

// TestFileSurvivesTheWire cuts each request in turn, with any part of its body
// through and any answer lost: the file arrives, and what the server had is
// never sent again.
func TestFileSurvivesTheWire(t *testing.T) {
	content := pdfOf(600_000)
	for _, part := range []int64{-1, 0, 30_000} {
		for broken := 1; broken <= 6; broken++ {
			s, clock := newServer()
			shelf, with := withShelf(s)
			p := citizen(t, s, with)
			f := p.add(content)
			id := p.lodgeWith(f)
			p.sync()
			shelf.cut = func(n int, _ *http.Request) (int64, bool) {
				if n == broken {
					return part, false
				}
				return -1, true
			}
			for try := 0; p.states(id) != "sent"; try++ {
				if try == 3 {
					t.Fatalf("request %d cut at %d: %s", broken, part, p.states(id))
				}
				_, err := p.send()
				if err != nil && !errors.Is(err, sdk.ErrOffline) {
					t.Fatal(err)
				}
				clock.at = clock.at.Add(time.Hour)
				p.restart()
			}
			if err := p.Close(); err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(shelf.files[f.SHA256], content) || shelf.bytes != f.Size {
				t.Errorf("request %d cut at %d: %d bytes sent for %d", broken, part, shelf.bytes, f.Size)
			}
		}
	}
}

func TestServerThatForgotOrRefuses(t *testing.T) {
	s, clock := newServer()
	shelf, with := withShelf(s)
	p := citizen(t, s, with)
	f := p.add(pdfOf(300_000))
	id := p.lodgeWith(f)
	p.sync()

	// The upload is gone halfway, as after its expiry: it begins anew.
	shelf.cut = func(n int, _ *http.Request) (int64, bool) {
		if n == 3 {
			clear(shelf.uploads)
		}
		return -1, true
	}
	// Then the file arrives damaged three times, and once too often.
	hash := &api.Problem{Type: api.TypeInvalid, Title: "damaged", Status: 422, Errors: []api.FieldProblem{{Pointer: "/sha256", Code: "file_hash", Detail: "damaged"}}}
	judged := 0
	shelf.judge = func() *api.Problem { judged++; return hash }
	if out, err := p.send(); err != nil || out.Failed != 1 || judged != 4 || p.states(id) != "failed" {
		t.Fatalf("%+v %v, judged %d times, %s", out, err, judged, p.states(id))
	}
	if list, err := p.Complaints.Files(t.Context(), id); err != nil || list[0].Problem == nil || list[0].Problem.Title != "damaged" {
		t.Errorf("%+v %v", list, err)
	}
	if err := p.Complaints.RetryFile(t.Context(), id, f.SHA256); err != nil {
		t.Fatal(err)
	}
	// A busy server only makes it wait.
	shelf.judge = func() *api.Problem {
		return &api.Problem{Type: api.TypeLimited, Title: "later", Status: 429, RetryAfterSeconds: 60}
	}
	if out, err := p.send(); err != nil || out.Waiting != 1 {
		t.Errorf("%+v %v", out, err)
	}
	if list, err := p.Complaints.Files(t.Context(), id); err != nil || list[0].NextTry.Before(clock.at.Add(time.Minute)) {
		t.Errorf("%+v %v", list, err)
	}
	shelf.judge = nil
	if out, err := p.send(); err != nil || out.Sent != 1 {
		t.Errorf("%+v %v", out, err)
	}
	wantErr(t, p.Complaints.RetryFile(t.Context(), id, strings.Repeat("0", 64)), sdk.ErrNotFound)
}

func TestStoppedFileWaitsForItsOwner(t *testing.T) {
	s, _ := newServer()
	shelf, with := withShelf(s)
	p := citizen(t, s, with)
	f, g := p.add(pdfOf(100_000)), p.add(pdfOf(100_001))
	id := p.lodgeWith(f, g)
	p.sync()
	if err := p.Complaints.StopFile(t.Context(), id, f.SHA256); err != nil {
		t.Fatal(err)
	}
	if out, err := p.send(); err != nil || out.Sent != 1 || shelf.files[f.SHA256] != nil || !strings.Contains(p.states(id), "stopped") {
		t.Fatalf("%+v %v %s", out, err, p.states(id))
	}
	if err := p.Complaints.RetryFile(t.Context(), id, f.SHA256); err != nil {
		t.Fatal(err)
	}
	if out, err := p.send(); err != nil || out.Sent != 1 || len(shelf.files) != 2 {
		t.Fatalf("%+v %v", out, err)
	}
}

// TestOperationsGoBeforePieces: what people write waits for one piece at most.
func TestOperationsGoBeforePieces(t *testing.T) {
	s, _ := newServer()
	shelf, with := withShelf(s)
	p := citizen(t, s, with)
	f := p.add(pdfOf(900_000))
	p.lodgeWith(f)
	p.sync()
	shelf.cut = func(n int, _ *http.Request) (int64, bool) {
		if n == 3 {
			p.lodge("this matters more")
		}
		return -1, true
	}
	shelf.log = nil
	if out, err := p.send(); err != nil || out.Sent != 1 {
		t.Fatalf("%+v %v", out, err)
	}
	if got := strings.Join(shelf.log, " "); !strings.HasPrefix(got, "POST PATCH PATCH SYNC PATCH") {
		t.Errorf("in this order: %s", got)
	}
	if got := len(s.Complaints()); got != 2 {
		t.Errorf("%d complaints arrived", got)
	}
}

// TestRunSendsFiles leaves a file to Run, with a wire that is down for a while.
func TestRunSendsFiles(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := fake.New(time.Now)
		shelf, with := withShelf(s)
		p := citizen(t, s, with)
		f := p.add(pdfOf(700_000))
		id := p.lodgeWith(f)
		var down time.Time
		shelf.cut = func(n int, r *http.Request) (int64, bool) {
			if n == 3 {
				down = time.Now().Add(20 * time.Minute)
			}
			return -1, !time.Now().Before(down)
		}
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- p.Run(ctx) }()
		synctest.Wait()
		if got := p.states(id); got != "sending" {
			t.Errorf("while the wire is down: %s", got)
		}
		time.Sleep(40 * time.Minute) // the bubble's clock
		synctest.Wait()
		if got := p.states(id); got != "sent" {
			t.Errorf("after: %s", got)
		}
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
}

// wantUnsent checks which files the device still holds for complaints that the server
// has.
func (p *phone) wantUnsent(want ...string) {
	p.t.Helper()
	list, err := p.Complaints.UnsentFiles(p.t.Context())
	var got []string
	for _, a := range list {
		if a.Begun {
			got = append(got, a.SHA256)
		}
	}
	if err != nil || !slices.Equal(got, want) {
		p.t.Fatalf("unsent %v, want %v (%v)", got, want, err)
	}
}

func TestPhotoLeavesASmallPicture(t *testing.T) {
	s, _ := newServer()
	_, with := withShelf(s)
	p := citizen(t, s, with)
	var b bytes.Buffer
	if err := jpeg.Encode(&b, image.NewRGBA(image.Rect(0, 0, 2000, 1000)), nil); err != nil {
		t.Fatal(err)
	}
	f := p.add(b.Bytes())
	id := p.lodgeWith(f)
	p.wantUnsent()
	p.sync()
	p.wantUnsent(f.SHA256)
	if out, err := p.send(); err != nil || out.Sent != 1 {
		t.Fatalf("%+v %v", out, err)
	}
	p.wantUnsent()
	p.restart(func(c *sdk.Config) { c.Offline = true })
	small, err := p.Complaints.Thumbnail(t.Context(), id, f.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	if head, err := jpeg.DecodeConfig(bytes.NewReader(small)); err != nil || head.Width != 320 || head.Height != 160 {
		t.Errorf("%+v %v", head, err)
	}
	_, err = p.Complaints.Thumbnail(t.Context(), id, strings.Repeat("0", 64))
	wantErr(t, err, sdk.ErrOffline)
}

// TestSharedFileStaysWhileWanted: what a draft still needs is not let go of when
// it arrives with something else.
func TestSharedFileStaysWhileWanted(t *testing.T) {
	s, _ := newServer()
	_, with := withShelf(s)
	p := citizen(t, s, with)
	f := p.add(pdfOf(1000))
	id := p.lodgeWith(f)
	d, err := p.Complaints.SaveDraft(t.Context(), sdk.Draft{Text: "the same photo", Files: []api.File{f}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Complaints.MessageWith(t.Context(), id, "and here", []api.File{f}); err != nil {
		t.Fatal(err)
	}
	p.sync()
	if _, err := p.send(); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Complaints.OpenFile(t.Context(), f.SHA256); err != nil {
		t.Errorf("the draft needs it: %v", err)
	}
	if err := p.Complaints.DeleteDraft(t.Context(), d.ID); err != nil {
		t.Fatal(err)
	}
}

func TestKindsOfFile(t *testing.T) {
	s, _ := newServer()
	p := citizen(t, s)
	kinds := map[string]string{
		"%PDF-1.7 x": "application/pdf", "OggS\x00\x02 OpusHead": "audio/ogg", "#!AMR\n voice": "audio/amr", "ID3\x04 song": "audio/mpeg",
		"RIFF\x00\x00\x00\x00WAVEfmt ": "audio/wav", "\x00\x00\x00\x20ftypM4A more": "audio/mp4", "\xff\xf1\x50\x80 adts sound": "audio/aac",
		"\xff\xfb\x90\x00 layer three": "audio/mpeg",
	}
	for _, content := range slices.Sorted(maps.Keys(kinds)) {
		if f := p.add([]byte(content)); f.Type != kinds[content] {
			t.Errorf("%q is %s", content, f.Type)
		}
	}
	for _, bad := range []string{"", "<html>", "PK\x03\x04 an archive", "MZ a program here", "GIF89a moving", "\xff\xd8\xff no picture", "\x00\x00\x00\x20ftypqt  film"} {
		_, err := p.Complaints.AddFile(t.Context(), strings.NewReader(bad))
		wantErr(t, err, sdk.ErrInvalid)
	}
	_, err := p.Complaints.AddFile(t.Context(), bytes.NewReader(pdfOf(sdk.MaxFileBytes+1)))
	wantErr(t, err, sdk.ErrInvalid)
}

func BenchmarkSendFile(b *testing.B) {
	s, _ := newServer()
	shelf, with := withShelf(s)
	p := citizen(b, s, with)
	f := p.add(pdfOf(1 << 20))
	b.SetBytes(f.Size)
	b.ReportAllocs()
	for b.Loop() {
		b.StopTimer()
		clear(shelf.files)
		f = p.add(pdfOf(1 << 20))
		p.lodgeWith(f)
		p.sync()
		b.StartTimer()
		if out, err := p.send(); err != nil || out.Sent != 1 {
			b.Fatalf("%+v %v", out, err)
		}
	}
}

// TestLittleSpaceRefusesFilesFirst: a device that had no room for its reserve
// takes no photos, and a complaint in words all the same.
func TestLittleSpaceRefusesFilesFirst(t *testing.T) {
	s, _ := newServer()
	p := newPhone(t, s)
	p.signIn(mobile)
	p.restart(func(c *sdk.Config) {
		// Nothing can be put in the reserve's place.
		reserve := filepath.Join(c.Dir, "reserve")
		if err := errors.Join(os.Remove(reserve), os.MkdirAll(filepath.Join(reserve, "full"), 0o700)); err != nil {
			t.Fatal(err)
		}
	})
	if _, err := p.Complaints.AddFile(t.Context(), strings.NewReader("#!AMR\nsaid on the way")); !errors.Is(err, sdk.ErrFull) {
		t.Errorf("a file: %v", err)
	}
	if _, err := p.Complaints.SaveDraft(t.Context(), sdk.Draft{Text: "half a thought"}); err != nil {
		t.Error(err)
	}
	id := p.lodge("no water").Complaint.ID
	p.sync()
	if c := p.show(id); c.State != sdk.StateReceived {
		t.Errorf("%+v", c)
	}
}
