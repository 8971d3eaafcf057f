package screen

import (
	"unicode/utf8"

	"fyne.io/fyne/v2"

	"github.com/citizens-portal/portal/app/bidi"
	"github.com/citizens-portal/portal/app/model"
	"github.com/citizens-portal/portal/app/style"
	"github.com/citizens-portal/portal/app/ui"
	"github.com/citizens-portal/portal/assets"
)

// ReportState is a step of the guided flow.
type ReportState struct {
	Report model.Report
	Chosen model.Chosen
	Kinds  []model.Choice // of the open group, or all at the top
	// Known: places and kinds are on this phone; without them nothing can be chosen.
	Known   bool
	Saving  bool
	Sending bool
	Error   string
	Mark    *SaveMark
	// Adding: a photo is being made small and kept.
	Adding bool
	// Note stands above everything: for whom it is written, or that nothing is kept.
	Note string
	// NoPhotos says why none can go with it; "" when they can.
	NoPhotos string
	// MayNameless: whether the name goes with it can be chosen.
	MayNameless bool
	// Send is the word of the last step's button.
	Send string
}

// ReportActs are what can be done in the flow.
type ReportActs struct {
	Close, Next, Back func()
	Go                func(model.Step)
	Kind              func(code string)
	All, Up           func()
	Search            func(query string) []model.Choice
	District, Tehsil  func()
	Place, Text       func(string)
	Reload            func()
	AddPhoto          func() // nil when no more may be added
	RemovePhoto       func(sha string)
	Photos            PhotoActs
	Remove            func() // the whole draft; nil while there is none
	Locate            func() // nil where the device cannot tell
	About, Nameless   func() // open their pages
}

// SaveMark is the word "Saved" in the flow's bar. It changes while a person writes,
// when nothing else may be drawn anew.
type SaveMark struct {
	env   bidi.Env
	label *bidi.Label
}

// NewSaveMark returns a mark that says nothing yet.
func NewSaveMark(env bidi.Env) *SaveMark {
	return &SaveMark{env: env, label: bidi.NewLabel(env, "", bidi.Text{Size: style.Small, Role: style.InkMuted})}
}

// Set shows whether what was written is on the phone.
func (m *SaveMark) Set(saved bool) {
	word := m.env.T("action.saving")
	if saved {
		word = m.env.T("report.saved")
	}
	m.label.SetText(word)
}

// Report is one step of filing a complaint.
func Report(env bidi.Env, s ReportState, acts ReportActs) Frame {
	f := Frame{Bar: reportBar(env, s, acts), Foot: reportFoot(env, s, acts)}
	if s.Note != "" {
		f.Bar = column(env, 0, f.Bar, bidi.Pad(env, bidi.Sides(style.Edge, style.Space8), ui.Note(env, assets.IconInfo, s.Note)))
	}
	switch {
	case !s.Known:
		f.Foot = nil
		f.Body = page(env, ui.EmptyState(env, assets.IconCloudOff, env.T("report.unknown"),
			ui.Button(env, ui.ButtonState{Kind: ui.Filled, Word: env.T("action.retry")}, acts.Reload)))
	case s.Report.Step == model.StepWhere:
		f.Body = page(env, where(env, s, acts)...)
	case s.Report.Step == model.StepHappened:
		f.Body = page(env, happened(env, s, acts)...)
	case s.Report.Step == model.StepCheck:
		f.Body = page(env, check(env, s, acts)...)
	default:
		f.Body = what(env, s, acts)
	}
	return f
}

func reportBar(env bidi.Env, s ReportState, acts ReportActs) fyne.CanvasObject {
	st := ui.AppBarState{Title: env.T("home.report"), Lead: &ui.Action{Icon: assets.IconCross, Label: env.T("action.close"), Tap: acts.Close}}
	end := float32(style.Edge)
	if acts.Remove != nil {
		st.Actions = []ui.Action{{Icon: assets.IconTrash, Label: env.T("draft.remove"), Tap: acts.Remove}}
		end = style.Space8 + style.Touch + style.Space8
	}
	if s.Mark == nil {
		return ui.AppBar(env, st)
	}
	if env.Style.Scale() >= style.Scale150 {
		st.Title = "" // the question below says it; the bar has room for one of both
	}
	note := bidi.Pad(env, bidi.Insets{End: end}, bidi.Row(env, 0, bidi.Grow(bidi.Spacer(0, 0)), s.Mark.label))
	return bidi.Stack(ui.AppBar(env, st), note)
}

func stepWord(env bidi.Env, s model.Step) string {
	switch s {
	case model.StepWhat:
		return env.T("step.what")
	case model.StepWhere:
		return env.T("step.where")
	case model.StepHappened:
		return env.T("step.happened")
	case model.StepCheck:
		return env.T("step.check")
	}
	return ""
}

// head is the step bar and the question.
func head(env bidi.Env, s model.Step, question string) []fyne.CanvasObject {
	next := ""
	if s < model.StepCheck {
		next = env.T("report.next", "step", stepWord(env, s+1))
	}
	return []fyne.CanvasObject{
		ui.StepBar(env, int(s), model.Steps, env.T("report.step", "n", int(s), "of", model.Steps), next),
		title(env, question),
	}
}

func reportFoot(env bidi.Env, s ReportState, acts ReportActs) fyne.CanvasObject {
	word, icon := env.T("report.next", "step", stepWord(env, s.Report.Step+1)), assets.IconChevron
	if s.Report.Step == model.StepCheck {
		word, icon = s.Send, assets.IconSend
	}
	next := ui.ButtonState{Kind: ui.Filled, Word: word, After: icon, Disabled: s.Sending}
	if s.Sending {
		next.Word, next.After = env.T("action.saving"), ""
	}
	if s.Report.Step == model.StepWhat {
		return ui.Footer(env, ui.Button(env, next, acts.Next))
	}
	backButton := ui.Button(env, ui.ButtonState{Word: env.T("action.back")}, acts.Back)
	if env.Style.Scale() >= style.Scale150 {
		return ui.Footer(env, column(env, style.Space8, ui.Button(env, next, acts.Next), backButton))
	}
	return ui.Footer(env, bidi.Row(env, style.Space12, bidi.Sized(104, 0, backButton), bidi.Grow(ui.Button(env, next, acts.Next))))
}

// what asks for the kind of problem: by search, by picture, or from the whole list.
func what(env bidi.Env, s ReportState, acts ReportActs) fyne.CanvasObject {
	below := column(env, 0)
	show := func(query string) {
		found := acts.Search(query)
		switch {
		case query == "":
			below.Objects = []fyne.CanvasObject{kinds(env, s, acts)}
		case len(found) == 0:
			below.Objects = []fyne.CanvasObject{column(env, style.Space12, body(env, env.T("report.nothing_found")),
				ui.Button(env, ui.ButtonState{Word: env.T("category.all"), Icon: assets.IconAllKinds}, acts.All))}
		default:
			below.Objects = []fyne.CanvasObject{choices(env, found, s.Report.Draft.Category, acts.Kind)}
		}
	}
	show("")
	items := head(env, model.StepWhat, env.T("report.what"))
	var content *fyne.Container
	items = append(items, search(env, "", func(q string) {
		show(q)
		relayout(content)
	}))
	if wrong := s.Report.Wrong["category"]; wrong != "" {
		items = append(items, ui.ErrorText(env, wrong))
	}
	content = bidi.Scroll(bidi.Pad(env, bidi.Around(style.Edge), column(env, style.Space12, append(items, below)...)))
	return content
}

// relayout makes a scrolled page fit what changed in it.
func relayout(page *fyne.Container) {
	page.Layout.Layout(page.Objects, page.Size())
	page.Refresh()
}

func kinds(env bidi.Env, s ReportState, acts ReportActs) fyne.CanvasObject {
	if s.Report.All {
		up := ui.Button(env, ui.ButtonState{Kind: ui.Plain, Word: env.T("report.up"), Icon: assets.IconBack}, acts.Up)
		return column(env, style.Space8, bidi.Flow(env, 0, up), choices(env, s.Kinds, s.Report.Draft.Category, acts.Kind))
	}
	var tiles []fyne.CanvasObject
	for _, t := range model.Tiles() {
		tiles = append(tiles, ui.PictureTile(env, t.Icon, env.T("category."+t.Word), t.Kind == s.Report.Draft.Category, func() { acts.Kind(t.Kind) }))
	}
	tiles = append(tiles, ui.PictureTile(env, assets.IconAllKinds, env.T("category.all"), false, acts.All))
	return column(env, style.Space12,
		when(s.Chosen.Kind != "", func() fyne.CanvasObject { return chosenKind(env, s.Chosen) }),
		bidi.Grid(env, style.Space8, env.Style.Scaled(96), 3, tiles...))
}

func chosenKind(env bidi.Env, c model.Chosen) fyne.CanvasObject {
	return ui.Card(env, bidi.Row(env, style.Space12, ui.IconTile(env, c.Icon, style.TonePrimary()),
		bidi.Grow(column(env, 0, bidi.NewParagraph(env, c.Kind, bidi.Text{Bold: true}), when(c.Group != "", func() fyne.CanvasObject { return muted(env, c.Group) }))),
		ui.Icon(env, assets.IconTick, style.Primary, 24)))
}

// choices are rows to choose one of; a group leads on.
func choices(env bidi.Env, list []model.Choice, chosen string, choose func(string)) fyne.CanvasObject {
	var rows []fyne.CanvasObject
	for _, c := range list {
		after := assets.Icon("")
		switch {
		case c.More:
			after = assets.IconChevron
		case c.ID == chosen:
			after = assets.IconTick
		}
		rows = append(rows, choiceRow(env, c, after, func() { choose(c.ID) }))
	}
	return column(env, style.Space8, rows...)
}

func choiceRow(env bidi.Env, c model.Choice, after assets.Icon, tap func()) fyne.CanvasObject {
	texts := []fyne.CanvasObject{bidi.NewParagraph(env, c.Name, bidi.Text{Bold: true})}
	if c.Hint != "" {
		texts = append(texts, muted(env, c.Hint))
	}
	items := []fyne.CanvasObject{ui.Icon(env, c.Icon, style.OnPrimaryBox, 24), bidi.Grow(column(env, 0, texts...))}
	if after != "" {
		items = append(items, ui.Icon(env, after, style.Primary, 20))
	}
	return ui.CardButton(env, c.Name, bidi.Sized(0, env.Style.Scaled(26), bidi.Row(env, style.Space12, items...)), tap)
}

// where asks for the place.
func where(env bidi.Env, s ReportState, acts ReportActs) []fyne.CanvasObject {
	wrong := s.Report.Wrong
	items := append(head(env, model.StepWhere, env.T("report.where")),
		selectField(env, env.T("area.district"), s.Chosen.District, env.T("area.choose_district"), wrong["district"], acts.District))
	if s.Chosen.District != "" {
		items = append(items, selectField(env, env.T("area.tehsil_optional"), s.Chosen.Tehsil, env.T("area.choose_tehsil"), "", acts.Tehsil))
	}
	items = append(items, field(env, env.T("area.landmark"), env.T("area.landmark_hint"), s.Report.Draft.Place, wrong["place"], bidi.EntryOptions{Order: bidi.ByText}, acts.Place))
	if acts.Locate != nil {
		items = append(items, ui.Button(env, ui.ButtonState{Word: env.T("area.locate"), Icon: assets.IconSearch}, acts.Locate))
	}
	hint := s.Chosen.About
	if hint == "" {
		hint = env.T("about.hint")
	}
	items = append(items, link(env, assets.IconFlag, env.T("about.title"), hint, acts.About))
	if s.Chosen.GoesTo != "" {
		items = append(items, ui.Note(env, assets.IconOffice, s.Chosen.GoesTo))
	}
	return items
}

// maxText is how many characters a complaint holds; the model checks the same.
const maxText = model.MaxText

// happened asks what happened.
func happened(env bidi.Env, s ReportState, acts ReportActs) []fyne.CanvasObject {
	count := bidi.NewLabel(env, counter(env, s.Report.Draft.Text), bidi.Text{Size: style.Small, Role: style.InkMuted})
	e := bidi.NewEntry(env, bidi.EntryOptions{Multi: true, Rows: 5, Max: maxText, Order: bidi.ByText, Label: env.T("report.happened")})
	e.SetText(s.Report.Draft.Text)
	e.OnChanged = func(text string) {
		count.SetText(counter(env, text))
		acts.Text(text)
	}
	f := bidi.NewField(env, "", e, "")
	wrong := s.Report.Wrong["text"]
	e.SetFailed(wrong != "")
	return append(head(env, model.StepHappened, env.T("report.happened")),
		muted(env, env.T("report.happened_hint")),
		column(env, style.Space4, f.Object.Objects[1],
			bidi.Row(env, style.Space8, bidi.Grow(muted(env, env.T("report.any_language"))), bidi.Top(count))),
		when(wrong != "", func() fyne.CanvasObject { return ui.ErrorText(env, wrong) }),
		when(s.NoPhotos == "", func() fyne.CanvasObject { return photos(env, s, acts) }),
		when(s.NoPhotos != "", func() fyne.CanvasObject { return ui.Note(env, assets.IconCamera, s.NoPhotos) }),
		when(s.Error != "", func() fyne.CanvasObject { return ui.ErrorText(env, s.Error) }),
		when(!s.Report.Draft.Anonymous, func() fyne.CanvasObject { return ui.Note(env, assets.IconEye, env.T("report.who_sees")) }))
}

// maxPhotos is how many photos a complaint may have.
const maxPhotos = model.MaxPhotos

// photos is the strip of photos with how many there are.
func photos(env bidi.Env, s ReportState, acts ReportActs) fyne.CanvasObject {
	kept := tiles(env, s.Chosen.Photos, acts.Photos)
	for i, p := range s.Chosen.Photos {
		kept[i].Remove = func() { acts.RemovePhoto(p.SHA256) }
	}
	word := env.T("photo.add")
	if s.Adding {
		word = env.T("action.saving")
	}
	head := bidi.Row(env, style.Space8, bidi.Grow(bidi.NewParagraph(env, env.T("photo.title")+" "+env.T("photo.optional"), bidi.Text{Bold: true})),
		bidi.NewLabel(env, env.T("photo.count", "n", len(kept), "of", maxPhotos), bidi.Text{Size: style.Small, Role: style.InkMuted}))
	return column(env, style.Space8, head, ui.PhotoStrip(env, kept, word, env.T("action.remove"), acts.AddPhoto))
}

func counter(env bidi.Env, text string) string {
	return env.T("label.counter", "n", utf8.RuneCountInString(text), "max", model.Number(maxText))
}

// check shows everything once more before it goes.
func check(env bidi.Env, s ReportState, acts ReportActs) []fyne.CanvasObject {
	c := s.Chosen
	place := c.District
	if c.Tehsil != "" {
		place = env.T("area.place", "tehsil", c.Tehsil, "district", c.District)
	}
	if c.Place != "" {
		place = c.Place + "\n" + place
	}
	items := head(env, model.StepCheck, env.T("report.check"))
	if s.Error != "" {
		items = append(items, ui.ErrorText(env, s.Error))
	}
	block := func(question, answer string, order bidi.Order, step model.Step, field string) fyne.CanvasObject {
		change := ui.Button(env, ui.ButtonState{Kind: ui.Plain, Word: env.T("report.change")}, func() { acts.Go(step) })
		parts := []fyne.CanvasObject{bidi.Row(env, style.Space8, bidi.Grow(muted(env, question)), change)}
		if answer != "" {
			parts = append(parts, bidi.NewParagraph(env, answer, bidi.Text{Order: order}))
		}
		if wrong := s.Report.Wrong[field]; wrong != "" {
			parts = append(parts, ui.ErrorText(env, wrong))
		}
		return ui.Card(env, column(env, 0, parts...))
	}
	return append(items,
		block(env.T("report.what"), c.Kind, bidi.ByLanguage, model.StepWhat, "category"),
		block(env.T("report.where"), place, bidi.ByLanguage, model.StepWhere, "district"),
		block(env.T("report.happened"), c.Text, bidi.ByText, model.StepHappened, "text"),
		when(c.About != "" || s.Report.Wrong["about_office"]+s.Report.Wrong["about_officer"] != "", func() fyne.CanvasObject { return aboutBlock(env, s, acts) }),
		when(len(c.Photos) > 0 && s.NoPhotos != "", func() fyne.CanvasObject { return ui.Note(env, assets.IconCamera, s.NoPhotos) }),
		when(len(c.Photos) > 0 && s.NoPhotos == "", func() fyne.CanvasObject {
			return column(env, style.Space8, ui.Note(env, assets.IconCamera, env.T("photo.with", "n", len(c.Photos))), strip(env, c.Photos, acts.Photos))
		}),
		when(c.GoesTo != "", func() fyne.CanvasObject { return ui.Note(env, assets.IconOffice, c.GoesTo) }),
		nameChoice(env, s, acts))
}

// aboutBlock says whom it complains of.
func aboutBlock(env bidi.Env, s ReportState, acts ReportActs) fyne.CanvasObject {
	parts := []fyne.CanvasObject{
		bidi.Row(env, style.Space8, bidi.Grow(muted(env, env.T("about.question"))), ui.Button(env, ui.ButtonState{Kind: ui.Plain, Word: env.T("report.change")}, acts.About)),
		bidi.NewParagraph(env, s.Chosen.About, bidi.Text{Order: bidi.ByText}), muted(env, env.T("about.not_see")),
	}
	for _, name := range []string{"about_office", "about_officer"} {
		if wrong := s.Report.Wrong[name]; wrong != "" {
			parts = append(parts, ui.ErrorText(env, wrong))
		}
	}
	return ui.Card(env, column(env, 0, parts...))
}

// nameChoice says whether the name goes with it, and lets that be chosen.
func nameChoice(env bidi.Env, s ReportState, acts ReportActs) fyne.CanvasObject {
	if !s.MayNameless {
		return when(!s.Report.Draft.Anonymous, func() fyne.CanvasObject { return ui.Note(env, assets.IconEyeOff, env.T("report.name_kept")) })
	}
	hint := env.T("nameless.hint")
	if s.Report.Draft.Anonymous {
		hint = env.T("nameless.chosen")
	}
	return column(env, style.Space12,
		when(!s.Report.Draft.Anonymous, func() fyne.CanvasObject { return ui.Note(env, assets.IconEyeOff, env.T("report.name_kept")) }),
		link(env, assets.IconEyeOff, env.T("nameless.title"), hint, acts.Nameless))
}
