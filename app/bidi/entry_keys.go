package bidi

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
)

// KeyDown implements [desktop.Keyable]; it watches Shift, which selects.
func (e *Entry) KeyDown(k *fyne.KeyEvent) {
	e.skip = false // another stroke
	if k.Name == desktop.KeyShiftLeft || k.Name == desktop.KeyShiftRight {
		e.shift = true
	}
}

// KeyUp implements [desktop.Keyable].
func (e *Entry) KeyUp(k *fyne.KeyEvent) {
	e.skip = false // the stroke is over
	if k.Name == desktop.KeyShiftLeft || k.Name == desktop.KeyShiftRight {
		e.shift = false
	}
}

// TypedKey implements [fyne.Focusable].
func (e *Entry) TypedKey(k *fyne.KeyEvent) {
	if e.Disabled() {
		return
	}
	e.arrange(e.Size().Width) // a layout may have asked for another width meanwhile
	switch k.Name {
	case fyne.KeyBackspace:
		e.edited(e.buf.Backspace())
	case fyne.KeyDelete:
		e.edited(e.buf.Delete())
	case fyne.KeyReturn, fyne.KeyEnter:
		if e.opts.Multi {
			e.buf.Insert("\n")
			e.changed()
			return
		}
		e.submit()
	case fyne.KeyEscape:
		if e.OnEscape != nil {
			e.OnEscape()
		}
	case fyne.KeyUp, fyne.KeyDown:
		e.vertical(k.Name == fyne.KeyUp)
	default:
		e.goalX = -1
		e.move(k.Name)
	}
}

func (e *Entry) edited(changed bool) {
	if changed {
		e.changed()
	}
}

func (e *Entry) submit() {
	if e.OnSubmitted != nil {
		e.OnSubmitted(e.buf.Text())
	}
}

func (e *Entry) move(key fyne.KeyName) {
	switch key {
	case fyne.KeyLeft, fyne.KeyRight:
		left := key == fyne.KeyLeft
		if from, to := e.buf.Selection(); from != to && !e.shift {
			e.moveTo(e.sheet.side(from, to, left))
			return
		}
		e.moveTo(e.sheet.step(e.buf.Caret(), left))
	case fyne.KeyHome:
		e.moveTo(e.sheet.lineStart(e.buf.Caret()))
	case fyne.KeyEnd:
		e.moveTo(e.sheet.lineEnd(e.buf.Caret()))
	case fyne.KeyPageUp:
		e.moveTo(0)
	case fyne.KeyPageDown:
		e.moveTo(e.buf.Len())
	}
}

func (e *Entry) vertical(up bool) {
	if e.goalX < 0 {
		e.goalX = e.sheet.caretX(e.buf.Caret())
	}
	goal := e.goalX
	e.moveTo(e.sheet.vertical(e.buf.Caret(), goal, up))
	e.goalX = goal
}

// TypedShortcut implements [fyne.Shortcutable].
func (e *Entry) TypedShortcut(s fyne.Shortcut) {
	if e.Disabled() {
		return
	}
	switch v := s.(type) {
	case *fyne.ShortcutCut:
		e.cut(v.Clipboard)
	case *fyne.ShortcutCopy:
		e.copy(v.Clipboard)
	case *fyne.ShortcutPaste:
		e.paste(v.Clipboard)
	case *fyne.ShortcutSelectAll:
		e.selectAll()
	case *fyne.ShortcutUndo:
		e.edited(e.buf.Undo())
	case *fyne.ShortcutRedo:
		e.edited(e.buf.Redo())
	case *desktop.CustomShortcut:
		e.custom(v)
	}
}

// custom handles keys with Ctrl (Command or Option on a Mac), with or without Shift.
func (e *Entry) custom(s *desktop.CustomShortcut) {
	e.goalX = -1
	e.arrange(e.Size().Width)
	before := e.shift
	e.shift = s.Modifier&fyne.KeyModifierShift != 0
	defer func() { e.shift = before }()
	switch s.KeyName {
	case fyne.KeyLeft, fyne.KeyRight:
		forward := (s.KeyName == fyne.KeyRight) != e.sheet.rtl(e.buf.Caret())
		if forward {
			e.moveTo(e.buf.WordEnd(e.buf.Caret()))
		} else {
			e.moveTo(e.buf.WordStart(e.buf.Caret()))
		}
	case fyne.KeyHome:
		e.moveTo(0)
	case fyne.KeyEnd:
		e.moveTo(e.buf.Len())
	case fyne.KeyBackspace:
		e.edited(e.buf.DeleteWord(false))
	case fyne.KeyDelete:
		e.edited(e.buf.DeleteWord(true))
	case fyne.KeyReturn, fyne.KeyEnter:
		e.submit()
	case fyne.KeyZ:
		if e.shift {
			e.edited(e.buf.Redo())
		}
	}
}

func (e *Entry) cut(c fyne.Clipboard) {
	if e.opts.Conceal || e.buf.Selected() == "" {
		return
	}
	c.SetContent(e.buf.Cut())
	e.changed()
}

func (e *Entry) copy(c fyne.Clipboard) {
	if s := e.buf.Selected(); s != "" && !e.opts.Conceal {
		c.SetContent(s)
	}
}

func (e *Entry) paste(c fyne.Clipboard) {
	if s := c.Content(); s != "" {
		e.buf.Insert(s)
		e.changed()
	}
}

func (e *Entry) selectAll() {
	e.buf.SelectAll()
	e.Refresh()
}
