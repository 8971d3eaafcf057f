package line

import (
	"slices"
	"strings"
	"unicode"
)

// Paragraph is a measured text of one base direction. Treat it as read-only.
type Paragraph struct {
	Text []rune
	RTL  bool // the base direction

	font    Font
	base    uint8
	levels  []uint8
	adv     []float32
	covered []bool
	breaks  []bool // a line may end before rune i
	stops   []bool // the caret may stand before rune i
}

// Line is one line of a paragraph. Its coordinates count from the left edge of what
// is visible; blanks at its end lie beyond the edge.
type Line struct {
	From, To int // runes of the paragraph, with the blanks at the end
	RTL      bool
	Width    float32 // without the blanks at the end
	Trail    float32 // the blanks at the end
	Runs     []Run   // from left to right

	p      *Paragraph
	levels []uint8   // of this line, by rule L1
	left   []float32 // left edge of each rune
}

// Run is a piece of a line that runs one way and can be drawn by itself.
type Run struct {
	From, To int
	RTL      bool
	X, Width float32
	Covered  bool   // by the app's own faces
	Text     string // what to hand to the painter; empty for blanks
}

// Width returns the width of the paragraph on one line.
func (p *Paragraph) Width() float32 {
	w := float32(0)
	for _, a := range p.adv {
		w += a
	}
	return w
}

// Wrap breaks the paragraph into lines of at most width. It breaks inside a word only
// when the word alone is too wide. With a width of 0 or less there is one line. Even
// an empty paragraph has a line.
func (p *Paragraph) Wrap(width float32) []Line {
	n := len(p.Text)
	if width <= 0 {
		return []Line{p.line(0, n)}
	}
	const rounding = 0.05 // sums of advances are not exact
	var out []Line
	from := 0
	for from < n {
		to := p.fit(from, width+rounding)
		out = append(out, p.line(from, to))
		from = to
	}
	if out == nil {
		out = []Line{p.line(0, 0)}
	}
	return out
}

// fit returns where the line that starts at from must end.
func (p *Paragraph) fit(from int, width float32) int {
	n := len(p.Text)
	w, lastBreak, lastStop := float32(0), -1, -1
	for i := from; i < n; i++ {
		if i > from && p.breaks[i] {
			lastBreak = i
		}
		if i > from && p.stops[i] {
			lastStop = i
		}
		w += p.adv[i]
		if w <= width || unicode.IsSpace(p.Text[i]) {
			continue
		}
		switch {
		case lastBreak > 0:
			return lastBreak
		case lastStop > 0:
			return lastStop
		}
	}
	return n
}

func (p *Paragraph) line(from, to int) Line {
	l := Line{From: from, To: to, RTL: p.RTL, p: p}
	l.levels = slices.Clone(p.levels[from:to])
	end := to
	for end > from && trailing(p.Text[end-1]) {
		end--
		l.levels[end-from] = p.base
		l.Trail += p.adv[end]
	}
	l.order(end)
	l.place()
	return l
}

// order cuts the line into runs and puts them in visual order (rule L2). The blanks
// at the end, from rune end on, are a run of their own.
func (l *Line) order(end int) {
	var levels []uint8
	for a := l.From; a < l.To; {
		b := a + 1
		for b < l.To && b != end && l.levels[b-l.From] == l.levels[a-l.From] && l.p.covered[b] == l.p.covered[a] {
			b++
		}
		level := l.levels[a-l.From]
		l.Runs = append(l.Runs, Run{From: a, To: b, RTL: level%2 == 1, Covered: l.p.covered[a], Text: fenced(l.p.Text[a:b], level)})
		levels = append(levels, level)
		a = b
	}
	highest := uint8(0)
	for _, lv := range levels {
		highest = max(highest, lv)
	}
	for lv := highest; lv > 0; lv-- {
		for i := 0; i < len(levels); {
			if levels[i] < lv {
				i++
				continue
			}
			j := i
			for j < len(levels) && levels[j] >= lv {
				j++
			}
			slices.Reverse(levels[i:j])
			slices.Reverse(l.Runs[i:j])
			i = j
		}
	}
}

// fenced wraps a right-to-left run in marks, so that brackets and stops at its ends
// are shaped with it and not as if they stood in English.
func fenced(text []rune, level uint8) string {
	const rlm = "\u200f"
	s := withoutInvisible(text)
	if strings.TrimSpace(s) == "" { // nothing to draw
		return ""
	}
	if level%2 == 1 {
		return rlm + s + rlm
	}
	return s
}

func (l *Line) place() {
	l.left = make([]float32, l.To-l.From)
	x := float32(0)
	if l.RTL {
		x = -l.Trail
	}
	start := x
	for k := range l.Runs {
		r := &l.Runs[k]
		r.X = x
		for j := r.From; j < r.To; j++ {
			i := j
			if r.RTL {
				i = r.To - 1 - (j - r.From)
			}
			l.left[i-l.From] = x
			x += l.p.adv[i]
		}
		r.Width = x - r.X
	}
	l.Width = x - start - l.Trail
}

// Truncate shapes text so that it fits into width, ending in an ellipsis when it had
// to be cut. It reports whether it was.
func (f *Faces) Truncate(text []rune, dir, fallback Direction, fnt Font, width float32) (Line, bool) {
	p := f.Shape(text, dir, fallback, fnt)
	if p.Width() <= width+0.05 {
		return p.Wrap(0)[0], false
	}
	if dir == Auto { // the cut text must not change its direction
		dir = LTR
		if p.RTL {
			dir = RTL
		}
	}
	lo, hi := 0, len(text)
	for lo < hi {
		mid := (lo + hi + 1) / 2
		if f.shortened(text[:mid], dir, fnt).Width() <= width {
			lo = mid
		} else {
			hi = mid - 1
		}
	}
	for lo > 0 && !p.stops[lo] {
		lo--
	}
	return f.shortened(text[:lo], dir, fnt).Wrap(0)[0], true
}

func (f *Faces) shortened(text []rune, dir Direction, fnt Font) *Paragraph {
	for len(text) > 0 && unicode.IsSpace(text[len(text)-1]) {
		text = text[:len(text)-1]
	}
	return f.Shape(append(slices.Clone(text), '…'), dir, dir, fnt)
}
