package e2e

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"image"
	"image/color"
	"image/jpeg"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// attachment is what the stories look at of a file.
type attachment struct {
	SHA256 string `json:"sha256"`
	Size   int64  `json:"size"`
	Type   string `json:"type"`
	State  string `json:"state"`
	Sent   int64  `json:"sent"`
}

type withFiles struct {
	complaint
	Files []attachment `json:"files"`
}

// noisy is a photo that does not compress well: hundreds of kilobytes even
// after it was made smaller.
func noisy(t *testing.T, w, h int) []byte {
	t.Helper()
	rng := rand.New(rand.NewPCG(1, 2))
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			img.Set(x, y, color.RGBA{R: uint8(rng.Uint32()), G: uint8(rng.Uint32()), B: uint8(x * y), A: 255})
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: 90}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func (r *rig) write(name string, content []byte) string {
	r.t.Helper()
	if err := os.WriteFile(r.path(name), content, 0o600); err != nil {
		r.t.Fatal(err)
	}
	return r.path(name)
}

func (r *rig) files(home, ref string) []attachment {
	r.t.Helper()
	return read[[]attachment](r.t, r.do(home, "--offline", "files", ref))
}

// fetched gives a file as somebody who may see it gets it.
func (r *rig) fetched(home, ref, sha string, more ...string) []byte {
	r.t.Helper()
	r.do(home, append([]string{"fetch", ref, sha, "--to", r.path("fetched")}, more...)...)
	b, err := os.ReadFile(r.path("fetched"))
	if err != nil {
		r.t.Fatal(err)
	}
	return b
}

func hashOf(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// TestPhoto is the story of a photo: filed with a complaint, sent after it, seen
// by the officer and by nobody else, answered with evidence that the citizen
// sees.
func TestPhoto(t *testing.T) {
	both(t, func(t *testing.T, r *rig) {
		r.serve()
		r.register("phone", swatCNIC, swatMobile, "swat")
		r.do("phone", "categories")
		photo := r.write("photo.jpg", noisy(t, 900, 600))
		note := r.write("note.ogg", append([]byte("OggS\x00\x02\x00\x00\x00\x00\x00\x00\x00\x00OpusHead"), bytes.Repeat([]byte("voice "), 4000)...))
		filed := read[withFiles](t, r.do("phone", "lodge", "--category", category, "--district", "swat", "--text", "the pipe, seen and heard", "--photo", photo, "--photo", note, "--wait", "60s"))
		if len(filed.Files) != 2 || filed.Files[0].State != "sent" || filed.Files[1].State != "sent" {
			t.Fatalf("not sent: %+v", filed.Files)
		}
		r.officer("focal", "focal.swat")
		seen := read[withFiles](t, r.do("focal", "show", filed.ID))
		if len(seen.Files) != 2 || seen.Files[0].State != "sent" || seen.Files[0].Type != "image/jpeg" || seen.Files[1].Type != "audio/ogg" {
			t.Fatalf("the officer sees %+v", seen.Files)
		}
		sha := seen.Files[0].SHA256
		if got := r.fetched("focal", filed.ID, sha); hashOf(got) != sha || int64(len(got)) != seen.Files[0].Size {
			t.Fatalf("the officer got %d bytes with another hash", len(got))
		}
		small, err := jpeg.DecodeConfig(bytes.NewReader(r.fetched("focal", filed.Code, sha, "--thumb")))
		if err != nil || max(small.Width, small.Height) != 320 {
			t.Fatalf("small picture: %+v %v", small, err)
		}
		r.officer("elsewhere", "focal.peshawar")
		r.ctl("elsewhere", []int{4}, "fetch", filed.ID, sha, "--to", r.path("stolen"))
		r.register("neighbour", peshawarCNIC, peshawarMobile, "peshawar")
		r.ctl("neighbour", []int{4}, "fetch", filed.Code, sha, "--to", r.path("stolen"))

		r.do("focal", "resolve", filed.ID, "--text", "Replaced, see the photo.", "--evidence", r.write("after.jpg", noisy(t, 500, 500)), "--wait", "60s")
		r.do("phone", "sync")
		mine := r.files("phone", filed.ID)
		if len(mine) != 3 || mine[2].State != "sent" {
			t.Fatalf("the citizen sees %+v", mine)
		}
		if got := r.fetched("phone", filed.ID, mine[2].SHA256); hashOf(got) != mine[2].SHA256 {
			t.Fatal("the evidence is not what was promised")
		}
		r.do("phone", "message", filed.ID, "--text", "It drips again.", "--photo", r.write("again.jpg", noisy(t, 300, 300)), "--wait", "60s")
		r.do("focal", "sync")
		if got := r.files("focal", filed.ID); len(got) != 4 || got[3].State != "sent" {
			t.Fatalf("after a message with a photo the officer sees %+v", got)
		}
		if out := r.portald(0, "check"); !strings.HasSuffix(strings.TrimSpace(out), "check: ok") {
			t.Fatalf("check:\n%s", out)
		}
	})
}

// restore ends the server, restores a backup and starts again.
func (r *rig) restore(t *testing.T, backup string) {
	t.Helper()
	r.kill()
	if r.dsn != "" {
		r.dsn = databases.New(t) // a backup goes into an empty one
	}
	r.portald(0, "restore", backup)
	r.serve()
}

// TestRestoreWithFiles: a backup has the attachments in it. A file whose bytes are
// in no backup is never said to be there: the phone sends it again.
func TestRestoreWithFiles(t *testing.T) {
	both(t, func(t *testing.T, r *rig) {
		r.serve()
		r.register("phone", swatCNIC, swatMobile, "swat")
		r.do("phone", "categories")
		photo := r.write("photo.jpg", noisy(t, 300, 200))
		filed := read[withFiles](t, r.do("phone", "lodge", "--category", category, "--district", "swat", "--text", "the pipe, seen", "--photo", photo, "--wait", "60s"))
		r.officer("focal", "focal.swat")
		seen := read[withFiles](t, r.do("focal", "show", filed.ID))
		if len(seen.Files) != 1 || seen.Files[0].State != "sent" {
			t.Fatalf("the officer sees %+v", seen.Files)
		}
		sha, stored := seen.Files[0].SHA256, filepath.Join(r.path("data"), "files")

		r.portald(0, "backup", r.path("whole"))
		r.kill()
		if err := os.RemoveAll(stored); err != nil {
			t.Fatal(err)
		}
		if out := r.portald(1, "check"); !strings.Contains(out, sha+": its bytes are gone") {
			t.Errorf("check: %s", out)
		}
		r.restore(t, r.path("whole"))
		if got := r.fetched("focal", filed.ID, sha); hashOf(got) != sha {
			t.Fatalf("%d bytes came back with another hash", len(got))
		}
		if out := r.portald(0, "check"); !strings.HasSuffix(strings.TrimSpace(out), "check: ok") {
			t.Fatalf("check:\n%s", out)
		}

		if err := os.RemoveAll(stored); err != nil {
			t.Fatal(err)
		}
		r.portald(0, "backup", r.path("without"))
		r.restore(t, r.path("without"))
		if out := r.portald(0, "check"); !strings.HasSuffix(strings.TrimSpace(out), "check: ok") {
			t.Fatalf("check:\n%s", out)
		}
		r.do("focal", "sync")
		if got := r.files("focal", filed.ID); len(got) != 1 || got[0].State != "lost" {
			t.Fatalf("the officer sees %+v", got)
		}
		r.do("phone", "sync")
		r.do("focal", "sync")
		if got := r.files("focal", filed.ID); len(got) != 1 || got[0].State != "sent" {
			t.Fatalf("after the phone sent it again the officer sees %+v", got)
		}
		if got := r.fetched("focal", filed.ID, sha); hashOf(got) != sha {
			t.Fatalf("%d bytes came with another hash", len(got))
		}
	})
}

// TestUploadSurvivesKills sends a photo over a slow link while the server and
// the phone are killed in turns: it arrives whole, and no byte that was
// acknowledged is sent again.
func TestUploadSurvivesKills(t *testing.T) {
	r := newRig(t, "")
	r.serve()
	direct := r.url
	link := slowLink(t, strings.TrimPrefix(direct, "http://"), 400<<10)
	r.url = link.url
	r.register("phone", swatCNIC, swatMobile, "swat")
	r.do("phone", "categories")
	photo := r.write("photo.jpg", noisy(t, 1600, 1200))
	filed := read[withFiles](t, r.ctl("phone", []int{3}, "lodge", "--category", category, "--district", "swat", "--text", "a large photo", "--photo", photo, "--wait", "0"))
	size := filed.Files[0].Size
	if size < 600<<10 {
		t.Fatalf("the photo has only %d bytes", size)
	}
	last := int64(0)
	for round := 0; last <= size/2; round++ {
		if round == 40 {
			t.Fatalf("still at %d of %d", last, size)
		}
		phone := exec.Command(filepath.Join(binaries, "portalctl"), "--server", link.url, "--home", r.path("phone"), "--json", "sync")
		ended := make(chan struct{})
		if err := phone.Start(); err != nil {
			t.Fatal(err)
		}
		go func() { _ = phone.Wait(); close(ended) }()
		link.more(150<<10, ended) // far enough for a piece, not for all
		if round%2 == 0 {
			r.kill()
		}
		_ = phone.Process.Kill()
		<-ended
		if round%2 == 0 {
			r.url = direct
			r.serve()
			r.url = link.url
		}
		now := r.files("phone", filed.ID)[0]
		if now.Sent < last || now.State == "sent" {
			t.Fatalf("round %d: from %d to %d, %s", round, last, now.Sent, now.State)
		}
		last = now.Sent
	}
	before := link.passed.Load()
	r.do("phone", "sync")
	if got := r.files("phone", filed.ID)[0]; got.State != "sent" {
		t.Fatalf("not sent: %+v", got)
	}
	const talk = 64 << 10 // everything that is not the photo
	if again := link.passed.Load() - before - (size - last); again > talk {
		t.Fatalf("%d bytes were sent again", again)
	}
	r.url = direct
	r.officer("focal", "focal.swat")
	if got := r.fetched("focal", filed.ID, filed.Files[0].SHA256); hashOf(got) != filed.Files[0].SHA256 {
		t.Fatal("what arrived is not what was promised")
	}
	if out := r.portald(0, "check"); !strings.HasSuffix(strings.TrimSpace(out), "check: ok") {
		t.Fatalf("check:\n%s", out)
	}
}

// link is a slow wire to the server that counts what goes up.
type link struct {
	url    string
	passed atomic.Int64
	moved  chan struct{}
}

// slowLink carries connections to addr, with so many bytes a second upwards.
func slowLink(t *testing.T, addr string, perSecond int) *link {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	out := &link{url: "http://" + l.Addr().String(), moved: make(chan struct{}, 1)}
	var carrying sync.WaitGroup
	carrying.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			carrying.Go(func() { out.carry(c, addr, perSecond) })
		}
	})
	t.Cleanup(func() { _ = l.Close(); carrying.Wait() })
	return out
}

func (l *link) carry(c net.Conn, addr string, perSecond int) {
	defer c.Close()
	s, err := net.Dial("tcp", addr)
	if err != nil {
		return
	}
	defer s.Close()
	var down sync.WaitGroup
	down.Go(func() { _, _ = io.Copy(c, s); _ = c.Close() })
	const beats = 20
	pace := time.NewTicker(time.Second / beats)
	defer pace.Stop()
	piece := make([]byte, perSecond/beats)
	for {
		n, err := c.Read(piece)
		if _, writeErr := s.Write(piece[:n]); writeErr == nil {
			l.passed.Add(int64(n))
			select {
			case l.moved <- struct{}{}:
			default:
			}
		}
		if err != nil {
			break
		}
		if n > 1000 {
			<-pace.C
		}
	}
	_ = s.Close()
	down.Wait()
}

// more waits until n more bytes went up, or ended.
func (l *link) more(n int64, ended <-chan struct{}) {
	until := l.passed.Load() + n
	for l.passed.Load() < until {
		select {
		case <-l.moved:
		case <-ended:
			return
		}
	}
}
