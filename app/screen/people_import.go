package screen

import (
	"fyne.io/fyne/v2"

	"github.com/citizens-portal/portal/app/bidi"
	"github.com/citizens-portal/portal/app/model"
	"github.com/citizens-portal/portal/app/style"
	"github.com/citizens-portal/portal/app/ui"
	"github.com/citizens-portal/portal/assets"
)

// PeopleImportActs are what can be done with a CSV file.
type PeopleImportActs struct {
	Kind        func(model.PeopleView)
	Choose      func()
	Apply, Copy func()
}

// badLinesShown bounds the lines on the screen: with more, a file needs mending before
// anybody reads on.
const badLinesShown = 200

// SetImport shows an import.
func (p *People) SetImport(s model.ImportPage) {
	env := p.env
	items := []fyne.CanvasObject{title(env, env.T("people.import")), muted(env, env.T("people.import.hint"))}
	if !s.Done {
		items = append(items, radio(env, env.T("people.offices"), "", s.Kind == model.PeopleOffices, func() { p.acts.Import.Kind(model.PeopleOffices) }),
			radio(env, env.T("people.officers"), "", s.Kind == model.PeopleOfficers, func() { p.acts.Import.Kind(model.PeopleOfficers) }))
	}
	word := env.T("people.import.choose")
	if s.File != "" {
		items = append(items, bidi.Row(env, style.Space8, ui.Icon(env, assets.IconDocument, style.Primary, 24), bidi.Grow(bidi.NewCutLabel(env, s.File, bidi.Text{Bold: true, Order: bidi.Code}))))
		word = env.T("people.import.choose_again")
	}
	items = append(items, bidi.Flow(env, 0, ui.Button(env, ui.ButtonState{Word: word, Icon: assets.IconAttach, Disabled: s.Busy}, p.acts.Import.Choose)))
	if s.Busy {
		items = append(items, muted(env, env.T("people.import.checking")))
	}
	if s.Tried != "" {
		items = append(items, ui.Note(env, assets.IconTickCircle, s.Tried))
	}
	items = append(items, wrongText(env, s.Trouble))
	items = append(items, badLines(env, s.Bad)...)
	if len(s.Reassign) > 0 {
		items = append(items, warning(env, env.T("people.reassign", "n", len(s.Reassign))))
		for _, code := range s.Reassign {
			items = append(items, bidi.NewLabel(env, code, bidi.Text{Order: bidi.Code}))
		}
	}
	if s.Invited > 0 {
		items = append(items, warning(env, env.T("people.import.codes", "n", s.Invited)),
			bidi.Flow(env, 0, ui.Button(env, ui.ButtonState{Kind: ui.Filled, Word: env.T("people.token.copy"), Icon: assets.IconDocument}, p.acts.Import.Copy)))
	}
	var foot fyne.CanvasObject
	if s.Tried != "" && !s.Done {
		foot = ui.Footer(env, ui.Button(env, ui.ButtonState{Kind: ui.Filled, Word: env.T("people.import.apply"), Icon: assets.IconSave, Disabled: s.Busy}, p.acts.Import.Apply))
	}
	p.page(true, foot, items...)
}

// badLines lists what is wrong with a file.
func badLines(env bidi.Env, list []model.BadLine) (items []fyne.CanvasObject) {
	if len(list) == 0 {
		return nil
	}
	items = append(items, ui.ErrorText(env, env.T("people.import.bad", "n", len(list))))
	for _, l := range list[:min(len(list), badLinesShown)] {
		n := bidi.Sized(72, 0, bidi.NewLabel(env, env.T("people.import.line", "n", l.N), bidi.Text{Size: style.Small, Bold: true}))
		items = append(items, bidi.Row(env, style.Space12, bidi.Top(n), bidi.Grow(bidi.NewParagraph(env, l.Text, bidi.Text{Size: style.Small, Order: bidi.ByText}))))
	}
	return items
}
