// Package edit is the model of a text field: the text in the order in which it was
// written, caret and selection, and what can be undone.
//
// It knows nothing of lines, directions or the screen; a caret is an offset in runes.
// Moving by what the eye sees is the business of package line. Start with [Buffer].
package edit

import (
	"slices"
	"strings"
	"unicode"
)

// Buffer is an editable text. Its zero value is an empty field of one line.
type Buffer struct {
	Multi bool // line ends are kept; otherwise they become blanks
	Max   int  // runes the text may hold; 0 is no limit

	text   []rune
	caret  int
	anchor int // the selection's other end
	undo   []change
	redo   []change
	typing bool // the last change was typing that the next may join
}

// change replaces del at offset at by ins. The carets are those before and after.
type change struct {
	at            int
	del, ins      []rune
	caret, anchor int
}

// maxUndo bounds the memory of a long session of writing.
const maxUndo = 500

// Text returns the text as written.
func (b *Buffer) Text() string { return string(b.text) }

// Runes returns the text as runes. The caller must not change them.
func (b *Buffer) Runes() []rune { return b.text }

// Len returns the number of runes.
func (b *Buffer) Len() int { return len(b.text) }

// Caret returns the caret's offset.
func (b *Buffer) Caret() int { return b.caret }

// Selection returns the selected range; from equals to when nothing is selected.
func (b *Buffer) Selection() (from, to int) {
	return min(b.caret, b.anchor), max(b.caret, b.anchor)
}

// Selected returns the selected text as written.
func (b *Buffer) Selected() string {
	from, to := b.Selection()
	return string(b.text[from:to])
}

// SetText replaces everything and forgets what could be undone. The caret goes to
// the end.
func (b *Buffer) SetText(s string) {
	b.text = b.clean(s)
	if b.Max > 0 && len(b.text) > b.Max {
		b.text = b.text[:b.Max]
	}
	b.caret, b.anchor = len(b.text), len(b.text)
	b.undo, b.redo, b.typing = nil, nil, false
}

func (b *Buffer) clean(s string) []rune {
	s = strings.ReplaceAll(s, "\r\n", "\n")
	s = strings.ReplaceAll(s, "\r", "\n")
	if !b.Multi {
		s = strings.ReplaceAll(s, "\n", " ")
	}
	return []rune(strings.ToValidUTF8(s, "\uFFFD"))
}

// Insert puts s in place of the selection. What exceeds Max is cut off; it reports
// whether all of s went in.
func (b *Buffer) Insert(s string) bool {
	ins := b.clean(s)
	from, to := b.Selection()
	whole := true
	if room := b.Max - (len(b.text) - (to - from)); b.Max > 0 && len(ins) > room {
		ins, whole = ins[:max(0, room)], false
	}
	if len(ins) == 0 && from == to {
		return whole
	}
	joins := b.typing && from == to && len(ins) == 1 && !unicode.IsSpace(ins[0])
	b.replace(from, to, ins, joins)
	b.typing = len(ins) == 1
	return whole
}

// replace makes a change and remembers it, as part of the one before when it joins.
func (b *Buffer) replace(from, to int, ins []rune, joins bool) {
	if joins && len(b.undo) > 0 {
		last := &b.undo[len(b.undo)-1]
		if last.at+len(last.ins) == from && from == to {
			last.ins = append(last.ins, ins...)
			b.apply(from, to, ins)
			b.redo = nil
			return
		}
	}
	c := change{at: from, del: slices.Clone(b.text[from:to]), ins: slices.Clone(ins), caret: b.caret, anchor: b.anchor}
	b.undo = append(b.undo, c)
	if len(b.undo) > maxUndo {
		b.undo = slices.Delete(b.undo, 0, len(b.undo)-maxUndo)
	}
	b.redo = nil
	b.apply(from, to, ins)
}

func (b *Buffer) apply(from, to int, ins []rune) {
	b.text = slices.Replace(b.text, from, to, ins...)
	b.caret = from + len(ins)
	b.anchor = b.caret
}

// Backspace deletes the selection, or the rune before the caret. A mark over a letter
// goes by itself, as writers of Urdu and Pashto expect.
func (b *Buffer) Backspace() bool {
	from, to := b.Selection()
	if from == to {
		from--
	}
	return b.delete(from, to)
}

// Delete deletes the selection, or the letter after the caret with its marks.
func (b *Buffer) Delete() bool {
	from, to := b.Selection()
	if from == to {
		to++
		for to < len(b.text) && attached(b.text[to]) {
			to++
		}
	}
	return b.delete(from, to)
}

// DeleteWord deletes the selection, or from the caret to the start or end of a word.
func (b *Buffer) DeleteWord(forward bool) bool {
	from, to := b.Selection()
	if from == to && forward {
		to = b.WordEnd(to)
	} else if from == to {
		from = b.WordStart(from)
	}
	return b.delete(from, to)
}

func (b *Buffer) delete(from, to int) bool {
	b.typing = false
	if from < 0 || to > len(b.text) || from >= to {
		return false
	}
	b.replace(from, to, nil, false)
	return true
}

// Cut deletes the selection and returns it.
func (b *Buffer) Cut() string {
	s := b.Selected()
	if s != "" {
		b.Backspace()
	}
	return s
}

// MoveTo puts the caret at an offset; extend keeps the other end of the selection.
func (b *Buffer) MoveTo(i int, extend bool) {
	b.caret = min(max(i, 0), len(b.text))
	if !extend {
		b.anchor = b.caret
	}
	b.typing = false
}

// Select selects from anchor to caret.
func (b *Buffer) Select(anchor, caret int) {
	b.MoveTo(anchor, false)
	b.MoveTo(caret, true)
}

// SelectAll selects everything.
func (b *Buffer) SelectAll() { b.Select(0, len(b.text)) }

// SelectWord selects the word at an offset, or the run of other characters there.
func (b *Buffer) SelectWord(i int) {
	if len(b.text) == 0 {
		return
	}
	i = min(max(i, 0), len(b.text)-1)
	kind := kindOf(b.text[i])
	from, to := i, i+1
	for from > 0 && kindOf(b.text[from-1]) == kind {
		from--
	}
	for to < len(b.text) && kindOf(b.text[to]) == kind {
		to++
	}
	b.Select(from, to)
}

// Undo takes back the last change; false means there is none.
func (b *Buffer) Undo() bool {
	b.typing = false
	if len(b.undo) == 0 {
		return false
	}
	c := b.undo[len(b.undo)-1]
	b.undo = b.undo[:len(b.undo)-1]
	b.redo = append(b.redo, c)
	b.text = slices.Replace(b.text, c.at, c.at+len(c.ins), c.del...)
	b.caret, b.anchor = c.caret, c.anchor
	return true
}

// Redo makes the change that was undone last; false means there is none.
func (b *Buffer) Redo() bool {
	b.typing = false
	if len(b.redo) == 0 {
		return false
	}
	c := b.redo[len(b.redo)-1]
	b.redo = b.redo[:len(b.redo)-1]
	b.undo = append(b.undo, c)
	b.apply(c.at, c.at+len(c.del), c.ins)
	return true
}

// WordStart returns the start of the word at or before an offset.
func (b *Buffer) WordStart(i int) int {
	i = min(max(i, 0), len(b.text))
	for i > 0 && kindOf(b.text[i-1]) != word {
		i--
	}
	for i > 0 && kindOf(b.text[i-1]) == word {
		i--
	}
	return i
}

// WordEnd returns the end of the word at or after an offset.
func (b *Buffer) WordEnd(i int) int {
	i = min(max(i, 0), len(b.text))
	for i < len(b.text) && kindOf(b.text[i]) != word {
		i++
	}
	for i < len(b.text) && kindOf(b.text[i]) == word {
		i++
	}
	return i
}

type kind int

const (
	blank kind = iota
	word
	lineEnd
	other
)

func kindOf(r rune) kind {
	switch {
	case r == '\n':
		return lineEnd
	case unicode.IsSpace(r):
		return blank
	case unicode.IsLetter(r), unicode.IsDigit(r), r == '_', attached(r):
		return word
	}
	return other
}

func attached(r rune) bool { return unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf) }
