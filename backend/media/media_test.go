package media_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tus/tusd/v2/pkg/handler"

	"github.com/citizens-portal/portal/backend/backendtest"
	"github.com/citizens-portal/portal/backend/backendtest/engines"
	"github.com/citizens-portal/portal/backend/lifecycle"
	"github.com/citizens-portal/portal/backend/media"
	"github.com/citizens-portal/portal/backend/portal"
	"github.com/citizens-portal/portal/backend/store"
)

// desk is a node with files.
type desk struct {
	*backendtest.Node
	*media.Service
	dir string
}

func open(t *testing.T, n *backendtest.Node, scanner media.Scanner) *desk {
	t.Helper()
	n.TB = t
	dir := t.TempDir()
	blobs, err := media.OpenFolder(filepath.Join(dir, "files"))
	if err != nil {
		t.Fatal(err)
	}
	s, err := media.New(media.Config{Store: n.Store, Blobs: blobs, Dir: filepath.Join(dir, "uploads"), Scanner: scanner, Now: n.Clock.Now, Rand: rand.Reader})
	if err != nil {
		t.Fatal(err)
	}
	return &desk{n, s, dir}
}

func viewerOf(a portal.Actor) media.Viewer { return media.Viewer{Actor: a} }

func promise(content []byte, kind string) portal.File {
	sum := sha256.Sum256(content)
	return portal.File{SHA256: hex.EncodeToString(sum[:]), Size: int64(len(content)), Type: kind}
}

// lodge files a complaint that promises files.
func (d *desk) lodge(a portal.Actor, files ...portal.File) string {
	d.Helper()
	f := backendtest.Filing()
	f.Body.Files = files
	return d.Node.Lodge(a, f).Case
}

// stage brings an upload's bytes to the server, all but the finishing.
func (d *desk) stage(a portal.Actor, id string, f portal.File, content []byte) (string, error) {
	d.Helper()
	grant, err := d.Begin(d.Ctx(), viewerOf(a), media.Wanted{Case: id, SHA256: f.SHA256, Size: f.Size})
	if err != nil {
		return "", err
	}
	u, err := d.Staging().NewUpload(d.Ctx(), handler.FileInfo{ID: grant.ID, Size: f.Size, MetaData: grant.Meta})
	if err != nil {
		d.Fatal(err)
	}
	if _, err := u.WriteChunk(d.Ctx(), 0, bytes.NewReader(content)); err != nil {
		d.Fatal(err)
	}
	return grant.ID, nil
}

func (d *desk) upload(a portal.Actor, id string, f portal.File, content []byte) error {
	d.Helper()
	upload, err := d.stage(a, id, f, content)
	if err != nil {
		return err
	}
	return d.Finish(d.Ctx(), upload)
}

func (d *desk) states(id string) map[string]media.State {
	d.Helper()
	var out map[string]media.State
	d.View(func(tx store.Tx) (err error) {
		out, err = media.States(d.Ctx(), tx, id)
		return err
	})
	return out
}

func (d *desk) faults() []string {
	d.Helper()
	found, err := media.Check(d.Ctx(), d.Store, d.Blobs)
	if err != nil {
		d.Fatal(err)
	}
	return found
}

func code(err error) string {
	var f *portal.FieldError
	if errors.As(err, &f) {
		return f.Code
	}
	return fmt.Sprint(err)
}

func photo(t testing.TB, w, h int) []byte {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for i := range img.Pix {
		img.Pix[i] = uint8(i * 7)
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func pdf(i, n int) []byte {
	return append(fmt.Appendf(nil, "%%PDF-1.7 %d\n", i), make([]byte, n)...)
}

var amir = backendtest.Citizen("amir")

// TestKinds takes what is allowed and refuses what only says so.
func TestKinds(t *testing.T) {
	both.Each(t, func(t *testing.T, n *backendtest.Node) {
		d := open(t, n, nil)
		pad := make([]byte, 300)
		cases := []struct {
			name, kind string
			content    []byte
			want       string // code of the refusal
		}{
			{"jpeg", "image/jpeg", photo(t, 40, 30), ""},
			{"png", "image/png", plainPNG(t, 30, 40), ""},
			{"pdf", "application/pdf", pdf(1, 100), ""},
			{"opus", "audio/ogg", append([]byte("OggS\x00\x02OpusHead"), pad...), ""},
			{"m4a", "audio/mp4", append([]byte("\x00\x00\x00\x20ftypM4A "), pad...), ""},
			{"amr", "audio/amr", append([]byte("#!AMR\n"), pad...), ""},
			{"mp3", "audio/mpeg", append([]byte("ID3\x04"), pad...), ""},
			{"bare mp3", "audio/mpeg", append([]byte("\xff\xfb\x90\x00"), pad...), ""},
			{"wav", "audio/wav", append([]byte("RIFF\x00\x00\x00\x00WAVEfmt "), pad...), ""},
			{"page", "image/jpeg", append([]byte("<!DOCTYPE html><script>"), pad...), "file_type"},
			{"archive", "image/jpeg", append([]byte("PK\x03\x04"), pad...), "file_type"},
			{"program", "audio/mpeg", append([]byte("MZ\x90\x00"), pad...), "file_type"},
			{"film", "audio/ogg", append([]byte("OggS\x00\x02\x80theora"), pad...), "file_type"},
			{"another kind", "image/png", photo(t, 41, 30), "file_type"},
			{"half a picture", "image/jpeg", photo(t, 40, 31)[:200], "file_picture"},
			{"too many pixels", "image/png", bomb(30_000, 30_000), "file_pixels"},
		}
		for _, c := range cases {
			f := promise(c.content, c.kind)
			id := d.lodge(amir, f)
			err := d.upload(amir, id, f, c.content)
			if c.want == "" && err != nil || c.want != "" && code(err) != c.want {
				t.Errorf("%s: %v, want %q", c.name, err, c.want)
			}
			want := media.Ready
			if c.want != "" {
				want = media.Refused
			}
			if got := d.states(id)[f.SHA256]; got != want {
				t.Errorf("%s is %q", c.name, got)
			}
		}
		if found := d.faults(); len(found) > 0 {
			t.Error(found)
		}
	})
}

func plainPNG(t testing.TB, w, h int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, w, h))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// bomb is a small file that claims to be a huge picture.
func bomb(w, h uint32) []byte {
	head := binary.BigEndian.AppendUint32([]byte("IHDR"), w)
	head = append(binary.BigEndian.AppendUint32(head, h), 8, 2, 0, 0, 0)
	b := append([]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x0d"), head...)
	b = binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(head))
	return append(b, make([]byte, 1000)...)
}

// TestThumbnail makes a picture of at most 320 pixels, without what was beside
// the pixels.
func TestThumbnail(t *testing.T) {
	d := open(t, backendtest.New(t, engines.SQLite(t)), nil)
	img := image.NewNRGBA(image.Rect(0, 0, 1000, 400))
	img.Set(1, 1, color.NRGBA{R: 255, A: 128})
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	f := promise(b.Bytes(), "image/png")
	id := d.lodge(amir, f)
	if err := d.upload(amir, id, f, b.Bytes()); err != nil {
		t.Fatal(err)
	}
	small, err := d.Open(d.Ctx(), id, f.SHA256, true)
	if err != nil {
		t.Fatal(err)
	}
	defer small.Close()
	head, kind, err := image.DecodeConfig(small)
	if err != nil || kind != "jpeg" || head.Width != 320 || head.Height != 128 || small.Type != "image/jpeg" {
		t.Errorf("%+v %s %s %v", head, kind, small.Type, err)
	}
}

// TestLimits counts each side of a case, and a citizen's month.
func TestLimits(t *testing.T) {
	both.Each(t, func(t *testing.T, n *backendtest.Node) {
		d := open(t, n, nil)
		const size = 4 << 20
		next := 0
		begin := func(a portal.Actor, id string, f portal.File) error {
			_, err := d.Begin(d.Ctx(), viewerOf(a), media.Wanted{Case: id, SHA256: f.SHA256, Size: f.Size})
			return err
		}
		fake := func() portal.File {
			next++
			f := promise(fmt.Append(nil, next), "application/pdf")
			f.Size = size
			return f
		}
		five := func() []portal.File { return []portal.File{fake(), fake(), fake(), fake(), fake()} }
		var last string
		for range 5 { // 5 cases × 5 files × 4 MB
			files := five()
			last = d.lodge(amir, files...)
			for _, f := range files {
				if err := begin(amir, last, f); err != nil {
					t.Fatal(err)
				}
				if err := begin(amir, last, f); err != nil {
					t.Fatalf("begun again counts once: %v", err)
				}
			}
		}
		more := fake()
		d.Act(amir, lifecycle.Ask{Case: last, Action: portal.ActMessage, Text: "and this", Files: []portal.File{more}})
		if got := code(begin(amir, last, more)); got != "case_full" {
			t.Errorf("a full case: %s", got)
		}
		evidence := fake()
		focal := n.Officer("focal.oasis")
		d.Act(focal, lifecycle.Ask{Case: last, Action: portal.ActMessage, Text: "our plan", Files: []portal.File{evidence}})
		if err := begin(focal, last, evidence); err != nil {
			t.Errorf("the citizen's files fill the citizen's side only: %v", err)
		}
		f := fake()
		another := d.lodge(amir, f)
		if err := begin(amir, another, f); !errors.Is(err, portal.ErrLimited) {
			t.Errorf("a used up month: %v", err)
		}
		zari := backendtest.Citizen("zari")
		g := fake()
		if err := begin(zari, d.lodge(zari, g), g); err != nil {
			t.Errorf("somebody else's month: %v", err)
		}
		n.Clock.Forward(30*24*time.Hour + time.Minute)
		if err := begin(amir, another, f); err != nil {
			t.Errorf("the next month: %v", err)
		}
	})
}

// TestCrash finishes what was complete when the server died, wherever it died,
// and forgets what nobody goes on with.
func TestCrash(t *testing.T) {
	both.Each(t, func(t *testing.T, n *backendtest.Node) {
		d := open(t, n, nil)
		content := pdf(7, 5000)
		f := promise(content, "application/pdf")
		whole, part := d.lodge(amir, f), d.lodge(amir, f)
		upload, err := d.stage(amir, whole, f, content)
		if err != nil {
			t.Fatal(err)
		}
		if err := d.Blobs.Put(d.Ctx(), upload, bytes.NewReader(content), f.Size); err != nil { // died between storing and recording
			t.Fatal(err)
		}
		half, err := d.stage(amir, part, f, content[:100])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := d.Sweep(d.Ctx(), time.Now()); err != nil || d.states(whole)[f.SHA256] != "" {
			t.Errorf("too early: %v", err)
		}
		if _, err := d.Sweep(d.Ctx(), time.Now().Add(time.Hour)); err != nil {
			t.Error(err)
		}
		if got := d.states(whole)[f.SHA256]; got != media.Ready {
			t.Errorf("complete, and %q", got)
		}
		u, err := d.Staging().GetUpload(d.Ctx(), upload)
		if err != nil {
			t.Fatal(err)
		}
		if info, err := u.GetInfo(d.Ctx()); err != nil || info.Offset != f.Size {
			t.Errorf("its client asks and hears %+v %v", info, err)
		}
		if _, err := d.Staging().GetUpload(d.Ctx(), half); err != nil {
			t.Errorf("an unfinished one waits: %v", err)
		}
		forgotten, err := d.Sweep(d.Ctx(), time.Now().Add(media.UnfinishedFor+time.Hour))
		if err != nil || forgotten != 2 {
			t.Errorf("%d forgotten, %v", forgotten, err)
		}
		if _, err := d.Staging().GetUpload(d.Ctx(), half); !errors.Is(err, handler.ErrNotFound) {
			t.Errorf("an old one: %v", err)
		}
		left, err := os.ReadDir(filepath.Join(d.dir, "uploads"))
		if err != nil || len(left) > 0 {
			t.Errorf("left: %v %v", left, err)
		}
		if got, err := d.Open(d.Ctx(), whole, f.SHA256, false); err != nil {
			t.Error(err)
		} else if err := got.Close(); err != nil {
			t.Error(err)
		}
		if found := d.faults(); len(found) > 0 {
			t.Error(found)
		}
	})
}

// TestUnknownUpload: what is not an upload of ours is not there, whatever it
// looks like.
func TestUnknownUpload(t *testing.T) {
	d := open(t, backendtest.New(t, engines.SQLite(t)), nil)
	broken := strings.Repeat("0", 32)
	if err := os.WriteFile(filepath.Join(d.dir, "uploads", broken+".info"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"", "..", "../files", strings.Repeat("f", 32), broken} {
		if _, err := d.Staging().GetUpload(d.Ctx(), id); !errors.Is(err, handler.ErrNotFound) {
			t.Errorf("%q: %v", id, err)
		}
		if _, err := d.Staging().NewUpload(d.Ctx(), handler.FileInfo{ID: id + "x"}); err == nil {
			t.Errorf("%q was made", id+"x")
		}
	}
	if _, err := d.Sweep(d.Ctx(), time.Now().Add(media.UnfinishedFor*2)); err != nil {
		t.Error(err)
	}
}

// TestScanner refuses what it names, and waits when it is away.
func TestScanner(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "clamd.ctl")
	clamd, err := media.ParseClamd("unix:" + socket)
	if err != nil {
		t.Fatal(err)
	}
	d := open(t, backendtest.New(t, engines.SQLite(t)), clamd)
	clean, bad := pdf(1, 100), append(pdf(2, 100), eicar...)
	f, g := promise(clean, "application/pdf"), promise(bad, "application/pdf")
	id := d.lodge(amir, f, g)
	upload, err := d.stage(amir, id, f, clean)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Finish(d.Ctx(), upload); !errors.Is(err, media.ErrScanner) {
		t.Fatalf("no scanner: %v", err)
	}
	if d.states(id)[f.SHA256] != "" {
		t.Error("judged without the scanner")
	}
	fakeClamd(t, "unix", socket, finds)
	if err := d.Finish(d.Ctx(), upload); err != nil {
		t.Error(err)
	}
	if got := code(d.upload(amir, id, g, bad)); got != "file_malware" {
		t.Errorf("malware: %s", got)
	}
	if s := d.states(id); s[f.SHA256] != media.Ready || s[g.SHA256] != media.Refused {
		t.Errorf("%v", s)
	}
	if _, err := d.Open(d.Ctx(), id, g.SHA256, false); !errors.Is(err, portal.ErrNotFound) {
		t.Errorf("malware is served: %v", err)
	}
}

// TestCheckNotices plants what Check must find.
func TestCheckNotices(t *testing.T) {
	d := open(t, backendtest.New(t, engines.SQLite(t)), nil)
	content := pdf(1, 100)
	f := promise(content, "application/pdf")
	id := d.lodge(amir, f)
	upload, err := d.stage(amir, id, f, content)
	if err == nil {
		err = d.Finish(d.Ctx(), upload)
	}
	if err != nil {
		t.Fatal(err)
	}
	plant := func(what string, do func(context.Context) error, want string) {
		t.Helper()
		if err := do(d.Ctx()); err != nil {
			t.Fatal(err)
		}
		if found := fmt.Sprint(d.faults()); !strings.Contains(found, want) {
			t.Errorf("%s: found %s", what, found)
		}
	}
	plant("shorter", func(ctx context.Context) error { return d.Blobs.Put(ctx, upload, strings.NewReader("x"), 1) }, "has 1 bytes")
	plant("gone", func(ctx context.Context) error { return d.Blobs.Delete(ctx, upload) }, "bytes are gone")
	plant("another record", func(ctx context.Context) error {
		return d.Store.Update(ctx, func(tx store.Tx) error {
			return tx.PutRecord(ctx, store.Record{Kind: "media.file", ID: "x/y", By: "x", Doc: []byte(`{"case":"x","sha256":"y"}`)})
		})
	}, "case is not there")
	plant("an unpromised one", func(ctx context.Context) error {
		return d.Store.Update(ctx, func(tx store.Tx) error {
			return tx.PutRecord(ctx, store.Record{Kind: "media.file", ID: id + "/z", By: id, Doc: []byte(`{"case":"` + id + `","sha256":"z"}`)})
		})
	}, "nothing in its case promises it")
	plant("no record", func(ctx context.Context) error {
		return d.Store.Update(ctx, func(tx store.Tx) error {
			return tx.PutRecord(ctx, store.Record{Kind: "media.file", ID: "broken", Doc: []byte(`{`)})
		})
	}, "record of file broken")
}

func BenchmarkUpload(b *testing.B) {
	n := backendtest.New(b, engines.SQLite(b))
	dir := b.TempDir()
	blobs, err := media.OpenFolder(dir)
	if err != nil {
		b.Fatal(err)
	}
	s, err := media.New(media.Config{Store: n.Store, Blobs: blobs, Dir: b.TempDir(), Now: n.Clock.Now, Rand: rand.Reader})
	if err != nil {
		b.Fatal(err)
	}
	content := photo(b, 1600, 1200)
	f := promise(content, "image/jpeg")
	b.SetBytes(f.Size)
	b.ReportAllocs()
	for b.Loop() {
		b.StopTimer()
		filing := backendtest.Filing()
		filing.Body.Files = []portal.File{f}
		a := backendtest.Citizen(filing.ID) // everybody has a month of their own
		id := n.Lodge(a, filing).Case
		b.StartTimer()
		grant, err := s.Begin(n.Ctx(), viewerOf(a), media.Wanted{Case: id, SHA256: f.SHA256, Size: f.Size})
		if err != nil {
			b.Fatal(err)
		}
		u, err := s.Staging().NewUpload(n.Ctx(), handler.FileInfo{ID: grant.ID, Size: f.Size, MetaData: grant.Meta})
		if err != nil {
			b.Fatal(err)
		}
		for at := int64(0); at < f.Size; at += 256 << 10 {
			if _, err := u.WriteChunk(n.Ctx(), at, bytes.NewReader(content[at:min(at+256<<10, f.Size)])); err != nil {
				b.Fatal(err)
			}
		}
		if err := s.Finish(n.Ctx(), grant.ID); err != nil {
			b.Fatal(err)
		}
	}
}
