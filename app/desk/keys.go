package desk

import (
	"fyne.io/fyne/v2"

	"github.com/citizens-portal/portal/app/model"
)

// keyPage is how many rows Page Up and Page Down move.
const keyPage = 8

// Key does what a key means at the desk and reports whether it meant anything. Keys
// typed into a field never come here.
func (d *Desk) Key(k *fyne.KeyEvent) bool {
	d.stroke = true
	defer func() { d.stroke = false }()
	if held := d.cfg.Modifiers(); held&^fyne.KeyModifierShift != 0 {
		return false
	}
	switch {
	case d.over:
		if k.Name == fyne.KeyEscape {
			d.closeOver()
		}
		return true
	case d.form != nil: // letters are meant for its field
		if k.Name == fyne.KeyEscape {
			d.leaveForm()
			return true
		}
		return false
	case k.Name == fyne.KeyU:
		d.undo()
		return true
	}
	return d.moveKey(k.Name) || d.actKey(k.Name)
}

// moveKey moves through the list.
func (d *Desk) moveKey(name fyne.KeyName) bool {
	step, ok := map[fyne.KeyName]int{
		fyne.KeyJ: 1, fyne.KeyDown: 1, fyne.KeyK: -1, fyne.KeyUp: -1, fyne.KeyPageDown: keyPage, fyne.KeyPageUp: -keyPage,
		fyne.KeyHome: -len(d.list.Cases), fyne.KeyEnd: len(d.list.Cases),
	}[name]
	if ok {
		d.move(step)
	}
	return ok
}

func (d *Desk) move(step int) {
	n := len(d.list.Cases)
	if n == 0 {
		return
	}
	at := d.list.At(d.state.Open)
	to := min(max(at+step, 0), n-1)
	if at < 0 {
		to = 0
	}
	d.choose(d.list.Cases[to].ID)
}

func (d *Desk) actKey(name fyne.KeyName) bool {
	switch name {
	case fyne.KeyReturn, fyne.KeyEnter:
		if d.state.Open != "" {
			d.openCase(d.state.Open)
		}
	case fyne.KeyA:
		d.do(model.DeskAssign)
	case fyne.KeyS:
		d.do(model.DeskPropose)
	case fyne.KeyQ:
		d.do(model.DeskAsk)
	case fyne.KeyT:
		d.do(model.DeskTransfer)
	case fyne.KeyC:
		d.do(model.DeskAcknowledge)
	case fyne.KeySlash:
		d.slash()
	case fyne.KeyF1:
		d.showKeys()
	case fyne.KeyEscape:
		return d.back()
	default:
		return false
	}
	return true
}

// slash goes to the search field; with Shift it is the question mark.
func (d *Desk) slash() {
	if d.cfg.Modifiers()&fyne.KeyModifierShift != 0 {
		d.showKeys()
		return
	}
	d.write(d.view.Search())
}

// back leaves what was entered last: the complaint in a narrow window, then the search.
func (d *Desk) back() bool {
	switch {
	case d.view.Narrow() && d.state.Shown:
		d.leaveCase()
	case d.state.Query.Search != "":
		q := d.state.Query
		q.Search = ""
		d.setQuery(q)
	default:
		return false
	}
	return true
}
