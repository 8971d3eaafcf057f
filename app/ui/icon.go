package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"

	"github.com/citizens-portal/portal/app/bidi"
	"github.com/citizens-portal/portal/app/style"
	"github.com/citizens-portal/portal/assets"
)

// Icon draws an icon at a size for normal text; it grows with the text.
func Icon(env bidi.Env, icon assets.Icon, role fyne.ThemeColorName, size float32) fyne.CanvasObject {
	img := canvas.NewImageFromResource(env.Icon(icon, role))
	img.FillMode = canvas.ImageFillContain
	s := grow(env, size)
	return bidi.Fixed(s, s, img) // an image parses its drawing whenever it is asked for its size
}

// grow returns the size of a mark beside text. It follows the text up to half as much
// again; beyond that the room belongs to the words.
func grow(env bidi.Env, size float32) float32 {
	return size * float32(min(env.Style.Scale(), style.Scale150))
}

// large reports whether text is so large that parts stand below each other.
func large(env bidi.Env) bool { return env.Style.Scale() >= style.Scale150 }

// IconTile is an icon in a box of a tone: 44 wide, the mark of a category.
func IconTile(env bidi.Env, icon assets.Icon, tone style.Tone) fyne.CanvasObject {
	s := grow(env, 44)
	return bidi.Sized(s, s, surface{fill: tone.Box, radius: style.RadiusControl}.on(env, bidi.Middle(Icon(env, icon, tone.Text, 24))))
}

// IconDisc is an icon in a disc of a tone.
func IconDisc(env bidi.Env, icon assets.Icon, tone style.Tone, size float32) fyne.CanvasObject {
	s := grow(env, size)
	disc := surface{fill: tone.Box, radius: s / 2}
	return bidi.Sized(s, s, disc.on(env, bidi.Middle(Icon(env, icon, tone.Text, size*0.55))))
}

// IconButton is an action shown by an icon alone, in bars only. Its label is for
// screen readers and must say what it does.
func IconButton(env bidi.Env, icon assets.Icon, role fyne.ThemeColorName, label string, tap func()) *Press {
	s := style.Touch
	return newPress(env, surface{radius: s / 2}, label, bidi.Sized(s, s, bidi.Middle(Icon(env, icon, role, 24))), tap)
}
