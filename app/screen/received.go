package screen

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"github.com/skip2/go-qrcode"

	"github.com/citizens-portal/portal/app/bidi"
	"github.com/citizens-portal/portal/app/model"
	"github.com/citizens-portal/portal/app/style"
	"github.com/citizens-portal/portal/app/ui"
	"github.com/citizens-portal/portal/assets"
)

// ReceivedActs are what can be done after filing.
type ReceivedActs struct{ Close, Show, Copy, Save func() }

// Received is shown after filing: saved on this phone, then received with its code.
func Received(env bidi.Env, s model.Receipt, acts ReceivedActs) Frame {
	note, icon := env.T("received.sent"), assets.IconCloudTick
	if s.Saved {
		note, icon = env.T("status.queued"), assets.IconPhone
	}
	f := Frame{
		Bar: ui.AppBar(env, ui.AppBarState{Lead: &ui.Action{Icon: assets.IconCross, Label: env.T("action.close"), Tap: acts.Close}, Note: note, NoteIcon: icon}),
	}
	if s.Saved {
		f.Body = page(env, stamp(env, assets.IconPhone, style.ToneNeutral(), env.T("saved.title"), env.T("saved.body")),
			bidi.Spacer(1, style.Space8),
			ui.Section(env, env.T("received.next"), "", nil),
			step(env, assets.IconCloudTick, env.T("saved.code"), env.T("saved.code_body")),
			step(env, assets.IconOffice, s.Office, env.T("received.tells")))
		f.Foot = ui.Footer(env, ui.Button(env, ui.ButtonState{Kind: ui.Filled, Word: env.T("received.home")}, acts.Close))
		return f
	}
	items := []fyne.CanvasObject{
		stamp(env, assets.IconTick, style.ToneSuccess(), env.T("received.title"), s.When),
		ticket(env, s, acts),
		ui.Section(env, env.T("received.next"), "", nil),
		step(env, assets.IconOffice, env.T("received.with", "office", s.Office), env.T("received.tells")),
	}
	if s.Due != "" {
		items = append(items, step(env, assets.IconClock, s.Due, s.Next))
	}
	f.Body = page(env, items...)
	f.Foot = ui.Footer(env, ui.Button(env, ui.ButtonState{Kind: ui.Filled, Word: env.T("received.show")}, acts.Show))
	return f
}

func stamp(env bidi.Env, icon assets.Icon, tone style.Tone, head, text string) fyne.CanvasObject {
	return bidi.Row(env, style.Space12, ui.IconDisc(env, icon, tone, 52),
		bidi.Grow(column(env, 0, title(env, head), muted(env, text))))
}

// ticket is the code for people and the code for cameras.
func ticket(env bidi.Env, s model.Receipt, acts ReceivedActs) fyne.CanvasObject {
	items := []fyne.CanvasObject{}
	if s.Track != "" {
		items = append(items, bidi.Middle(QR(s.Track)))
	}
	items = append(items,
		bidi.NewParagraph(env, s.Code, bidi.Text{Size: style.Code, Bold: true, Align: bidi.Center, Order: bidi.Code}),
		bidi.NewParagraph(env, env.T("received.keep"), bidi.Text{Size: style.Small, Role: style.InkMuted, Align: bidi.Center}),
		ui.Pair(env,
			ui.Button(env, ui.ButtonState{Word: env.T("action.save"), Icon: assets.IconSave}, acts.Save),
			ui.Button(env, ui.ButtonState{Word: env.T("received.copy"), Icon: assets.IconDocument}, acts.Copy)))
	return ui.Card(env, column(env, style.Space12, items...))
}

func step(env bidi.Env, icon assets.Icon, head, text string) fyne.CanvasObject {
	return bidi.Row(env, style.Space12, bidi.Top(ui.IconDisc(env, icon, style.TonePrimary(), 36)),
		bidi.Grow(column(env, 0, bidi.NewParagraph(env, head, bidi.Text{Bold: true}), muted(env, text))))
}

// qrSize is the side of the code with its white margin. It does not grow with the
// text: cameras do not read better for it.
const qrSize = 148

// QR draws a code, black on white whatever the theme is: scanners expect it so. The
// modules are drawn as they are, never smoothed.
func QR(content string) fyne.CanvasObject {
	white := canvas.NewRectangle(color.White)
	white.CornerRadius = style.RadiusChip
	code, err := qrcode.New(content, qrcode.Medium)
	if err != nil { // longer than any code holds; the code in letters stands below
		return bidi.Spacer(0, 0)
	}
	code.DisableBorder = true
	img := canvas.NewImageFromImage(code.Image(-4)) // 4 pixels a module
	img.FillMode, img.ScaleMode = canvas.ImageFillContain, canvas.ImageScalePixels
	const margin = 9
	img.SetMinSize(fyne.NewSize(qrSize-2*margin, qrSize-2*margin))
	return bidi.Sized(qrSize, qrSize, bidi.Stack(white, bidi.Middle(img)))
}
