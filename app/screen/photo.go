package screen

import (
	"image"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"

	"github.com/citizens-portal/portal/app/bidi"
	"github.com/citizens-portal/portal/app/model"
	"github.com/citizens-portal/portal/app/style"
	"github.com/citizens-portal/portal/app/ui"
	"github.com/citizens-portal/portal/assets"
)

// PhotoActs are what a page with photos needs of the program: their small pictures, and
// what can be done with one.
type PhotoActs struct {
	Image             func(model.Photo) image.Image // nil while it is not here
	Open, Again, Stop func(model.Photo)
}

func (a PhotoActs) image(p model.Photo) image.Image {
	if a.Image == nil {
		return nil
	}
	return a.Image(p)
}

// strip shows photos with how far each one is: a tap opens one, or sends one again that
// failed.
func strip(env bidi.Env, list []model.Photo, acts PhotoActs) fyne.CanvasObject {
	return ui.PhotoStrip(env, tiles(env, list, acts), "", env.T("photo.stop"), nil)
}

func tiles(env bidi.Env, list []model.Photo, acts PhotoActs) []ui.PhotoState {
	var out []ui.PhotoState
	for i, p := range list {
		s := ui.PhotoState{Image: acts.image(p), Icon: assets.IconImage, Word: p.Word, Mark: p.Mark, Failed: p.Failed, Label: env.T("photo.one", "n", i+1)}
		if !p.Picture {
			s.Icon = assets.IconDocument
		}
		s.Tap = func() { acts.Open(p) }
		if p.Again {
			s.Tap = func() { acts.Again(p) }
		}
		if p.Stop {
			s.Remove = func() { acts.Stop(p) }
		}
		out = append(out, s)
	}
	return out
}

// sending shows a complaint's photos on their way: how many are there, each of them, and
// what to do about one that failed. Nothing when there are none.
func sending(env bidi.Env, s model.Photos, acts PhotoActs) fyne.CanvasObject {
	if len(s.List) == 0 {
		return nil
	}
	items := []fyne.CanvasObject{strip(env, s.List, acts)}
	if s.Line != "" {
		items = append([]fyne.CanvasObject{muted(env, s.Line)}, items...)
	}
	if s.Problem != "" {
		items = append(items, ui.ErrorText(env, s.Problem))
	}
	for _, p := range s.List {
		if p.Again {
			items = append(items, muted(env, env.T("photo.tap_again")))
			break
		}
	}
	return column(env, style.Space8, items...)
}

// ViewState is one photo, as large as the window.
type ViewState struct {
	// Image is the photo, or its small picture for as long as it is being fetched; nil
	// when there is none to see.
	Image image.Image
	Busy  bool
	// File: this is no picture, and can only be saved.
	File  bool
	Error string
}

// ViewActs are what can be done there.
type ViewActs struct{ Back, Save, Retry func() }

// View shows one photo, as large as the window.
func View(env bidi.Env, s ViewState, acts ViewActs) Frame {
	f := Frame{Wide: true, Quiet: true}
	if s.Error != "" {
		f.Bar = back(env, env.T("photo.view"), acts.Back)
		f.Body = page(env, ui.EmptyState(env, assets.IconCloudOff, s.Error,
			ui.Button(env, ui.ButtonState{Kind: ui.Filled, Word: env.T("action.retry"), Icon: assets.IconLoop}, acts.Retry)))
		return f
	}
	bar := ui.AppBarState{Title: env.T("photo.view"), Lead: &ui.Action{Icon: assets.IconBack, Label: env.T("action.back"), Tap: acts.Back}}
	if s.Busy {
		bar.Caption = env.T("photo.fetching")
	}
	save := ui.ButtonState{Kind: ui.Filled, Word: env.T("action.save"), Icon: assets.IconSave, Disabled: s.Busy}
	f.Bar, f.Foot = ui.AppBar(env, bar), ui.Footer(env, ui.Button(env, save, acts.Save))
	switch {
	case s.File:
		f.Body = page(env, ui.EmptyState(env, assets.IconDocument, env.T("photo.file"), nil))
	case s.Image == nil:
		f.Body = page(env, ui.EmptyState(env, assets.IconImage, env.T("photo.fetching"), nil))
	default:
		img := canvas.NewImageFromImage(s.Image)
		img.FillMode, img.ScaleMode = canvas.ImageFillContain, canvas.ImageScaleSmooth
		f.Body = bidi.Pad(env, bidi.Around(style.Space8), img)
	}
	return f
}
