package style

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
)

// Roles of colour. A role that has a box is text on that box; colour only repeats
// what an icon and a word say.
const (
	Background    fyne.ThemeColorName = "portal.background"    // page
	Surface       fyne.ThemeColorName = "portal.surface"       // card
	Surface2      fyne.ThemeColorName = "portal.surface2"      // table head, quiet box
	Outline       fyne.ThemeColorName = "portal.outline"       // decoration
	OutlineStrong fyne.ThemeColorName = "portal.outlineStrong" // edge of inputs and outlined buttons
	Ink           fyne.ThemeColorName = "portal.ink"           // text
	InkMuted      fyne.ThemeColorName = "portal.inkMuted"      // second text
	Disabled      fyne.ThemeColorName = "portal.disabled"      // parts that cannot be used
	Placeholder   fyne.ThemeColorName = "portal.placeholder"   // hint inside an empty field
	Primary       fyne.ThemeColorName = "portal.primary"       // main action, current place
	OnPrimary     fyne.ThemeColorName = "portal.onPrimary"     // text on Primary
	PrimaryBox    fyne.ThemeColorName = "portal.primaryBox"    // selected, icon tile
	OnPrimaryBox  fyne.ThemeColorName = "portal.onPrimaryBox"  // text on PrimaryBox
	Focus         fyne.ThemeColorName = "portal.focus"         // ring of the keyboard's place
	Success       fyne.ThemeColorName = "portal.success"       // solved, received
	SuccessBox    fyne.ThemeColorName = "portal.successBox"
	Warning       fyne.ThemeColorName = "portal.warning" // needs you, due soon, offline
	WarningBox    fyne.ThemeColorName = "portal.warningBox"
	Danger        fyne.ThemeColorName = "portal.danger" // error, due today, destroy
	DangerBox     fyne.ThemeColorName = "portal.dangerBox"
	Info          fyne.ThemeColorName = "portal.info" // in progress
	InfoBox       fyne.ThemeColorName = "portal.infoBox"
	Neutral       fyne.ThemeColorName = "portal.neutral" // draft, closed, waiting
	NeutralBox    fyne.ThemeColorName = "portal.neutralBox"
	Overdue       fyne.ThemeColorName = "portal.overdue" // late, emergency: text on the solid box
	OverdueBox    fyne.ThemeColorName = "portal.overdueBox"
	Escalated     fyne.ThemeColorName = "portal.escalated" // sent higher
	EscalatedBox  fyne.ThemeColorName = "portal.escalatedBox"
	Chart1        fyne.ThemeColorName = "portal.chart1" // series of charts, never more than five
	Chart2        fyne.ThemeColorName = "portal.chart2"
	Chart3        fyne.ThemeColorName = "portal.chart3"
	Chart4        fyne.ThemeColorName = "portal.chart4"
	Chart5        fyne.ThemeColorName = "portal.chart5"

	// ColorScrim darkens the page behind a dialog.
	ColorScrim fyne.ThemeColorName = "portal.scrim"
)

type pair struct{ light, dark uint32 }

// palette was chosen so that every text has a contrast of at least 4.5 on its ground
// and every mark 3 (WCAG 2.2, 1.4.3 and 1.4.11); a test holds it to that.
var palette = map[fyne.ThemeColorName]pair{
	Background:    {0xF3F6F4, 0x0E1513},
	Surface:       {0xFFFFFF, 0x17201D},
	Surface2:      {0xE8EFEB, 0x222D29},
	Outline:       {0xCBD5D0, 0x37443F},
	OutlineStrong: {0x6B7A74, 0x8A9A93},
	Ink:           {0x14201C, 0xE9F0ED},
	InkMuted:      {0x485650, 0xB3C1BB},
	Disabled:      {0x7A8680, 0x76847E},
	Placeholder:   {0x5F6D67, 0x9AA8A2},
	Primary:       {0x0B5F4C, 0x6FD0B2},
	OnPrimary:     {0xFFFFFF, 0x05261D},
	PrimaryBox:    {0xD5EBE2, 0x124236},
	OnPrimaryBox:  {0x073D30, 0xC9F0E2},
	Focus:         {0x0F62B5, 0x8CC4FF},
	Success:       {0x1A652D, 0x8FD79B},
	SuccessBox:    {0xDDF1E0, 0x16391D},
	Warning:       {0x744600, 0xF4C767},
	WarningBox:    {0xFDEDC8, 0x3D2D07},
	Danger:        {0xA3231B, 0xFFB0A8},
	DangerBox:     {0xFCE4E1, 0x541813},
	Info:          {0x14508A, 0x9CCBF7},
	InfoBox:       {0xDEEBF8, 0x12355A},
	Neutral:       {0x3E4B46, 0xC9D4CF},
	NeutralBox:    {0xE4EAE7, 0x2B3733},
	Overdue:       {0xFFFFFF, 0x2A0603},
	OverdueBox:    {0x9B1C16, 0xF2877D},
	Escalated:     {0x563694, 0xCDB8FB},
	EscalatedBox:  {0xEAE3F8, 0x392764},
	Chart1:        {0x0B5F4C, 0x6FD0B2},
	Chart2:        {0xB36A00, 0xF0B24A},
	Chart3:        {0x14508A, 0x86BDF2},
	Chart4:        {0x563694, 0xCDB8FB},
	Chart5:        {0x6B7A74, 0x9AA8A2},
}

// stock says which of our roles Fyne's own widgets use.
var stock = map[fyne.ThemeColorName]fyne.ThemeColorName{
	theme.ColorNameBackground:          Background,
	theme.ColorNameButton:              Surface2,
	theme.ColorNameDisabled:            Disabled,
	theme.ColorNameDisabledButton:      Surface2,
	theme.ColorNameError:               Danger,
	theme.ColorNameFocus:               Focus,
	theme.ColorNameForeground:          Ink,
	theme.ColorNameForegroundOnError:   Surface,
	theme.ColorNameForegroundOnPrimary: OnPrimary,
	theme.ColorNameForegroundOnSuccess: Surface,
	theme.ColorNameForegroundOnWarning: Surface,
	theme.ColorNameHeaderBackground:    Surface2,
	theme.ColorNameHyperlink:           Primary,
	theme.ColorNameInputBackground:     Surface,
	theme.ColorNameInputBorder:         OutlineStrong,
	theme.ColorNameMenuBackground:      Surface,
	theme.ColorNamePlaceHolder:         Placeholder,
	theme.ColorNamePrimary:             Primary,
	theme.ColorNameScrollBar:           OutlineStrong,
	theme.ColorNameSeparator:           Outline,
	theme.ColorNameSuccess:             Success,
	theme.ColorNameWarning:             Warning,
}

// Tone is a pair of roles: the mark or text, and the box it stands on.
type Tone struct{ Text, Box fyne.ThemeColorName }

// ToneSuccess is for solved and received.
func ToneSuccess() Tone { return Tone{Success, SuccessBox} }

// ToneWarning is for what needs the reader, is due soon or offline.
func ToneWarning() Tone { return Tone{Warning, WarningBox} }

// ToneDanger is for errors and what is due today.
func ToneDanger() Tone { return Tone{Danger, DangerBox} }

// ToneInfo is for work in progress.
func ToneInfo() Tone { return Tone{Info, InfoBox} }

// ToneNeutral is for drafts, closed and waiting.
func ToneNeutral() Tone { return Tone{Neutral, NeutralBox} }

// ToneOverdue is for late and emergencies, solid.
func ToneOverdue() Tone { return Tone{Overdue, OverdueBox} }

// ToneEscalated is for what was sent higher.
func ToneEscalated() Tone { return Tone{Escalated, EscalatedBox} }

// TonePrimary is for the current place.
func TonePrimary() Tone { return Tone{OnPrimaryBox, PrimaryBox} }
