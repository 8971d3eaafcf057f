package bidi

import (
	"image/color"

	"fyne.io/fyne/v2"

	"github.com/citizens-portal/portal/app/bidi/line"
	"github.com/citizens-portal/portal/app/i18n"
	"github.com/citizens-portal/portal/app/style"
	"github.com/citizens-portal/portal/assets"
)

// Direction is the way lines and layouts run.
type Direction = line.Direction

// The two directions of a layout.
const (
	LTR = line.LTR
	RTL = line.RTL
)

// Env is what a part needs to know to draw itself: language, direction and look. It is
// a value; pass it on.
type Env struct {
	Lang  i18n.Lang
	Dir   Direction
	Style *style.Theme
	Faces *line.Faces
	Words *i18n.Catalogue
}

// NewFaces reads the app's font, for all Envs of the app. Make it once: it is some
// milliseconds of work and remembers the words it measured.
func NewFaces() (*line.Faces, error) {
	f, err := line.NewFaces(assets.Font(false), assets.Font(true))
	if err != nil {
		return nil, err
	}
	f.Fallback = func(text string, fnt line.Font) float32 {
		return fyne.MeasureText(text, fnt.Size, fyne.TextStyle{Bold: fnt.Bold}).Width
	}
	return f, nil
}

// NewEnv returns the Env of a language.
func NewEnv(lang i18n.Lang, words *i18n.Catalogue, th *style.Theme, faces *line.Faces) Env {
	e := Env{Lang: lang, Style: th, Faces: faces, Words: words}
	if lang.RTL() {
		e.Dir = RTL
	}
	return e
}

// RTL reports whether layouts are mirrored.
func (e Env) RTL() bool { return e.Dir == RTL }

// T returns the app's sentence for a key, see [i18n.Catalogue.T].
func (e Env) T(key string, args ...any) string { return e.Words.T(e.Lang, key, args...) }

// Color returns the colour of a role.
func (e Env) Color(role fyne.ThemeColorName) color.Color { return e.Style.Role(role) }

// Icon returns an icon in the colour of a role, mirrored where lines run right to left
// and the icon points along them.
func (e Env) Icon(icon assets.Icon, role fyne.ThemeColorName) fyne.Resource {
	return e.Style.Tinted(icon, role, e.RTL())
}

// LineHeight returns the height of a line of running text. Urdu and Pashto stand
// their letters deeper and get more.
func (e Env) LineHeight(size style.TextSize, bold bool) float32 {
	h := e.Faces.Height(e.font(size, bold))
	if e.RTL() {
		h *= 1.12
	}
	return h
}

func (e Env) font(size style.TextSize, bold bool) line.Font {
	return line.Font{Size: e.Style.Text(size), Bold: bold}
}
