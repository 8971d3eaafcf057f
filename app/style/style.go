// Package style is the look of the app: colours by role for light and dark, sizes,
// the two faces of Vazirmatn, and icons tinted by role.
//
// A [Theme] is immutable and fixed to one brightness and one text size; when either
// changes the app makes another and builds its content anew. The package knows
// nothing of complaints, languages or screens. Start with [New]; the roles are in
// roles.go.
package style

import (
	"bytes"
	"fmt"
	"image/color"
	"sync"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"

	"github.com/citizens-portal/portal/assets"
)

// Scale is the citizen's choice of text size, a factor on every text and icon.
type Scale float32

// The text sizes offered.
const (
	Scale100 Scale = 1
	Scale125 Scale = 1.25
	Scale150 Scale = 1.5
	Scale200 Scale = 2
)

// Scales lists the text sizes offered, smallest first.
func Scales() []Scale { return []Scale{Scale100, Scale125, Scale150, Scale200} }

// Distances, in Fyne units. They do not grow with the text.
const (
	Space4  float32 = 4
	Space8  float32 = 8
	Space12 float32 = 12
	Space16 float32 = 16
	Space24 float32 = 24
	Space32 float32 = 32

	Edge  = Space16 // between content and the edge of the screen
	Touch = float32(48)

	RadiusChip    float32 = 8
	RadiusControl float32 = 12
	RadiusCard    float32 = 16

	LineThin  float32 = 1
	LineThick float32 = 2
)

// TextSize is a step of the type scale.
type TextSize int

// The steps of the type scale, of which a screen uses four at most.
const (
	Body TextSize = iota
	Caption
	Small
	Section
	Title
	Code
)

// Theme is the look at one brightness and one text size. It implements [fyne.Theme].
type Theme struct {
	dark   bool
	scale  Scale
	fonts  [2]fyne.Resource
	mu     sync.Mutex // guards tinted
	tinted map[string]fyne.Resource
}

var _ fyne.Theme = (*Theme)(nil)

// New returns the light or dark theme at a text size.
func New(dark bool, scale Scale) *Theme {
	return &Theme{
		dark:  dark,
		scale: scale,
		fonts: [2]fyne.Resource{
			fyne.NewStaticResource("Vazirmatn-Regular.ttf", assets.Font(false)),
			fyne.NewStaticResource("Vazirmatn-Bold.ttf", assets.Font(true)),
		},
		tinted: map[string]fyne.Resource{},
	}
}

// Dark reports whether this is the dark theme.
func (t *Theme) Dark() bool { return t.dark }

// Scale returns the text size chosen.
func (t *Theme) Scale() Scale { return t.scale }

// Text returns a step of the type scale in Fyne units.
func (t *Theme) Text(s TextSize) float32 {
	base := map[TextSize]float32{Caption: 12, Small: 14, Body: 16, Section: 18, Title: 22, Code: 24}[s]
	return base * float32(t.scale)
}

// Scaled returns a length that grows with the text, such as an icon's.
func (t *Theme) Scaled(units float32) float32 { return units * float32(t.scale) }

// Role returns the colour of a role. An unknown name gets the ink colour.
func (t *Theme) Role(name fyne.ThemeColorName) color.Color {
	pair, ok := palette[name]
	if !ok {
		pair = palette[Ink]
	}
	if t.dark {
		return rgb(pair.dark)
	}
	return rgb(pair.light)
}

// Color implements [fyne.Theme]. Its own brightness wins over the variant asked for,
// so that everything on screen agrees.
func (t *Theme) Color(name fyne.ThemeColorName, _ fyne.ThemeVariant) color.Color {
	if _, ours := palette[name]; ours {
		return t.Role(name)
	}
	if role, ok := stock[name]; ok {
		return t.Role(role)
	}
	switch name {
	case theme.ColorNameHover:
		return withAlpha(t.Role(Ink), 0x0A)
	case theme.ColorNamePressed:
		return withAlpha(t.Role(Ink), 0x14)
	case theme.ColorNameSelection:
		return withAlpha(t.Role(Focus), 0x40)
	case theme.ColorNameShadow:
		return color.Transparent
	case ColorScrim, theme.ColorNameOverlayBackground:
		if name == ColorScrim {
			return color.NRGBA{A: 0x73}
		}
		return t.Role(Surface)
	}
	return theme.DefaultTheme().Color(name, t.variant())
}

func (t *Theme) variant() fyne.ThemeVariant {
	if t.dark {
		return theme.VariantDark
	}
	return theme.VariantLight
}

// Font implements [fyne.Theme].
func (t *Theme) Font(s fyne.TextStyle) fyne.Resource {
	switch {
	case s.Symbol, s.Monospace:
		return theme.DefaultTheme().Font(s)
	case s.Bold:
		return t.fonts[1]
	}
	return t.fonts[0]
}

// Icon implements [fyne.Theme] with Fyne's own icons, for the parts of Fyne we use.
func (t *Theme) Icon(name fyne.ThemeIconName) fyne.Resource {
	return theme.DefaultTheme().Icon(name)
}

// Size implements [fyne.Theme].
func (t *Theme) Size(name fyne.ThemeSizeName) float32 {
	switch name {
	case theme.SizeNameText:
		return t.Text(Body)
	case theme.SizeNameCaptionText:
		return t.Text(Caption) + 1*float32(t.scale)
	case theme.SizeNameSubHeadingText:
		return t.Text(Section)
	case theme.SizeNameHeadingText:
		return t.Text(Title)
	case theme.SizeNamePadding:
		return Space4
	case theme.SizeNameInnerPadding:
		return Space12
	case theme.SizeNameInlineIcon:
		return t.Scaled(24)
	case theme.SizeNameInputRadius, theme.SizeNameSelectionRadius:
		return RadiusControl
	case theme.SizeNameInputBorder:
		return LineThick
	case theme.SizeNameSeparatorThickness:
		return LineThin
	}
	return theme.DefaultTheme().Size(name)
}

// Tinted returns an icon in the colour of a role, flipped left to right when mirror
// is set and the icon points along the reading direction. A name without a drawing
// shows as the question icon.
func (t *Theme) Tinted(icon assets.Icon, role fyne.ThemeColorName, mirror bool) fyne.Resource {
	mirror = mirror && icon.Mirrored()
	key := fmt.Sprintf("%s-%s-%t", icon, hex(t.Role(role)), mirror)
	t.mu.Lock()
	defer t.mu.Unlock()
	if r, ok := t.tinted[key]; ok {
		return r
	}
	svg, err := icon.SVG()
	if err != nil {
		svg, err = assets.IconQuestion.SVG()
	}
	if err != nil {
		return theme.QuestionIcon()
	}
	drawing, err := outlined(bytes.ReplaceAll(svg, []byte("#000000"), []byte("#"+hex(t.Role(role)))), mirror)
	if err != nil {
		return theme.QuestionIcon()
	}
	r := fyne.NewStaticResource(key+".svg", drawing)
	t.tinted[key] = r
	return r
}

// Mark returns the project's mark with its own colours.
func (t *Theme) Mark() fyne.Resource {
	drawing, err := outlined(assets.Mark(), false)
	if err != nil {
		return theme.QuestionIcon()
	}
	return fyne.NewStaticResource("mark.svg", drawing)
}

func hex(c color.Color) string {
	n := color.NRGBAModel.Convert(c).(color.NRGBA)
	return fmt.Sprintf("%02X%02X%02X", n.R, n.G, n.B)
}

func rgb(v uint32) color.NRGBA {
	return color.NRGBA{R: uint8(v >> 16), G: uint8(v >> 8), B: uint8(v), A: 0xFF}
}

func withAlpha(c color.Color, a uint8) color.NRGBA {
	n := color.NRGBAModel.Convert(c).(color.NRGBA)
	n.A = a
	return n
}
