package bidi

import (
	"slices"

	"github.com/citizens-portal/portal/app/bidi/line"
)

// sheet is the written text cut into lines for one width. It shapes again only the
// paragraphs that changed.
type sheet struct {
	text  []rune
	width float32
	rows  []row
	cache map[string][]line.Line // lines of a paragraph at width, by its text
}

// row is a line of the sheet. Its line counts from the start of its paragraph.
type row struct {
	line.Line
	start int     // rune of the text at which the paragraph starts
	x     float32 // where the line's left edge is
}

func (r row) first() int { return r.start + r.From }
func (r row) last() int  { return r.start + r.Last() }

// set lays out text, paragraph by paragraph. shape cuts a paragraph into lines; the
// alignment follows each line's own direction.
func (s *sheet) set(text []rune, width, box float32, shape func([]rune) []line.Line) {
	if s.width != width {
		s.cache = nil
	}
	fresh := map[string][]line.Line{}
	s.text, s.width, s.rows = text, width, s.rows[:0]
	for at := 0; ; {
		end := len(text)
		if k := slices.Index(text[at:], '\n'); k >= 0 {
			end = at + k
		}
		key := string(text[at:end])
		lines, ok := fresh[key]
		if !ok {
			if lines, ok = s.cache[key]; !ok {
				lines = shape(slices.Clone(text[at:end]))
			}
			fresh[key] = lines
		}
		for _, l := range lines {
			s.rows = append(s.rows, row{Line: l, start: at, x: offset(Start, l.RTL, box, l.Width)})
		}
		if end == len(text) {
			break
		}
		at = end + 1
	}
	s.cache = fresh
}

// rowOf returns the row that shows the caret before rune i.
func (s *sheet) rowOf(i int) int {
	n, found := slices.BinarySearchFunc(s.rows, i, func(r row, i int) int { return r.first() - i })
	if !found {
		n--
	}
	return min(max(n, 0), len(s.rows)-1)
}

func (s *sheet) caretX(i int) float32 {
	r := s.rows[s.rowOf(i)]
	return r.x + r.CaretX(i-r.start)
}

func (s *sheet) rtl(i int) bool { return s.rows[s.rowOf(i)].RTL }

func (s *sheet) lineStart(i int) int { return s.rows[s.rowOf(i)].first() }
func (s *sheet) lineEnd(i int) int   { return s.rows[s.rowOf(i)].last() }

// step goes one place to the left or right, over the ends of lines too.
func (s *sheet) step(i int, left bool) int {
	n := s.rowOf(i)
	r := s.rows[n]
	if to, ok := r.Step(i-r.start, left); ok {
		return r.start + to
	}
	if left == r.RTL { // forward
		if n+1 < len(s.rows) {
			return s.rows[n+1].first()
		}
		return len(s.text)
	}
	if n > 0 {
		return s.rows[n-1].last()
	}
	return 0
}

// side returns the end of a selection that lies to the left or to the right.
func (s *sheet) side(from, to int, left bool) int {
	if left == s.rtl(from) {
		return to
	}
	return from
}

// vertical goes to the line above or below, near x.
func (s *sheet) vertical(i int, x float32, up bool) int {
	n := s.rowOf(i)
	if up {
		n--
	} else {
		n++
	}
	switch {
	case n < 0:
		return 0
	case n >= len(s.rows):
		return len(s.text)
	}
	return s.rows[n].start + s.rows[n].Hit(x-s.rows[n].x)
}

// hit returns the offset for the caret nearest to a place.
func (s *sheet) hit(x, y, height float32) int {
	n := min(max(int(y/height), 0), len(s.rows)-1)
	r := s.rows[n]
	return r.start + r.Hit(x-r.x)
}

// under returns the rune below a place, or the nearest one.
func (s *sheet) under(x, y, height float32) int {
	n := min(max(int(y/height), 0), len(s.rows)-1)
	r := s.rows[n]
	for i := r.From; i < r.To; i++ {
		for _, span := range r.Spans(i, i+1) {
			if at := x - r.x; at >= span.X && at < span.X+span.Width {
				return r.start + i
			}
		}
	}
	return s.hit(x, y, height)
}
