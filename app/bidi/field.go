package bidi

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"

	"github.com/citizens-portal/portal/app/style"
	"github.com/citizens-portal/portal/assets"
)

// Field is a part of a form: a label above, an input, and below it a hint or what is
// wrong.
type Field struct {
	// Object is what to put on the page.
	Object *fyne.Container

	env   Env
	input fyne.CanvasObject
	below *fyne.Container
	hint  string
}

// NewField returns a field. The input is an [Entry] or another control; hint may be
// empty.
func NewField(env Env, label string, input fyne.CanvasObject, hint string) *Field {
	f := &Field{env: env, input: input, hint: hint, below: container.New(&columnLayout{})}
	f.Object = Column(env, style.Space4,
		NewParagraph(env, label, Text{Bold: true}),
		input,
		f.below,
	)
	f.SetError("")
	return f
}

// SetError shows what is wrong and what to do, or the hint again when message is
// empty. What was typed stays.
func (f *Field) SetError(message string) {
	if e, ok := f.input.(*Entry); ok {
		e.SetFailed(message != "")
	}
	switch {
	case message != "":
		icon := canvas.NewImageFromResource(f.env.Icon(assets.IconTriangle, style.Danger))
		size := f.env.Style.Scaled(20)
		f.below.Objects = []fyne.CanvasObject{Row(f.env, style.Space8,
			Top(Fixed(size, size, icon)),
			Grow(NewParagraph(f.env, message, Text{Size: style.Small, Role: style.Danger})))}
	case f.hint != "":
		f.below.Objects = []fyne.CanvasObject{NewParagraph(f.env, f.hint, Text{Size: style.Small, Role: style.InkMuted})}
	default:
		f.below.Objects = nil
	}
	f.Object.Refresh()
}
