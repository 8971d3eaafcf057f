package style

import (
	"bytes"
	"flag"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"os"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/software"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/theme"

	"github.com/citizens-portal/portal/assets"
)

var update = flag.Bool("update", false, "draw assets/icon.png anew from the mark")

const text, mark = 4.5, 3.0

// The pairs that meet on screen: what stands on what, and the contrast it needs.
var pairs = []struct {
	on, under fyne.ThemeColorName
	least     float64
}{
	{Ink, Background, text}, {Ink, Surface, text}, {Ink, Surface2, text}, {Ink, PrimaryBox, text},
	{InkMuted, Background, text}, {InkMuted, Surface, text}, {InkMuted, Surface2, text}, {InkMuted, PrimaryBox, text},
	{Placeholder, Surface, text},
	{Primary, Surface, text}, {Primary, Background, text}, {Primary, PrimaryBox, text},
	{OnPrimary, Primary, text}, {OnPrimaryBox, PrimaryBox, text},
	{Success, SuccessBox, text}, {Warning, WarningBox, text}, {Danger, DangerBox, text}, {Info, InfoBox, text},
	{Neutral, NeutralBox, text}, {Overdue, OverdueBox, text}, {Escalated, EscalatedBox, text},
	{Success, Surface, text}, {Warning, Surface, text}, {Danger, Surface, text}, {Danger, Background, text},
	{Info, Surface, text}, {Escalated, Surface, text},
	{OutlineStrong, Surface, mark}, {OutlineStrong, Background, mark},
	{Focus, Surface, mark}, {Focus, Background, mark},
	{OverdueBox, Surface, mark}, {Primary, Outline, mark},
	{Chart1, Surface, mark}, {Chart2, Surface, mark}, {Chart3, Surface, mark}, {Chart4, Surface, mark}, {Chart5, Surface, mark},
	{Disabled, Surface, mark},
}

func TestContrast(t *testing.T) {
	if len(pairs) < 35 {
		t.Fatalf("only %d pairs", len(pairs))
	}
	for _, dark := range []bool{false, true} {
		th := New(dark, Scale100)
		for _, p := range pairs {
			if c := contrast(th.Role(p.on), th.Role(p.under)); c < p.least {
				t.Errorf("dark %t: %s on %s has %.2f, needs %.1f", dark, p.on, p.under, c, p.least)
			}
		}
	}
}

// contrast is the ratio of WCAG 2.2, from relative luminance.
func contrast(a, b color.Color) float64 {
	la, lb := luminance(a), luminance(b)
	return (math.Max(la, lb) + 0.05) / (math.Min(la, lb) + 0.05)
}

func luminance(c color.Color) float64 {
	n := color.NRGBAModel.Convert(c).(color.NRGBA)
	channel := func(v uint8) float64 {
		f := float64(v) / 255
		if f <= 0.04045 {
			return f / 12.92
		}
		return math.Pow((f+0.055)/1.055, 2.4)
	}
	return 0.2126*channel(n.R) + 0.7152*channel(n.G) + 0.0722*channel(n.B)
}

func TestSizes(t *testing.T) {
	th := New(false, Scale200)
	for name, want := range map[fyne.ThemeSizeName]float32{
		theme.SizeNameText: 32, theme.SizeNameCaptionText: 26, theme.SizeNameSubHeadingText: 36,
		theme.SizeNameHeadingText: 44, theme.SizeNamePadding: 4, theme.SizeNameInnerPadding: 12,
		theme.SizeNameInlineIcon: 48, theme.SizeNameInputRadius: 12, theme.SizeNameInputBorder: 2,
		theme.SizeNameSeparatorThickness: 1,
	} {
		if got := th.Size(name); got != want {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
	if th.Text(Code) != 48 || th.Text(Caption) != 24 || th.Scaled(10) != 20 {
		t.Error("text does not follow the scale")
	}
}

func TestOwnBrightnessWins(t *testing.T) {
	th := New(true, Scale100)
	if got := th.Color(theme.ColorNameBackground, theme.VariantLight); got != th.Role(Background) {
		t.Errorf("background %v", got)
	}
	for _, name := range []fyne.ThemeColorName{theme.ColorNameHover, theme.ColorNamePressed, theme.ColorNameSelection, ColorScrim} {
		if _, _, _, a := th.Color(name, 0).RGBA(); a == 0 || a == 0xFFFF {
			t.Errorf("%s is not a veil", name)
		}
	}
}

func TestTintedIcons(t *testing.T) {
	th := New(false, Scale100)
	plain := th.Tinted(assets.IconBack, Primary, false)
	if !strings.Contains(string(plain.Content()), "#0B5F4C") {
		t.Error("not tinted:", string(plain.Content()))
	}
	if bytes.Equal(plain.Content(), th.Tinted(assets.IconBack, Primary, true).Content()) {
		t.Error("back is not mirrored")
	}
	if !bytes.Equal(th.Tinted(assets.IconClock, Primary, true).Content(), th.Tinted(assets.IconClock, Primary, false).Content()) {
		t.Error("the clock is mirrored")
	}
	if th.Tinted(assets.IconBack, Primary, true) != th.Tinted(assets.IconBack, Primary, true) {
		t.Error("not cached")
	}
	if r := th.Tinted("none-such", Primary, false); len(r.Content()) == 0 {
		t.Error("an unknown icon shows nothing")
	}
}

func TestEveryIconDraws(t *testing.T) {
	test.NewTempApp(t)
	th := New(false, Scale100)
	for _, i := range assets.Icons() {
		for _, mirrored := range []bool{false, true} {
			img := draw(th.Tinted(i, Ink, mirrored), 24)
			if inked(img) < 10 {
				t.Errorf("%s (mirrored %t) draws nothing", i, mirrored)
			}
			// Four times the size must have about sixteen times the ink.
			if n := float64(inked(draw(th.Tinted(i, Ink, mirrored), 96))) / float64(inked(img)); n < 8 || n > 24 {
				t.Errorf("%s (mirrored %t): strokes do not grow with the icon: %.1f", i, mirrored, n)
			}
		}
	}
}

// TestAppIconIsTheMark keeps the PNG for installers equal to the drawing it is made
// from; -update draws it.
func TestAppIconIsTheMark(t *testing.T) {
	test.NewTempApp(t)
	var got bytes.Buffer
	if err := png.Encode(&got, draw(New(false, Scale100).Mark(), 512)); err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile("../../assets/icon.png", got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if !bytes.Equal(got.Bytes(), assets.AppIcon()) {
		t.Error("assets/icon.png differs from mark.svg: go test ./app/style -update")
	}
}

func draw(r fyne.Resource, size float32) image.Image {
	c := software.NewTransparentCanvas()
	img := canvas.NewImageFromResource(r)
	c.SetPadded(false)
	c.SetContent(img)
	c.Resize(fyne.NewSize(size, size))
	return c.Capture()
}

func inked(img image.Image) int {
	b := img.Bounds()
	n := 0
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			if _, _, _, a := img.At(x, y).RGBA(); a > 0x4000 {
				n++
			}
		}
	}
	return n
}

func Example() {
	th := New(false, Scale150)
	fmt.Println(th.Text(Body), th.Size(theme.SizeNameInlineIcon))
	// Output: 24 36
}
