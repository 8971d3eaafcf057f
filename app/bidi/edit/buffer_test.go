package edit

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// reference is a text field that cannot be wrong: it keeps whole copies.
type reference struct {
	text          string
	caret, anchor int
	past, future  []reference
}

func (r *reference) selection() (int, int) { return min(r.caret, r.anchor), max(r.caret, r.anchor) }

func (r *reference) edit(from, to int, s string) {
	t := []rune(r.text)
	r.past = append(r.past, reference{text: r.text, caret: r.caret, anchor: r.anchor})
	r.future = nil
	r.text = string(t[:from]) + s + string(t[to:])
	r.caret = from + len([]rune(s))
	r.anchor = r.caret
}

var letters = []rune{'a', 'B', 'ش', 'ک', 'ټ', 'ډ', 'ړ', 'ږ', 'ښ', 'ڼ', 'ې', '1', ' ', '\n', '\u064E', '\u200c', '.', '😀'}

// Typing is remembered word by word, so the reference takes whole pieces of two
// letters or more; TestTypingIsUndoneByWords covers the joining.
func pieces() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		return string(rapid.SliceOfN(rapid.SampledFrom(letters), 2, 5).Draw(t, "piece"))
	})
}

func TestBufferAgainstReference(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := &Buffer{Multi: true}
		ref := &reference{}
		place := func(t *rapid.T) int { return rapid.IntRange(0, len([]rune(ref.text))).Draw(t, "place") }
		t.Repeat(map[string]func(*rapid.T){
			"insert": func(t *rapid.T) {
				s := pieces().Draw(t, "s")
				from, to := ref.selection()
				ref.edit(from, to, s)
				b.Insert(s)
			},
			"backspace": func(t *rapid.T) {
				from, to := ref.selection()
				if from == to {
					from--
				}
				if from >= 0 {
					ref.edit(from, to, "")
				}
				b.Backspace()
			},
			"move": func(t *rapid.T) {
				i, extend := place(t), rapid.Bool().Draw(t, "extend")
				ref.caret = i
				if !extend {
					ref.anchor = i
				}
				b.MoveTo(i, extend)
			},
			"select all": func(t *rapid.T) {
				ref.anchor, ref.caret = 0, len([]rune(ref.text))
				b.SelectAll()
			},
			"cut and paste": func(t *rapid.T) {
				from, to := ref.selection()
				want := string([]rune(ref.text)[from:to])
				if from != to {
					ref.edit(from, to, "")
				}
				if got := b.Cut(); got != want {
					t.Fatalf("cut %q, want %q", got, want)
				}
			},
			"undo": func(t *rapid.T) {
				if n := len(ref.past); n > 0 {
					was := ref.past[n-1]
					was.past, was.future = ref.past[:n-1], append(ref.future, reference{text: ref.text, caret: ref.caret, anchor: ref.anchor})
					*ref = was
				}
				b.Undo()
			},
			"": func(t *rapid.T) {
				if b.Text() != ref.text || b.Caret() != ref.caret {
					t.Fatalf("%q caret %d, want %q caret %d", b.Text(), b.Caret(), ref.text, ref.caret)
				}
				from, to := ref.selection()
				if f, g := b.Selection(); f != from || g != to {
					t.Fatalf("selection %d to %d, want %d to %d", f, g, from, to)
				}
			},
		})
	})
}

// Whatever was done, undoing all gives the empty text and redoing all the last one.
func TestUndoAllRedoAll(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := &Buffer{Multi: true}
		for range rapid.IntRange(0, 30).Draw(t, "n") {
			switch rapid.IntRange(0, 3).Draw(t, "what") {
			case 0, 1:
				b.Insert(string(rapid.SampledFrom(letters).Draw(t, "letter")))
			case 2:
				b.Delete()
			case 3:
				b.MoveTo(rapid.IntRange(0, b.Len()).Draw(t, "i"), rapid.Bool().Draw(t, "extend"))
			}
		}
		last := b.Text()
		for b.Undo() {
		}
		if b.Text() != "" {
			t.Fatalf("after undoing all: %q", b.Text())
		}
		for b.Redo() {
		}
		if b.Text() != last {
			t.Fatalf("after redoing all: %q, want %q", b.Text(), last)
		}
	})
}

func TestTypingIsUndoneByWords(t *testing.T) {
	b := &Buffer{}
	for _, r := range "شکایت درج" {
		b.Insert(string(r))
	}
	b.Undo()
	if b.Text() != "شکایت" {
		t.Errorf("%q", b.Text())
	}
	b.Undo()
	if b.Text() != "" {
		t.Errorf("%q", b.Text())
	}
	b.Redo()
	b.Redo()
	if b.Text() != "شکایت درج" {
		t.Errorf("%q", b.Text())
	}
}

func TestMax(t *testing.T) {
	b := &Buffer{Max: 4}
	if b.Insert("abcdef") || b.Text() != "abcd" {
		t.Errorf("%q", b.Text())
	}
	b.Select(1, 3)
	if !b.Insert("XY") || b.Text() != "aXYd" {
		t.Errorf("%q", b.Text())
	}
	b.SetText("abcdef")
	if b.Text() != "abcd" {
		t.Errorf("%q", b.Text())
	}
}

func TestLineEnds(t *testing.T) {
	one, many := &Buffer{}, &Buffer{Multi: true}
	one.Insert("a\r\nb\rc")
	many.Insert("a\r\nb\rc")
	if one.Text() != "a b c" || many.Text() != "a\nb\nc" {
		t.Errorf("%q %q", one.Text(), many.Text())
	}
	one.Insert("\xff")
	if !strings.HasSuffix(one.Text(), "\uFFFD") {
		t.Errorf("%q", one.Text())
	}
}

func TestWords(t *testing.T) {
	b := &Buffer{Multi: true}
	b.SetText("میری گلی، Ward 7\nنمبر")
	var starts []int
	for i := b.Len(); i > 0; {
		i = b.WordStart(i)
		starts = append(starts, i)
	}
	if want := []int{17, 15, 10, 5, 0}; !slices.Equal(starts, want) {
		t.Errorf("starts %v, want %v", starts, want)
	}
	b.SelectWord(6)
	if b.Selected() != "گلی" {
		t.Errorf("%q", b.Selected())
	}
	b.MoveTo(4, false)
	if b.DeleteWord(false); b.Text() != " گلی، Ward 7\nنمبر" {
		t.Errorf("%q", b.Text())
	}
	if b.DeleteWord(true); b.Text() != " گلی، Ward 7\nنمبر"[len(" گلی"):] {
		t.Errorf("%q", b.Text())
	}
}

func TestMarksFollowTheirLetter(t *testing.T) {
	b := &Buffer{}
	b.SetText("بَت")
	b.MoveTo(0, false)
	if b.Delete(); b.Text() != "ت" {
		t.Errorf("delete: %q", b.Text())
	}
	b.SetText("بَ")
	if b.Backspace(); b.Text() != "ب" {
		t.Errorf("backspace: %q", b.Text())
	}
}
