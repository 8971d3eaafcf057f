package screen

import (
	"fmt"

	"fyne.io/fyne/v2"

	"github.com/citizens-portal/portal/app/bidi"
	"github.com/citizens-portal/portal/app/i18n"
	"github.com/citizens-portal/portal/app/model"
	"github.com/citizens-portal/portal/app/style"
	"github.com/citizens-portal/portal/app/ui"
	"github.com/citizens-portal/portal/assets"
)

// MoreState is the last tab: who is signed in, and the way to everything else.
type MoreState struct {
	Name     string
	District string
	SignedIn bool
	// Citizen: the pages about one's own complaints and data are theirs.
	Citizen bool
	Version string
}

// MoreActs are what can be done there.
type MoreActs struct {
	Language, Settings, Devices, Sync, Help, SignOut, SignIn func()
	Helper, Looks, Export, Delete                            func()
}

// More is the last tab.
func More(env bidi.Env, s MoreState, acts MoreActs) Frame {
	who := ui.Card(env, bidi.Row(env, style.Space12, ui.IconDisc(env, assets.IconPerson, style.TonePrimary(), 44),
		bidi.Grow(column(env, 0, bidi.NewParagraph(env, s.Name, bidi.Text{Bold: true, Order: bidi.ByText}), muted(env, s.District)))))
	items := []fyne.CanvasObject{who,
		link(env, assets.IconLanguage, env.T("more.language"), env.T("language.name"), acts.Language),
		link(env, assets.IconSettings, env.T("settings.title"), env.T("settings.hint"), acts.Settings),
		link(env, assets.IconPhone, env.T("devices.title"), env.T("devices.hint"), acts.Devices),
		link(env, assets.IconSync, env.T("sync.title"), "", acts.Sync),
		link(env, assets.IconHelp, env.T("help.title"), "", acts.Help),
	}
	if s.Citizen {
		items = append(items,
			link(env, assets.IconPeople, env.T("report.helper"), env.T("helper.hint"), acts.Helper),
			link(env, assets.IconEye, env.T("access.title"), env.T("access.hint"), acts.Looks),
			link(env, assets.IconDocument, env.T("export.title"), env.T("export.hint"), acts.Export))
	}
	if s.SignedIn {
		items = append(items, link(env, assets.IconSignOut, env.T("more.sign_out"), "", acts.SignOut))
	} else {
		items = append(items, link(env, assets.IconKey, env.T("welcome.sign_in"), env.T("sync.sign_in"), acts.SignIn))
	}
	if s.Citizen && s.SignedIn {
		items = append(items, link(env, assets.IconTrash, env.T("delete.title"), env.T("delete.hint"), acts.Delete))
	}
	items = append(items, muted(env, env.T("more.version", "version", "\u200e"+s.Version)))
	return Frame{Bar: ui.AppBar(env, ui.AppBarState{Title: env.T("nav.more")}), Body: page(env, items...)}
}

// Brightness is the person's choice of theme.
type Brightness string

// The choices; the empty one follows the phone.
const (
	BrightnessSystem Brightness = ""
	BrightnessLight  Brightness = "light"
	BrightnessDark   Brightness = "dark"
)

// SettingsState is what the settings show.
type SettingsState struct {
	Lang       i18n.Lang
	Scale      style.Scale
	Brightness Brightness
}

// SettingsActs are what can be done there.
type SettingsActs struct {
	Lang       func(i18n.Lang)
	Scale      func(style.Scale)
	Brightness func(Brightness)
	Back       func()
}

// Settings are the language, the text size and the theme, and what is kept on the
// phone.
func Settings(env bidi.Env, s SettingsState, acts SettingsActs) Frame {
	var langs []string
	lang := 0
	for i, l := range i18n.Langs() {
		langs = append(langs, env.Words.T(l, "language.name"))
		if l == s.Lang {
			lang = i
		}
	}
	var sizes []string
	size := 0
	for i, v := range style.Scales() {
		sizes = append(sizes, fmt.Sprintf("\u200e%d%%\u200e", int(v*100))) // left to right in every language
		if v == s.Scale {
			size = i
		}
	}
	lights := []Brightness{BrightnessSystem, BrightnessLight, BrightnessDark}
	light := 0
	for i, b := range lights {
		if b == s.Brightness {
			light = i
		}
	}
	return Frame{
		Bar: back(env, env.T("settings.title"), acts.Back),
		Body: page(env,
			ui.Section(env, env.T("more.language"), "", nil),
			ui.Tabs(env, langs, lang, func(i int) { acts.Lang(i18n.Langs()[i]) }),
			ui.Section(env, env.T("settings.size"), "", nil),
			ui.Tabs(env, sizes, size, func(i int) { acts.Scale(style.Scales()[i]) }),
			ui.Section(env, env.T("settings.theme"), "", nil),
			ui.Tabs(env, []string{env.T("settings.system"), env.T("settings.light"), env.T("settings.dark")}, light, func(i int) { acts.Brightness(lights[i]) }),
			ui.Section(env, env.T("settings.kept"), "", nil),
			ui.Note(env, assets.IconPhone, env.T("settings.kept_body")),
			ui.Note(env, assets.IconLock, env.T("settings.sealed"))),
	}
}

// Help says how the portal works, in five sentences.
func Help(env bidi.Env, backTap, report func()) Frame {
	return Frame{
		Bar: back(env, env.T("help.title"), backTap),
		Body: page(env,
			step(env, assets.IconMessage, env.T("help.1"), env.T("help.1_body")),
			step(env, assets.IconCloudTick, env.T("help.2"), env.T("help.2_body")),
			step(env, assets.IconClock, env.T("help.3"), env.T("help.3_body")),
			step(env, assets.IconStepsUp, env.T("help.4"), env.T("help.4_body")),
			step(env, assets.IconTick, env.T("help.5"), env.T("help.5_body"))),
		Foot: ui.Footer(env, ui.Button(env, ui.ButtonState{Kind: ui.Filled, Word: env.T("home.report")}, report)),
	}
}

// LeaveState is the page before signing out.
type LeaveState struct {
	Unsent, Drafts, Files int
	Busy                  bool
	Error                 string
}

// LeaveActs are what can be done there. Discard destroys what was not sent.
type LeaveActs struct{ Back, Send, Keep, Discard, Out func() }

// Leave asks what becomes of what was not sent, before signing out.
func Leave(env bidi.Env, s LeaveState, acts LeaveActs) Frame {
	f := Frame{Bar: back(env, env.T("more.sign_out"), acts.Back)}
	items := []fyne.CanvasObject{title(env, env.T("leave.title"))}
	if s.Error != "" {
		items = append(items, ui.ErrorText(env, s.Error))
	}
	button := func(word string, kind ui.ButtonKind, icon assets.Icon, tap func()) fyne.CanvasObject {
		return ui.Button(env, ui.ButtonState{Kind: kind, Word: word, Icon: icon, Disabled: s.Busy}, tap)
	}
	if s.Unsent+s.Drafts+s.Files == 0 {
		items = append(items, body(env, env.T("leave.all_sent")))
		f.Foot = ui.Footer(env, ui.Pair(env, button(env.T("leave.stay"), ui.Outlined, "", acts.Back), button(env.T("more.sign_out"), ui.Filled, "", acts.Out)))
		f.Body = page(env, items...)
		return f
	}
	if s.Unsent > 0 {
		items = append(items, body(env, env.T("leave.unsent", "n", s.Unsent)))
	}
	if s.Files > 0 {
		items = append(items, body(env, env.T("leave.files", "n", s.Files)))
	}
	if s.Drafts > 0 {
		items = append(items, body(env, env.T("leave.drafts", "n", s.Drafts)))
	}
	items = append(items,
		button(env.T("leave.keep"), ui.Filled, assets.IconLock, acts.Keep), muted(env, env.T("leave.keep_body")),
		button(env.T("leave.send"), ui.Outlined, assets.IconSend, acts.Send),
		button(env.T("leave.discard"), ui.Outlined, assets.IconCross, acts.Discard), muted(env, env.T("leave.discard_body")))
	f.Body = page(env, items...)
	return f
}

// SyncActs are what can be done on the sync page.
type SyncActs struct {
	Back, Now, SignIn    func()
	Edit, Again, Discard func(id string)
	Photos               PhotoActs
}

// Sync shows what is on its way, and what came back.
func Sync(env bidi.Env, s model.SyncPage, busy bool, acts SyncActs) Frame {
	var items []fyne.CanvasObject
	for _, i := range s.Needs {
		items = append(items, returned(env, i, acts))
	}
	if len(s.Needs) > 0 {
		items = append([]fyne.CanvasObject{ui.Section(env, env.T("sync.needs"), "", nil)}, items...)
	}
	items = append(items, sent(env, env.T("sync.waiting_title"), assets.IconPhone, s.Waiting)...)
	items = append(items, sent(env, env.T("sync.checking"), assets.IconSync, s.Checking)...)
	for i, p := range s.Photos {
		if i == 0 {
			items = append(items, ui.Section(env, env.T("photo.title"), "", nil))
		}
		about := bidi.NewParagraph(env, p.About, bidi.Text{Bold: true, Order: bidi.ByText})
		items = append(items, ui.Card(env, column(env, style.Space8, about, sending(env, p.Photos, acts.Photos))))
	}
	if len(s.Needs)+len(s.Waiting)+len(s.Checking)+len(s.Photos) == 0 {
		items = append(items, stamp(env, assets.IconCloudTick, style.ToneSuccess(), env.T("sync.all_sent"), s.Last))
	} else {
		items = append(items, muted(env, s.Last))
	}
	if s.Offline {
		items = append(items, ui.Note(env, assets.IconCloudOff, env.T("sync.offline")))
	} else if s.Why != "" {
		items = append(items, ui.ErrorText(env, s.Why))
	}
	now := ui.ButtonState{Kind: ui.Filled, Word: env.T("sync.now"), Icon: assets.IconSync, Disabled: busy}
	tap := acts.Now
	switch {
	case busy:
		now.Word, now.Icon = env.T("sync.busy"), ""
	case !s.SignedIn:
		now.Word, now.Icon, tap = env.T("welcome.sign_in"), assets.IconKey, acts.SignIn
	}
	return Frame{Bar: back(env, env.T("sync.title"), acts.Back), Body: page(env, items...), Foot: ui.Footer(env, ui.Button(env, now, tap)), Quiet: true}
}

func sent(env bidi.Env, head string, icon assets.Icon, list []model.Item) []fyne.CanvasObject {
	if len(list) == 0 {
		return nil
	}
	out := []fyne.CanvasObject{ui.Section(env, head, "", nil)}
	for _, i := range list {
		out = append(out, ui.Card(env, bidi.Row(env, style.Space12, ui.Icon(env, icon, style.InkMuted, 24), bidi.Grow(itemText(env, i)))))
	}
	return out
}

func itemText(env bidi.Env, i model.Item) fyne.CanvasObject {
	return column(env, 0, bidi.NewParagraph(env, i.Title, bidi.Text{Bold: true}),
		when(i.About != "", func() fyne.CanvasObject {
			return bidi.NewParagraph(env, i.About, bidi.Text{Size: style.Small, Role: style.InkMuted, Order: bidi.ByText})
		}))
}

// returned is something that the server did not take: why, and what can be done.
func returned(env bidi.Env, i model.Item, acts SyncActs) fyne.CanvasObject {
	first := ui.Button(env, ui.ButtonState{Word: env.T("sync.again"), Icon: assets.IconLoop}, func() { acts.Again(i.ID) })
	if i.Filing || i.Editable {
		first = ui.Button(env, ui.ButtonState{Word: env.T("sync.edit"), Icon: assets.IconPencil}, func() { acts.Edit(i.ID) })
	}
	return ui.Card(env, column(env, style.Space12, itemText(env, i), ui.ErrorText(env, i.Problem),
		ui.Pair(env, first, ui.Button(env, ui.ButtonState{Word: env.T("sync.discard"), Icon: assets.IconCross}, func() { acts.Discard(i.ID) }))))
}

// Trouble is shown when a page cannot be read from the phone.
func Trouble(env bidi.Env, sentence string, acts struct{ Back, Retry func() }) Frame {
	f := Frame{Bar: ui.AppBar(env, ui.AppBarState{Title: env.T("app.name")}), Body: page(env, ui.EmptyState(env, assets.IconTriangle, sentence,
		ui.Button(env, ui.ButtonState{Kind: ui.Filled, Word: env.T("action.retry")}, acts.Retry)))}
	if acts.Back != nil {
		f.Bar = back(env, env.T("app.name"), acts.Back)
	}
	return f
}

// Loading is shown for the moment before a page is there.
func Loading(bidi.Env) Frame { return Frame{Body: bidi.Spacer(1, 1), Quiet: true} }
