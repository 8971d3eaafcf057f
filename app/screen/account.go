package screen

import (
	"fyne.io/fyne/v2"

	"github.com/citizens-portal/portal/app/bidi"
	"github.com/citizens-portal/portal/app/style"
	"github.com/citizens-portal/portal/app/ui"
	"github.com/citizens-portal/portal/assets"
)

// Form is what the pages before signing in have in common: what is wrong, by field,
// and whether an answer of the server is awaited.
type Form struct {
	Wrong map[string]string
	Error string // about no field
	Busy  bool
}

func (f Form) button(env bidi.Env, word string, tap func()) fyne.CanvasObject {
	if f.Busy {
		return ui.Button(env, ui.ButtonState{Kind: ui.Filled, Word: env.T("signin.busy"), Disabled: true}, nil)
	}
	return ui.Button(env, ui.ButtonState{Kind: ui.Filled, Word: word}, tap)
}

func (f Form) message(env bidi.Env) fyne.CanvasObject {
	return when(f.Error != "", func() fyne.CanvasObject { return ui.ErrorText(env, f.Error) })
}

// field is a labelled entry with its own error below.
func field(env bidi.Env, label, hint, value, wrong string, o bidi.EntryOptions, changed func(string)) fyne.CanvasObject {
	o.Label = label
	e := bidi.NewEntry(env, o)
	e.SetText(value)
	e.OnChanged = changed
	f := bidi.NewField(env, label, e, hint)
	if wrong != "" {
		f.SetError(wrong)
	}
	return f.Object
}

// selectField looks like a field and opens a list.
func selectField(env bidi.Env, label, value, placeholder, wrong string, open func()) fyne.CanvasObject {
	box := ui.SelectBox(env, label, value, placeholder, wrong != "", open)
	f := bidi.NewField(env, label, box, "")
	if wrong != "" {
		f.SetError(wrong)
	}
	return f.Object
}

// Registration is what a new account is asked for.
type Registration struct {
	CNIC, Mobile, Name, District string
	DistrictName                 string
	Form                         Form
}

// RegisterActs are what can be done there. The setters only take note of what is
// typed.
type RegisterActs struct {
	CNIC, Mobile, Name     func(string)
	District, Submit, Back func()
}

// Register opens an account.
func Register(env bidi.Env, s Registration, acts RegisterActs) Frame {
	w := s.Form.Wrong
	items := []fyne.CanvasObject{
		title(env, env.T("register.title")),
		muted(env, env.T("register.why")),
		field(env, env.T("register.cnic"), env.T("register.cnic_hint"), s.CNIC, w["cnic"], bidi.EntryOptions{Order: bidi.Code, Number: true, Placeholder: "12345-1234567-1"}, acts.CNIC),
		field(env, env.T("register.mobile"), env.T("register.mobile_hint"), s.Mobile, w["mobile"], bidi.EntryOptions{Order: bidi.Code, Number: true, Placeholder: "0345-1234567"}, acts.Mobile),
		field(env, env.T("register.name"), "", s.Name, w["name"], bidi.EntryOptions{Order: bidi.ByText}, acts.Name),
		selectField(env, env.T("area.district"), s.DistrictName, env.T("area.choose_district"), w["district"], acts.District),
		ui.Note(env, assets.IconLock, env.T("register.private")),
	}
	items = append(items, s.Form.message(env))
	return Frame{Bar: back(env, env.T("welcome.register"), acts.Back), Body: page(env, items...), Foot: ui.Footer(env, s.Form.button(env, env.T("signin.send_code"), acts.Submit)), Quiet: true}
}

// SignInActs are what can be done on the page for those who have an account.
type SignInActs struct {
	Mobile       func(string)
	Submit, Back func()
	NoPhone      func()
}

// SignIn asks for the mobile number.
func SignIn(env bidi.Env, mobile string, f Form, acts SignInActs) Frame {
	return Frame{
		Bar: back(env, env.T("welcome.sign_in"), acts.Back),
		Body: page(env,
			title(env, env.T("signin.title")),
			muted(env, env.T("signin.body")),
			field(env, env.T("register.mobile"), "", mobile, f.Wrong["mobile"], bidi.EntryOptions{Order: bidi.Code, Number: true, Placeholder: "0345-1234567"}, acts.Mobile),
			f.message(env),
			ui.Button(env, ui.ButtonState{Kind: ui.Plain, Word: env.T("signin.no_phone"), Icon: assets.IconHelp}, acts.NoPhone)),
		Foot:  ui.Footer(env, f.button(env, env.T("signin.send_code"), acts.Submit)),
		Quiet: true,
	}
}

// OTPState is what the page for the code from the SMS shows.
type OTPState struct {
	Mobile string
	OTP    string
	// Demo: the code was read from the demonstration's own SMS.
	Demo bool
	Form Form
}

// OTPActs are what can be done there.
type OTPActs struct {
	OTP                 func(string)
	Submit, Again, Back func()
}

// OTP asks for the code from the SMS.
func OTP(env bidi.Env, s OTPState, acts OTPActs) Frame {
	wrong := s.Form.Wrong["otp"]
	if wrong == "" {
		wrong = s.Form.Wrong["challenge"]
	}
	sent := env.T("otp.body")
	if s.Mobile != "" {
		sent = env.T("otp.body_to", "mobile", "\u200e"+s.Mobile)
	}
	return Frame{
		Bar: back(env, env.T("otp.title"), acts.Back),
		Body: page(env,
			title(env, env.T("otp.title")),
			muted(env, sent),
			field(env, env.T("otp.code"), "", s.OTP, wrong, bidi.EntryOptions{Order: bidi.Code, Number: true, Max: 8}, acts.OTP),
			when(s.Demo, func() fyne.CanvasObject {
				return bidi.Flow(env, 0, ui.Chip(env, assets.IconInfo, style.ToneWarning(), env.T("demo.otp")))
			}),
			s.Form.message(env),
			ui.Button(env, ui.ButtonState{Kind: ui.Plain, Word: env.T("otp.again"), Icon: assets.IconLoop}, acts.Again)),
		Foot:  ui.Footer(env, s.Form.button(env, env.T("otp.submit"), acts.Submit)),
		Quiet: true,
	}
}

// Paper shows the recovery code, this once.
func Paper(env bidi.Env, code string, done func()) Frame {
	card := ui.Card(env, column(env, style.Space12,
		bidi.NewParagraph(env, code, bidi.Text{Size: style.Section, Bold: true, Align: bidi.Center, Order: bidi.Code})))
	return Frame{
		Bar: ui.AppBar(env, ui.AppBarState{Title: env.T("app.name")}),
		Body: page(env,
			title(env, env.T("paper.title")),
			body(env, env.T("paper.body")),
			card,
			ui.Note(env, assets.IconLock, env.T("paper.keep"))),
		Foot:  ui.Footer(env, ui.Button(env, ui.ButtonState{Kind: ui.Filled, Word: env.T("paper.done")}, done)),
		Quiet: true,
	}
}

// RecoverState is the page for a new phone or a lost number.
type RecoverState struct {
	Mobile, Code string
	Form         Form
}

// RecoverActs are what can be done there.
type RecoverActs struct {
	Mobile, Code func(string)
	Submit, Back func()
}

// Recover signs in with the code on paper, and says what else can be done.
func Recover(env bidi.Env, s RecoverState, acts RecoverActs) Frame {
	w := s.Form.Wrong
	return Frame{
		Bar: back(env, env.T("signin.no_phone"), acts.Back),
		Body: page(env,
			title(env, env.T("recover.title")),
			muted(env, env.T("recover.body")),
			field(env, env.T("register.mobile"), "", s.Mobile, w["mobile"], bidi.EntryOptions{Order: bidi.Code, Number: true, Placeholder: "0345-1234567"}, acts.Mobile),
			field(env, env.T("paper.title"), env.T("recover.hint"), s.Code, w["code"], bidi.EntryOptions{Order: bidi.Code}, acts.Code),
			s.Form.message(env),
			ui.Section(env, env.T("nophone.new"), "", nil), body(env, env.T("nophone.new_body")),
			ui.Section(env, env.T("nophone.lost"), "", nil), body(env, env.T("nophone.lost_body"))),
		Foot:  ui.Footer(env, s.Form.button(env, env.T("welcome.sign_in"), acts.Submit)),
		Quiet: true,
	}
}

// Device is a phone or computer of the account, in words.
type Device struct {
	ID, Name, Seen string
	Current        bool
	Approved       bool
}

// DevicesState is the page of the account's devices.
type DevicesState struct {
	List    []Device
	Trouble string // why the list is not here
	// Waiting says until when older complaints stay hidden on this phone; "" when they
	// are all here.
	Waiting string
	PIN     string
	Form    Form
	Done    string // what was just done
}

// DevicesActs are what can be done there.
type DevicesActs struct {
	PIN                 func(string)
	Submit, Back, Retry func()
	Allow               func(id string)
}

// Devices lists the account's devices, allows new ones, and takes the PIN: to set it
// on a phone that is trusted, to be trusted on one that is not.
func Devices(env bidi.Env, s DevicesState, acts DevicesActs) Frame {
	head, hint, verb := env.T("pin.set"), env.T("pin.set_body"), env.T("pin.save")
	if s.Waiting != "" {
		head, hint, verb = env.T("pin.enter"), s.Waiting, env.T("pin.allow")
	}
	items := []fyne.CanvasObject{ui.Section(env, env.T("devices.title"), "", nil)}
	for _, d := range s.List {
		items = append(items, device(env, d, acts.Allow))
	}
	if s.Trouble != "" {
		items = append(items, ui.ErrorText(env, s.Trouble), ui.Button(env, ui.ButtonState{Word: env.T("action.retry"), Icon: assets.IconLoop}, acts.Retry))
	}
	items = append(items, ui.Section(env, head, "", nil), muted(env, hint),
		field(env, env.T("pin.pin"), env.T("pin.hint"), s.PIN, s.Form.Wrong["pin"], bidi.EntryOptions{Order: bidi.Code, Number: true, Conceal: true}, acts.PIN),
		s.Form.message(env),
		when(s.Done != "", func() fyne.CanvasObject { return ui.Note(env, assets.IconTick, s.Done) }))
	return Frame{Bar: back(env, env.T("devices.title"), acts.Back), Body: page(env, items...), Foot: ui.Footer(env, s.Form.button(env, verb, acts.Submit))}
}

func device(env bidi.Env, d Device, allow func(id string)) fyne.CanvasObject {
	hint := d.Seen
	if d.Current {
		hint = env.T("devices.this")
	}
	items := []fyne.CanvasObject{bidi.Row(env, style.Space12, ui.Icon(env, assets.IconPhone, style.Primary, 24),
		bidi.Grow(column(env, 0, bidi.NewParagraph(env, d.Name, bidi.Text{Bold: true, Order: bidi.ByText}), muted(env, hint))))}
	if !d.Approved && !d.Current {
		items = append(items, ui.Button(env, ui.ButtonState{Word: env.T("devices.allow"), Icon: assets.IconTick}, func() { allow(d.ID) }))
	}
	return ui.Card(env, column(env, style.Space12, items...))
}

// OfficerState is the officer's sign-in.
type OfficerState struct {
	Name, Password, TOTP string
	Form                 Form
}

// OfficerActs are what can be done there.
type OfficerActs struct {
	Name, Password, TOTP func(string)
	Submit, Back         func()
}

// Officer signs an officer in.
func Officer(env bidi.Env, s OfficerState, acts OfficerActs) Frame {
	w := s.Form.Wrong
	return Frame{
		Bar: back(env, env.T("welcome.officer"), acts.Back),
		Body: page(env,
			title(env, env.T("officer.title")),
			field(env, env.T("officer.name"), "", s.Name, w["name"], bidi.EntryOptions{Order: bidi.Code}, acts.Name),
			field(env, env.T("officer.password"), "", s.Password, w["password"], bidi.EntryOptions{Order: bidi.Code, Conceal: true}, acts.Password),
			field(env, env.T("officer.totp"), env.T("officer.totp_hint"), s.TOTP, w["totp"], bidi.EntryOptions{Order: bidi.Code, Number: true}, acts.TOTP),
			s.Form.message(env)),
		Foot:  ui.Footer(env, s.Form.button(env, env.T("welcome.sign_in"), acts.Submit)),
		Quiet: true,
	}
}
