package screen

import (
	"fyne.io/fyne/v2"

	"github.com/citizens-portal/portal/app/bidi"
	"github.com/citizens-portal/portal/app/model"
	"github.com/citizens-portal/portal/app/style"
	"github.com/citizens-portal/portal/app/ui"
	"github.com/citizens-portal/portal/assets"
)

// SetNote shows a sentence in place of a page, such as that the server is needed.
func (p *People) SetNote(icon assets.Icon, sentence string, retry func()) {
	var button fyne.CanvasObject
	if retry != nil {
		button = ui.Button(p.env, ui.ButtonState{Word: p.env.T("action.retry"), Icon: assets.IconLoop}, retry)
	}
	fill(p.detail, bidi.Stack(ground(p.env, style.Background), ui.EmptyState(p.env, icon, sentence, button)))
}

// page puts parts into the place of pages, with a way back in a narrow window. The
// same page shown anew keeps its place.
func (p *People) page(keep bool, foot fyne.CanvasObject, items ...fyne.CanvasObject) {
	env := p.env
	y := fyne.Position{}
	if s := deskScroll(p.detail); s != nil && keep {
		y = s.Offset
	}
	if p.Narrow() {
		items = append([]fyne.CanvasObject{bidi.Flow(env, 0, ui.Button(env, ui.ButtonState{Kind: ui.Plain, Word: env.T("action.back"), Icon: assets.IconBack}, p.acts.Leave))}, items...)
	}
	body := bidi.Scroll(bidi.Pad(env, bidi.Around(style.Edge), column(env, style.Space12, items...)))
	fill(p.detail, bidi.Stack(ground(env, style.Background), bidi.Border(env, nil, foot, nil, nil, body)))
	if s := deskScroll(p.detail); s != nil && keep {
		s.ScrollToOffset(y)
	}
}

func section(env bidi.Env, word string) fyne.CanvasObject {
	return bidi.NewParagraph(env, word, bidi.Text{Size: style.Section, Bold: true})
}

func warning(env bidi.Env, text string) fyne.CanvasObject {
	return bidi.Row(env, style.Space8, bidi.Top(ui.Icon(env, assets.IconTriangle, style.Warning, 20)), bidi.Grow(bidi.NewParagraph(env, text, bidi.Text{Size: style.Small, Role: style.Warning})))
}

// SetOffice shows an office; keep its place when it was shown before.
func (p *People) SetOffice(o model.OfficePage, keep bool) {
	env := p.env
	items := []fyne.CanvasObject{title(env, o.Name)}
	if o.Parent != "" {
		items = append(items, ui.Tap(env, o.ParentName, bidi.Sized(0, 40, bidi.Row(env, style.Space8, ui.Icon(env, assets.IconArrowUp, style.Primary, 20), bidi.Grow(bidi.NewParagraph(env, env.T("people.under", "name", o.ParentName), bidi.Text{Role: style.Primary})))), func() { p.acts.Office(o.Parent) }))
	}
	if o.Closed != "" {
		items = append(items, warning(env, o.Closed))
	}
	for _, w := range o.Warn {
		items = append(items, warning(env, w))
	}
	items = append(items, section(env, env.T("people.staff")), p.lines(o.Staff, env.T("people.nobody")))
	if len(o.Acting) > 0 {
		items = append(items, section(env, env.T("people.acting")), p.lines(o.Acting, ""))
	}
	var buttons []fyne.CanvasObject
	if o.Closed == "" {
		buttons = append(buttons, ui.Button(env, ui.ButtonState{Word: env.T("people.do.add"), Icon: assets.IconPlus}, func() { p.acts.Do(model.PeopleAdd) }))
	}
	if o.Below > 0 {
		buttons = append(buttons, ui.Button(env, ui.ButtonState{Word: env.T("people.below_n", "n", o.Below), Icon: assets.IconList}, func() { p.acts.Below(o.ID) }))
	}
	if len(buttons) > 0 {
		items = append(items, bidi.Flow(env, style.Space8, buttons...))
	}
	p.page(keep, nil, append(items, p.history(o.History)...)...)
}

// lines are people on a card.
func (p *People) lines(list []model.PeopleLine, none string) fyne.CanvasObject {
	env := p.env
	if len(list) == 0 {
		return muted(env, none)
	}
	var rows []fyne.CanvasObject
	for i, l := range list {
		if i > 0 {
			rows = append(rows, ui.Divider(env))
		}
		rows = append(rows, p.line(l, false, func() { p.acts.Officer(l.ID) }, nil))
	}
	return column(env, 0, rows...)
}

// history lists changes, the newest first.
func (p *People) history(list []model.PeopleChange) []fyne.CanvasObject {
	env := p.env
	items := []fyne.CanvasObject{section(env, env.T("people.history"))}
	if len(list) == 0 {
		return append(items, muted(env, env.T("people.no_history")))
	}
	for _, c := range list {
		rows := []fyne.CanvasObject{bidi.NewParagraph(env, c.When+" · "+c.By, bidi.Text{Size: style.Small, Bold: true})}
		for _, what := range c.What {
			rows = append(rows, bidi.NewParagraph(env, what, bidi.Text{Size: style.Small}))
		}
		if c.Reason != "" {
			rows = append(rows, bidi.NewParagraph(env, c.Reason, bidi.Text{Size: style.Small, Role: style.InkMuted, Order: bidi.ByText}))
		}
		items = append(items, column(env, 2, rows...))
	}
	return items
}

// SetOfficer shows an officer; keep its place when it was shown before.
func (p *People) SetOfficer(o model.OfficerPage, keep bool) {
	env := p.env
	officeTap := ui.Tap(env, o.OfficeName, bidi.Sized(0, 40, bidi.Row(env, style.Space8, ui.Icon(env, assets.IconOffice, style.Primary, 20), bidi.Grow(bidi.NewParagraph(env, o.OfficeName, bidi.Text{Role: style.Primary})))), func() { p.acts.Office(o.Office) })
	heading := bidi.Row(env, style.Space12, initials(env, model.Initials(o.Name), 48), bidi.Grow(column(env, 0,
		bidi.NewCutLabel(env, o.Name, bidi.Text{Size: style.Title, Bold: true, Order: bidi.ByText}),
		bidi.NewParagraph(env, o.PostName, bidi.Text{}),
		when(o.Title != "" && o.Title != o.PostName, func() fyne.CanvasObject { return muted(env, o.Title) }))))
	items := []fyne.CanvasObject{heading, officeTap, bidi.NewLabel(env, o.ID, bidi.Text{Size: style.Small, Role: style.InkMuted, Order: bidi.Code})}
	if o.Bad {
		items = append(items, warning(env, o.State))
	} else {
		items = append(items, ui.Note(env, assets.IconTick, o.State))
	}
	if o.Away != "" && !o.Disabled {
		items = append(items, warning(env, o.Away))
	}
	items = append(items, muted(env, o.Cases), p.officerActs(o))
	items = append(items, p.spans(env.T("people.leaves"), o.Leaves, o.Self, p.acts.EndLeave)...)
	items = append(items, p.spans(env.T("people.charges"), o.Charges, o.Self, p.acts.EndCharge)...)
	p.page(keep, nil, append(items, p.history(o.History)...)...)
}

func (p *People) officerActs(o model.OfficerPage) fyne.CanvasObject {
	env := p.env
	if o.Self {
		return ui.Note(env, assets.IconInfo, env.T("people.self"))
	}
	var buttons []fyne.CanvasObject
	for i, a := range model.PeopleActions(o) {
		word, icon := peopleActionLook(env, a)
		kind := ui.Outlined
		if i == 0 {
			kind = ui.Filled
		}
		buttons = append(buttons, ui.Button(env, ui.ButtonState{Kind: kind, Word: word, Icon: icon}, func() { p.acts.Do(a) }))
	}
	return bidi.Flow(env, style.Space8, buttons...)
}

// spans are leaves or charges, each with the way to end it.
func (p *People) spans(word string, list []model.PeopleSpan, fixed bool, end func(n int)) (items []fyne.CanvasObject) {
	env := p.env
	if len(list) == 0 {
		return nil
	}
	items = append(items, section(env, word))
	for _, s := range list {
		row := []fyne.CanvasObject{bidi.Grow(bidi.NewParagraph(env, s.Text, bidi.Text{}))}
		if !fixed {
			row = append(row, ui.IconButton(env, assets.IconCross, style.InkMuted, env.T("people.end", "what", s.Text), func() { end(s.N) }))
		}
		items = append(items, bidi.Row(env, style.Space8, row...))
	}
	return items
}

func peopleActionLook(env bidi.Env, a model.PeopleAction) (string, assets.Icon) {
	switch a {
	case model.PeopleAdd:
		return env.T("people.do.add"), assets.IconPlus
	case model.PeopleMove:
		return env.T("people.do.move"), assets.IconTransfer
	case model.PeopleAct:
		return env.T("people.do.act"), assets.IconBriefcase
	case model.PeopleLeave:
		return env.T("people.do.leave"), assets.IconCalendar
	case model.PeopleDisable:
		return env.T("people.do.disable"), assets.IconLock
	case model.PeopleEnable:
		return env.T("people.do.enable"), assets.IconTick
	case model.PeopleReset:
		return env.T("people.do.reset"), assets.IconKey
	}
	return env.T("people.do.invite"), assets.IconKey
}
