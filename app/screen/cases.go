package screen

import (
	"slices"

	"fyne.io/fyne/v2"

	"github.com/citizens-portal/portal/app/bidi"
	"github.com/citizens-portal/portal/app/model"
	"github.com/citizens-portal/portal/app/style"
	"github.com/citizens-portal/portal/app/ui"
	"github.com/citizens-portal/portal/assets"
)

// CasesActs are what can be done on the list of cases.
type CasesActs struct {
	Tab         func(model.Tab)
	Open, Draft func(id string)
	Remove      func(id string) // of a draft
	Report      func()
	Sync        func()
	SignIn      func()
	Track       func()       // what was filed without a name
	Query       func(string) // takes note of what is searched for
}

// Cases is the list of the citizen's own cases.
func Cases(env bidi.Env, s model.Cases, query string, acts CasesActs) Frame {
	head := []fyne.CanvasObject{tabs(env, s.Tab, acts.Tab)}
	bar := ui.AppBar(env, ui.AppBarState{Title: env.T("nav.cases"), Actions: []ui.Action{{Icon: assets.IconPlus, Label: env.T("home.report"), Tap: acts.Report}}})
	if len(s.Rows)+len(s.Drafts) == 0 {
		return Frame{Bar: bar, Body: bidi.Border(env, bidi.Pad(env, bidi.Around(style.Edge), head[0]), nil, nil, nil, page(env, none(env, s, acts), nameless(env, acts.Track)))}
	}
	shown := model.Search(s.Rows, query)
	at := func(i int) fyne.CanvasObject {
		if i < len(s.Drafts) {
			return draft(env, s.Drafts[i], acts.Draft, acts.Remove)
		}
		if i == len(s.Drafts)+len(shown) {
			return nameless(env, acts.Track)
		}
		return row(env, shown[i-len(s.Drafts)], acts.Open)
	}
	list := newRows(len(s.Drafts)+len(shown)+1,
		func(i int) string {
			if i < len(s.Drafts) {
				return "draft"
			}
			if i == len(s.Drafts)+len(shown) {
				return "nameless"
			}
			r := shown[i-len(s.Drafts)]
			return string(r.Status) + r.Left
		},
		func(i int) fyne.CanvasObject {
			return bidi.Pad(env, bidi.Insets{Start: style.Edge, End: style.Edge, Bottom: style.Space8}, at(i))
		})
	below := bidi.Stack(list.Object)
	if len(s.Rows) > searchFrom || query != "" {
		var field *bidi.Entry
		find := func(q string) {
			acts.Query(q)
			shown = model.Search(s.Rows, q)
			list.Set(len(s.Drafts) + len(shown) + 1)
			below.Objects = []fyne.CanvasObject{list.Object}
			if len(s.Drafts)+len(shown) == 0 {
				below.Objects[0] = page(env, ui.EmptyState(env, assets.IconSearch, env.T("cases.not_found"),
					ui.Button(env, ui.ButtonState{Kind: ui.Filled, Word: env.T("cases.show_all")}, func() {
						field.SetText("")
						field.OnChanged("")
					})))
			}
			relayout(below)
		}
		field = search(env, query, find)
		head = append(head, field)
	}
	top := bidi.Pad(env, bidi.Around(style.Edge), column(env, style.Space12, head...))
	return Frame{Bar: bar, Body: bidi.Border(env, top, nil, nil, nil, below)}
}

// nameless leads to what was filed without a name, which no account lists.
func nameless(env bidi.Env, tap func()) fyne.CanvasObject {
	return link(env, assets.IconEyeOff, env.T("track.open"), env.T("track.open_hint"), tap)
}

// searchFrom is the number of rows that a person sees at a glance.
const searchFrom = 6

func search(env bidi.Env, query string, changed func(string)) *bidi.Entry {
	e := bidi.NewEntry(env, bidi.EntryOptions{Order: bidi.ByText, Placeholder: env.T("action.search"), Label: env.T("action.search")})
	e.SetText(query)
	e.OnChanged = changed
	return e
}

func tabs(env bidi.Env, current model.Tab, choose func(model.Tab)) fyne.CanvasObject {
	all := []model.Tab{model.TabOpen, model.TabNeeds, model.TabClosed}
	words := []string{env.T("cases.open"), env.T("cases.needs_you"), env.T("cases.closed")}
	return ui.Tabs(env, words, slices.Index(all, current), func(i int) { choose(all[i]) })
}

// none says that there is nothing here, and what can be done.
func none(env bidi.Env, s model.Cases, acts CasesActs) fyne.CanvasObject {
	report := ui.Button(env, ui.ButtonState{Kind: ui.Filled, Word: env.T("home.report")}, acts.Report)
	switch {
	case s.Lack == model.LackSession:
		return ui.EmptyState(env, assets.IconKey, env.T("cases.signed_out"),
			ui.Button(env, ui.ButtonState{Kind: ui.Filled, Word: env.T("welcome.sign_in")}, acts.SignIn))
	case s.Lack == model.LackSync:
		return ui.EmptyState(env, assets.IconCloudOff, env.T("cases.not_fetched"),
			ui.Button(env, ui.ButtonState{Kind: ui.Filled, Word: env.T("sync.title")}, acts.Sync))
	case s.Total == 0:
		return ui.EmptyState(env, assets.IconCases, env.T("cases.empty"), report)
	case s.Tab == model.TabNeeds:
		return ui.EmptyState(env, assets.IconTickCircle, env.T("cases.none_asked"), report)
	case s.Tab == model.TabClosed:
		return ui.EmptyState(env, assets.IconBox, env.T("cases.none_closed"), report)
	}
	return ui.EmptyState(env, assets.IconTickCircle, env.T("cases.none_open"), report)
}
