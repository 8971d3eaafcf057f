package screen

import (
	"fyne.io/fyne/v2"

	"github.com/citizens-portal/portal/app/bidi"
	"github.com/citizens-portal/portal/app/model"
	"github.com/citizens-portal/portal/app/style"
	"github.com/citizens-portal/portal/app/ui"
	"github.com/citizens-portal/portal/assets"
)

// DeskReveal is the question why an officer needs to know who filed a complaint.
type DeskReveal struct {
	Reason, TOTP string
	Ask          bool              // the server wants a fresh code of the authenticator
	Wrong        map[string]string // by field: reason, totp
	Trouble      string
	Busy         bool
}

// DeskRevealActs are what can be done about it.
type DeskRevealActs struct {
	Open         func() // asks for the reason
	Hide         func()
	Reason, TOTP func(string)
	Send         func()
}

// DeskRevealCard asks for the reason, as a card. first is the field to write in.
func (d *Desk) DeskRevealCard(s DeskReveal, acts DeskRevealActs, done func()) (card fyne.CanvasObject, first fyne.Focusable) {
	env := d.env
	entry := func(label, value string, o bidi.EntryOptions, wrong bool, changed func(string)) *bidi.Entry {
		o.Label = label
		e := bidi.NewEntry(env, o)
		e.SetText(value)
		e.SetFailed(wrong)
		e.OnChanged, e.OnEscape = changed, done
		e.OnSubmitted = func(string) { acts.Send() }
		return e
	}
	label := func(text string) fyne.CanvasObject {
		return bidi.NewLabel(env, text, bidi.Text{Size: style.Small, Bold: true})
	}
	reason := entry(env.T("reveal.reason"), s.Reason, bidi.EntryOptions{Multi: true, Rows: 3, Max: 4000, Order: bidi.ByText}, s.Wrong["reason"] != "", acts.Reason)
	first = reason
	items := []fyne.CanvasObject{ui.Note(env, assets.IconEye, env.T("reveal.note")), label(env.T("reveal.reason")), reason, wrongText(env, s.Wrong["reason"])}
	if s.Ask {
		totp := entry(env.T("officer.totp"), s.TOTP, bidi.EntryOptions{Order: bidi.Code, Number: true, Max: 8}, s.Wrong["totp"] != "", acts.TOTP)
		first = totp
		items = append(items, label(env.T("officer.totp")), totp, muted(env, env.T("reveal.totp_hint")), wrongText(env, s.Wrong["totp"]))
	}
	send := ui.ButtonState{Kind: ui.Filled, Word: env.T("reveal.do"), Icon: assets.IconEye, Disabled: s.Busy}
	items = append(items, wrongText(env, s.Trouble),
		ui.Pair(env, ui.Button(env, ui.ButtonState{Word: env.T("action.back")}, done), ui.Button(env, send, acts.Send)))
	// The card clips what it scrolls, and the fields' edges would go with it.
	content := bidi.Pad(env, bidi.Sides(style.Space4, style.Space4), column(env, style.Space8, items...))
	return d.card(env.T("reveal.title"), content, done), first
}

// identity shows who filed a complaint, or offers to open it.
func (d *Desk) identity(c model.DeskCase, shown []model.Fact) fyne.CanvasObject {
	env := d.env
	if len(shown) == 0 {
		if !c.MayReveal {
			return nil
		}
		return bidi.Flow(env, 0, ui.Button(env, ui.ButtonState{Kind: ui.Plain, Word: env.T("reveal.open"), Icon: assets.IconEye}, d.acts.Reveal.Open))
	}
	head := bidi.Row(env, style.Space8, ui.Icon(env, assets.IconPerson, style.Warning, 20),
		bidi.Grow(bidi.NewParagraph(env, env.T("reveal.shown"), bidi.Text{Bold: true})),
		ui.Button(env, ui.ButtonState{Kind: ui.Plain, Word: env.T("reveal.hide")}, d.acts.Reveal.Hide))
	return ui.Card(env, column(env, style.Space8, head, d.facts(shown), ui.Note(env, assets.IconEye, env.T("reveal.seen"))))
}
