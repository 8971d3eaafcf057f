package screen

import (
	"fyne.io/fyne/v2"

	"github.com/citizens-portal/portal/app/bidi"
	"github.com/citizens-portal/portal/app/model"
	"github.com/citizens-portal/portal/app/style"
	"github.com/citizens-portal/portal/app/ui"
	"github.com/citizens-portal/portal/assets"
)

// ReceiptActs are what can be done with the receipt of a complaint without a name.
type ReceiptActs struct{ Close, Show, Save, Share, Forget func() }

// Receipt shows what is the only way back to a complaint filed without a name.
func Receipt(env bidi.Env, s model.Nameless, acts ReceiptActs) Frame {
	note, icon := env.T("received.sent"), assets.IconCloudTick
	head, text, sign, look := env.T("received.title"), s.When, assets.IconTick, style.ToneSuccess()
	if s.Saved {
		note, icon = env.T("status.queued"), assets.IconPhone
		head, text, sign, look = env.T("saved.title"), env.T("saved.body"), assets.IconPhone, style.ToneNeutral()
	}
	items := []fyne.CanvasObject{stamp(env, sign, look, head, text),
		when(s.Problem != "", func() fyne.CanvasObject { return ui.ErrorText(env, s.Problem) }),
		paperReceipt(env, s, acts)}
	if s.Here {
		items = append(items, ui.Button(env, ui.ButtonState{Kind: ui.Plain, Word: env.T("track.forget"), Icon: assets.IconTrash}, acts.Forget))
	}
	return Frame{
		Bar:   ui.AppBar(env, ui.AppBarState{Lead: &ui.Action{Icon: assets.IconCross, Label: env.T("action.close"), Tap: acts.Close}, Note: note, NoteIcon: icon}),
		Body:  page(env, items...),
		Foot:  ui.Footer(env, ui.Button(env, ui.ButtonState{Kind: ui.Filled, Word: env.T("receipt.done")}, acts.Show)),
		Quiet: true,
	}
}

// paperReceipt is what to copy on paper, with the code for cameras.
func paperReceipt(env bidi.Env, s model.Nameless, acts ReceiptActs) fyne.CanvasObject {
	middle := func(text string, look bidi.Text) fyne.CanvasObject {
		look.Align = bidi.Center
		return bidi.NewParagraph(env, text, look)
	}
	groups := 3
	if env.Style.Scale() >= style.Scale150 {
		groups = 1
	}
	small := bidi.Text{Size: style.Small, Role: style.InkMuted}
	lines := []fyne.CanvasObject{middle(env.T("receipt.receipt"), small)}
	for _, line := range s.Lines(groups) {
		lines = append(lines, middle(line, bidi.Text{Size: style.Section, Bold: true, Order: bidi.Code}))
	}
	code := []fyne.CanvasObject{middle(env.T("receipt.code"), small)}
	if s.Saved {
		code = append(code, middle(env.T("receipt.code_later"), bidi.Text{}))
	} else {
		code = append(code, middle(s.Code, bidi.Text{Size: style.Section, Bold: true, Order: bidi.Code}))
	}
	return ui.Card(env, column(env, style.Space12,
		middle(env.T("receipt.keep"), bidi.Text{Bold: true}),
		column(env, 0, lines...), column(env, 0, code...),
		when(s.Track != "", func() fyne.CanvasObject {
			return column(env, style.Space4, bidi.Middle(QR(s.Track)), middle(env.T("receipt.qr"), small))
		}),
		ui.Pair(env,
			ui.Button(env, ui.ButtonState{Word: env.T("action.save"), Icon: assets.IconSave}, acts.Save),
			ui.Button(env, ui.ButtonState{Word: env.T("action.share"), Icon: assets.IconShare}, acts.Share)),
		ui.Note(env, assets.IconLock, env.T("receipt.who_holds"))))
}

// TrackState is where complaints without a name are found again.
type TrackState struct {
	Here          []model.Row // filed from this device
	Code, Receipt string
	Form          Form
}

// TrackActs are what can be done there.
type TrackActs struct {
	Open                 func(id string)
	Code, Receipt        func(string)
	Submit, Report, Back func()
}

// Track asks for code and receipt, and lists what was filed from this device.
func Track(env bidi.Env, s TrackState, acts TrackActs) Frame {
	var items []fyne.CanvasObject
	for i, r := range s.Here {
		if i == 0 {
			items = append(items, ui.Section(env, env.T("track.here"), "", nil))
		}
		items = append(items, row(env, r, acts.Open))
	}
	w := s.Form.Wrong
	items = append(items, title(env, env.T("track.question")),
		field(env, env.T("receipt.code"), env.T("track.code_hint"), s.Code, w["code"], bidi.EntryOptions{Order: bidi.Code, Placeholder: "KP-26-7F3K-92QX"}, acts.Code),
		field(env, env.T("receipt.receipt"), env.T("track.receipt_hint"), s.Receipt, w["receipt"], bidi.EntryOptions{Order: bidi.Code}, acts.Receipt),
		s.Form.message(env),
		ui.Button(env, ui.ButtonState{Kind: ui.Plain, Word: env.T("nameless.report"), Icon: assets.IconEyeOff}, acts.Report))
	return Frame{
		Bar:   back(env, env.T("track.title"), acts.Back),
		Body:  page(env, items...),
		Foot:  ui.Footer(env, s.Form.button(env, env.T("track.show"), acts.Submit)),
		Quiet: true,
	}
}
