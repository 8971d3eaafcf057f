package ui

import (
	"fyne.io/fyne/v2"

	"github.com/citizens-portal/portal/app/bidi"
	"github.com/citizens-portal/portal/app/style"
	"github.com/citizens-portal/portal/assets"
)

// Tabs are a few equal choices beside each other, of which one is current.
func Tabs(env bidi.Env, words []string, current int, choose func(int)) fyne.CanvasObject {
	var cells []fyne.CanvasObject
	for i, word := range words {
		ground, look := surface{fill: style.Surface, edge: style.OutlineStrong, width: style.LineThin, radius: style.RadiusControl}, bidi.Text{Size: style.Small, Align: bidi.Center}
		if i == current {
			ground = surface{fill: style.PrimaryBox, edge: style.Primary, width: style.LineThick, radius: style.RadiusControl}
			look.Bold, look.Role = true, style.OnPrimaryBox
		}
		content := bidi.Sized(0, style.Touch, bidi.Pad(env, bidi.Sides(style.Space4, style.Space8), bidi.Row(env, 0, bidi.Grow(bidi.NewParagraph(env, word, look)))))
		cells = append(cells, newPress(env, ground, word, content, func() { choose(i) }))
	}
	return bidi.Grid(env, style.Space8, env.Style.Scaled(72), len(cells), cells...)
}

// SelectBox looks like a field and opens a list to choose from.
func SelectBox(env bidi.Env, label, value, placeholder string, failed bool, open func()) *Press {
	ground := surface{fill: style.Surface, edge: style.OutlineStrong, width: style.LineThin, radius: style.RadiusControl}
	if failed {
		ground.edge, ground.width = style.Danger, style.LineThick
	}
	look := bidi.Text{}
	if value == "" {
		value, look.Role = placeholder, style.Placeholder
	}
	row := bidi.Row(env, style.Space8, bidi.Grow(bidi.NewParagraph(env, value, look)), Icon(env, assets.IconChevronDown, style.InkMuted, 20))
	return newPress(env, ground, label+", "+value, bidi.Sized(0, style.Touch, bidi.Pad(env, bidi.Sides(style.Space12, style.Space8), row)), open)
}
