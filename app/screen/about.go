package screen

import (
	"fyne.io/fyne/v2"

	"github.com/citizens-portal/portal/app/bidi"
	"github.com/citizens-portal/portal/app/style"
	"github.com/citizens-portal/portal/app/ui"
	"github.com/citizens-portal/portal/assets"
)

// AboutState is whom a complaint complains of.
type AboutState struct {
	Office, Officer string // names; empty for nobody
	GoesTo          string
	Wrong           map[string]string // by field: about_office, about_officer
}

// AboutActs are what can be done there.
type AboutActs struct {
	Office             func() // opens the list
	Officer            func(string)
	Keep, Nobody, Back func()
}

// About asks whom a complaint is about, and says who will not see it and who will.
func About(env bidi.Env, s AboutState, acts AboutActs) Frame {
	return Frame{
		Bar: back(env, env.T("about.title"), acts.Back),
		Body: page(env,
			title(env, env.T("about.question")),
			muted(env, env.T("about.hint")),
			selectField(env, env.T("about.office"), s.Office, env.T("about.choose_office"), s.Wrong["about_office"], acts.Office),
			field(env, env.T("about.officer"), "", s.Officer, s.Wrong["about_officer"], bidi.EntryOptions{Order: bidi.ByText, Max: 120}, acts.Officer),
			ui.Note(env, assets.IconEyeOff, env.T("about.not_see")),
			when(s.GoesTo != "", func() fyne.CanvasObject { return ui.Note(env, assets.IconOffice, s.GoesTo) })),
		Foot: ui.Footer(env, ui.Pair(env,
			ui.Button(env, ui.ButtonState{Word: env.T("about.nobody")}, acts.Nobody),
			ui.Button(env, ui.ButtonState{Kind: ui.Filled, Word: env.T("about.keep")}, acts.Keep))),
	}
}

// NamelessState is the choice to file without a name.
type NamelessState struct {
	Photos int // that would stay here
}

// NamelessActs are what can be done there.
type NamelessActs struct{ With, Without, Back func() }

// Nameless says what filing without a name protects from, and what it does not.
func Nameless(env bidi.Env, s NamelessState, acts NamelessActs) Frame {
	items := []fyne.CanvasObject{title(env, env.T("nameless.question")), bidi.NewParagraph(env, env.T("nameless.protects"), bidi.Text{Bold: true})}
	for _, line := range []string{env.T("nameless.protects_office"), env.T("nameless.protects_portal")} {
		items = append(items, point(env, assets.IconTickCircle, style.ToneSuccess(), line))
	}
	items = append(items, bidi.NewParagraph(env, env.T("nameless.not"), bidi.Text{Bold: true}))
	for _, line := range []string{env.T("nameless.not_network"), env.T("nameless.not_words"), env.T("nameless.not_phone"), env.T("nameless.not_lost")} {
		items = append(items, point(env, assets.IconTriangle, style.ToneWarning(), line))
	}
	if s.Photos > 0 {
		items = append(items, point(env, assets.IconCamera, style.ToneNeutral(), env.T("nameless.no_photos")))
	}
	return Frame{
		Bar:  back(env, env.T("nameless.title"), acts.Back),
		Body: page(env, items...),
		Foot: ui.Footer(env, column(env, style.Space8,
			ui.Button(env, ui.ButtonState{Kind: ui.Filled, Word: env.T("nameless.without_name"), Icon: assets.IconEyeOff}, acts.Without),
			ui.Button(env, ui.ButtonState{Word: env.T("nameless.with_name")}, acts.With))),
	}
}

// point is a sentence with its sign.
func point(env bidi.Env, icon assets.Icon, t style.Tone, text string) fyne.CanvasObject {
	return bidi.Row(env, style.Space12, bidi.Top(ui.IconDisc(env, icon, t, 32)), bidi.Grow(body(env, text)))
}
