package line

import (
	"golang.org/x/text/unicode/bidi"
)

// Direction is the way a line of text runs.
type Direction uint8

// The directions. Auto takes the direction of the first letter of each paragraph,
// which is right for what people write; the app's own sentences know theirs.
const (
	LTR Direction = iota
	RTL
	Auto
)

// FirstStrong returns the direction of the first letter outside isolates, and false
// when there is none (UAX #9, P2 and P3).
func FirstStrong(text []rune) (Direction, bool) {
	depth := 0
	for _, r := range text {
		switch c := class(r); c {
		case bidi.LRI, bidi.RLI, bidi.FSI:
			depth++
		case bidi.PDI:
			depth = max(0, depth-1)
		case bidi.L:
			if depth == 0 {
				return LTR, true
			}
		case bidi.R, bidi.AL:
			if depth == 0 {
				return RTL, true
			}
		}
	}
	return LTR, false
}

func class(r rune) bidi.Class {
	p, _ := bidi.LookupRune(r)
	return p.Class()
}

// resolver works out embedding levels by UAX #9 for one paragraph.
//
// Isolates are honoured; the older embeddings and overrides are ignored like other
// invisible characters, since nobody types them and they can make a text look like
// another one.
type resolver struct {
	text   []rune
	class  []bidi.Class // changed as the rules are applied
	levels []uint8
}

// resolveLevels returns the level of every rune: even runs left to right.
func resolveLevels(text []rune, base uint8) []uint8 {
	r := resolver{text: text, class: make([]bidi.Class, len(text)), levels: make([]uint8, len(text))}
	all := make([]int, len(text))
	plain := base == 0
	for i, c := range text {
		all[i] = i
		r.class[i] = class(c)
		switch r.class[i] {
		case bidi.R, bidi.AL, bidi.AN, bidi.RLI, bidi.LRI, bidi.FSI:
			plain = false
		}
	}
	if plain {
		return r.levels
	}
	r.sequence(all, base)
	r.fillIgnored(base)
	return r.levels
}

func ignored(c bidi.Class) bool {
	switch c {
	case bidi.BN, bidi.LRE, bidi.RLE, bidi.LRO, bidi.RLO, bidi.PDF:
		return true
	}
	return false
}

// fillIgnored gives invisible characters the level of the one before, so that they
// never split a run.
func (r *resolver) fillIgnored(base uint8) {
	level := base
	for i := range r.text {
		if ignored(r.class[i]) {
			r.levels[i] = level
		}
		level = r.levels[i]
	}
}

// sequence resolves the runes at idx, an isolating run sequence, and, one level up,
// the isolates in it.
func (r *resolver) sequence(idx []int, level uint8) {
	seq := make([]int, 0, len(idx))
	for k := 0; k < len(idx); k++ {
		i := idx[k]
		c := r.class[i]
		if ignored(c) {
			continue
		}
		seq = append(seq, i)
		if c != bidi.LRI && c != bidi.RLI && c != bidi.FSI {
			continue
		}
		end := r.matchingPDI(idx, k)
		inner := idx[k+1 : end]
		r.sequence(inner, r.isolateLevel(c, inner, level))
		k = end - 1
	}
	r.weak(seq, level)
	r.brackets(seq, level)
	r.neutral(seq, level)
	for _, i := range seq {
		r.levels[i] = implicit(r.class[i], level)
	}
}

func (r *resolver) matchingPDI(idx []int, open int) int {
	depth := 1
	for k := open + 1; k < len(idx); k++ {
		switch r.class[idx[k]] {
		case bidi.LRI, bidi.RLI, bidi.FSI:
			depth++
		case bidi.PDI:
			if depth--; depth == 0 {
				return k
			}
		}
	}
	return len(idx)
}

func (r *resolver) isolateLevel(c bidi.Class, inner []int, level uint8) uint8 {
	rtl := c == bidi.RLI
	if c == bidi.FSI {
		text := make([]rune, len(inner))
		for k, i := range inner {
			text[k] = r.text[i]
		}
		d, _ := FirstStrong(text)
		rtl = d == RTL
	}
	if rtl {
		return (level + 1) | 1
	}
	return (level + 2) &^ 1
}

func implicit(c bidi.Class, level uint8) uint8 {
	switch {
	case level%2 == 0 && c == bidi.R:
		return level + 1
	case level%2 == 0 && (c == bidi.AN || c == bidi.EN):
		return level + 2
	case level%2 == 1 && c != bidi.R:
		return level + 1
	}
	return level
}

func direction(level uint8) bidi.Class {
	if level%2 == 1 {
		return bidi.R
	}
	return bidi.L
}

// weak applies rules W1 to W7.
func (r *resolver) weak(seq []int, level uint8) {
	sor := direction(level)
	prev, strong := sor, sor
	for _, i := range seq {
		switch r.class[i] {
		case bidi.NSM: // W1
			r.class[i] = prev
		case bidi.L, bidi.R:
			strong = r.class[i]
		case bidi.AL:
			strong = bidi.AL
		}
		if r.class[i] == bidi.EN && strong == bidi.AL { // W2
			r.class[i] = bidi.AN
		}
		prev = r.class[i]
		switch prev {
		case bidi.LRI, bidi.RLI, bidi.FSI, bidi.PDI:
			prev = bidi.ON
		}
	}
	for _, i := range seq { // W3
		if r.class[i] == bidi.AL {
			r.class[i] = bidi.R
		}
	}
	r.separators(seq)
	strong = sor
	for _, i := range seq { // W7
		switch r.class[i] {
		case bidi.L, bidi.R:
			strong = r.class[i]
		case bidi.EN:
			if strong == bidi.L {
				r.class[i] = bidi.L
			}
		}
	}
}

// separators applies rules W4 to W6.
func (r *resolver) separators(seq []int) {
	for k := 1; k+1 < len(seq); k++ {
		c, before, after := r.class[seq[k]], r.class[seq[k-1]], r.class[seq[k+1]]
		if before == after && (before == bidi.EN && (c == bidi.ES || c == bidi.CS) || before == bidi.AN && c == bidi.CS) {
			r.class[seq[k]] = before
		}
	}
	for k := 0; k < len(seq); {
		if r.class[seq[k]] != bidi.ET {
			k++
			continue
		}
		end := k
		for end < len(seq) && r.class[seq[end]] == bidi.ET {
			end++
		}
		if k > 0 && r.class[seq[k-1]] == bidi.EN || end < len(seq) && r.class[seq[end]] == bidi.EN {
			for j := k; j < end; j++ {
				r.class[seq[j]] = bidi.EN
			}
		}
		k = end
	}
	for _, i := range seq {
		switch r.class[i] {
		case bidi.ES, bidi.ET, bidi.CS:
			r.class[i] = bidi.ON
		}
	}
}

// strongOf treats numbers as right-to-left, as the neutral rules do.
func strongOf(c bidi.Class) (bidi.Class, bool) {
	switch c {
	case bidi.L:
		return bidi.L, true
	case bidi.R, bidi.EN, bidi.AN:
		return bidi.R, true
	}
	return bidi.ON, false
}

// brackets applies rule N0.
func (r *resolver) brackets(seq []int, level uint8) {
	embedding := direction(level)
	for _, pair := range r.bracketPairs(seq) {
		var same, opposite bool
		for k := pair[0] + 1; k < pair[1]; k++ {
			if d, ok := strongOf(r.class[seq[k]]); ok {
				same = same || d == embedding
				opposite = opposite || d != embedding
			}
		}
		set := embedding
		if !same {
			if !opposite {
				continue
			}
			before := embedding
			for k := pair[0] - 1; k >= 0; k-- {
				if d, ok := strongOf(r.class[seq[k]]); ok {
					before = d
					break
				}
			}
			set = before // the context's direction, when it is the opposite one too
		}
		for _, k := range pair {
			r.class[seq[k]] = set
			for j := k + 1; j < len(seq) && class(r.text[seq[j]]) == bidi.NSM; j++ {
				r.class[seq[j]] = set
			}
		}
	}
}

// bracketPairs finds pairs by rule BD16, in the order of their opening brackets.
func (r *resolver) bracketPairs(seq []int) [][2]int {
	const deepest = 63
	var open, out [][2]int // place in seq, place in out
	for k, i := range seq {
		if r.class[i] != bidi.ON {
			continue
		}
		p, _ := bidi.LookupRune(r.text[i])
		if !p.IsBracket() {
			continue
		}
		if p.IsOpeningBracket() {
			if len(open) == deepest {
				return nil
			}
			open = append(open, [2]int{k, len(out)})
			out = append(out, [2]int{k, -1})
			continue
		}
		for j := len(open) - 1; j >= 0; j-- {
			if closes(r.text[seq[open[j][0]]], r.text[i]) {
				out[open[j][1]][1] = k
				open = open[:j]
				break
			}
		}
	}
	pairs := out[:0]
	for _, p := range out {
		if p[1] >= 0 {
			pairs = append(pairs, p)
		}
	}
	return pairs
}

// closes reports whether two brackets are a pair. In Unicode the closing one follows
// its opening one directly, or after one character in ASCII and its wide copies.
func closes(open, end rune) bool {
	switch open {
	case '[', '{', '\uff3b', '\uff5b':
		return end == open+2
	}
	return end == open+1
}

// neutral applies rules N1 and N2.
func (r *resolver) neutral(seq []int, level uint8) {
	embedding := direction(level)
	before := embedding
	for k := 0; k < len(seq); {
		if d, ok := strongOf(r.class[seq[k]]); ok {
			before = d
			k++
			continue
		}
		end := k
		after := embedding
		for ; end < len(seq); end++ {
			if d, ok := strongOf(r.class[seq[end]]); ok {
				after = d
				break
			}
		}
		set := embedding
		if before == after {
			set = before
		}
		for j := k; j < end; j++ {
			r.class[seq[j]] = set
		}
		k = end
	}
}

// trailing reports whether a character, standing at the end of a line, falls back to
// the level of the paragraph (rule L1).
func trailing(r rune) bool {
	switch c := class(r); c {
	case bidi.WS, bidi.S, bidi.B, bidi.LRI, bidi.RLI, bidi.FSI, bidi.PDI:
		return true
	default:
		return ignored(c)
	}
}
