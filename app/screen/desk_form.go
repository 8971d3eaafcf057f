package screen

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"github.com/citizens-portal/portal/app/bidi"
	"github.com/citizens-portal/portal/app/model"
	"github.com/citizens-portal/portal/app/style"
	"github.com/citizens-portal/portal/app/ui"
	"github.com/citizens-portal/portal/assets"
)

// DeskFile is evidence added to a solution.
type DeskFile struct {
	SHA  string
	Name string // "Photo · 240 kB"
	PDF  bool
}

// DeskForm is something being written about a complaint. It is kept at every pause.
type DeskForm struct {
	Action model.DeskAction
	Text   string
	// Disposition and Files belong to a solution, Offices and Office to a transfer.
	Disposition string
	Files       []DeskFile
	Offices     []model.DeskChoice
	Office      string
	Wrong       map[string]string // by field: text, files, to_office
	Trouble     string            // what is wrong with no field
	Busy        bool
	Reading     bool // what was written before is not here yet
}

// DeskFormActs are what can be done there.
type DeskFormActs struct {
	Text, Disposition, Office, RemoveFile func(string)
	AddFile                               func()
	Send, Leave                           func()
	Escape                                func() // leaves the field alone
}

// form asks for what an action needs.
func (d *Desk) form(s DeskCaseState) []fyne.CanvasObject {
	env, f := d.env, s.Form
	title, hint, label := deskFormWords(env, f.Action)
	items := []fyne.CanvasObject{ui.Divider(env), bidi.NewParagraph(env, title, bidi.Text{Size: style.Section, Bold: true})}
	if hint != "" {
		items = append(items, muted(env, hint))
	}
	switch f.Action {
	case model.DeskPropose:
		items = append(items, d.dispositions(f))
	case model.DeskTransfer:
		items = append(items, d.offices(f))
	}
	e := s.Kept.field(env, s.Case.ID+" "+string(f.Action), label, f.Text, 5, d.acts.Form.Text, d.acts.Form.Send, d.acts.Form.Escape)
	e.SetFailed(f.Wrong["text"] != "")
	items = append(items, bidi.NewParagraph(env, label, bidi.Text{Size: style.Small, Bold: true}), e, muted(env, env.T("report.any_language")))
	items = append(items, wrongText(env, f.Wrong["text"]))
	if f.Action == model.DeskPropose {
		items = append(items, d.evidence(s))
	}
	return append(items, wrongText(env, f.Trouble))
}

func wrongText(env bidi.Env, text string) fyne.CanvasObject {
	return when(text != "", func() fyne.CanvasObject { return ui.ErrorText(env, text) })
}

func deskFormWords(env bidi.Env, a model.DeskAction) (title, hint, label string) {
	switch a {
	case model.DeskPropose:
		return env.T("officer.propose"), env.T("desk.form.propose_hint"), env.T("desk.form.propose_label")
	case model.DeskAsk:
		return env.T("desk.form.ask"), env.T("desk.form.ask_hint"), env.T("desk.form.ask_label")
	case model.DeskTransfer:
		return env.T("desk.form.transfer"), env.T("desk.form.transfer_hint"), env.T("desk.form.transfer_label")
	}
	return env.T("desk.form.decline"), env.T("desk.form.decline_hint"), env.T("desk.form.decline_label")
}

// dispositions are the three outcomes of a solution, of which one is chosen.
func (d *Desk) dispositions(f *DeskForm) fyne.CanvasObject {
	env := d.env
	chosen := f.Disposition
	if chosen == "" {
		chosen = model.DispositionGranted
	}
	var rows []fyne.CanvasObject
	for _, o := range []struct{ id, word string }{
		{model.DispositionGranted, env.T("desk.disposition.granted")}, {model.DispositionPartial, env.T("desk.disposition.partial")}, {model.DispositionNone, env.T("desk.disposition.not_possible")},
	} {
		rows = append(rows, d.radio(o.word, "", o.id == chosen, func() { d.acts.Form.Disposition(o.id) }))
	}
	return column(env, style.Space4, rows...)
}

// offices are those that answer for the place and the kind of problem.
func (d *Desk) offices(f *DeskForm) fyne.CanvasObject {
	env := d.env
	rows := []fyne.CanvasObject{bidi.NewLabel(env, env.T("desk.form.office"), bidi.Text{Size: style.Small, Bold: true})}
	for _, o := range f.Offices {
		rows = append(rows, d.radio(o.Name, "", o.ID == f.Office, func() { d.acts.Form.Office(o.ID) }))
	}
	if len(f.Offices) == 0 {
		rows = append(rows, muted(env, env.T("desk.form.no_office")))
	}
	return column(env, style.Space4, append(rows, wrongText(env, f.Wrong["to_office"]))...)
}

func (d *Desk) radio(word, hint string, on bool, choose func()) fyne.CanvasObject {
	return radio(d.env, word, hint, on, choose)
}

// radio is one choice of several.
func radio(env bidi.Env, word, hint string, on bool, choose func()) fyne.CanvasObject {
	s := env.Style.Scaled(20)
	ring := canvas.NewCircle(color.Transparent)
	ring.StrokeColor, ring.StrokeWidth = env.Color(style.OutlineStrong), style.LineThick
	dot := fyne.CanvasObject(bidi.Spacer(0, 0))
	if on {
		ring.StrokeColor = env.Color(style.Primary)
		dot = bidi.Sized(s/2, s/2, canvas.NewCircle(env.Color(style.Primary)))
	}
	items := []fyne.CanvasObject{bidi.Sized(s, s, bidi.Stack(ring, bidi.Middle(dot))), bidi.Grow(bidi.NewParagraph(env, word, bidi.Text{Bold: on}))}
	if hint != "" {
		items = append(items, bidi.NewLabel(env, hint, bidi.Text{Size: style.Small, Role: style.InkMuted}))
	}
	return ui.Tap(env, word, bidi.Sized(0, 40, bidi.Pad(env, bidi.Sides(style.Space8, style.Space4), bidi.Row(env, style.Space12, items...))), choose)
}

// evidence are the files that show the work.
func (d *Desk) evidence(s DeskCaseState) fyne.CanvasObject {
	env, f := d.env, s.Form
	hint := env.T("desk.form.evidence_hint")
	if s.Case.Evidence {
		hint = env.T("desk.form.evidence_wanted")
	}
	items := []fyne.CanvasObject{bidi.NewLabel(env, env.T("desk.form.evidence"), bidi.Text{Size: style.Small, Bold: true}), muted(env, hint)}
	for _, file := range f.Files {
		icon := assets.IconImage
		if file.PDF {
			icon = assets.IconDocument
		}
		items = append(items, bidi.Row(env, style.Space12, ui.Icon(env, icon, style.Primary, 24), bidi.Grow(bidi.NewParagraph(env, file.Name, bidi.Text{})),
			ui.IconButton(env, assets.IconCross, style.InkMuted, env.T("action.remove"), func() { d.acts.Form.RemoveFile(file.SHA) })))
	}
	items = append(items, wrongText(env, f.Wrong["files"]))
	if len(f.Files) < model.MaxEvidence {
		items = append(items, bidi.Flow(env, 0, ui.Button(env, ui.ButtonState{Word: env.T("desk.form.add_file"), Icon: assets.IconAttach, Disabled: f.Busy}, d.acts.Form.AddFile)))
	}
	return column(env, style.Space8, items...)
}

func (d *Desk) formFoot(s DeskCaseState) fyne.CanvasObject {
	env, f := d.env, s.Form
	look := deskActionLook(env, f.Action)
	send := ui.ButtonState{Kind: ui.Filled, Word: look.word, Icon: look.icon}
	if f.Busy {
		send = ui.ButtonState{Kind: ui.Filled, Word: env.T("action.saving"), Disabled: true}
	}
	return ui.Footer(env, ui.Pair(env, ui.Button(env, ui.ButtonState{Word: env.T("action.back")}, d.acts.Form.Leave), ui.Button(env, send, d.acts.Form.Send)))
}

// deskScroll finds the scrolled part of the complaint.
func deskScroll(o fyne.CanvasObject) *container.Scroll {
	switch v := o.(type) {
	case *container.Scroll:
		return v
	case *fyne.Container:
		for _, child := range v.Objects {
			if s := deskScroll(child); s != nil {
				return s
			}
		}
	}
	return nil
}

// DeskChooser is a card to choose one of several, such as a filter's value.
func (d *Desk) DeskChooser(title string, list []model.DeskChoice, chosen string, choose func(id string), done func()) fyne.CanvasObject {
	env := d.env
	var rows []fyne.CanvasObject
	for _, c := range list {
		rows = append(rows, d.radio(c.Name, number(c.Count), c.ID == chosen, func() { choose(c.ID) }))
	}
	return d.card(title, column(env, 0, rows...), done)
}

// DeskKeys is the cheat sheet.
func (d *Desk) DeskKeys(done func()) fyne.CanvasObject {
	env := d.env
	var rows []fyne.CanvasObject
	for _, k := range []struct {
		word string
		keys []string
	}{
		{env.T("desk.keys.move"), []string{"J", "K"}}, {env.T("desk.keys.open"), []string{"Enter"}}, {env.T("desk.act.acknowledge"), []string{"C"}},
		{env.T("officer.assign"), []string{"A"}}, {env.T("officer.propose"), []string{"S"}}, {env.T("officer.ask"), []string{"Q"}},
		{env.T("officer.transfer"), []string{"T"}}, {env.T("action.undo"), []string{"U"}}, {env.T("action.search"), []string{"/"}},
		{env.T("desk.keys.send"), []string{"Ctrl", "Enter"}}, {env.T("action.back"), []string{"Esc"}}, {env.T("desk.keys.all"), []string{"?"}},
	} {
		var caps []fyne.CanvasObject
		for _, key := range k.keys {
			caps = append(caps, keyCap(env, key))
		}
		rows = append(rows, bidi.Row(env, style.Space12, bidi.Grow(bidi.NewLabel(env, k.word, bidi.Text{Size: style.Small})), bidi.Row(env, style.Space4, caps...)))
	}
	return d.card(env.T("desk.keys.all"), column(env, style.Space8, rows...), done)
}

// DeskAssign is the list of whom to assign to, as a card, for the key.
func (d *Desk) DeskAssign(c model.DeskCase, done func()) fyne.CanvasObject {
	return d.card(d.env.T("desk.assign_to"), column(d.env, style.Space4, d.byWork(), d.assignees(c)), done)
}

func (d *Desk) card(title string, content fyne.CanvasObject, done func()) fyne.CanvasObject {
	return overCard(d.env, title, content, done)
}

// overCard is a card over a screen, with a way out.
func overCard(env bidi.Env, title string, content fyne.CanvasObject, done func()) fyne.CanvasObject {
	box := canvas.NewRectangle(env.Color(style.Surface))
	box.CornerRadius = style.RadiusCard
	head := bidi.Row(env, style.Space8, bidi.Grow(bidi.NewParagraph(env, title, bidi.Text{Size: style.Section, Bold: true})),
		ui.IconButton(env, assets.IconCross, style.Ink, env.T("action.close"), done))
	return bidi.Stack(box, bidi.Pad(env, bidi.Around(style.Space16), &fyne.Container{
		Layout: &cardLayout{}, Objects: []fyne.CanvasObject{head, bidi.Scroll(content)},
	}))
}

// cardLayout puts a head over content that scrolls when the window is low.
type cardLayout struct{}

// HeightFor implements [bidi.FlexLayout].
func (*cardLayout) HeightFor(objs []fyne.CanvasObject, width float32) float32 {
	return bidi.HeightFor(objs[0], width) + style.Space8 + bidi.HeightFor(deskScroll(objs[1]).Content.(*fyne.Container).Objects[0], width)
}

// MinSize implements [fyne.Layout].
func (*cardLayout) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(240, 96) }

// Layout implements [fyne.Layout].
func (*cardLayout) Layout(objs []fyne.CanvasObject, size fyne.Size) {
	h := bidi.HeightFor(objs[0], size.Width)
	objs[0].Move(fyne.NewPos(0, 0))
	objs[0].Resize(fyne.NewSize(size.Width, h))
	objs[1].Move(fyne.NewPos(0, h+style.Space8))
	objs[1].Resize(fyne.NewSize(size.Width, max(0, size.Height-h-style.Space8)))
}

// scrim darkens the desk behind a card; a tap on it closes the card.
type scrim struct {
	widget.BaseWidget
	env  bidi.Env
	done func()
}

func newScrim(env bidi.Env, done func()) *scrim {
	s := &scrim{env: env, done: done}
	s.ExtendBaseWidget(s)
	return s
}

// Tapped implements [fyne.Tappable].
func (s *scrim) Tapped(*fyne.PointEvent) { s.done() }

// CreateRenderer implements [fyne.Widget].
func (s *scrim) CreateRenderer() fyne.WidgetRenderer {
	return widget.NewSimpleRenderer(canvas.NewRectangle(s.env.Style.Color(style.ColorScrim, 0)))
}
