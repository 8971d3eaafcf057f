package ui

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"

	"github.com/citizens-portal/portal/app/bidi"
	"github.com/citizens-portal/portal/app/style"
	"github.com/citizens-portal/portal/assets"
)

// RowState is a complaint in a citizen's list.
type RowState struct {
	Icon   assets.Icon // of its category
	Title  string      // may be what the citizen wrote
	Holder string
	Status Status
	Left   string // "6 days left"; empty when nothing is due
	By     string // "by 29 Nov"
	Late   bool
	Unread string // the word "New" when there is something unread
	// Remove, when given, stands at the end instead of the sign that the row opens.
	Remove *Action
}

// ComplaintRow is a complaint in a citizen's list, on a card.
func ComplaintRow(env bidi.Env, s RowState, tap func()) fyne.CanvasObject {
	title := barText(env, s.Title, bidi.Text{Bold: true, Order: bidi.ByText})
	holder := barText(env, s.Holder, bidi.Text{Size: style.Small, Role: style.InkMuted})
	head := []fyne.CanvasObject{IconTile(env, s.Icon, style.TonePrimary()), bidi.Grow(bidi.Column(env, 0, title, holder))}
	switch {
	case s.Remove != nil:
		head = append(head, bidi.Spacer(style.Touch-style.Space12, 1))
	case !large(env):
		head = append(head, Icon(env, assets.IconChevron, style.InkMuted, 20))
	}
	foot := []fyne.CanvasObject{StatusChip(env, s.Status)}
	if s.Left != "" {
		foot = append(foot, due(env, s))
	}
	if s.Unread != "" {
		foot = append(foot, unread(env, s.Unread))
	}
	label := strings.Join(nonEmpty(s.Unread, s.Title, s.Status.Word(env), s.Left, s.By, s.Holder), ", ")
	card := CardButton(env, label, bidi.Column(env, style.Space8,
		bidi.Row(env, style.Space12, head...), bidi.Flow(env, style.Space8, foot...)), tap)
	if s.Remove == nil {
		return card
	}
	remove := IconButton(env, s.Remove.Icon, style.InkMuted, s.Remove.Label, s.Remove.Tap)
	return bidi.Stack(card, &fyne.Container{Layout: &cornerLayout{rtl: env.RTL()}, Objects: []fyne.CanvasObject{bidi.Pad(env, bidi.Around(style.Space4), remove)}})
}

func due(env bidi.Env, s RowState) fyne.CanvasObject {
	role := style.Ink
	if s.Late {
		role = style.Danger
	}
	items := []fyne.CanvasObject{bidi.NewLabel(env, s.Left, bidi.Text{Size: style.Small, Bold: true, Role: role})}
	if s.By != "" {
		items = append(items, bidi.NewLabel(env, "· "+s.By, bidi.Text{Size: style.Small, Role: style.InkMuted}))
	}
	return bidi.Row(env, style.Space4, items...)
}

func unread(env bidi.Env, word string) fyne.CanvasObject {
	dot := canvas.NewCircle(env.Color(style.Primary))
	return bidi.Row(env, style.Space4, bidi.Sized(8, 8, dot),
		bidi.NewLabel(env, word, bidi.Text{Size: style.Caption, Bold: true, Role: style.Primary}))
}

func nonEmpty(parts ...string) []string {
	var out []string
	for _, p := range parts {
		if p != "" {
			out = append(out, p)
		}
	}
	return out
}

// EventState is one thing that happened to a case.
type EventState struct {
	Icon  assets.Icon
	Tone  style.Tone
	Title string
	When  string
	Body  string // may be what a person wrote
	Late  bool   // shown in the tone of late things
	Last  bool   // the oldest one: the line ends here
}

// TimelineEntry is one entry of the timeline, newest first.
func TimelineEntry(env bidi.Env, s EventState) fyne.CanvasObject {
	if s.Late {
		s.Tone = style.ToneOverdue()
	}
	rail := []fyne.CanvasObject{IconDisc(env, s.Icon, s.Tone, 32)}
	if !s.Last {
		line := surface{fill: style.Outline}.rectangle(env)
		rail = append(rail, bidi.Grow(bidi.Row(env, 0, bidi.Grow(bidi.Spacer(0, 0)), bidi.Fill(bidi.Sized(style.LineThick, style.Space16, line)), bidi.Grow(bidi.Spacer(0, 0)))))
	}
	when := bidi.NewLabel(env, s.When, bidi.Text{Size: style.Caption, Role: style.InkMuted})
	title := bidi.NewParagraph(env, s.Title, bidi.Text{Bold: true})
	head := bidi.Row(env, style.Space8, bidi.Grow(title), bidi.Top(when))
	if large(env) {
		head = bidi.Column(env, 0, title, when)
	}
	text := bidi.Column(env, 0, head)
	if s.Body != "" {
		text.Objects = append(text.Objects, bidi.NewParagraph(env, s.Body, bidi.Text{Size: style.Small, Order: bidi.ByText}))
	}
	return bidi.Row(env, style.Space12, bidi.Fill(bidi.Column(env, style.Space4, rail...)),
		bidi.Grow(bidi.Top(bidi.Pad(env, bidi.Insets{Top: 2, Bottom: style.Space16}, text))))
}

// OfficerRowState is a complaint in an officer's list.
type OfficerRowState struct {
	Icon     assets.Icon
	Title    string
	Code     string
	Place    string
	Holder   string
	Above    string // the level it went up to, if any
	Due      string // "2 days left"
	DueIcon  assets.Icon
	DueTone  style.Tone
	Used     float32 // share of the time used, from 0 to 1
	Checked  bool
	Selected bool
}

// OfficerRow is a complaint in an officer's list: open opens it, check marks it for
// acting on several. Without check there is no box.
func OfficerRow(env bidi.Env, s OfficerRowState, open func(), check func(bool)) fyne.CanvasObject {
	ground, tone := surface{fill: style.Surface}, style.TonePrimary()
	edge := surface{}
	if s.Selected {
		ground.fill, edge.fill = style.PrimaryBox, style.Primary
		tone.Box = style.Surface
	}
	muted := bidi.Text{Size: style.Caption, Role: style.InkMuted}
	name := 2
	if s.Above != "" {
		name = 1
	}
	holder := bidi.Column(env, 0, bidi.NewCutParagraph(env, s.Holder, name, bidi.Text{Size: style.Small, Order: bidi.ByText}))
	if s.Above != "" {
		holder.Objects = append(holder.Objects, bidi.Row(env, style.Space4, Icon(env, assets.IconArrowUp, style.Escalated, 14),
			bidi.Grow(bidi.NewCutLabel(env, s.Above, bidi.Text{Size: style.Caption, Bold: true, Role: style.Escalated}))))
	}
	bar := &fyne.Container{Layout: &shareLayout{rtl: env.RTL(), share: s.Used}, Objects: []fyne.CanvasObject{
		surface{fill: style.Outline, radius: 2}.rectangle(env), surface{fill: barRole(s.DueTone), radius: 2}.rectangle(env)}}
	label := strings.Join(nonEmpty(s.Title, s.Due, s.Holder, s.Place), ", ")
	var box fyne.CanvasObject
	if check != nil {
		box = CheckBox(env, s.Checked, s.Title, check)
	}
	if env.Style.Scale() > style.Scale100 {
		row := largeOfficerRow(env, s, bidi.Row(env, style.Space12, box, IconTile(env, s.Icon, tone)), holder)
		return bidi.Column(env, 0, newPress(env, ground, label, row, open), Divider(env))
	}
	row := bidi.Row(env, style.Space12,
		bidi.Fill(bidi.Sized(4, 0, edge.rectangle(env))),
		box,
		IconTile(env, s.Icon, tone),
		bidi.Grow(bidi.Column(env, 0, bidi.NewCutLabel(env, s.Title, bidi.Text{Bold: true, Order: bidi.ByText}),
			bidi.Row(env, 0, bidi.NewLabel(env, s.Code, bidi.Text{Size: style.Caption, Role: style.InkMuted, Order: bidi.Code}),
				bidi.Grow(bidi.NewCutLabel(env, " · "+s.Place, muted))))),
		bidi.Sized(env.Style.Scaled(110), 0, holder),
		bidi.Column(env, style.Space4, bidi.Row(env, 0, Chip(env, s.DueIcon, s.DueTone, s.Due)), bidi.Sized(env.Style.Scaled(134), 4, bar)),
	)
	press := newPress(env, ground, label, bidi.Sized(0, 68, bidi.Pad(env, bidi.Insets{End: style.Space16, Top: 8, Bottom: 8}, row)), open)
	return bidi.Column(env, 0, press, Divider(env))
}

// largeOfficerRow stands the parts of the row below each other.
func largeOfficerRow(env bidi.Env, s OfficerRowState, start, holder fyne.CanvasObject) fyne.CanvasObject {
	return bidi.Pad(env, bidi.Around(style.Space12), bidi.Row(env, style.Space12, bidi.Top(start), bidi.Grow(bidi.Column(env, style.Space4,
		bidi.NewParagraph(env, s.Title, bidi.Text{Bold: true, Order: bidi.ByText}),
		bidi.NewParagraph(env, s.Code, bidi.Text{Size: style.Caption, Role: style.InkMuted, Order: bidi.Code}),
		bidi.NewParagraph(env, s.Place, bidi.Text{Size: style.Caption, Role: style.InkMuted}),
		holder,
		bidi.Flow(env, 0, Chip(env, s.DueIcon, s.DueTone, s.Due))))))
}

func barRole(t style.Tone) fyne.ThemeColorName {
	if t.Text == style.Overdue { // its text is meant for the solid box
		return t.Box
	}
	return t.Text
}

// shareLayout fills a part of a bar from the start.
type shareLayout struct {
	rtl   bool
	share float32
}

// MinSize implements [fyne.Layout].
func (l *shareLayout) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(16, 4) }

// Layout implements [fyne.Layout].
func (l *shareLayout) Layout(objs []fyne.CanvasObject, size fyne.Size) {
	objs[0].Resize(size)
	w := size.Width * min(max(l.share, 0), 1)
	x := float32(0)
	if l.rtl {
		x = size.Width - w
	}
	objs[1].Move(fyne.NewPos(x, 0))
	objs[1].Resize(fyne.NewSize(w, size.Height))
}

// CheckBox is a box to tick. Label names for a screen reader what is ticked.
func CheckBox(env bidi.Env, on bool, label string, set func(bool)) *Press {
	ground := surface{fill: style.Surface, edge: style.OutlineStrong, width: style.LineThick, radius: 6}
	s := env.Style.Scaled(22)
	tick := bidi.Spacer(0, 0)
	if on {
		ground.fill, ground.edge = style.Primary, style.Primary
		tick = Icon(env, assets.IconTick, style.OnPrimary, 18)
	}
	box := bidi.Middle(bidi.Sized(s, s, ground.on(env, bidi.Middle(tick))))
	return newPress(env, surface{radius: style.RadiusChip}, label, bidi.Sized(36, 36, box), func() {
		if set != nil {
			set(!on)
		}
	})
}

// RailState is a line of the officer's rail.
type RailState struct {
	Icon    assets.Icon
	Word    string
	Count   string
	Current bool
	Alarm   bool // the count is shown as late
}

// RailItem is a line of the officer's rail.
func RailItem(env bidi.Env, s RailState, tap func()) *Press {
	ground, role := surface{radius: style.RadiusControl}, style.Ink
	if s.Current {
		ground.fill, role = style.PrimaryBox, style.OnPrimaryBox
	}
	items := []fyne.CanvasObject{Icon(env, s.Icon, role, 20), bidi.Grow(barText(env, s.Word, bidi.Text{Size: style.Small, Bold: s.Current, Role: role}))}
	switch {
	case s.Count == "":
	case s.Alarm:
		items = append(items, badge(env, s.Count))
	default:
		items = append(items, bidi.NewLabel(env, s.Count, bidi.Text{Size: style.Small, Bold: s.Current, Role: role}))
	}
	return newPress(env, ground, strings.Join(nonEmpty(s.Word, s.Count), ", "), bidi.Sized(0, 40, bidi.Pad(env, bidi.Sides(style.Space12, 0), bidi.Row(env, style.Space12, items...))), tap)
}
