package ui

import (
	"fyne.io/fyne/v2"

	"github.com/citizens-portal/portal/app/bidi"
	"github.com/citizens-portal/portal/app/style"
	"github.com/citizens-portal/portal/assets"
)

func cardSurface() surface {
	return surface{fill: style.Surface, edge: style.Outline, width: style.LineThin, radius: style.RadiusCard}
}

// Card puts content on a card.
func Card(env bidi.Env, content fyne.CanvasObject) fyne.CanvasObject {
	return cardSurface().on(env, bidi.Pad(env, bidi.Around(style.Space16), content))
}

// CardButton is a card that opens something. Its label tells a screen reader all that
// the card shows.
func CardButton(env bidi.Env, label string, content fyne.CanvasObject, tap func()) *Press {
	return newPress(env, cardSurface(), label, bidi.Pad(env, bidi.Around(style.Space12), content), tap)
}

// Divider is a thin line across a card.
func Divider(env bidi.Env) fyne.CanvasObject {
	r := surface{fill: style.Outline}.rectangle(env)
	return bidi.Sized(1, style.LineThin, r)
}

// Section is the title over a group, with an action at its end when action is given.
func Section(env bidi.Env, title, action string, tap func()) fyne.CanvasObject {
	head := bidi.NewParagraph(env, title, bidi.Text{Size: style.Section, Bold: true})
	if action == "" {
		return head
	}
	return bidi.Row(env, style.Space8, bidi.Grow(head), Button(env, ButtonState{Kind: Plain, Word: action}, tap))
}

// Hero is the first thing on the home page: the big filled button.
func Hero(env bidi.Env, icon assets.Icon, title, hint string, tap func()) *Press {
	ground := surface{fill: style.Primary, radius: style.RadiusCard}
	s := grow(env, 44)
	tile := bidi.Sized(s, s, surface{edge: style.OnPrimary, width: 1, radius: style.RadiusControl}.on(env, bidi.Middle(Icon(env, icon, style.OnPrimary, 24))))
	words := bidi.Grow(bidi.Column(env, 0,
		bidi.NewParagraph(env, title, bidi.Text{Size: style.Section, Bold: true, Role: style.OnPrimary}),
		bidi.NewParagraph(env, hint, bidi.Text{Size: style.Small, Role: style.OnPrimary})))
	items := []fyne.CanvasObject{tile, words}
	if !large(env) {
		items = append(items, Icon(env, assets.IconChevron, style.OnPrimary, 24))
	}
	return newPress(env, ground, title+". "+hint, bidi.Pad(env, bidi.Around(style.Space16), bidi.Row(env, style.Space12, items...)), tap)
}

// EmptyState says that there is nothing and what to do about it. The button may be
// nil only when the sentence needs no act.
func EmptyState(env bidi.Env, icon assets.Icon, sentence string, button fyne.CanvasObject) fyne.CanvasObject {
	return bidi.Pad(env, bidi.Sides(style.Space24, style.Space32), bidi.Column(env, style.Space16,
		bidi.Middle(Icon(env, icon, style.InkMuted, 48)),
		bidi.NewParagraph(env, sentence, bidi.Text{Size: style.Section, Align: bidi.Center}),
		button,
	))
}

// ErrorText says what is wrong and what to do.
func ErrorText(env bidi.Env, message string) fyne.CanvasObject {
	return noteRow(env, assets.IconTriangle, style.Danger, message, style.Danger)
}

// Note is a quiet sentence with an icon, such as who sees a photo.
func Note(env bidi.Env, icon assets.Icon, message string) fyne.CanvasObject {
	return noteRow(env, icon, style.Primary, message, style.InkMuted)
}

func noteRow(env bidi.Env, icon assets.Icon, mark fyne.ThemeColorName, message string, role fyne.ThemeColorName) fyne.CanvasObject {
	return bidi.Row(env, style.Space12,
		bidi.Top(Icon(env, icon, mark, 22)),
		bidi.Grow(bidi.NewParagraph(env, message, bidi.Text{Size: style.Small, Role: role})))
}
