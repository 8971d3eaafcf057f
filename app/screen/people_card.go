package screen

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"

	"github.com/citizens-portal/portal/app/bidi"
	"github.com/citizens-portal/portal/app/model"
	"github.com/citizens-portal/portal/app/style"
	"github.com/citizens-portal/portal/app/ui"
	"github.com/citizens-portal/portal/assets"
)

// PeopleFormState is an action that is being filled in.
type PeopleFormState struct {
	Action model.PeopleAction
	About  string // the officer's name, or the office's for a new officer
	Form   model.PeopleForm
	// Offices are those that fit what was searched for, OfficeName the one chosen.
	Offices    []model.PeopleLine
	OfficeName string
	Wrong      map[model.PeopleField]string
	Trouble    string
	Busy       bool
}

// PeopleFormActs are what can be done there.
type PeopleFormActs struct {
	Write       func(model.PeopleField, string)
	Find        func(text string) // an office
	Send, Leave func()
}

// PeopleFormCard is the card of a form. It keeps its fields while it is drawn anew, so
// that a caret stays where it is.
type PeopleFormCard struct {
	env     bidi.Env
	acts    PeopleFormActs
	entries map[model.PeopleField]*bidi.Entry
}

// NewPeopleFormCard returns a card without fields yet.
func NewPeopleFormCard(env bidi.Env, acts PeopleFormActs) *PeopleFormCard {
	return &PeopleFormCard{env: env, acts: acts, entries: map[model.PeopleField]*bidi.Entry{}}
}

// First is the field to write in first; nil when there is none.
func (c *PeopleFormCard) First(a model.PeopleAction) *bidi.Entry {
	for _, f := range a.Fields() {
		if e := c.entries[f]; e != nil {
			return e
		}
	}
	return nil
}

// Draw makes the card.
func (c *PeopleFormCard) Draw(s PeopleFormState) fyne.CanvasObject {
	env := c.env
	word, icon := peopleActionLook(env, s.Action)
	items := []fyne.CanvasObject{bidi.NewCutLabel(env, s.About, bidi.Text{Bold: true, Order: bidi.ByText})}
	if hint := peopleHint(env, s.Action); hint != "" {
		items = append(items, muted(env, hint))
	}
	for _, f := range s.Action.Fields() {
		items = append(items, c.field(s, f)...)
	}
	items = append(items, wrongText(env, s.Trouble))
	send := ui.ButtonState{Kind: ui.Filled, Word: word, Icon: icon}
	if s.Busy {
		send = ui.ButtonState{Kind: ui.Filled, Word: env.T("action.saving"), Disabled: true}
	}
	items = append(items, ui.Pair(env, ui.Button(env, ui.ButtonState{Word: env.T("action.back")}, c.acts.Leave), ui.Button(env, send, c.acts.Send)))
	return overCard(env, word, inCard(env, items...), c.acts.Leave)
}

// inCard lays parts below each other with room for the lines around fields and buttons,
// which a card cuts off at its edge.
func inCard(env bidi.Env, items ...fyne.CanvasObject) fyne.CanvasObject {
	return bidi.Pad(env, bidi.Around(style.LineThick), column(env, style.Space8, items...))
}

func peopleHint(env bidi.Env, a model.PeopleAction) string {
	switch a {
	case model.PeopleInvite:
		return env.T("people.hint.invite")
	case model.PeopleReset:
		return env.T("people.hint.reset")
	case model.PeopleDisable:
		return env.T("people.hint.disable")
	case model.PeopleAct:
		return env.T("people.hint.act")
	case model.PeopleMove:
		return env.T("people.hint.move")
	}
	return ""
}

// field is the label, the input and what is wrong with it.
func (c *PeopleFormCard) field(s PeopleFormState, f model.PeopleField) []fyne.CanvasObject {
	env := c.env
	if f == model.FieldPost {
		items := []fyne.CanvasObject{c.label(env.T("people.field.post"))}
		for _, post := range model.Posts() {
			items = append(items, radio(env, model.PostName(c.words(), post), "", s.Form[f] == post, func() { c.acts.Write(f, post) }))
		}
		return append(items, wrongText(env, s.Wrong[f]))
	}
	word, hint := peopleFieldWords(env, f)
	e := c.entries[f]
	if e == nil {
		order := bidi.ByText
		if f == model.FieldFrom || f == model.FieldUntil || f == model.FieldID {
			order = bidi.Code
		}
		e = bidi.NewEntry(env, bidi.EntryOptions{Order: order, Placeholder: hint, Label: word, Max: 200})
		e.SetText(s.Form[f])
		if f == model.FieldOffice {
			e.SetText("")
			e.OnChanged = c.acts.Find
		} else {
			e.OnChanged = func(text string) { c.acts.Write(f, text) }
		}
		e.OnEscape = c.acts.Leave
		c.entries[f] = e
	}
	e.SetFailed(s.Wrong[f] != "")
	items := []fyne.CanvasObject{c.label(word)}
	if f == model.FieldOffice {
		items = append(items, bidi.NewParagraph(env, s.OfficeName, bidi.Text{Role: style.Primary}), e)
		for _, l := range s.Offices {
			items = append(items, radio(env, l.Name, "", l.ID == s.Form[f], func() { c.acts.Write(f, l.ID) }))
		}
		return append(items, wrongText(env, s.Wrong[f]))
	}
	return append(items, e, wrongText(env, s.Wrong[f]))
}

func (c *PeopleFormCard) words() model.Words {
	return model.Words{Lang: c.env.Lang, Catalogue: c.env.Words}
}

func (c *PeopleFormCard) label(word string) fyne.CanvasObject {
	return bidi.NewLabel(c.env, word, bidi.Text{Size: style.Small, Bold: true})
}

func peopleFieldWords(env bidi.Env, f model.PeopleField) (word, hint string) {
	switch f {
	case model.FieldID:
		return env.T("people.field.id"), env.T("people.field.id_hint")
	case model.FieldName:
		return env.T("people.field.name"), ""
	case model.FieldTitle:
		return env.T("people.field.title"), env.T("people.field.title_hint")
	case model.FieldOffice:
		return env.T("people.field.office"), env.T("people.search")
	case model.FieldFrom:
		return env.T("people.field.from"), env.T("people.field.day_hint")
	case model.FieldUntil:
		return env.T("people.field.until"), env.T("people.field.until_hint")
	}
	return env.T("people.field.reason"), ""
}

// StepUpState is the question for a fresh code.
type StepUpState struct {
	Wrong string
	Busy  bool
}

// StepUpCard asks for a fresh code of the code app. The entry is the caller's, so that
// what was typed stays.
func StepUpCard(env bidi.Env, e *bidi.Entry, s StepUpState, send, leave func()) fyne.CanvasObject {
	e.SetFailed(s.Wrong != "")
	button := ui.ButtonState{Kind: ui.Filled, Word: env.T("people.step_up.send"), Icon: assets.IconLock}
	if s.Busy {
		button = ui.ButtonState{Kind: ui.Filled, Word: env.T("action.saving"), Disabled: true}
	}
	return overCard(env, env.T("people.step_up.title"), inCard(env,
		muted(env, env.T("people.step_up.why")),
		bidi.NewLabel(env, env.T("officer.totp"), bidi.Text{Size: style.Small, Bold: true}), e, wrongText(env, s.Wrong),
		ui.Pair(env, ui.Button(env, ui.ButtonState{Word: env.T("action.back")}, leave), ui.Button(env, button, send))), leave)
}

// StepUpEntry is the field of [StepUpCard].
func StepUpEntry(env bidi.Env, send, leave func()) *bidi.Entry {
	e := bidi.NewEntry(env, bidi.EntryOptions{Order: bidi.Code, Number: true, Max: 6, Label: env.T("officer.totp"), Placeholder: env.T("officer.totp_hint")})
	e.OnSubmitted, e.OnEscape = func(string) { send() }, leave
	return e
}

// TokenCard shows a one-time code, this once.
func TokenCard(env bidi.Env, name, code, until string, copied bool, copyIt, done func()) fyne.CanvasObject {
	box := canvas.NewRectangle(env.Color(style.Surface2))
	box.CornerRadius = style.RadiusControl
	word := env.T("people.token.copy")
	icon := assets.IconDocument
	if copied {
		word, icon = env.T("people.token.copied"), assets.IconTick
	}
	return overCard(env, env.T("people.token.title"), inCard(env,
		bidi.NewCutLabel(env, name, bidi.Text{Bold: true, Order: bidi.ByText}),
		bidi.Stack(box, bidi.Pad(env, bidi.Around(style.Space12), bidi.NewParagraph(env, code, bidi.Text{Size: style.Section, Bold: true, Order: bidi.Code}))),
		muted(env, env.T("people.token.until", "when", until)),
		warning(env, env.T("people.token.once")),
		muted(env, env.T("people.token.how")),
		ui.Pair(env, ui.Button(env, ui.ButtonState{Word: env.T("action.close")}, done), ui.Button(env, ui.ButtonState{Kind: ui.Filled, Word: word, Icon: icon}, copyIt))), done)
}
