package screen

import (
	"image"
	"image/color"
	"image/draw"

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
type ReceivedActs struct {
	Close, Show, Share, Save func()
	Photos                   PhotoActs
}

// Received is shown after filing: saved on this phone, then received with its code.
func Received(env bidi.Env, s model.Receipt, acts ReceivedActs) Frame {
	note, icon := env.T("received.sent"), assets.IconCloudTick
	if s.Saved {
		note, icon = env.T("status.queued"), assets.IconPhone
	}
	if s.Photos.Line != "" && !s.Saved { // said below too, where large text has room
		note, icon = s.Photos.Line, assets.IconSync
		if env.Style.Scale() >= style.Scale150 {
			note, icon = env.T("status.received"), assets.IconCloudTick
		}
	}
	f := Frame{
		Bar: ui.AppBar(env, ui.AppBarState{Lead: &ui.Action{Icon: assets.IconCross, Label: env.T("action.close"), Tap: acts.Close}, Note: note, NoteIcon: icon}),
	}
	if s.Saved {
		f.Body = page(env, stamp(env, assets.IconPhone, style.ToneNeutral(), env.T("saved.title"), env.T("saved.body")),
			sending(env, s.Photos, acts.Photos),
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
		sending(env, s.Photos, acts.Photos),
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
			ui.Button(env, ui.ButtonState{Word: env.T("action.share"), Icon: assets.IconShare}, acts.Share)))
	return ui.Card(env, column(env, style.Space12, items...))
}

func step(env bidi.Env, icon assets.Icon, head, text string) fyne.CanvasObject {
	return bidi.Row(env, style.Space12, bidi.Top(ui.IconDisc(env, icon, style.TonePrimary(), 36)),
		bidi.Grow(column(env, 0, bidi.NewParagraph(env, head, bidi.Text{Bold: true}), muted(env, text))))
}

// qrSize is the least side of the code with its white margin. It does not grow with the
// text: cameras do not read better for it.
const qrSize = 148

// qrModule is the least side of a module: a code with a long receipt in it grows, since
// cameras cannot read finer ones from a desktop's screen.
const qrModule = 2

// qrMargin is the white around the code, at least four of its modules.
const qrMargin = 9

// QR draws a code, black on white whatever the theme is: scanners expect it so. Every
// module is a whole number of the screen's pixels, so that the smallest are sharp.
func QR(content string) fyne.CanvasObject {
	white := canvas.NewRectangle(color.White)
	white.CornerRadius = style.RadiusChip
	code, err := qrcode.New(content, qrcode.Low)
	if err != nil { // longer than any code holds; the code in letters stands below
		return bidi.Spacer(0, 0)
	}
	code.DisableBorder = true
	modules := code.Bitmap()
	img := canvas.NewRaster(func(w, h int) image.Image { return drawModules(modules, w, h) })
	side := max(qrSize-2*qrMargin, qrModule*float32(len(modules)))
	img.SetMinSize(fyne.NewSize(side, side))
	return bidi.Sized(side+2*qrMargin, side+2*qrMargin, bidi.Stack(white, bidi.Middle(img)))
}

// drawModules draws a code in the middle of a picture of w by h pixels.
func drawModules(modules [][]bool, w, h int) image.Image {
	out := image.NewGray(image.Rect(0, 0, w, h))
	for i := range out.Pix {
		out.Pix[i] = 0xFF
	}
	side := max(1, min(w, h)/len(modules))
	x0, y0 := (w-side*len(modules))/2, (h-side*len(modules))/2
	for y, line := range modules {
		for x, dark := range line {
			if dark {
				draw.Draw(out, image.Rect(x0+x*side, y0+y*side, x0+(x+1)*side, y0+(y+1)*side), image.Black, image.Point{}, draw.Src)
			}
		}
	}
	return out
}
