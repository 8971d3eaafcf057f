package ui

import (
	"fyne.io/fyne/v2"

	"github.com/citizens-portal/portal/app/bidi"
	"github.com/citizens-portal/portal/app/style"
	"github.com/citizens-portal/portal/assets"
)

// Action is an icon in a bar. Label says what it does; Badge counts what is new.
type Action struct {
	Icon  assets.Icon
	Label string
	Word  string // shown instead of the icon, such as the other language's name
	Badge string
	Tap   func()
}

// AppBarState is what the bar at the top shows.
type AppBarState struct {
	Title   string
	Caption string
	Code    bool // the caption is a code, which runs left to right

	// Lead goes back or closes; without it the mark stands there.
	Lead *Action
	// Actions are two at most; more belong under a menu of dots.
	Actions []Action
	// Note is a quiet word at the end, such as "Saved", with its icon.
	Note     string
	NoteIcon assets.Icon
}

// AppBar returns the bar at the top of a screen.
func AppBar(env bidi.Env, s AppBarState) fyne.CanvasObject {
	env = capped(env, style.Scale150)
	order := bidi.ByLanguage
	if s.Code {
		order = bidi.Code
	}
	titles := []fyne.CanvasObject{barText(env, s.Title, bidi.Text{Bold: true})}
	if s.Caption != "" {
		titles = append(titles, barText(env, s.Caption, bidi.Text{Size: style.Caption, Role: style.InkMuted, Order: order}))
	}
	items := []fyne.CanvasObject{lead(env, s.Lead), bidi.Grow(bidi.Column(env, 0, titles...))}
	if s.Note != "" {
		items = append(items, Icon(env, s.NoteIcon, style.InkMuted, 20),
			bidi.NewLabel(env, s.Note, bidi.Text{Size: style.Small, Role: style.InkMuted}))
	}
	for _, a := range s.Actions {
		items = append(items, action(env, a))
	}
	in := bidi.Insets{Start: style.Space16, End: style.Space8}
	if s.Lead != nil {
		in.Start = style.Space4
	}
	if len(s.Actions) == 0 {
		in.End = style.Space16
	}
	row := bidi.Sized(0, max(56, env.Style.Scaled(48)), bidi.Pad(env, in, bidi.Row(env, style.Space8, items...)))
	return bidi.Column(env, 0, surface{fill: style.Surface}.on(env, row), Divider(env))
}

// barText is one line, or as many as it needs when text is large.
func barText(env bidi.Env, text string, look bidi.Text) fyne.CanvasObject {
	if large(env) {
		return bidi.NewParagraph(env, text, look)
	}
	return bidi.NewCutLabel(env, text, look)
}

// capped is env with the text no larger than a scale, for bars of fixed room.
func capped(env bidi.Env, scale style.Scale) bidi.Env {
	if env.Style.Scale() > scale {
		env.Style = style.New(env.Style.Dark(), scale)
	}
	return env
}

func lead(env bidi.Env, a *Action) fyne.CanvasObject {
	if a != nil {
		return IconButton(env, a.Icon, style.Ink, a.Label, a.Tap)
	}
	s := float32(32)
	ground := surface{fill: style.Primary, radius: style.RadiusChip}
	return bidi.Sized(s, s, ground.on(env, bidi.Middle(Icon(env, assets.IconMark, style.OnPrimary, 22))))
}

func action(env bidi.Env, a Action) fyne.CanvasObject {
	if a.Word != "" {
		word := bidi.NewLabel(env, a.Word, bidi.Text{Bold: true, Role: style.Primary, Align: bidi.Center, Order: bidi.ByText})
		return newPress(env, surface{radius: style.RadiusControl}, a.Label,
			bidi.Sized(style.Touch, style.Touch, bidi.Pad(env, bidi.Sides(style.Space8, 0), word)), a.Tap)
	}
	b := IconButton(env, a.Icon, style.Ink, a.Label, a.Tap)
	if a.Badge == "" {
		return b
	}
	return bidi.Stack(b, &fyne.Container{Layout: &cornerLayout{rtl: env.RTL()}, Objects: []fyne.CanvasObject{badge(env, a.Badge)}})
}

// badge is a count in a solid disc.
func badge(env bidi.Env, count string) fyne.CanvasObject {
	s := grow(env, 20)
	n := bidi.NewLabel(env, count, bidi.Text{Size: style.Caption, Bold: true, Role: style.Overdue, Align: bidi.Center})
	return bidi.Sized(s, s, surface{fill: style.OverdueBox, radius: s / 2}.on(env, bidi.Pad(env, bidi.Sides(5, 0), n)))
}

// cornerLayout puts an object in the upper corner at the end.
type cornerLayout struct{ rtl bool }

// MinSize implements [fyne.Layout].
func (l *cornerLayout) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.Size{} }

// Layout implements [fyne.Layout].
func (l *cornerLayout) Layout(objs []fyne.CanvasObject, size fyne.Size) {
	for _, o := range objs {
		m := o.MinSize()
		x := size.Width - m.Width
		if l.rtl {
			x = 0
		}
		o.Move(fyne.NewPos(x, 0))
		o.Resize(m)
	}
}

// NavItem is a cell of the bottom bar.
type NavItem struct {
	Icon assets.Icon
	Word string
}

// The words under the icons grow to 130 % at most, and only as far as the longest fits
// its cell on a phone 360 wide.
const navScale, navCellWidth = style.Scale(1.3), float32(71)

func navEnv(env bidi.Env, items []NavItem) bidi.Env {
	for s := min(env.Style.Scale(), navScale); s > style.Scale100; s -= 0.05 {
		small := capped(env, s)
		fits := true
		for _, i := range items {
			fits = fits && bidi.NewLabel(small, i.Word, bidi.Text{Size: style.Caption, Bold: true}).MinSize().Width <= navCellWidth
		}
		if fits {
			return small
		}
	}
	return capped(env, style.Scale100)
}

// BottomBar returns the bar at the foot of the phone's main screens.
func BottomBar(env bidi.Env, items []NavItem, current int, choose func(int)) fyne.CanvasObject {
	small := navEnv(env, items)
	var cells []fyne.CanvasObject
	for i, item := range items {
		cells = append(cells, navCell(small, item, i == current, func() { choose(i) }))
	}
	row := bidi.Grid(env, 0, 1, len(items), cells...)
	return bidi.Column(env, 0, Divider(env), surface{fill: style.Surface}.on(env, row))
}

func navCell(env bidi.Env, item NavItem, current bool, tap func()) fyne.CanvasObject {
	pill := surface{radius: env.Style.Scaled(16)}
	role, text := style.InkMuted, bidi.Text{Size: style.Caption, Role: style.InkMuted, Align: bidi.Center}
	if current {
		pill.fill, role = style.PrimaryBox, style.OnPrimaryBox
		text.Bold, text.Role = true, style.Primary
	}
	icon := bidi.Middle(bidi.Sized(56, env.Style.Scaled(32), pill.on(env, bidi.Middle(Icon(env, item.Icon, role, 24)))))
	return newPress(env, surface{radius: style.RadiusControl}, item.Word,
		bidi.Sized(0, 68, bidi.Pad(env, bidi.Insets{Top: 6, Bottom: 4}, bidi.Column(env, 2, icon, bidi.NewCutLabel(env, item.Word, text)))), tap)
}

// SyncState is what the banner under the app bar tells.
type SyncState uint8

// The states worth a banner; being up to date is said in the app bar's caption.
const (
	Offline SyncState = iota
	Sending
	SyncNeedsYou
)

// SyncBanner tells how things stand with the network, in one sentence, and opens the
// sync page.
func SyncBanner(env bidi.Env, s SyncState, sentence string, tap func()) *Press {
	icon, tone := assets.IconCloudOff, style.ToneWarning()
	switch s {
	case Sending:
		icon, tone = assets.IconSync, style.ToneInfo()
	case SyncNeedsYou:
		icon, tone = assets.IconTriangle, style.ToneDanger()
	}
	row := bidi.Row(env, style.Space12, Icon(env, icon, tone.Text, 20),
		bidi.Grow(bidi.NewParagraph(env, sentence, bidi.Text{Size: style.Small, Role: tone.Text})))
	return newPress(env, surface{fill: tone.Box}, sentence, bidi.Sized(0, style.Touch, bidi.Pad(env, bidi.Sides(style.Edge, 6), row)), tap)
}

// Severity is how urgent an announcement is.
type Severity uint8

// The severities, the most urgent last.
const (
	Information Severity = iota
	Notice
	Warning
	Emergency
)

// Announcement shows an announcement: its title begins with the word of its severity,
// and its text says where and until when.
func Announcement(env bidi.Env, s Severity, title, text string, tap func()) *Press {
	icon, tone := assets.IconInfo, style.ToneInfo()
	switch s {
	case Notice:
		icon, tone = assets.IconMegaphone, style.ToneNeutral()
	case Warning:
		icon, tone = assets.IconTriangle, style.ToneWarning()
	case Emergency:
		icon, tone = assets.IconTriangle, style.ToneOverdue()
	}
	row := bidi.Row(env, style.Space12, bidi.Top(Icon(env, icon, tone.Text, 24)),
		bidi.Grow(bidi.Column(env, 0,
			bidi.NewParagraph(env, title, bidi.Text{Bold: true, Role: tone.Text}),
			bidi.NewParagraph(env, text, bidi.Text{Size: style.Small, Role: tone.Text}))),
		Icon(env, assets.IconChevron, tone.Text, 20))
	return newPress(env, surface{fill: tone.Box}, title+". "+text, bidi.Pad(env, bidi.Sides(style.Edge, style.Space12), row), tap)
}

// Footer is the bar at the foot of a flow, with its one or two buttons.
func Footer(env bidi.Env, buttons fyne.CanvasObject) fyne.CanvasObject {
	return bidi.Column(env, 0, Divider(env), surface{fill: style.Surface}.on(env, bidi.Pad(env, bidi.Sides(style.Edge, style.Space12), buttons)))
}

// Toast tells what was just done and takes it back. Errors never use it.
func Toast(env bidi.Env, sentence, undoWord string, undo func()) fyne.CanvasObject {
	ground := surface{fill: style.Ink, radius: style.RadiusControl}
	items := []fyne.CanvasObject{bidi.Grow(bidi.NewParagraph(env, sentence, bidi.Text{Size: style.Small, Role: style.Surface}))}
	if undo != nil {
		word := bidi.NewLabel(env, undoWord, bidi.Text{Size: style.Small, Bold: true, Role: style.PrimaryBox, Align: bidi.Center})
		items = append(items, newPress(env, surface{radius: style.RadiusChip}, undoWord,
			bidi.Sized(style.Touch, style.Touch, bidi.Pad(env, bidi.Sides(style.Space8, 0), word)), undo))
	}
	return bidi.Sized(0, 56, ground.on(env, bidi.Pad(env, bidi.Sides(style.Space16, style.Space4), bidi.Row(env, style.Space8, items...))))
}
