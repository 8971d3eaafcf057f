package screen

import (
	"fyne.io/fyne/v2"

	"github.com/citizens-portal/portal/app/bidi"
	"github.com/citizens-portal/portal/app/i18n"
	"github.com/citizens-portal/portal/app/model"
	"github.com/citizens-portal/portal/app/style"
	"github.com/citizens-portal/portal/app/ui"
	"github.com/citizens-portal/portal/assets"
)

// HomeActs are what can be done on the first page.
type HomeActs struct {
	Report, Cases     func()
	Devices           func()
	Open, Draft       func(id string)
	Yes, No, Answer   func(id string)
	Language          func(i18n.Lang)
	SyncPages, SignIn func()
	Photos            PhotoActs
}

// Home is the first page: what next, by when.
func Home(env bidi.Env, s model.Home, acts HomeActs) Frame {
	items := []fyne.CanvasObject{ui.Hero(env, assets.IconMessage, env.T("home.report"), env.T("home.report.hint"), acts.Report)}
	for _, a := range s.Asks {
		items = append(items, ask(env, a, acts.Yes, acts.No, acts.Answer, acts.Photos))
	}
	for _, d := range s.Drafts {
		items = append(items, draft(env, d, acts.Draft, nil))
	}
	items = append(items, mine(env, s, acts)...)
	if s.Older != "" {
		items = append(items, ui.Note(env, assets.IconClock, s.Older), ui.Button(env, ui.ButtonState{Word: env.T("pin.allow"), Icon: assets.IconKey}, acts.Devices))
	}
	return Frame{Bar: homeBar(env, s, acts), Body: page(env, items...)}
}

// homeBar names the district and how fresh the page is, and offers the other language.
func homeBar(env bidi.Env, s model.Home, acts HomeActs) fyne.CanvasObject {
	caption := s.Place
	if s.Fresh != "" {
		caption = env.T("app.fresh", "place", s.Place, "time", s.Fresh)
	}
	next := nextLang(env.Lang)
	return ui.AppBar(env, ui.AppBarState{
		Title: env.T("app.name"), Caption: caption,
		Actions: []ui.Action{
			{Word: env.Words.T(next, "language.name"), Label: env.Words.T(next, "language.name"), Tap: func() { acts.Language(next) }},
			{Icon: assets.IconSync, Label: env.T("sync.title"), Tap: acts.SyncPages},
		},
	})
}

// nextLang goes round the languages.
func nextLang(l i18n.Lang) i18n.Lang {
	all := i18n.Langs()
	for i, x := range all {
		if x == l {
			return all[(i+1)%len(all)]
		}
	}
	return all[0]
}

// ask is the card of a question to the citizen.
func ask(env bidi.Env, a model.Ask, yes, no, answer func(id string), photos PhotoActs) fyne.CanvasObject {
	if a.Decide {
		return ui.ConfirmCard(env, ui.ConfirmState{
			Status: ui.NeedsAnswer, Until: a.Until, Evidence: tiles(env, a.Evidence, photos), Question: a.Question, Office: a.Office, Silence: a.Silence,
			Yes: env.T("confirm.yes"), No: env.T("confirm.no"),
		}, func() { yes(a.ID) }, func() { no(a.ID) })
	}
	items := []fyne.CanvasObject{
		bidi.Flow(env, style.Space8, ui.StatusChip(env, ui.NeedsAnswer)),
		bidi.NewParagraph(env, a.Question, bidi.Text{Bold: true}),
	}
	if a.Office != "" {
		items = append(items, bidi.NewParagraph(env, a.Office, bidi.Text{Order: bidi.ByText}))
	}
	if len(a.Evidence) > 0 {
		items = append(items, strip(env, a.Evidence, photos))
	}
	items = append(items, ui.Button(env, ui.ButtonState{Word: env.T("ask.answer"), Icon: assets.IconMessage}, func() { answer(a.ID) }))
	return ui.Card(env, column(env, style.Space12, items...))
}

// draft is a complaint that is not finished; remove may be nil.
func draft(env bidi.Env, d model.DraftRow, open, remove func(id string)) fyne.CanvasObject {
	s := ui.RowState{Icon: d.Icon, Title: d.Title, Holder: d.When, Status: ui.Draft}
	if remove != nil {
		s.Remove = &ui.Action{Icon: assets.IconTrash, Label: env.T("draft.remove"), Tap: func() { remove(d.ID) }}
	}
	return ui.ComplaintRow(env, s, func() { open(d.ID) })
}

func row(env bidi.Env, r model.Row, open func(id string)) fyne.CanvasObject {
	return ui.ComplaintRow(env, ui.RowState{
		Icon: r.Icon, Title: r.Title, Holder: r.Holder, Status: ui.Status(r.Status), Left: r.Left, By: r.By, Late: r.Late,
	}, func() { open(r.ID) })
}

// mine are the newest cases, or the word that there are none.
func mine(env bidi.Env, s model.Home, acts HomeActs) []fyne.CanvasObject {
	switch {
	case s.Total == 0 && s.Lack == model.LackSession:
		return []fyne.CanvasObject{ui.Section(env, env.T("nav.cases"), "", nil), link(env, assets.IconKey, env.T("welcome.sign_in"), env.T("cases.signed_out"), acts.SignIn)}
	case s.Total == 0 && s.Lack == model.LackSync:
		return []fyne.CanvasObject{ui.Section(env, env.T("nav.cases"), "", nil), link(env, assets.IconSync, env.T("sync.title"), env.T("cases.not_fetched"), acts.SyncPages)}
	case s.Total == 0:
		return []fyne.CanvasObject{ui.Section(env, env.T("nav.cases"), "", nil), ui.Card(env, bidi.Row(env, style.Space12,
			ui.Icon(env, assets.IconCases, style.InkMuted, 24), bidi.Grow(body(env, env.T("home.none")))))}
	}
	out := []fyne.CanvasObject{ui.Section(env, env.T("nav.cases"), env.T("home.see_all", "n", s.Total), acts.Cases)}
	for _, r := range s.Cases {
		out = append(out, row(env, r, acts.Open))
	}
	if len(s.Cases) == 0 {
		out = append(out, muted(env, env.T("home.nothing_open")))
	}
	return out
}
