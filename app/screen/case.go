package screen

import (
	"fyne.io/fyne/v2"

	"github.com/citizens-portal/portal/app/bidi"
	"github.com/citizens-portal/portal/app/model"
	"github.com/citizens-portal/portal/app/style"
	"github.com/citizens-portal/portal/app/ui"
	"github.com/citizens-portal/portal/assets"
)

// CaseActs are what can be done on the page of a complaint.
type CaseActs struct {
	Back, Receipt, Menu, Write, Talk func()
	Rate, Reopen, Appeal, Sync       func()
	Yes, No, Answer                  func(id string)
	Photos                           PhotoActs
}

// Case is the page of one complaint: where it is, by when, and what happened so far.
func Case(env bidi.Env, s model.Case, acts CaseActs) Frame {
	items := []fyne.CanvasObject{caseHead(env, s)}
	if s.Sample {
		items = append(items, bidi.Flow(env, 0, ui.Chip(env, assets.IconInfo, style.ToneWarning(), env.T("demo.sample"))))
	}
	for _, r := range s.Refused {
		items = append(items, ui.ErrorText(env, r), ui.Button(env, ui.ButtonState{Word: env.T("case.refused")}, acts.Sync))
	}
	if s.Ask != nil {
		items = append(items, ask(env, *s.Ask, acts.Yes, acts.No, acts.Answer, acts.Photos))
	}
	items = append(items, standing(env, s))
	for _, line := range s.OnWay {
		items = append(items, ui.Note(env, assets.IconPhone, line))
	}
	if s.Rating != "" {
		items = append(items, ui.Note(env, assets.IconStar, s.Rating))
	}
	items = append(items, after(env, s, acts)...)
	items = append(items, ui.Section(env, env.T("case.so_far"), talkWord(env, s), acts.Talk), timeline(env, s))
	if s.Record.Text != "" {
		items = append(items, record(env, s.Record))
	}
	if len(s.Office) > 0 {
		items = append(items, ui.Section(env, env.T("photo.office"), "", nil), strip(env, s.Office, acts.Photos))
	}
	items = append(items, ui.Section(env, env.T("case.yours"), "", nil),
		ui.Card(env, column(env, style.Space8, muted(env, s.Kind), bidi.NewParagraph(env, s.Text, bidi.Text{Order: bidi.ByText}), sending(env, s.Photos, acts.Photos))))
	return Frame{Bar: caseBar(env, s, acts), Body: page(env, items...), Foot: caseFoot(env, s, acts)}
}

func caseBar(env bidi.Env, s model.Case, acts CaseActs) fyne.CanvasObject {
	st := ui.AppBarState{Title: env.T("case.title"), Caption: s.Code, Code: true,
		Lead: &ui.Action{Icon: assets.IconBack, Label: env.T("action.back"), Tap: acts.Back}}
	if s.Code != "" {
		st.Actions = append(st.Actions, ui.Action{Icon: assets.IconQR, Label: env.T("case.receipt"), Tap: acts.Receipt})
	}
	if s.CanWithdraw || s.CanAppeal {
		st.Actions = append(st.Actions, ui.Action{Icon: assets.IconDots, Label: env.T("case.menu"), Tap: acts.Menu})
	}
	return ui.AppBar(env, st)
}

func caseHead(env bidi.Env, s model.Case) fyne.CanvasObject {
	return bidi.Row(env, style.Space12, bidi.Top(ui.IconTile(env, s.Icon, style.TonePrimary())),
		bidi.Grow(column(env, 0, bidi.NewParagraph(env, s.Title, bidi.Text{Size: style.Section, Bold: true, Order: bidi.ByText}), muted(env, s.Place))))
}

// standing is the card of the deadline: status, days, the ladder and what follows.
func standing(env bidi.Env, s model.Case) fyne.CanvasObject {
	left := []fyne.CanvasObject{ui.StatusChip(env, ui.Status(s.Status))}
	if s.Left != "" {
		look := bidi.Text{Size: style.Section, Bold: true}
		if s.Late {
			look.Role = style.Danger
		}
		left = append(left, bidi.NewLabel(env, s.Left, look))
	}
	items := []fyne.CanvasObject{bidi.Flow(env, style.Space12, left...), bidi.Row(env, style.Space8,
		ui.Icon(env, assets.IconOffice, style.InkMuted, 20), bidi.Grow(muted(env, env.T("case.with", "office", s.Holder))))}
	if s.Saved {
		items[1] = muted(env, env.T("saved.body"))
	}
	if len(s.Rungs) > 0 {
		ladder := ui.LadderState{Today: s.Today, Holder: s.Current, Late: s.Late}
		for _, r := range s.Rungs {
			ladder.Rungs = append(ladder.Rungs, ui.Rung(r))
		}
		items = append(items, ui.Ladder(env, ladder))
	}
	if s.Next != "" {
		items = append(items, ui.Divider(env), bidi.Row(env, style.Space12, bidi.Top(ui.Icon(env, assets.IconInfo, style.Primary, 22)), bidi.Grow(body(env, s.Next))))
	}
	return ui.Card(env, column(env, style.Space12, items...))
}

// after offers what a closed complaint may still have.
func after(env bidi.Env, s model.Case, acts CaseActs) []fyne.CanvasObject {
	var out []fyne.CanvasObject
	if s.CanRate && s.Rating == "" {
		out = append(out, ui.Button(env, ui.ButtonState{Word: env.T("case.rate"), Icon: assets.IconStar}, acts.Rate))
	}
	if s.CanReopen {
		out = append(out, ui.Button(env, ui.ButtonState{Word: env.T("case.reopen"), Icon: assets.IconLoop}, acts.Reopen))
	}
	if s.CanReopen && s.CanAppeal {
		out = append(out, ui.Button(env, ui.ButtonState{Word: env.T("case.appeal"), Icon: assets.IconStepsUp}, acts.Appeal))
	}
	return out
}

func talkWord(env bidi.Env, s model.Case) string {
	if s.Saved {
		return ""
	}
	return env.T("case.talk")
}

func timeline(env bidi.Env, s model.Case) fyne.CanvasObject {
	if len(s.Events) == 0 {
		return muted(env, env.T("case.no_events"))
	}
	var rows []fyne.CanvasObject
	for i, e := range s.Events {
		rows = append(rows, ui.TimelineEntry(env, ui.EventState{
			Icon: e.Icon, Tone: tone(e.Mood), Title: e.Title, When: e.When, Body: e.Body, Late: e.Mood == model.Overdue, Last: i == len(s.Events)-1,
		}))
	}
	return column(env, style.Space4, rows...)
}

// record tells what this device knows of the complaint's place in the public log.
func record(env bidi.Env, r model.Record) fyne.CanvasObject {
	if r.Mood == model.Bad {
		return ui.ErrorText(env, r.Text)
	}
	return ui.Note(env, r.Icon, r.Text)
}

func tone(m model.Mood) style.Tone {
	switch m {
	case model.Good:
		return style.ToneSuccess()
	case model.News:
		return style.ToneInfo()
	case model.Asking:
		return style.ToneWarning()
	case model.Higher:
		return style.ToneEscalated()
	case model.Bad:
		return style.ToneDanger()
	case model.Overdue:
		return style.ToneOverdue()
	}
	return style.ToneNeutral()
}

func caseFoot(env bidi.Env, s model.Case, acts CaseActs) fyne.CanvasObject {
	if !s.CanWrite {
		return nil
	}
	return ui.Footer(env, ui.Button(env, ui.ButtonState{Kind: ui.Filled, Word: env.T("case.write"), Icon: assets.IconMessage}, acts.Write))
}
