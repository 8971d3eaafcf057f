package bidi

import (
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/driver/mobile"
	"fyne.io/fyne/v2/test"

	"github.com/citizens-portal/portal/app/i18n"
)

func shown(t testing.TB, lang i18n.Lang, opts EntryOptions) (*Entry, fyne.Window) {
	t.Helper()
	e := NewEntry(testEnv(t, lang), opts)
	w := test.NewTempWindow(t, e)
	w.SetPadded(false)
	w.Resize(fyne.NewSize(300, 160))
	w.Canvas().Focus(e)
	return e, w
}

func press(e *Entry, keys ...fyne.KeyName) {
	for _, k := range keys {
		e.TypedKey(&fyne.KeyEvent{Name: k})
	}
}

func shifted(e *Entry, keys ...fyne.KeyName) {
	e.KeyDown(&fyne.KeyEvent{Name: desktop.KeyShiftLeft})
	press(e, keys...)
	e.KeyUp(&fyne.KeyEvent{Name: desktop.KeyShiftLeft})
}

func TestTyping(t *testing.T) {
	e, _ := shown(t, i18n.Urdu, EntryOptions{})
	var last string
	e.OnChanged = func(s string) { last = s }
	test.Type(e, "شکایت درج")
	press(e, fyne.KeyBackspace)
	if e.Text() != "شکایت در" || last != e.Text() {
		t.Errorf("%q, told %q", e.Text(), last)
	}
	press(e, fyne.KeyHome, fyne.KeyDelete)
	if e.Text() != "کایت در" {
		t.Errorf("%q", e.Text())
	}
	test.Type(e, "ټډړږښڼې")
	if e.Text() != "ټډړږښڼېکایت در" {
		t.Errorf("%q", e.Text())
	}
}

func TestArrowsMoveAsTheEyeSees(t *testing.T) {
	for lang, back := range map[i18n.Lang]fyne.KeyName{i18n.English: fyne.KeyLeft, i18n.Urdu: fyne.KeyRight} {
		e, _ := shown(t, lang, EntryOptions{})
		test.Type(e, map[i18n.Lang]string{i18n.English: "abc", i18n.Urdu: "ابت"}[lang])
		press(e, back, back)
		test.Type(e, "1")
		if got := []rune(e.Text()); string(got[1:2]) != "1" {
			t.Errorf("%s: %q", lang, e.Text())
		}
	}
}

func TestCaretMovesLeftWhileUrduIsTyped(t *testing.T) {
	e, _ := shown(t, i18n.Urdu, EntryOptions{})
	at, _ := e.caretPosition()
	if at.X < 280 {
		t.Errorf("an empty field starts at %v", at)
	}
	for _, r := range "میری گلی" {
		e.TypedRune(r)
		next, _ := e.caretPosition()
		if next.X >= at.X {
			t.Errorf("after %c: %v, before %v", r, next.X, at.X)
		}
		at = next
	}
}

func TestSelectionByShiftAndClipboardIsLogical(t *testing.T) {
	e, _ := shown(t, i18n.Urdu, EntryOptions{Multi: true, Rows: 3})
	test.Type(e, "نمبر 12 ہے")
	shifted(e, fyne.KeyHome)
	if e.Selected() != "نمبر 12 ہے" {
		t.Errorf("%q", e.Selected())
	}
	clip := test.NewClipboard()
	e.TypedShortcut(&fyne.ShortcutCopy{Clipboard: clip})
	if clip.Content() != "نمبر 12 ہے" {
		t.Errorf("copied %q", clip.Content())
	}
	e.TypedShortcut(&fyne.ShortcutCut{Clipboard: clip})
	if e.Text() != "" {
		t.Errorf("after cut %q", e.Text())
	}
	clip.SetContent("Ward 7\r\nسوات")
	e.TypedShortcut(&fyne.ShortcutPaste{Clipboard: clip})
	if e.Text() != "Ward 7\nسوات" {
		t.Errorf("pasted %q", e.Text())
	}
	e.TypedShortcut(&fyne.ShortcutSelectAll{})
	test.Type(e, "x")
	if e.Text() != "x" {
		t.Errorf("%q", e.Text())
	}
	e.TypedShortcut(&fyne.ShortcutUndo{})
	if e.Text() != "Ward 7\nسوات" {
		t.Errorf("undo %q", e.Text())
	}
	e.TypedShortcut(&fyne.ShortcutRedo{})
	if e.Text() != "x" {
		t.Errorf("redo %q", e.Text())
	}
}

func TestWordsByCtrl(t *testing.T) {
	e, _ := shown(t, i18n.Urdu, EntryOptions{})
	test.Type(e, "میری گلی نمبر")
	ctrl := func(k fyne.KeyName, more fyne.KeyModifier) {
		e.TypedShortcut(&desktop.CustomShortcut{KeyName: k, Modifier: fyne.KeyModifierControl | more})
	}
	ctrl(fyne.KeyRight, fyne.KeyModifierShift) // right is back in Urdu
	if e.Selected() != "نمبر" {
		t.Errorf("%q", e.Selected())
	}
	ctrl(fyne.KeyRight, 0)
	ctrl(fyne.KeyBackspace, 0)
	if e.Text() != "گلی نمبر" {
		t.Errorf("%q", e.Text())
	}
}

func TestMouse(t *testing.T) {
	e, _ := shown(t, i18n.Urdu, EntryOptions{})
	test.Type(e, "میری گلی نمبر")
	y := e.Size().Height / 2
	down := func(x float32) {
		e.MouseDown(&desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: fyne.NewPos(x, y)}, Button: desktop.MouseButtonPrimary})
	}
	down(298) // the right edge is the start
	if e.buf.Caret() != 0 {
		t.Errorf("caret %d", e.buf.Caret())
	}
	e.dragTo(fyne.NewPos(2, y))
	if e.Selected() != "میری گلی نمبر" {
		t.Errorf("dragged over %q", e.Selected())
	}
	e.DoubleTapped(&fyne.PointEvent{Position: fyne.NewPos(280, y)})
	if e.Selected() != "میری" {
		t.Errorf("double tap selects %q", e.Selected())
	}
}

func TestUpAndDown(t *testing.T) {
	e, _ := shown(t, i18n.English, EntryOptions{Multi: true, Rows: 3})
	test.Type(e, "abcdef")
	press(e, fyne.KeyReturn)
	test.Type(e, "ab")
	press(e, fyne.KeyReturn)
	test.Type(e, "abcdef")
	press(e, fyne.KeyUp, fyne.KeyUp)
	if e.buf.Caret() != 6 {
		t.Errorf("the column is lost: %d", e.buf.Caret())
	}
	press(e, fyne.KeyUp)
	if e.buf.Caret() != 0 {
		t.Errorf("above the first line: %d", e.buf.Caret())
	}
	press(e, fyne.KeyDown, fyne.KeyDown, fyne.KeyDown)
	if e.buf.Caret() != e.buf.Len() {
		t.Errorf("below the last line: %d", e.buf.Caret())
	}
}

func TestWrappedLinesAreWalked(t *testing.T) {
	e, _ := shown(t, i18n.Urdu, EntryOptions{Multi: true, Rows: 3})
	test.Type(e, strings.Repeat("میری گلی نمبر 12 میں ", 6))
	if len(e.sheet.rows) < 3 {
		t.Fatalf("%d rows", len(e.sheet.rows))
	}
	press(e, fyne.KeyPageUp)
	seen := map[int]bool{0: true}
	for range 2 * e.buf.Len() {
		press(e, fyne.KeyLeft)
		seen[e.buf.Caret()] = true
	}
	if e.buf.Caret() != e.buf.Len() || len(seen) != e.buf.Len()+1 {
		t.Errorf("left ends at %d and visits %d of %d", e.buf.Caret(), len(seen), e.buf.Len()+1)
	}
}

func TestFieldGrows(t *testing.T) {
	e, _ := shown(t, i18n.Urdu, EntryOptions{Multi: true, Rows: 2})
	before := e.MinSize().Height
	test.Type(e, strings.Repeat("پانی\n", 5))
	if e.MinSize().Height <= before {
		t.Errorf("%v, before %v", e.MinSize().Height, before)
	}
}

func TestSubmit(t *testing.T) {
	one, _ := shown(t, i18n.English, EntryOptions{})
	sent := ""
	one.OnSubmitted = func(s string) { sent = s }
	test.Type(one, "x")
	press(one, fyne.KeyReturn)
	if sent != "x" {
		t.Errorf("Enter: %q", sent)
	}
	many, _ := shown(t, i18n.English, EntryOptions{Multi: true})
	many.OnSubmitted = func(s string) { sent = s }
	test.Type(many, "y")
	many.TypedShortcut(&desktop.CustomShortcut{KeyName: fyne.KeyReturn, Modifier: fyne.KeyModifierControl})
	if sent != "y" {
		t.Errorf("Ctrl and Enter: %q", sent)
	}
}

func TestConcealedTextStaysHidden(t *testing.T) {
	e, _ := shown(t, i18n.English, EntryOptions{Conceal: true, Label: "PIN"})
	test.Type(e, "secret")
	e.TypedShortcut(&fyne.ShortcutSelectAll{})
	clip := test.NewClipboard()
	clip.SetContent("before")
	e.TypedShortcut(&fyne.ShortcutCopy{Clipboard: clip})
	e.TypedShortcut(&fyne.ShortcutCut{Clipboard: clip})
	if clip.Content() != "before" || e.Text() != "secret" {
		t.Errorf("clipboard %q, text %q", clip.Content(), e.Text())
	}
	if strings.Contains(e.AccessibilityLabel(), "secret") || e.Keyboard() != mobile.PasswordKeyboard {
		t.Error("the secret is told")
	}
	for _, r := range e.sheet.rows {
		for _, run := range r.Runs {
			if strings.Contains(run.Text, "s") {
				t.Errorf("drawn: %q", run.Text)
			}
		}
	}
}

func TestDisabledTakesNothing(t *testing.T) {
	e, _ := shown(t, i18n.English, EntryOptions{})
	test.Type(e, "x")
	e.Disable()
	test.Type(e, "y")
	press(e, fyne.KeyBackspace)
	e.TypedShortcut(&fyne.ShortcutUndo{})
	if e.Text() != "x" || e.focused {
		t.Errorf("%q", e.Text())
	}
	e.Enable()
	test.Type(e, "y")
	if e.Text() != "xy" {
		t.Errorf("%q", e.Text())
	}
}

func TestKeyboards(t *testing.T) {
	for want, opts := range map[mobile.KeyboardType]EntryOptions{
		mobile.DefaultKeyboard: {Multi: true}, mobile.SingleLineKeyboard: {}, mobile.NumberKeyboard: {Number: true},
	} {
		if e, _ := shown(t, i18n.English, opts); e.Keyboard() != want {
			t.Errorf("%v: %v", opts, e.Keyboard())
		}
	}
}

func TestLongSingleLineKeepsTheCaretInView(t *testing.T) {
	for _, lang := range i18n.Langs() {
		e, _ := shown(t, lang, EntryOptions{})
		test.Type(e, strings.Repeat(map[bool]string{false: "word ", true: "پانی "}[lang.RTL()], 30))
		if at, _ := e.caretPosition(); at.X < 10 || at.X > 290 {
			t.Errorf("%s: caret at %v", lang, at)
		}
		press(e, fyne.KeyHome)
		if at, _ := e.caretPosition(); at.X < 10 || at.X > 290 {
			t.Errorf("%s: caret of the start at %v", lang, at)
		}
	}
}

// BenchmarkTyping4000 is a key press in the middle of a text of 4,000 characters,
// with everything that follows up to the painter.
func BenchmarkTyping4000(b *testing.B) {
	for _, paragraphs := range []bool{true, false} {
		name, end := "one paragraph", " "
		if paragraphs {
			name, end = "ten paragraphs", "\n"
		}
		b.Run(name, func(b *testing.B) {
			e, _ := shown(b, i18n.Urdu, EntryOptions{Multi: true, Rows: 4})
			part := strings.Repeat("میری گلی نمبر 12 میں پانی نہیں آ رہا Ward 7 ", 9)
			e.SetText(string([]rune(strings.Repeat(part+end, 12))[:4000]))
			e.buf.MoveTo(2000, false)
			for b.Loop() {
				e.TypedRune('ن')
				e.TypedKey(&fyne.KeyEvent{Name: fyne.KeyBackspace})
			}
		})
	}
}
