package line

import (
	"cmp"
	"slices"
)

// Span is a piece of a line from left to right.
type Span struct{ X, Width float32 }

func (l *Line) level(i int) uint8 { return l.levels[i-l.From] }

func (l *Line) edges(i int) (leading, trailing float32) {
	x, w := l.left[i-l.From], l.p.adv[i]
	if l.level(i)%2 == 1 {
		return x + w, x
	}
	return x, x + w
}

// CaretX returns where the caret before rune i stands, for i from From to To.
//
// Between runs of different directions there are two such places; the one in the
// outer run is taken. So at the end of a line the caret is always where the next
// letter of the line's own direction will appear, and each place on the line belongs
// to one offset, which makes moving by arrow keys visual and free of traps.
func (l *Line) CaretX(i int) float32 {
	i = min(max(i, l.From), l.To)
	before, after := l.p.base, l.p.base
	if i > l.From {
		before = l.level(i - 1)
	}
	if i < l.To {
		after = l.level(i)
	}
	if before <= after {
		if i == l.From {
			return l.startX()
		}
		_, x := l.edges(i - 1)
		return x
	}
	if i == l.To {
		return l.endX()
	}
	x, _ := l.edges(i)
	return x
}

func (l *Line) startX() float32 {
	if l.RTL {
		return l.Width
	}
	return 0
}

func (l *Line) endX() float32 {
	if l.RTL {
		return -l.Trail
	}
	return l.Width + l.Trail
}

// Last returns the last offset at which a caret shows on this line. On a wrapped line
// the end belongs to the next line, so there it is the place before the last blank.
func (l *Line) Last() int {
	if l.To == len(l.p.Text) {
		return l.To
	}
	i := l.To - 1
	for i > l.From && !l.p.stops[i] {
		i--
	}
	return i
}

// Stops returns the offsets at which the caret can stand on this line, in order.
func (l *Line) Stops() []int {
	var out []int
	for i := l.From; i <= l.Last(); i++ {
		if l.p.stops[i] {
			out = append(out, i)
		}
	}
	return out
}

// Hit returns the offset nearest to x.
func (l *Line) Hit(x float32) int {
	best, distance := l.From, float32(-1)
	for _, i := range l.Stops() {
		d := l.CaretX(i) - x
		if d < 0 {
			d = -d
		}
		if distance < 0 || d < distance {
			best, distance = i, d
		}
	}
	return best
}

// Step returns the offset one place to the left or to the right of i on the screen,
// and false when the line ends there.
func (l *Line) Step(i int, left bool) (int, bool) {
	stops := l.Stops()
	slices.SortStableFunc(stops, func(a, b int) int {
		if c := cmp.Compare(l.CaretX(a), l.CaretX(b)); c != 0 {
			return c
		}
		if l.RTL {
			return cmp.Compare(b, a)
		}
		return cmp.Compare(a, b)
	})
	at := slices.Index(stops, i)
	if at < 0 {
		return i, false
	}
	if left {
		at--
	} else {
		at++
	}
	if at < 0 || at >= len(stops) {
		return i, false
	}
	return stops[at], true
}

// Spans returns what the runes from a to b cover, from left to right.
func (l *Line) Spans(a, b int) []Span {
	var out []Span
	for _, r := range l.Runs {
		from, to := max(a, r.From), min(b, r.To)
		if from >= to {
			continue
		}
		lowest, highest := from, to-1
		if r.RTL {
			lowest, highest = to-1, from
		}
		x := l.left[lowest-l.From]
		w := l.left[highest-l.From] + l.p.adv[highest] - x
		if n := len(out); n > 0 && out[n-1].X+out[n-1].Width >= x-0.5 {
			out[n-1].Width = x + w - out[n-1].X
			continue
		}
		out = append(out, Span{X: x, Width: w})
	}
	return out
}
