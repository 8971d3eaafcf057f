package screen

import (
	"fyne.io/fyne/v2"

	"github.com/citizens-portal/portal/app/bidi"
	"github.com/citizens-portal/portal/app/model"
	"github.com/citizens-portal/portal/app/style"
	"github.com/citizens-portal/portal/app/ui"
	"github.com/citizens-portal/portal/assets"
)

// PickState is a list to choose one of.
type PickState struct {
	Title   string
	List    []model.Choice
	Chosen  string
	Trouble string // why the list is empty
}

// Pick is a list over the whole screen with a search above.
func Pick(env bidi.Env, s PickState, choose func(id string), acts struct{ Back, Retry func() }) Frame {
	bar := back(env, s.Title, acts.Back)
	if len(s.List) == 0 {
		return Frame{Bar: bar, Quiet: true, Body: page(env, ui.EmptyState(env, assets.IconCloudOff, s.Trouble,
			ui.Button(env, ui.ButtonState{Kind: ui.Filled, Word: env.T("action.retry")}, acts.Retry)))}
	}
	shown := s.List
	rows := newRows(len(shown), func(i int) string { return "" }, func(i int) fyne.CanvasObject {
		c, after := shown[i], assets.Icon("")
		if c.ID == s.Chosen {
			after = assets.IconTick
		}
		return bidi.Pad(env, bidi.Insets{Start: style.Edge, End: style.Edge, Bottom: style.Space4}, choiceRow(env, c, after, func() { choose(c.ID) }))
	})
	find := search(env, "", func(q string) {
		shown = model.Filter(s.List, q)
		rows.Set(len(shown))
	})
	return Frame{Bar: bar, Quiet: true, Body: bidi.Border(env, bidi.Pad(env, bidi.Around(style.Edge), find), nil, nil, nil, rows.Object)}
}
