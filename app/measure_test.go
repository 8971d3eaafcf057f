//go:build flow

package app_test

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// How the app starts, beside a bare Fyne window: both on one display, in turns, so that
// what else the machine does meets both. `make measure` runs it.

const (
	measureRounds = 5
	lookAtPixels  = 2 * time.Millisecond
	settledAfter  = 2 * time.Second // memory is looked at then
)

// startCost is what one start of a program cost.
type startCost struct {
	frame time.Duration // from the start to the first picture
	rss   int           // kB, some seconds later
}

// TestMeasureStart prints medians; it fails only when a program does not start.
func TestMeasureStart(t *testing.T) {
	r := newRig(t)
	bare := filepath.Join(r.dir, "bare")
	build := exec.CommandContext(r.ctx, "go", "build", "-ldflags", "-s -w", "-o", bare, "./testdata/bare")
	build.Env = append(os.Environ(), "CGO_ENABLED=1")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	home := filepath.Join(r.dir, "home")
	programs := map[string][]string{
		"bare":   {bare},
		"portal": {r.bin("portal"), "--server", r.url, "--home", home, "--width", strconv.Itoa(phoneWidth), "--height", strconv.Itoa(phoneHeight)},
	}
	costs := map[string][]startCost{}
	for range measureRounds + 1 {
		for _, name := range []string{"bare", "portal"} {
			costs[name] = append(costs[name], r.measure(programs[name]))
		}
	}
	frame := func(name string) time.Duration {
		return median(costs[name][1:], func(c startCost) time.Duration { return c.frame })
	}
	rss := func(name string) int { return median(costs[name][1:], func(c startCost) int { return c.rss }) }
	fmt.Printf("measure: first frame: bare %d ms, portal %d ms, %.2f ×\n", frame("bare").Milliseconds(), frame("portal").Milliseconds(),
		float64(frame("portal"))/float64(frame("bare")))
	fmt.Printf("measure: memory: bare %d MB, portal %d MB, %.2f ×\n", rss("bare")>>10, rss("portal")>>10, float64(rss("portal"))/float64(rss("bare")))
}

func median[V cmp.Ordered](all []startCost, of func(startCost) V) V {
	var vs []V
	for _, c := range all {
		vs = append(vs, of(c))
	}
	slices.Sort(vs)
	return vs[len(vs)/2]
}

// measure starts a program, waits for its first picture and ends it.
func (r *rig) measure(args []string) (c startCost) {
	r.t.Helper()
	cmd := exec.CommandContext(r.ctx, args[0], args[1:]...)
	cmd.Env = append(os.Environ(), "DISPLAY="+r.display, "WAYLAND_DISPLAY=", "HOME="+r.dir, "XDG_CONFIG_HOME="+r.dir, "XDG_CACHE_HOME="+r.dir,
		"FYNE_SCALE=1", "FYNE_THEME=light", "LIBGL_ALWAYS_SOFTWARE=1")
	screen := r.screen()
	defer func() { _ = screen.Close() }()
	r.pictured(screen, false) // the last window is gone
	from := time.Now()
	stop := r.start(cmd)
	r.pictured(screen, true)
	c.frame = time.Since(from)
	settled := time.NewTimer(settledAfter)
	<-settled.C
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", cmd.Process.Pid))
	if err != nil {
		r.t.Fatal(err)
	}
	for line := range strings.Lines(string(status)) {
		if v, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			c.rss, _ = strconv.Atoi(strings.Fields(v)[0])
		}
	}
	stop()
	return c
}

// screen opens the display's memory, which the display keeps in a file.
func (r *rig) screen() *os.File {
	r.t.Helper()
	f, err := os.Open(filepath.Join(r.dir, "Xvfb_screen0"))
	if err != nil {
		r.t.Fatal(err)
	}
	return f
}

// lookRows is how many lines of the display are looked at, from the top: every window
// of these programs has words there.
const lookRows = 240

// pictured waits until a part inside every window is of one colour only, or of several.
func (r *rig) pictured(screen *os.File, want bool) {
	r.t.Helper()
	head := make([]byte, 100) // of the XWD format
	if _, err := screen.ReadAt(head, 0); err != nil {
		r.t.Fatal(err)
	}
	word := func(i int) int64 { return int64(binary.BigEndian.Uint32(head[4*i:])) }
	first, line := word(0)+12*word(19), word(12)
	tick := time.NewTicker(lookAtPixels)
	defer tick.Stop()
	rows := make([]byte, line*lookRows)
	for range tick.C {
		if r.ctx.Err() != nil {
			r.t.Fatal("no picture came")
		}
		if _, err := screen.ReadAt(rows, first+line*8); err != nil {
			r.t.Fatal(err)
		}
		if several(rows, int(line)) == want {
			return
		}
	}
}

func several(rows []byte, line int) bool {
	for at := 0; at < len(rows); at += line {
		for px := rows[at+4*10 : at+4*340]; len(px) > 0; px = px[4:] {
			if !bytes.Equal(px[:3], rows[4*10:4*10+3]) {
				return true
			}
		}
	}
	return false
}
