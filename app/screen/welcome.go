package screen

import (
	"fyne.io/fyne/v2"

	"github.com/citizens-portal/portal/app/bidi"
	"github.com/citizens-portal/portal/app/i18n"
	"github.com/citizens-portal/portal/app/style"
	"github.com/citizens-portal/portal/app/ui"
	"github.com/citizens-portal/portal/assets"
)

// Language asks for the language, in all three at once: nobody can be asked in theirs
// yet.
func Language(env bidi.Env, choose func(i18n.Lang)) Frame {
	items := []fyne.CanvasObject{bidi.Spacer(1, style.Space32), mark(env), bidi.Spacer(1, style.Space8)}
	for _, l := range i18n.Langs() {
		items = append(items, bidi.NewParagraph(env, env.Words.T(l, "language.choose"), bidi.Text{Align: bidi.Center, Order: bidi.ByText}))
	}
	items = append(items, bidi.Spacer(1, style.Space8))
	for _, l := range i18n.Langs() {
		items = append(items, bidi.Sized(1, 72, ui.Button(env, ui.ButtonState{Word: env.Words.T(l, "language.name")}, func() { choose(l) })))
	}
	return Frame{Body: page(env, items...), Quiet: true}
}

func mark(env bidi.Env) fyne.CanvasObject {
	return bidi.Middle(ui.IconDisc(env, assets.IconMark, style.TonePrimary(), 88))
}

// Person is one of the made-up people of a demonstration.
type Person struct {
	Name  string // what they are called
	Role  string
	Icon  assets.Icon
	Login func()
}

// WelcomeState is what the first page after the language shows.
type WelcomeState struct {
	// Demo are the people of a demonstration; empty otherwise.
	Demo []Person
	// Busy names the person being signed in.
	Busy  string
	Error string
}

// WelcomeActs are what can be done there.
type WelcomeActs struct{ Register, SignIn, Nameless, Track, Officer, Language func() }

// Welcome is where a person without a session starts.
func Welcome(env bidi.Env, s WelcomeState, acts WelcomeActs) Frame {
	items := []fyne.CanvasObject{bidi.Spacer(1, style.Space16), mark(env),
		bidi.NewParagraph(env, env.T("welcome.title"), bidi.Text{Size: style.Title, Bold: true, Align: bidi.Center}),
		bidi.NewParagraph(env, env.T("welcome.body"), bidi.Text{Role: style.InkMuted, Align: bidi.Center}),
		bidi.Spacer(1, style.Space8),
		ui.Button(env, ui.ButtonState{Kind: ui.Filled, Word: env.T("welcome.register")}, acts.Register),
		ui.Button(env, ui.ButtonState{Word: env.T("welcome.sign_in")}, acts.SignIn),
		ui.Button(env, ui.ButtonState{Kind: ui.Plain, Word: env.T("nameless.report"), Icon: assets.IconEyeOff}, acts.Nameless),
		ui.Button(env, ui.ButtonState{Kind: ui.Plain, Word: env.T("track.open"), Icon: assets.IconSearch}, acts.Track),
		ui.Button(env, ui.ButtonState{Kind: ui.Plain, Word: env.T("welcome.officer"), Icon: assets.IconBriefcase}, acts.Officer),
	}
	if s.Error != "" {
		items = append(items, ui.ErrorText(env, s.Error))
	}
	if len(s.Demo) > 0 {
		items = append(items, demo(env, s))
	}
	bar := ui.AppBar(env, ui.AppBarState{Title: env.T("app.name"), Actions: []ui.Action{{Icon: assets.IconLanguage, Label: env.T("language.choose"), Tap: acts.Language}}})
	return Frame{Bar: bar, Body: page(env, items...), Quiet: true}
}

// demo offers the made-up people by a tap, and says that they are made up.
func demo(env bidi.Env, s WelcomeState) fyne.CanvasObject {
	rows := []fyne.CanvasObject{
		bidi.Flow(env, 0, ui.Chip(env, assets.IconInfo, style.ToneWarning(), env.T("demo.chip"))),
		muted(env, env.T("demo.body")),
	}
	for _, p := range s.Demo {
		hint := p.Role
		if p.Name == s.Busy {
			hint = env.T("signin.busy")
		}
		rows = append(rows, link(env, p.Icon, p.Name, hint, p.Login))
	}
	return ui.Card(env, column(env, style.Space8, rows...))
}

// link is a row that leads somewhere.
func link(env bidi.Env, icon assets.Icon, word, hint string, tap func()) fyne.CanvasObject {
	label := word
	texts := []fyne.CanvasObject{bidi.NewParagraph(env, word, bidi.Text{Bold: true})}
	if hint != "" {
		label += ", " + hint
		texts = append(texts, muted(env, hint))
	}
	return ui.CardButton(env, label, bidi.Row(env, style.Space12,
		ui.Icon(env, icon, style.Primary, 24), bidi.Grow(column(env, 0, texts...)), ui.Icon(env, assets.IconChevron, style.InkMuted, 20)), tap)
}
