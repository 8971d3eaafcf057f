// Package screen holds the screens: each is a function of a state and of callbacks,
// and returns a [Frame] for the window to put together.
//
// A screen draws what it is told and calls back; it keeps nothing but what a finger is
// doing right now, such as a list's place. It never knows the SDK, the network or the
// way between screens. States come from package model, parts from package ui, text and
// mirrored layouts from package bidi.
//
// Start here, then open the file named like the screen.
package screen

import (
	"fyne.io/fyne/v2"

	"github.com/citizens-portal/portal/app/bidi"
	"github.com/citizens-portal/portal/app/style"
	"github.com/citizens-portal/portal/app/ui"
	"github.com/citizens-portal/portal/assets"
)

// Frame is a screen's parts. The window stacks them: bar, the sync banner, body, foot.
type Frame struct {
	Bar  fyne.CanvasObject // may be nil
	Body fyne.CanvasObject // takes the room left
	Foot fyne.CanvasObject // may be nil
	// Wide: the screen fills a wide window; others stand in a column in its middle.
	Wide bool
	// Quiet: no sync banner here, as before signing in.
	Quiet bool
}

// page is a body that scrolls, on the 16 grid, its parts 12 apart.
func page(env bidi.Env, items ...fyne.CanvasObject) fyne.CanvasObject {
	return bidi.Scroll(bidi.Pad(env, bidi.Around(style.Edge), bidi.Column(env, style.Space12, items...)))
}

// back is the bar of a screen that leads back.
func back(env bidi.Env, title string, tap func(), actions ...ui.Action) fyne.CanvasObject {
	return ui.AppBar(env, ui.AppBarState{Title: title, Lead: &ui.Action{Icon: assets.IconBack, Label: env.T("action.back"), Tap: tap}, Actions: actions})
}

func title(env bidi.Env, text string) fyne.CanvasObject {
	return bidi.NewParagraph(env, text, bidi.Text{Size: style.Title, Bold: true})
}

func body(env bidi.Env, text string) fyne.CanvasObject {
	return bidi.NewParagraph(env, text, bidi.Text{})
}

func muted(env bidi.Env, text string) fyne.CanvasObject {
	return bidi.NewParagraph(env, text, bidi.Text{Size: style.Small, Role: style.InkMuted})
}

// column lays parts below each other, leaving out those that are nil.
func column(env bidi.Env, gap float32, items ...fyne.CanvasObject) *fyne.Container {
	return bidi.Column(env, gap, items...)
}

// when gives the object only if the condition holds. It must be a nil interface
// otherwise, so that layouts leave it out.
func when(shown bool, build func() fyne.CanvasObject) fyne.CanvasObject {
	if !shown {
		return nil
	}
	return build()
}
