package ui

import (
	"fyne.io/fyne/v2"

	"github.com/citizens-portal/portal/app/bidi"
	"github.com/citizens-portal/portal/app/style"
	"github.com/citizens-portal/portal/assets"
)

// Status is what a citizen is told about a case: a word, with an icon and a tone that
// repeat it. Its value is the end of the key "status.…" of the catalogue.
type Status string

// The statuses.
const (
	Draft       Status = "draft"
	Queued      Status = "queued"
	Received    Status = "received"
	InProgress  Status = "in_progress"
	NeedsAnswer Status = "needs_answer"
	Proposed    Status = "proposed"
	Confirmed   Status = "confirmed"
	Silent      Status = "silent"
	Refused     Status = "refused"
	Escalated   Status = "escalated"
	Late        Status = "late"
	Reopened    Status = "reopened"
	Appeal      Status = "appeal"
	Withdrawn   Status = "withdrawn"
)

// Statuses lists all statuses.
func Statuses() []Status {
	return []Status{Draft, Queued, Received, InProgress, NeedsAnswer, Proposed, Confirmed, Silent,
		Refused, Escalated, Late, Reopened, Appeal, Withdrawn}
}

// Look returns the icon and the tone of a status.
func (s Status) Look() (assets.Icon, style.Tone) {
	switch s {
	case Draft:
		return assets.IconPencil, style.ToneNeutral()
	case Queued:
		return assets.IconPhone, style.ToneNeutral()
	case Received:
		return assets.IconCloudTick, style.ToneSuccess()
	case InProgress:
		return assets.IconClock, style.ToneInfo()
	case NeedsAnswer, Proposed:
		return assets.IconQuestion, style.ToneWarning()
	case Confirmed:
		return assets.IconTick, style.ToneSuccess()
	case Silent:
		return assets.IconBox, style.ToneNeutral()
	case Refused:
		return assets.IconCross, style.ToneDanger()
	case Escalated:
		return assets.IconArrowUp, style.ToneEscalated()
	case Late:
		return assets.IconTriangle, style.ToneOverdue()
	case Reopened:
		return assets.IconLoop, style.ToneInfo()
	case Appeal:
		return assets.IconStepsUp, style.ToneEscalated()
	}
	return assets.IconBack, style.ToneNeutral()
}

// Word returns the status in the language of env.
func (s Status) Word(env bidi.Env) string { return env.T("status." + string(s)) }

// StatusChip shows a status. It is never cut: lay it in a [bidi.Flow].
func StatusChip(env bidi.Env, s Status) fyne.CanvasObject {
	icon, tone := s.Look()
	return Chip(env, icon, tone, s.Word(env))
}

// Chip is an icon and a bold word on a box of a tone.
func Chip(env bidi.Env, icon assets.Icon, tone style.Tone, word string) fyne.CanvasObject {
	ground := surface{fill: tone.Box, radius: style.RadiusChip}
	row := bidi.Row(env, 6, Icon(env, icon, tone.Text, 16),
		bidi.NewLabel(env, word, bidi.Text{Size: style.Small, Bold: true, Role: tone.Text}))
	return bidi.Sized(0, env.Style.Scaled(28), ground.on(env, bidi.Pad(env, bidi.Insets{Start: 8, End: 10}, row)))
}

// FilterChip is a filter of a list. An active one is filled and can be taken away.
func FilterChip(env bidi.Env, word string, active bool, tap func()) *Press {
	ground := surface{fill: style.Surface, edge: style.OutlineStrong, width: style.LineThin, radius: style.RadiusChip}
	role, after := style.Ink, assets.IconChevronDown
	if active {
		ground = surface{fill: style.PrimaryBox, radius: style.RadiusChip}
		role, after = style.OnPrimaryBox, assets.IconCross
	}
	row := bidi.Row(env, 6,
		bidi.NewLabel(env, word, bidi.Text{Size: style.Small, Bold: active, Role: role}),
		Icon(env, after, role, 16))
	return newPress(env, ground, word, bidi.Sized(0, env.Style.Scaled(36), bidi.Pad(env, bidi.Insets{Start: 12, End: 8}, row)), tap)
}
