package screen

import (
	"fyne.io/fyne/v2"

	"github.com/citizens-portal/portal/app/bidi"
	"github.com/citizens-portal/portal/app/model"
	"github.com/citizens-portal/portal/app/style"
	"github.com/citizens-portal/portal/app/ui"
	"github.com/citizens-portal/portal/assets"
)

// LooksState is who looked at the citizen's complaints.
type LooksState struct {
	List    []model.Look
	Trouble string // why the list is not here
}

// Looks lists which officers opened the citizen's complaints.
func Looks(env bidi.Env, s LooksState, acts struct{ Back, Retry, Cases func() }) Frame {
	f := Frame{Bar: back(env, env.T("access.title"), acts.Back)}
	switch {
	case s.Trouble != "":
		f.Body = page(env, ui.EmptyState(env, assets.IconCloudOff, s.Trouble,
			ui.Button(env, ui.ButtonState{Kind: ui.Filled, Word: env.T("action.retry")}, acts.Retry)))
		return f
	case len(s.List) == 0:
		f.Body = page(env, ui.EmptyState(env, assets.IconEyeOff, env.T("access.none"),
			ui.Button(env, ui.ButtonState{Kind: ui.Filled, Word: env.T("nav.cases")}, acts.Cases)), muted(env, env.T("access.body")))
		return f
	}
	items := []fyne.CanvasObject{muted(env, env.T("access.body"))}
	for _, l := range s.List {
		items = append(items, look(env, l))
	}
	f.Body = page(env, items...)
	return f
}

func look(env bidi.Env, l model.Look) fyne.CanvasObject {
	icon, t := assets.IconEye, style.ToneInfo()
	if l.Identity {
		icon, t = assets.IconPerson, style.ToneWarning()
	}
	return ui.Card(env, bidi.Row(env, style.Space12, bidi.Top(ui.IconDisc(env, icon, t, 36)), bidi.Grow(column(env, 0,
		bidi.NewParagraph(env, l.What, bidi.Text{Bold: true}),
		bidi.NewParagraph(env, l.Who, bidi.Text{Order: bidi.ByText}),
		bidi.NewLabel(env, l.Code, bidi.Text{Size: style.Small, Role: style.InkMuted, Order: bidi.Code}),
		muted(env, l.When)))))
}

// ExportState is the page for a copy of one's data.
type ExportState struct {
	PIN  string
	Ask  bool // the server wants the PIN once more
	Form Form
}

// Export makes a copy of everything that is kept about the citizen.
func Export(env bidi.Env, s ExportState, acts struct {
	PIN          func(string)
	Submit, Back func()
}) Frame {
	items := []fyne.CanvasObject{title(env, env.T("export.hint")), body(env, env.T("export.body")),
		ui.Note(env, assets.IconLock, env.T("export.careful")), ui.Note(env, assets.IconEyeOff, env.T("export.nameless"))}
	if s.Ask {
		items = append(items, body(env, env.T("export.pin")),
			field(env, env.T("pin.pin"), env.T("export.no_pin"), s.PIN, s.Form.Wrong["pin"], bidi.EntryOptions{Order: bidi.Code, Number: true, Conceal: true}, acts.PIN))
	}
	return Frame{
		Bar:  back(env, env.T("export.title"), acts.Back),
		Body: page(env, append(items, s.Form.message(env))...),
		Foot: ui.Footer(env, s.Form.button(env, env.T("export.make"), acts.Submit)),
	}
}

// HelperState is filing for somebody else, after what happened was written.
type HelperState struct {
	Mobile string
	// New: they have no account yet, and Registration is theirs.
	New          bool
	Registration Registration
	// Asked: the SMS is on its way to them, and OTP is its code.
	Asked bool
	OTP   string
	Form  Form
}

// HelperActs are what can be done there.
type HelperActs struct {
	Mobile, CNIC, Name, OTP      func(string)
	New                          func(bool)
	District, Ask, Send, Another func()
	Back                         func()
}

// Helper asks whose complaint it is, then for the code that their phone got.
func Helper(env bidi.Env, s HelperState, acts HelperActs) Frame {
	w := s.Form.Wrong
	f := Frame{Bar: back(env, env.T("report.helper"), acts.Back), Quiet: true}
	if s.Asked {
		wrong := w["otp"]
		if wrong == "" {
			wrong = w["challenge"]
		}
		f.Body = page(env, title(env, env.T("helper.code")), muted(env, env.T("otp.body_to", "mobile", "\u200e"+s.Mobile)),
			field(env, env.T("otp.code"), "", s.OTP, wrong, bidi.EntryOptions{Order: bidi.Code, Number: true, Max: 8}, acts.OTP),
			s.Form.message(env),
			ui.Button(env, ui.ButtonState{Kind: ui.Plain, Word: env.T("helper.other_number"), Icon: assets.IconLoop}, acts.Another))
		f.Foot = ui.Footer(env, s.Form.button(env, env.T("helper.send"), acts.Send))
		return f
	}
	current := 0
	items := []fyne.CanvasObject{title(env, env.T("helper.title")), muted(env, env.T("helper.body"))}
	if s.New {
		current = 1
	}
	items = append(items, ui.Tabs(env, []string{env.T("helper.has"), env.T("helper.new")}, current, func(i int) { acts.New(i == 1) }),
		field(env, env.T("helper.mobile"), "", s.Mobile, w["mobile"], bidi.EntryOptions{Order: bidi.Code, Number: true, Placeholder: "0345-1234567"}, acts.Mobile))
	if s.New {
		r := s.Registration
		items = append(items,
			field(env, env.T("register.cnic"), env.T("register.cnic_hint"), r.CNIC, w["cnic"], bidi.EntryOptions{Order: bidi.Code, Number: true, Placeholder: "12345-1234567-1"}, acts.CNIC),
			field(env, env.T("counter.name"), "", r.Name, w["name"], bidi.EntryOptions{Order: bidi.ByText}, acts.Name),
			selectField(env, env.T("area.district"), r.DistrictName, env.T("area.choose_district"), w["district"], acts.District))
	}
	f.Body = page(env, append(items, s.Form.message(env))...)
	f.Foot = ui.Footer(env, s.Form.button(env, env.T("signin.send_code"), acts.Ask))
	return f
}

// Helped is shown once it was filed for somebody else.
func Helped(env bidi.Env, code, track, recovery string, done func()) Frame {
	items := []fyne.CanvasObject{stamp(env, assets.IconTick, style.ToneSuccess(), env.T("helper.done"), env.T("helper.out")),
		ui.Card(env, column(env, style.Space12, when(track != "", func() fyne.CanvasObject { return bidi.Middle(QR(track)) }),
			bidi.NewParagraph(env, code, bidi.Text{Size: style.Code, Bold: true, Align: bidi.Center, Order: bidi.Code})))}
	if recovery != "" {
		items = append(items, ui.Note(env, assets.IconLock, env.T("helper.recovery")),
			ui.Card(env, bidi.NewParagraph(env, recovery, bidi.Text{Size: style.Section, Bold: true, Align: bidi.Center, Order: bidi.Code})))
	}
	return Frame{Bar: ui.AppBar(env, ui.AppBarState{Title: env.T("report.helper")}), Body: page(env, items...),
		Foot: ui.Footer(env, ui.Button(env, ui.ButtonState{Kind: ui.Filled, Word: env.T("received.home")}, done)), Quiet: true}
}

// CounterState is an officer registering a citizen at the counter.
type CounterState struct {
	Registration
	TOTP string
	Ask  bool // the server wants a fresh code of the officer's authenticator
	// Setup is the code that signs the citizen in, once it is made; Once says for whom
	// and until when.
	Setup, Once string
}

// CounterActs are what can be done there.
type CounterActs struct {
	RegisterActs
	TOTP func(string)
	Done func() // the code is written down, and hides
}

// Counter opens an account for a citizen at the counter and shows their setup code.
func Counter(env bidi.Env, s CounterState, acts CounterActs) Frame {
	f := Frame{Bar: back(env, env.T("counter.title"), acts.Back), Quiet: true}
	if s.Setup != "" {
		f.Body = page(env, stamp(env, assets.IconTick, style.ToneSuccess(), env.T("counter.done"), s.Name),
			ui.Card(env, column(env, style.Space4, bidi.NewParagraph(env, env.T("counter.setup"), bidi.Text{Size: style.Small, Role: style.InkMuted, Align: bidi.Center}),
				bidi.NewParagraph(env, s.Setup, bidi.Text{Size: style.Section, Bold: true, Align: bidi.Center, Order: bidi.Code}))),
			ui.Note(env, assets.IconLock, s.Once),
			ui.Note(env, assets.IconPhone, env.T("counter.how", "sign_in", env.T("welcome.sign_in"), "no_phone", env.T("signin.no_phone"))))
		f.Foot = ui.Footer(env, ui.Button(env, ui.ButtonState{Kind: ui.Filled, Word: env.T("counter.hide")}, acts.Done))
		return f
	}
	w := s.Form.Wrong
	items := []fyne.CanvasObject{title(env, env.T("counter.title")), muted(env, env.T("counter.body")),
		field(env, env.T("register.cnic"), env.T("register.cnic_hint"), s.CNIC, w["cnic"], bidi.EntryOptions{Order: bidi.Code, Number: true, Placeholder: "12345-1234567-1"}, acts.CNIC),
		field(env, env.T("helper.mobile"), "", s.Mobile, w["mobile"], bidi.EntryOptions{Order: bidi.Code, Number: true, Placeholder: "0345-1234567"}, acts.Mobile),
		field(env, env.T("counter.name"), "", s.Name, w["name"], bidi.EntryOptions{Order: bidi.ByText}, acts.Name),
		selectField(env, env.T("area.district"), s.DistrictName, env.T("area.choose_district"), w["district"], acts.District)}
	if s.Ask {
		items = append(items, field(env, env.T("officer.totp"), env.T("reveal.totp_hint"), s.TOTP, w["totp"], bidi.EntryOptions{Order: bidi.Code, Number: true, Max: 8}, acts.TOTP))
	}
	f.Body = page(env, append(items, s.Form.message(env))...)
	f.Foot = ui.Footer(env, s.Form.button(env, env.T("counter.do"), acts.Submit))
	return f
}
