package bidi

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/driver/mobile"
	"fyne.io/fyne/v2/widget"

	"github.com/citizens-portal/portal/app/bidi/edit"
	"github.com/citizens-portal/portal/app/style"
)

// EntryOptions say what a field is for. The zero value is one line of free text.
type EntryOptions struct {
	Multi       bool
	Rows        int // height of a field of several lines, at least; it grows with the text
	Max         int // runes it may hold; 0 is no limit
	Order       Order
	Conceal     bool // show dots, and never give the text to the clipboard
	Number      bool // ask a phone for its keys of figures
	Placeholder string
	Label       string // what a screen reader says before the text
}

// Entry is a text field for any language. Each paragraph runs the way of its first
// letter; the caret moves as the eye sees it; the clipboard gets the text as written.
type Entry struct {
	widget.DisableableWidget

	OnChanged   func(text string)
	OnSubmitted func(text string) // Enter, or Ctrl and Enter in a field of several lines
	OnFocus     func(focused bool)
	OnEscape    func() // Escape, to leave the field
	// OnCaret tells where the caret is after it moved, within the entry, so that a page
	// can scroll it into view.
	OnCaret func(at fyne.Position, height float32)

	env     Env
	opts    EntryOptions
	buf     edit.Buffer
	sheet   sheet
	focused bool
	failed  bool
	shift   bool
	skip    bool    // the letter of the stroke that brought the keyboard
	goalX   float32 // where Up and Down aim at; negative when not moving so
}

var (
	_ fyne.Focusable         = (*Entry)(nil)
	_ fyne.Tappable          = (*Entry)(nil)
	_ fyne.DoubleTappable    = (*Entry)(nil)
	_ fyne.SecondaryTappable = (*Entry)(nil)
	_ fyne.Shortcutable      = (*Entry)(nil)
	_ fyne.Disableable       = (*Entry)(nil)
	_ fyne.Accessible        = (*Entry)(nil)
	_ desktop.Keyable        = (*Entry)(nil)
	_ desktop.Cursorable     = (*Entry)(nil)
	_ desktop.Mouseable      = (*Entry)(nil)
	_ mobile.Keyboardable    = (*Entry)(nil)
	_ Flexible               = (*Entry)(nil)
)

// NewEntry returns an empty field.
func NewEntry(env Env, opts EntryOptions) *Entry {
	e := &Entry{env: env, opts: opts, goalX: -1}
	e.buf.Multi, e.buf.Max = opts.Multi, opts.Max
	e.ExtendBaseWidget(e)
	return e
}

// Text returns the text as written.
func (e *Entry) Text() string { return e.buf.Text() }

// SetText replaces the text without calling OnChanged.
func (e *Entry) SetText(s string) {
	if s == e.buf.Text() {
		return
	}
	e.buf.SetText(s)
	e.Refresh()
}

// Selected returns the selected text as written.
func (e *Entry) Selected() string { return e.buf.Selected() }

// SetFailed shows or hides the border of a field that needs correcting. The sentence
// that says why belongs to [Field].
func (e *Entry) SetFailed(failed bool) {
	if failed != e.failed {
		e.failed = failed
		e.Refresh()
	}
}

// AccessibilityLabel implements [fyne.Accessible].
func (e *Entry) AccessibilityLabel() string {
	text := e.Text()
	if e.opts.Conceal {
		text = ""
	}
	if text == "" {
		text = e.opts.Placeholder
	}
	return strings.TrimSpace(e.opts.Label + " " + text)
}

// AccessibilityRole implements [fyne.Accessible].
func (e *Entry) AccessibilityRole() fyne.AccessibleRole { return fyne.AccessibleRoleText }

// Keyboard implements [mobile.Keyboardable].
func (e *Entry) Keyboard() mobile.KeyboardType {
	switch {
	case e.opts.Conceal:
		return mobile.PasswordKeyboard
	case e.opts.Number:
		return mobile.NumberKeyboard
	case e.opts.Multi:
		return mobile.DefaultKeyboard
	}
	return mobile.SingleLineKeyboard
}

// Cursor implements [desktop.Cursorable].
func (e *Entry) Cursor() desktop.Cursor { return desktop.TextCursor }

// FocusGained implements [fyne.Focusable].
func (e *Entry) FocusGained() { e.setFocused(true) }

// FocusLost implements [fyne.Focusable].
func (e *Entry) FocusLost() { e.setFocused(false) }

func (e *Entry) setFocused(on bool) {
	if e.Disabled() && on {
		return
	}
	e.focused, e.shift = on, false
	e.skip = e.skip && on
	e.Refresh()
	if e.OnFocus != nil {
		e.OnFocus(on)
	}
}

// SkipStroke tells the field that a key which is still going down gave it the keyboard:
// the letter of that stroke, which comes after the key, is not typed into it.
func (e *Entry) SkipStroke() { e.skip = true }

// TypedRune implements [fyne.Focusable].
func (e *Entry) TypedRune(r rune) {
	if e.skip {
		e.skip = false
		return
	}
	if !e.Disabled() {
		e.buf.Insert(string(r))
		e.changed()
	}
}

// changed redraws after an edit and tells the owner.
func (e *Entry) changed() {
	e.goalX = -1
	e.Refresh()
	e.tellCaret()
	if e.OnChanged != nil {
		e.OnChanged(e.buf.Text())
	}
}

func (e *Entry) tellCaret() {
	if e.OnCaret != nil {
		e.OnCaret(e.caretPosition())
	}
}

func (e *Entry) moveTo(i int) {
	e.buf.MoveTo(i, e.shift)
	e.Refresh()
	e.tellCaret()
}

// Tapped implements [fyne.Tappable]: it takes the keyboard. Phones have no mouse, so
// the caret is set here too.
func (e *Entry) Tapped(ev *fyne.PointEvent) {
	if e.Disabled() {
		return
	}
	e.requestFocus()
	if fyne.CurrentDevice().IsMobile() {
		e.goalX = -1
		e.moveTo(e.hit(ev.Position))
	}
}

func (e *Entry) requestFocus() {
	if c := fyne.CurrentApp().Driver().CanvasForObject(e); c != nil && c.Focused() != fyne.Focusable(e) {
		c.Focus(e)
	}
}

// MouseDown implements [desktop.Mouseable]: it takes the keyboard, since a tap comes only
// when it cannot become a double tap any more, and sets the caret, or with Shift the end
// of the selection.
func (e *Entry) MouseDown(ev *desktop.MouseEvent) {
	if e.Disabled() || ev.Button != desktop.MouseButtonPrimary {
		return
	}
	e.requestFocus()
	e.goalX = -1
	e.buf.MoveTo(e.hit(ev.Position), e.shift || ev.Modifier&fyne.KeyModifierShift != 0)
	e.Refresh()
}

// MouseUp implements [desktop.Mouseable].
func (e *Entry) MouseUp(*desktop.MouseEvent) {}

// DoubleTapped implements [fyne.DoubleTappable]: it selects a word.
func (e *Entry) DoubleTapped(ev *fyne.PointEvent) {
	if e.Disabled() {
		return
	}
	e.requestFocus()
	e.buf.SelectWord(e.under(ev.Position))
	e.Refresh()
}

// dragTo extends the selection to where the finger or mouse is.
func (e *Entry) dragTo(at fyne.Position) {
	if !e.Disabled() {
		e.buf.MoveTo(e.hit(at), true)
		e.Refresh()
	}
}

// TappedSecondary implements [fyne.SecondaryTappable]: the menu for those without
// keyboard, also after a long press.
func (e *Entry) TappedSecondary(ev *fyne.PointEvent) {
	if e.Disabled() {
		return
	}
	e.requestFocus()
	c := fyne.CurrentApp().Driver().CanvasForObject(e)
	if c == nil {
		return
	}
	clip := fyne.CurrentApp().Clipboard()
	paste := fyne.NewMenuItem(e.env.T("edit.paste"), func() { e.paste(clip) })
	all := fyne.NewMenuItem(e.env.T("edit.select_all"), e.selectAll)
	items := []*fyne.MenuItem{paste, all}
	if !e.opts.Conceal {
		items = append([]*fyne.MenuItem{
			fyne.NewMenuItem(e.env.T("edit.cut"), func() { e.cut(clip) }),
			fyne.NewMenuItem(e.env.T("edit.copy"), func() { e.copy(clip) }),
		}, items...)
	}
	widget.ShowPopUpMenuAtPosition(fyne.NewMenu("", items...), c, ev.AbsolutePosition)
}

// Disable implements [fyne.Disableable].
func (e *Entry) Disable() {
	e.focused = false
	e.DisableableWidget.Disable()
}

func (e *Entry) look() Text {
	return Text{Size: style.Body, Order: e.opts.Order}
}
