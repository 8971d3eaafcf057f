package screen

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"

	"github.com/citizens-portal/portal/app/bidi"
	"github.com/citizens-portal/portal/app/model"
	"github.com/citizens-portal/portal/app/style"
	"github.com/citizens-portal/portal/app/ui"
	"github.com/citizens-portal/portal/assets"
)

// WriteState is a page to write something about a complaint.
type WriteState struct {
	Bar      string
	Question string
	Hint     string
	Verb     string
	Talk     []model.Bubble // what was said before
	Text     string
	Wrong    string
	Busy     bool
	// ReadOnly: nothing may be written any more; the talk is only shown.
	ReadOnly bool
}

// WriteActs are what can be done there.
type WriteActs struct {
	Text       func(string)
	Send, Back func()
}

// Write is the conversation with the office, and every page that asks for a few words:
// an answer, what is still wrong, a reason.
func Write(env bidi.Env, s WriteState, acts WriteActs) Frame {
	var items []fyne.CanvasObject
	for _, b := range s.Talk {
		items = append(items, bubble(env, b))
	}
	f := Frame{Bar: back(env, s.Bar, acts.Back)}
	if s.ReadOnly {
		if len(items) == 0 {
			items = append(items, ui.EmptyState(env, assets.IconMessage, env.T("talk.none"),
				ui.Button(env, ui.ButtonState{Word: env.T("action.back")}, acts.Back)))
		}
		f.Body = page(env, items...)
		return f
	}
	if s.Question != "" {
		items = append(items, title(env, s.Question))
	}
	if s.Hint != "" {
		items = append(items, muted(env, s.Hint))
	}
	e := bidi.NewEntry(env, bidi.EntryOptions{Multi: true, Rows: 4, Max: 4000, Order: bidi.ByText, Label: s.Question})
	e.SetText(s.Text)
	e.OnChanged = acts.Text
	e.SetFailed(s.Wrong != "")
	items = append(items, e, muted(env, env.T("report.any_language")))
	if s.Wrong != "" {
		items = append(items, ui.ErrorText(env, s.Wrong))
	}
	send := ui.ButtonState{Kind: ui.Filled, Word: s.Verb, After: assets.IconSend}
	if s.Busy {
		send = ui.ButtonState{Kind: ui.Filled, Word: env.T("action.saving"), Disabled: true}
	}
	f.Body, f.Foot = page(env, items...), ui.Footer(env, ui.Button(env, send, acts.Send))
	return f
}

// bubble is one message. Mine stand at the end, the office's at the start.
func bubble(env bidi.Env, b model.Bubble) fyne.CanvasObject {
	ground := canvas.NewRectangle(env.Color(style.Surface))
	ground.CornerRadius, ground.StrokeColor, ground.StrokeWidth = style.RadiusControl, env.Color(style.Outline), style.LineThin
	if b.Mine {
		ground.FillColor, ground.StrokeColor = env.Color(style.PrimaryBox), env.Color(style.PrimaryBox)
	}
	content := column(env, 0, bidi.NewParagraph(env, b.From+" · "+b.When, bidi.Text{Size: style.Caption, Role: style.InkMuted}),
		bidi.NewParagraph(env, b.Text, bidi.Text{Order: bidi.ByText}))
	box := bidi.Grow(bidi.Stack(ground, bidi.Pad(env, bidi.Around(style.Space12), content)))
	gap := bidi.Spacer(style.Space32, 1)
	if b.Mine {
		return bidi.Row(env, 0, gap, box)
	}
	return bidi.Row(env, 0, box, gap)
}

// RateState is a verdict being given.
type RateState struct {
	Time, Quality int
	Comment       string
	Wrong         string
	Busy          bool
}

// RateActs are what can be done there.
type RateActs struct {
	Time, Quality    func(int)
	Comment          func(string)
	Send, Skip, Back func()
}

// Rate asks for a verdict with faces.
func Rate(env bidi.Env, s RateState, acts RateActs) Frame {
	e := bidi.NewEntry(env, bidi.EntryOptions{Multi: true, Rows: 2, Max: 4000, Order: bidi.ByText, Label: env.T("rate.comment")})
	e.SetText(s.Comment)
	e.OnChanged = acts.Comment
	send := ui.ButtonState{Kind: ui.Filled, Word: env.T("rate.send"), Disabled: s.Busy}
	if s.Busy {
		send.Word = env.T("action.saving")
	}
	return Frame{
		Bar: back(env, env.T("case.rate"), acts.Back),
		Body: page(env,
			ui.Rating(env, env.T("rate.quick"), s.Time, acts.Time),
			bidi.Spacer(1, style.Space8),
			ui.Rating(env, env.T("rate.well"), s.Quality, acts.Quality),
			bidi.Spacer(1, style.Space8),
			bidi.NewField(env, env.T("rate.comment"), e, "").Object,
			when(s.Wrong != "", func() fyne.CanvasObject { return ui.ErrorText(env, s.Wrong) })),
		Foot: ui.Footer(env, ui.Pair(env, ui.Button(env, ui.ButtonState{Word: env.T("action.skip")}, acts.Skip), ui.Button(env, send, acts.Send))),
	}
}
