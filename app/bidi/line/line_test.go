package line

import (
	"slices"
	"strings"
	"testing"
	"unicode"

	"pgregory.net/rapid"

	"github.com/citizens-portal/portal/assets"
)

func faces(t testing.TB) *Faces {
	t.Helper()
	f, err := NewFaces(assets.Font(false), assets.Font(true))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// visual returns what is drawn from left to right, without the marks.
func visual(l Line) string {
	var parts []string
	for _, r := range l.Runs {
		if s := strings.Trim(r.Text, "\u200f "); s != "" {
			parts = append(parts, s)
		}
	}
	return strings.Join(parts, "|")
}

func TestVisualOrder(t *testing.T) {
	f := faces(t)
	for _, tc := range []struct {
		text string
		dir  Direction
		want string
	}{
		{"نمبر 123 ہے", RTL, "ہے|123|نمبر"},
		{"نمبر KP-26-7F3K ہے۔", RTL, "ہے۔|KP-26-7F3K|نمبر"},
		{"Complaint شکایت 123 ok", LTR, "Complaint|123|شکایت|ok"},
		{"Citizen Portal ایپ", RTL, "ایپ|Citizen Portal"},
		{"ب (ab) ت", RTL, ") ت|ab|ب ("},
		{"فون \u2068+92 345-1234567\u2069 پر", RTL, "پر|+92 345-1234567|فون"},
		{"تاریخ \u20682026-11-23\u2069", RTL, "2026-11-23|تاریخ"},
		{"قیمت: 1,250.50 روپے", RTL, "روپے|1,250.50|قیمت:"},
	} {
		p := f.Shape([]rune(tc.text), tc.dir, LTR, Font{Size: 16})
		if got := visual(p.Wrap(0)[0]); got != tc.want {
			t.Errorf("%q: %q, want %q", tc.text, got, tc.want)
		}
	}
}

func TestPashtoLettersAreInTheFont(t *testing.T) {
	f := faces(t)
	for _, r := range "ټډړږښڼېۍئکګیےہھآؤۀء،؛؟۔" {
		for _, bold := range []bool{false, true} {
			if !f.covers(r, Font{16, bold}) {
				t.Errorf("%c (bold %t) is missing", r, bold)
			}
		}
	}
}

func textGen() *rapid.Generator[[]rune] {
	return rapid.SliceOfN(rapid.SampledFrom(slices.Concat(alphabet, []rune("شکایت درج  word 12 "))), 0, 60)
}

// Whatever the text and the width, lines cover it without gap or overlap, stay within
// the width, and lie run beside run.
func TestWrap(t *testing.T) {
	f := faces(t)
	rapid.Check(t, func(t *rapid.T) {
		text := textGen().Draw(t, "text")
		width := rapid.Float32Range(20, 300).Draw(t, "width")
		p := f.Shape(text, Auto, RTL, Font{Size: 16})
		at := 0
		for _, l := range p.Wrap(width) {
			if l.From != at {
				t.Fatalf("line starts at %d, want %d", l.From, at)
			}
			at = l.To
			if l.Width > width+0.1 && len(l.Stops()) > 2 {
				t.Fatalf("%q is %.1f wide, limit %.1f", string(text[l.From:l.To]), l.Width, width)
			}
			checkRuns(t, l)
			checkCaret(t, l)
		}
		if at != len(text) {
			t.Fatalf("lines end at %d of %d", at, len(text))
		}
	})
}

func checkRuns(t *rapid.T, l Line) {
	x := float32(0)
	if l.RTL {
		x = -l.Trail
	}
	seen := 0
	for _, r := range l.Runs {
		if d := r.X - x; d > 0.01 || d < -0.01 {
			t.Fatalf("run at %.2f, want %.2f", r.X, x)
		}
		x += r.Width
		seen += r.To - r.From
	}
	if seen != l.To-l.From {
		t.Fatalf("runs hold %d of %d runes", seen, l.To-l.From)
	}
}

func checkCaret(t *rapid.T, l Line) {
	stops := l.Stops()
	if len(stops) == 0 {
		t.Fatalf("no place for the caret")
	}
	for _, i := range stops {
		x := l.CaretX(i)
		if x < -l.Trail-0.1 || x > l.Width+l.Trail+0.1 {
			t.Fatalf("caret of %d at %.1f, line is %.1f", i, x, l.Width)
		}
		if hit := l.Hit(x); abs(l.CaretX(hit)-x) > 0.01 {
			t.Fatalf("hit at %d's caret gives %d", i, hit)
		}
	}
	// Stepping right from the leftmost place visits every stop once.
	at := stops[0]
	for {
		next, ok := l.Step(at, true)
		if !ok {
			break
		}
		at = next
	}
	visited := map[int]bool{at: true}
	for {
		next, ok := l.Step(at, false)
		if !ok {
			break
		}
		if visited[next] {
			t.Fatalf("stepping comes back to %d", next)
		}
		visited[next], at = true, next
	}
	if len(visited) != len(stops) {
		t.Fatalf("stepping visits %d of %d places", len(visited), len(stops))
	}
}

func abs(x float32) float32 { return max(x, -x) }

func TestCaretInMixedLine(t *testing.T) {
	p := faces(t).Shape([]rune("نم 123 بر"), RTL, RTL, Font{Size: 16})
	l := p.Wrap(0)[0]
	for i := 1; i <= 3; i++ {
		if l.CaretX(i) >= l.CaretX(i-1) {
			t.Errorf("caret does not move left over Urdu: %d", i)
		}
	}
	// Before the number, at its right; after it, at its left; inside, from left to right.
	if !(l.CaretX(3) > l.CaretX(5) && l.CaretX(5) > l.CaretX(4) && l.CaretX(4) > l.CaretX(6)) {
		t.Errorf("%v %v %v %v", l.CaretX(3), l.CaretX(4), l.CaretX(5), l.CaretX(6))
	}
	if l.CaretX(9) != 0 || l.CaretX(0) != l.Width {
		t.Errorf("ends at %v and %v of %v", l.CaretX(0), l.CaretX(9), l.Width)
	}
}

func TestSpansFollowTheRuns(t *testing.T) {
	p := faces(t).Shape([]rune("نم 123 بر"), RTL, RTL, Font{Size: 16})
	l := p.Wrap(0)[0]
	if all := l.Spans(0, 9); len(all) != 1 || abs(all[0].Width-l.Width) > 0.1 {
		t.Errorf("all: %v of %v", all, l.Width)
	}
	if two := l.Spans(1, 5); len(two) != 2 {
		t.Errorf("a part of each run: %v", two)
	}
	if none := l.Spans(4, 4); none != nil {
		t.Errorf("nothing: %v", none)
	}
}

func TestTruncate(t *testing.T) {
	f := faces(t)
	rapid.Check(t, func(t *rapid.T) {
		text := textGen().Draw(t, "text")
		width := rapid.Float32Range(30, 200).Draw(t, "width")
		l, cut := f.Truncate(text, Auto, LTR, Font{Size: 14}, width)
		if l.Width > width+0.1 {
			t.Fatalf("%.1f wide, limit %.1f", l.Width, width)
		}
		if fits := f.Shape(text, Auto, LTR, Font{Size: 14}).Width() <= width+0.05; fits == cut {
			t.Fatalf("fits %t, cut %t", fits, cut)
		}
	})
}

func TestMarksHaveNoWidth(t *testing.T) {
	f := faces(t)
	plain := f.Shape([]rune("فون 12"), RTL, RTL, Font{Size: 16}).Width()
	marked := f.Shape([]rune("فون \u206812\u2069\u200f"), RTL, RTL, Font{Size: 16}).Width()
	if abs(plain-marked) > 0.01 {
		t.Errorf("%v and %v", plain, marked)
	}
	if unicode.IsPrint('\u2068') {
		t.Error("isolates are printable")
	}
}

func BenchmarkShape4000(b *testing.B) {
	f := faces(b)
	text := []rune(strings.Repeat("میری گلی نمبر 12 میں پانی نہیں آ رہا Ward 7 ", 90))[:4000]
	for b.Loop() {
		f.Shape(text, RTL, RTL, Font{Size: 16}).Wrap(300)
	}
}
