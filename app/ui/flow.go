package ui

import (
	"image"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"

	"github.com/citizens-portal/portal/app/bidi"
	"github.com/citizens-portal/portal/app/style"
	"github.com/citizens-portal/portal/assets"
)

// StepBar shows the place in a flow: the words, and a bar of segments of which the
// current one is half full. Steps count from 1.
func StepBar(env bidi.Env, step, of int, here, next string) fyne.CanvasObject {
	words := bidi.Row(env, style.Space8,
		bidi.Grow(bidi.NewParagraph(env, here, bidi.Text{Size: style.Small, Bold: true})),
		bidi.NewLabel(env, next, bidi.Text{Size: style.Small, Role: style.InkMuted}))
	if large(env) {
		words = bidi.Column(env, 0, words.Objects...)
	}
	var segments []fyne.CanvasObject
	for i := 1; i <= of; i++ {
		share := float32(0)
		switch {
		case i < step:
			share = 1
		case i == step:
			share = 0.5
		}
		segments = append(segments, bidi.Sized(8, 6, &fyne.Container{Layout: &shareLayout{rtl: env.RTL(), share: share}, Objects: []fyne.CanvasObject{
			surface{fill: style.Outline, radius: 3}.rectangle(env), surface{fill: style.Primary, radius: 3}.rectangle(env)}}))
	}
	return bidi.Column(env, style.Space8, words, bidi.Grid(env, 6, 8, of, segments...))
}

// PictureTile is a choice shown by a picture and a word.
func PictureTile(env bidi.Env, icon assets.Icon, word string, selected bool, tap func()) *Press {
	ground := surface{fill: style.Surface, edge: style.Outline, width: style.LineThin, radius: style.RadiusCard}
	if selected {
		ground = surface{fill: style.PrimaryBox, edge: style.Primary, width: style.LineThick, radius: style.RadiusCard}
	}
	return newPress(env, ground, word, bidi.Sized(88, 96, bidi.Pad(env, bidi.Sides(style.Space8, style.Space12), bidi.Row(env, 0, bidi.Grow(bidi.Column(env, style.Space4,
		bidi.Middle(Icon(env, icon, style.OnPrimaryBox, 32)),
		bidi.NewParagraph(env, word, bidi.Text{Size: style.Small, Bold: true, Align: bidi.Center})))))), tap)
}

// PictureGrid lays tiles in three columns on a phone, in two when text is large.
func PictureGrid(env bidi.Env, tiles ...fyne.CanvasObject) fyne.CanvasObject {
	return bidi.Grid(env, style.Space8, grow(env, 96), 6, tiles...)
}

// PhotoState is a photo of the strip.
type PhotoState struct {
	Image  image.Image // nil while it is not here
	Icon   assets.Icon // stands where no image is
	Word   string      // "Saved", "Sending 40 %", "Sent", "Failed"; may be empty
	Mark   assets.Icon // beside the word
	Failed bool
	Tap    func() // opens it, or tries again
	Remove func()
	Label  string // says which photo
}

const photoSize, evidenceHeight float32 = 96, 160

// PhotoStrip shows photos with how far each one is, and a tile to add one while add is
// given.
func PhotoStrip(env bidi.Env, photos []PhotoState, addWord, removeWord string, add func()) fyne.CanvasObject {
	side := grow(env, photoSize)
	var tiles []fyne.CanvasObject
	for _, p := range photos {
		tiles = append(tiles, photoTile(env, p, removeWord))
	}
	if add != nil {
		ground := surface{fill: style.Surface, edge: style.OutlineStrong, width: 1.5, radius: style.RadiusControl}
		tiles = append(tiles, newPress(env, ground, addWord, bidi.Sized(side, side, bidi.Middle(bidi.Sized(side-8, 0, bidi.Column(env, style.Space4,
			bidi.Middle(Icon(env, assets.IconCamera, style.Primary, 24)),
			bidi.NewParagraph(env, addWord, bidi.Text{Size: style.Small, Bold: true, Role: style.Primary, Align: bidi.Center}))))), add))
	}
	return bidi.Flow(env, style.Space12, tiles...)
}

func photoTile(env bidi.Env, p PhotoState, removeWord string) fyne.CanvasObject {
	side := grow(env, photoSize)
	body := bidi.Stack(pictureOr(env, p.Image, p.Icon))
	if p.Word != "" {
		tone := style.Tone{Text: style.Surface, Box: style.Ink}
		if p.Failed {
			tone = style.ToneOverdue()
		}
		plate := surface{fill: tone.Box, radius: 6}.on(env, bidi.Pad(env, bidi.Sides(6, 0), bidi.Row(env, style.Space4,
			bidi.Top(bidi.Pad(env, bidi.Insets{Top: 4}, Icon(env, p.Mark, tone.Text, 12))), bidi.Grow(bidi.NewParagraph(env, p.Word, bidi.Text{Size: style.Caption, Role: tone.Text})))))
		body.Objects = append(body.Objects, bidi.Pad(env, bidi.Around(6), bidi.Column(env, 0, bidi.Grow(bidi.Spacer(0, 0)), plate)))
	}
	label := strings.Join(nonEmpty(p.Label, p.Word), ", ")
	tile := newPress(env, surface{fill: style.Surface2, radius: style.RadiusControl}, label, bidi.Sized(side, side, body), p.Tap)
	if p.Remove == nil {
		return tile
	}
	disc := bidi.Middle(IconDisc(env, assets.IconCross, style.Tone{Text: style.Surface, Box: style.Ink}, 28))
	remove := newPress(env, surface{radius: 24}, removeWord+", "+p.Label, bidi.Sized(style.Touch, style.Touch, disc), p.Remove)
	return bidi.Stack(tile, &fyne.Container{Layout: &cornerLayout{rtl: env.RTL()}, Objects: []fyne.CanvasObject{remove}})
}

// pictureOr is a picture with the corners of a tile; an icon stands for it while it is
// not here.
func pictureOr(env bidi.Env, img image.Image, icon assets.Icon) fyne.CanvasObject {
	if img == nil {
		return bidi.Middle(Icon(env, icon, style.InkMuted, 24))
	}
	pic := canvas.NewImageFromImage(img)
	pic.FillMode, pic.CornerRadius = canvas.ImageFillCover, style.RadiusControl
	return pic
}

// ConfirmState is an office's word that a case is solved, for the citizen to judge.
type ConfirmState struct {
	Status   Status
	Until    string       // "until 1 Dec"
	Evidence []PhotoState // of the office; the first one is shown large
	Question string
	Office   string // what the office wrote; may be empty
	Yes, No  string
	Silence  string // what follows without an answer; may be empty
}

// ConfirmCard asks the citizen to confirm or reject. Both answers look equally strong.
func ConfirmCard(env bidi.Env, s ConfirmState, yes, no func()) fyne.CanvasObject {
	ground := surface{fill: style.Surface, edge: style.Warning, width: style.LineThick, radius: style.RadiusCard}
	chips := bidi.Flow(env, style.Space8, StatusChip(env, s.Status), bidi.NewLabel(env, s.Until, bidi.Text{Size: style.Small, Role: style.InkMuted}))
	if env.Style.Scale() == style.Scale100 {
		chips = bidi.Row(env, style.Space8, StatusChip(env, s.Status), bidi.Grow(bidi.NewCutLabel(env, s.Until, bidi.Text{Size: style.Small, Role: style.InkMuted, Align: bidi.End})))
	}
	items := []fyne.CanvasObject{chips}
	if len(s.Evidence) > 0 {
		first := s.Evidence[0]
		items = append(items, newPress(env, surface{fill: style.Surface2, radius: style.RadiusControl}, first.Label,
			bidi.Sized(0, evidenceHeight, pictureOr(env, first.Image, first.Icon)), first.Tap))
	}
	if len(s.Evidence) > 1 {
		items = append(items, PhotoStrip(env, s.Evidence[1:], "", "", nil))
	}
	items = append(items, bidi.NewParagraph(env, s.Question, bidi.Text{Bold: true}))
	if s.Office != "" {
		items = append(items, bidi.NewParagraph(env, s.Office, bidi.Text{Size: style.Small, Order: bidi.ByText}))
	}
	items = append(items, Pair(env,
		Button(env, ButtonState{Word: s.Yes, Icon: assets.IconTick}, yes),
		Button(env, ButtonState{Word: s.No, Icon: assets.IconCross}, no)))
	if s.Silence != "" {
		items = append(items, bidi.NewParagraph(env, s.Silence, bidi.Text{Size: style.Small, Role: style.InkMuted}))
	}
	return ground.on(env, bidi.Pad(env, bidi.Around(style.Space16), bidi.Column(env, style.Space12, items...)))
}

// Rating shows five faces, the worst at the start. Chosen is 1 to 5, or 0 for none.
func Rating(env bidi.Env, question string, chosen int, choose func(int)) fyne.CanvasObject {
	faces := []assets.Icon{assets.IconFace1, assets.IconFace2, assets.IconFace3, assets.IconFace4, assets.IconFace5}
	keys := []string{"rate.1", "rate.2", "rate.3", "rate.4", "rate.5"}
	var cells []fyne.CanvasObject
	for i, face := range faces {
		n, on := i+1, i+1 == chosen
		ground, role := surface{radius: style.RadiusControl}, style.InkMuted
		if on {
			ground, role = surface{fill: style.PrimaryBox, edge: style.Primary, width: style.LineThick, radius: style.RadiusControl}, style.OnPrimaryBox
		}
		word := env.T(keys[i])
		cells = append(cells, newPress(env, ground, word, bidi.Sized(56, 56, bidi.Pad(env, bidi.Sides(2, style.Space8), bidi.Column(env, 2,
			bidi.Middle(Icon(env, face, role, 32)),
			bidi.NewParagraph(env, word, bidi.Text{Size: style.Caption, Bold: on, Role: role, Align: bidi.Center})))), func() { choose(n) }))
	}
	return bidi.Column(env, style.Space8, bidi.NewParagraph(env, question, bidi.Text{Size: style.Section, Bold: true}),
		bidi.Grid(env, style.Space4, env.Style.Scaled(56), 5, cells...))
}
