package line

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"unicode"

	"github.com/go-text/typesetting/di"
	"github.com/go-text/typesetting/font"
	"github.com/go-text/typesetting/language"
	"github.com/go-text/typesetting/segmenter"
	"github.com/go-text/typesetting/shaping"
	"golang.org/x/image/math/fixed"
)

// Font is a face at a size in Fyne units.
type Font struct {
	Size float32
	Bold bool
}

// Faces measures text with a regular and a bold face. It is safe for concurrent use.
type Faces struct {
	// Fallback measures text that the faces have no glyphs for, such as emoji. Set it
	// before the first use; without it such a character counts as a square.
	Fallback func(text string, f Font) float32

	mu     sync.Mutex
	faces  [2]*font.Face
	shaper shaping.HarfbuzzShaper
	words  map[wordKey][]float32
}

type wordKey struct {
	text string
	rtl  bool
	font Font
}

// A screen holds some hundred words and a long complaint a thousand; beyond this the
// cache starts anew instead of growing for ever.
const maxWords = 20_000

// NewFaces reads a regular and a bold TrueType face.
func NewFaces(regular, bold []byte) (*Faces, error) {
	f := &Faces{words: map[wordKey][]float32{}}
	for i, data := range [][]byte{regular, bold} {
		face, err := font.ParseTTF(bytes.NewReader(data))
		if err != nil {
			return nil, fmt.Errorf("read font: %w", err)
		}
		f.faces[i] = face
	}
	return f, nil
}

func (f *Faces) face(fnt Font) *font.Face {
	if fnt.Bold {
		return f.faces[1]
	}
	return f.faces[0]
}

// Height returns the natural height of a line: 1.56 em for Vazirmatn.
func (f *Faces) Height(fnt Font) float32 {
	f.mu.Lock()
	defer f.mu.Unlock()
	out := f.shape([]rune{' '}, false, fnt)
	return float(out.LineBounds.LineThickness())
}

func (f *Faces) covers(r rune, fnt Font) bool {
	_, ok := f.face(fnt).NominalGlyph(r)
	return ok || unicode.IsSpace(r) || unicode.IsControl(r)
}

// attached reports whether a rune belongs to the one before it.
func attached(r rune) bool {
	return unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf)
}

func (f *Faces) shape(text []rune, rtl bool, fnt Font) shaping.Output {
	in := shaping.Input{
		Text: text, RunEnd: len(text),
		Direction: di.DirectionLTR,
		Face:      f.face(fnt),
		Size:      fixed.Int26_6(fnt.Size * 64),
		Script:    script(text),
	}
	if rtl {
		in.Direction = di.DirectionRTL
	}
	return f.shaper.Shape(in)
}

func script(text []rune) language.Script {
	for _, r := range text {
		if s := language.LookupScript(r); s != language.Common && s != language.Inherited {
			return s
		}
	}
	return language.Common
}

// word returns the advance of every rune of a piece of text that the face covers and
// that runs one way. A ligature's advance is shared among its letters.
func (f *Faces) word(text []rune, rtl bool, fnt Font) []float32 {
	key := wordKey{string(text), rtl, fnt}
	f.mu.Lock()
	defer f.mu.Unlock()
	if adv, ok := f.words[key]; ok {
		return adv
	}
	if len(f.words) >= maxWords {
		clear(f.words)
	}
	adv := make([]float32, len(text))
	clusters := map[int]float32{}
	counts := map[int]int{}
	out := f.shape(text, rtl, fnt)
	for _, g := range out.Glyphs {
		clusters[g.TextIndex()] += float(g.Advance)
		counts[g.TextIndex()] = g.RunesCount()
	}
	for at, total := range clusters {
		share(adv[at:min(at+counts[at], len(adv))], text[at:], total)
	}
	f.words[key] = adv
	return adv
}

func share(adv []float32, text []rune, total float32) {
	letters := 0
	for i := range adv {
		if !attached(text[i]) {
			letters++
		}
	}
	for i := range adv {
		switch {
		case letters == 0:
			adv[0] = total
			return
		case !attached(text[i]):
			adv[i] = total / float32(letters)
		}
	}
}

func float(v fixed.Int26_6) float32 { return float32(v) / 64 }

// Shape measures one paragraph, a text without line ends. A line end in it counts as
// a space. With dir Auto the first letter decides, and fallback when there is none.
func (f *Faces) Shape(text []rune, dir, fallback Direction, fnt Font) *Paragraph {
	if dir == Auto {
		dir = fallback
		if d, ok := FirstStrong(text); ok {
			dir = d
		}
	}
	p := &Paragraph{Text: text, RTL: dir == RTL, font: fnt}
	base := uint8(0)
	if p.RTL {
		base = 1
	}
	p.base = base
	p.levels = resolveLevels(text, base)
	p.measure(f)
	p.segment()
	return p
}

// measure fills in advances, piece by piece: a piece has one level, is covered or
// not, and is a word or a gap.
func (p *Paragraph) measure(f *Faces) {
	n := len(p.Text)
	p.adv = make([]float32, n)
	p.covered = make([]bool, n)
	for i, r := range p.Text {
		if i > 0 && attached(r) {
			p.covered[i] = p.covered[i-1]
		} else {
			p.covered[i] = attached(r) || f.covers(r, p.font)
		}
	}
	for from := 0; from < n; {
		to := from + 1
		for to < n && p.samePiece(from, to) {
			to++
		}
		p.measurePiece(f, from, to)
		from = to
	}
}

func (p *Paragraph) samePiece(a, b int) bool {
	return p.levels[a] == p.levels[b] && p.covered[a] == p.covered[b] &&
		unicode.IsSpace(p.Text[a]) == unicode.IsSpace(p.Text[b])
}

func (p *Paragraph) measurePiece(f *Faces, from, to int) {
	text := drawable(p.Text[from:to])
	switch {
	case p.covered[from]:
		copy(p.adv[from:to], f.word(text, p.levels[from]%2 == 1, p.font))
	case f.Fallback != nil:
		share(p.adv[from:to], p.Text[from:to], f.Fallback(string(text), p.font))
	default:
		for i := from; i < to; i++ {
			if !attached(p.Text[i]) {
				p.adv[i] = p.font.Size
			}
		}
	}
}

// drawable replaces what must not reach the painter by something as long: blanks for
// tabs and line ends, and a joiner without width for direction marks.
func drawable(text []rune) []rune {
	const invisible = '\u2060'
	out := make([]rune, len(text))
	for i, r := range text {
		switch {
		case r == '\t', r == '\n', r == '\r', r == '\v', r == '\f', r == '\u2028', r == '\u2029':
			out[i] = ' '
		case r >= 0x202A && r <= 0x202E, r >= 0x2066 && r <= 0x2069, r == 0x200E, r == 0x200F, r == 0x061C, unicode.IsControl(r):
			out[i] = invisible
		default:
			out[i] = r
		}
	}
	return out
}

func (p *Paragraph) segment() {
	n := len(p.Text)
	p.breaks = make([]bool, n+1)
	p.stops = make([]bool, n+1)
	p.stops[0], p.stops[n] = true, true
	if n == 0 {
		return
	}
	var seg segmenter.Segmenter
	seg.Init(p.Text)
	for it := seg.LineIterator(); it.Next(); {
		l := it.Line()
		p.breaks[l.Offset+len(l.Text)] = true
	}
	for it := seg.GraphemeIterator(); it.Next(); {
		p.stops[it.Grapheme().Offset] = true
	}
}

func withoutInvisible(text []rune) string {
	return strings.ReplaceAll(string(drawable(text)), "\u2060", "")
}
