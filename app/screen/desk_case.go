package screen

import (
	"reflect"
	"slices"

	"fyne.io/fyne/v2"

	"github.com/citizens-portal/portal/app/bidi"
	"github.com/citizens-portal/portal/app/model"
	"github.com/citizens-portal/portal/app/style"
	"github.com/citizens-portal/portal/app/ui"
	"github.com/citizens-portal/portal/assets"
)

// DeskCaseState is the complaint that is open, if any.
type DeskCaseState struct {
	Case model.DeskCase // its ID is empty when none is open
	Tab  model.DeskTab
	Form *DeskForm // what is being written instead of the tabs
	// Message is what is being written in the conversation, and Wrong what is wrong
	// with it.
	Message, Wrong string
	Busy           bool
	Narrow         bool // it stands in place of the list
	// Identity is who filed it, while the officer may see that.
	Identity []model.Fact
	// Kept holds the fields, so that a caret stays where it is while news come in.
	Kept *DeskFields
}

// DeskFields are the fields of the open complaint, made once and put back on every
// drawing. Its zero value holds none.
type DeskFields struct {
	of    string // what they belong to
	entry *bidi.Entry
}

// field gives the entry for something being written; another one for something else.
func (f *DeskFields) field(env bidi.Env, of, label, text string, rows int, changed func(string), send, leave func()) *bidi.Entry {
	if f.of != of || f.entry == nil {
		f.of = of
		f.entry = bidi.NewEntry(env, bidi.EntryOptions{Multi: true, Rows: rows, Max: 4000, Order: bidi.ByText, Label: label})
	}
	f.entry.SetText(text)
	f.entry.OnChanged = changed
	f.entry.OnSubmitted = func(string) { send() }
	f.entry.OnEscape = leave
	return f.entry
}

// Entry is the field on the page; nil when there is none.
func (f *DeskFields) Entry() *bidi.Entry { return f.entry }

// ladderSteps is in how many steps time is seen to pass along the ladder.
const ladderSteps = 500

// SetCase shows a complaint, or that none is open.
func (d *Desk) SetCase(s DeskCaseState) {
	was := s
	was.Case.Today = float32(int(s.Case.Today * ladderSteps))
	if s.Form != nil { // it goes on changing
		form := *s.Form
		was.Form = &form
	}
	if d.shows(was) {
		return
	}
	d.caseShown = &was
	env := d.env
	offset := fyne.Position{}
	if old := deskScroll(d.detail); old != nil {
		offset = old.Offset
	}
	if s.Case.ID == "" {
		fill(d.detail, bidi.Stack(ground(env, style.Surface), bidi.Middle(bidi.Sized(320, 0, ui.EmptyState(env, assets.IconInbox, env.T("desk.choose"),
			ui.Button(env, ui.ButtonState{Word: env.T("desk.keys.all")}, d.acts.Keys))))))
		return
	}
	var foot fyne.CanvasObject
	items := []fyne.CanvasObject{d.caseHead(s)}
	if s.Form != nil {
		items, foot = append(items, d.form(s)...), d.formFoot(s)
	} else {
		items, foot = append(items, d.caseBody(s)...), d.caseFoot(s)
	}
	body := bidi.Scroll(bidi.Pad(env, bidi.Insets{Top: style.Space8, Start: style.Space24, End: style.Space24, Bottom: style.Space24}, column(env, style.Space12, items...)))
	fill(d.detail, bidi.Stack(ground(env, style.Surface), bidi.Border(env, nil, foot, nil, nil, body)))
	if now := deskScroll(d.detail); now != nil {
		now.ScrollToOffset(offset)
	}
}

// shows reports whether the complaint stands there as it is, with what is being written.
func (d *Desk) shows(s DeskCaseState) bool {
	if d.caseShown == nil || !reflect.DeepEqual(*d.caseShown, s) {
		return false
	}
	text := s.Message
	if s.Form != nil {
		text = s.Form.Text
	}
	return s.Kept == nil || s.Kept.entry == nil || s.Kept.entry.Text() == text
}

// caseHead says which complaint it is, where it stands and by when.
func (d *Desk) caseHead(s DeskCaseState) fyne.CanvasObject {
	env, c := d.env, s.Case
	code := bidi.NewLabel(env, c.Code, bidi.Text{Size: style.Small, Role: style.InkMuted, Order: bidi.Code})
	line := []fyne.CanvasObject{}
	if s.Narrow {
		line = append(line, ui.IconButton(env, assets.IconBack, style.Ink, env.T("action.back"), d.acts.Leave))
	}
	line = append(line, code, bidi.Grow(bidi.NewCutLabel(env, "· "+c.Filed, bidi.Text{Size: style.Small, Role: style.InkMuted})))
	items := []fyne.CanvasObject{bidi.Sized(0, 36, bidi.Row(env, style.Space4, line...)),
		bidi.NewParagraph(env, c.Title, bidi.Text{Size: style.Title, Bold: true, Order: bidi.ByText})}
	if s.Form != nil {
		return column(env, style.Space4, items...)
	}
	var chips []fyne.CanvasObject
	for _, k := range c.Chips {
		chips = append(chips, ui.Chip(env, k.Icon, tone(k.Mood), k.Words))
	}
	if c.Sample {
		chips = append(chips, ui.Chip(env, assets.IconInfo, style.ToneNeutral(), env.T("demo.sample")))
	}
	items = append(items, bidi.Pad(env, bidi.Insets{Top: style.Space4}, bidi.Flow(env, style.Space8, chips...)))
	if len(c.Rungs) > 0 {
		ladder := ui.LadderState{Today: c.Today, Holder: c.Current, Late: c.Late}
		for _, r := range c.Rungs {
			ladder.Rungs = append(ladder.Rungs, ui.Rung(r))
		}
		items = append(items, bidi.Pad(env, bidi.Insets{Top: style.Space12}, ui.Ladder(env, ladder)))
	}
	return column(env, style.Space4, items...)
}

func (d *Desk) caseBody(s DeskCaseState) []fyne.CanvasObject {
	env, c := d.env, s.Case
	var items []fyne.CanvasObject
	for _, r := range c.Refused {
		items = append(items, d.refusal(r))
	}
	for _, line := range c.OnWay {
		items = append(items, ui.Note(env, assets.IconCloudOff, line))
	}
	tabs := []model.DeskTab{model.DeskTabCase, model.DeskTabTalk, model.DeskTabHistory}
	words := []string{env.T("case.title"), env.T("desk.tab.talk"), env.T("desk.tab.history")}
	if n := len(c.Talk); n > 0 {
		words[1] = env.T("desk.tab.talk_n", "n", n)
	}
	current := 0
	for i, t := range tabs {
		if t == s.Tab {
			current = i
		}
	}
	items = append(items, ui.Tabs(env, words, current, func(i int) { d.acts.Tab(tabs[i]) }))
	switch tabs[current] {
	case model.DeskTabTalk:
		return append(items, d.talk(s)...)
	case model.DeskTabHistory:
		return append(items, timeline(env, model.Case{Events: c.Events}))
	}
	return append(items, d.complaint(c, s.Identity)...)
}

// complaint is what the citizen wrote, with its particulars and whom to give it to.
func (d *Desk) complaint(c model.DeskCase, identity []model.Fact) []fyne.CanvasObject {
	env := d.env
	items := []fyne.CanvasObject{bidi.NewParagraph(env, c.Text, bidi.Text{Order: bidi.ByText})}
	if c.Files != "" {
		items = append(items, ui.Note(env, assets.IconAttach, c.Files))
	}
	items = append(items, d.facts(c.Facts))
	if who := d.identity(c, identity); who != nil {
		items = append(items, who)
	}
	if c.Last != nil {
		box := ground(env, style.Background)
		box.CornerRadius = style.RadiusControl
		head := bidi.Row(env, style.Space8, ui.Icon(env, assets.IconMessage, style.Info, 20),
			bidi.Grow(bidi.NewLabel(env, env.T("desk.citizen_wrote"), bidi.Text{Size: style.Small, Bold: true})),
			bidi.NewLabel(env, c.Last.When, bidi.Text{Size: style.Caption, Role: style.InkMuted}))
		items = append(items, bidi.Stack(box, bidi.Pad(env, bidi.Around(style.Space12), column(env, style.Space4, head,
			bidi.NewParagraph(env, c.Last.Text, bidi.Text{Size: style.Small, Order: bidi.ByText})))))
	}
	if !c.May(model.DeskAssign) || len(c.Assignees) == 0 {
		return items
	}
	head := bidi.Row(env, style.Space8, bidi.Grow(bidi.NewLabel(env, env.T("desk.assign_to"), bidi.Text{Bold: true})), d.byWork())
	return append(items, column(env, style.Space4, head, d.assignees(c)))
}

// facts are lines of a label and what it says.
func (d *Desk) facts(list []model.Fact) fyne.CanvasObject {
	env := d.env
	var lines []fyne.CanvasObject
	for _, f := range list {
		label := bidi.NewLabel(env, f.Label, bidi.Text{Size: style.Small, Role: style.InkMuted})
		value := bidi.NewParagraph(env, f.Value, bidi.Text{Size: style.Small, Bold: true})
		lines = append(lines, bidi.Row(env, style.Space12, bidi.Top(bidi.Sized(env.Style.Scaled(92), 0, label)), bidi.Grow(value)))
	}
	return column(env, style.Space4, lines...)
}

func (d *Desk) byWork() fyne.CanvasObject {
	return bidi.NewLabel(d.env, d.env.T("desk.by_work"), bidi.Text{Size: style.Caption, Role: style.InkMuted})
}

// assignees lists whom to give it to, those with the least in hand first.
func (d *Desk) assignees(c model.DeskCase) fyne.CanvasObject {
	env := d.env
	var items []fyne.CanvasObject
	for _, a := range c.Assignees {
		end := fyne.CanvasObject(ui.Button(env, ui.ButtonState{Kind: ui.Plain, Word: env.T("officer.assign"), Label: env.T("desk.act.assign_to", "name", a.Name)}, func() { d.acts.Assign(a.ID) }))
		if a.Chosen {
			end = ui.Chip(env, assets.IconTick, style.TonePrimary(), env.T("desk.has_it"))
		}
		words := column(env, 0, bidi.NewParagraph(env, a.Name, bidi.Text{Size: style.Small, Bold: true}),
			bidi.NewParagraph(env, env.T("desk.title_load", "title", a.Title, "load", a.Load), bidi.Text{Size: style.Caption, Role: style.InkMuted}))
		items = append(items, bidi.Row(env, style.Space12, initials(env, a.Mark, 36), bidi.Grow(words), end), ui.Divider(env))
	}
	if len(items) == 0 {
		items = append(items, muted(env, env.T("desk.nobody_here")))
	}
	return column(env, style.Space4, items...)
}

// talk is the conversation, and below it the field to write to the citizen.
func (d *Desk) talk(s DeskCaseState) []fyne.CanvasObject {
	env, c := d.env, s.Case
	var items []fyne.CanvasObject
	for _, b := range c.Talk {
		items = append(items, bubble(env, b))
	}
	if len(c.Talk) == 0 {
		items = append(items, muted(env, env.T("talk.none")))
	}
	if !c.MayMessage {
		return items
	}
	e := s.Kept.field(env, c.ID+" "+string(model.DeskMessage), env.T("desk.write"), s.Message, 2, d.acts.Write, d.acts.Send, d.acts.Form.Escape)
	e.SetFailed(s.Wrong != "")
	items = append(items, bidi.NewLabel(env, env.T("desk.write"), bidi.Text{Size: style.Small, Bold: true}), e)
	if s.Wrong != "" {
		items = append(items, ui.ErrorText(env, s.Wrong))
	}
	return append(items, bidi.Row(env, 0, bidi.Grow(bidi.Spacer(0, 0)), ui.Button(env, ui.ButtonState{Word: env.T("report.send"), After: assets.IconSend, Disabled: s.Busy}, d.acts.Send)))
}

// refusal tells of an act that the server did not take: what changed, and what now.
func (d *Desk) refusal(r model.Refusal) fyne.CanvasObject {
	env := d.env
	items := []fyne.CanvasObject{ui.ErrorText(env, env.T("desk.refused", "what", r.What)), body(env, r.Why)}
	for _, line := range r.Changed {
		items = append(items, ui.Note(env, assets.IconInfo, line))
	}
	if r.Text != "" {
		items = append(items, muted(env, env.T("desk.you_wrote")), bidi.NewParagraph(env, r.Text, bidi.Text{Size: style.Small, Order: bidi.ByText}))
	}
	var buttons []fyne.CanvasObject
	if r.Again {
		buttons = append(buttons, ui.Button(env, ui.ButtonState{Word: env.T("desk.send_anyway")}, func() { d.acts.Again(r.Op) }))
	}
	if r.Again && r.Text != "" {
		buttons = append(buttons, ui.Button(env, ui.ButtonState{Word: env.T("desk.change_text")}, func() { d.acts.Edit(r) }))
	}
	buttons = append(buttons, ui.Button(env, ui.ButtonState{Word: env.T("desk.leave_it")}, func() { d.acts.Drop(r.Op) }))
	return ui.Card(env, column(env, style.Space8, append(items, bidi.Flow(env, style.Space8, buttons...))...))
}

// caseFoot is the bar of what may be done.
func (d *Desk) caseFoot(s DeskCaseState) fyne.CanvasObject {
	env := d.env
	if len(s.Case.Actions) == 0 {
		return nil
	}
	bar := &deskBar{env: env}
	var buttons []fyne.CanvasObject
	for i, a := range s.Case.Actions {
		look := deskActionLook(env, a)
		kind := ui.Outlined
		if a == s.Case.Primary {
			kind, bar.primary = ui.Filled, i
		}
		buttons = append(buttons, ui.Button(env, ui.ButtonState{Kind: kind, Word: look.word, Icon: look.icon, Disabled: s.Busy}, func() { d.acts.Do(a) }))
	}
	more := ui.IconButton(env, assets.IconDots, style.Ink, env.T("desk.more"), func() {
		var rest []model.DeskAction
		for i, a := range s.Case.Actions {
			if !buttons[i].Visible() {
				rest = append(rest, a)
			}
		}
		d.acts.More(rest)
	})
	return ui.Footer(env, &fyne.Container{Layout: bar, Objects: append(slices.Clone(buttons), more)})
}

// DeskMore lists the actions that the bar has no room for, as a card.
func (d *Desk) DeskMore(rest []model.DeskAction, choose func(model.DeskAction), done func()) fyne.CanvasObject {
	env := d.env
	var rows []fyne.CanvasObject
	for _, a := range rest {
		look := deskActionLook(env, a)
		rows = append(rows, ui.Button(env, ui.ButtonState{Kind: ui.Outlined, Word: look.word, Icon: look.icon}, func() { choose(a) }))
	}
	return d.card(env.T("desk.more"), column(env, style.Space8, rows...), done)
}

func deskActionLook(env bidi.Env, a model.DeskAction) viewLook {
	switch a {
	case model.DeskAcknowledge:
		return viewLook{env.T("desk.act.acknowledge"), assets.IconEye}
	case model.DeskAssign:
		return viewLook{env.T("officer.assign"), assets.IconPerson}
	case model.DeskPropose:
		return viewLook{env.T("officer.propose"), assets.IconTickCircle}
	case model.DeskAsk:
		return viewLook{env.T("officer.ask"), assets.IconQuestion}
	case model.DeskTransfer:
		return viewLook{env.T("officer.transfer"), assets.IconTransfer}
	}
	return viewLook{env.T("desk.act.decline"), assets.IconCrossCircle}
}
