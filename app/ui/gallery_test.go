package ui

import (
	"flag"
	"fmt"
	"image"
	"image/draw"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/software"

	"github.com/citizens-portal/portal/app/bidi"
	"github.com/citizens-portal/portal/app/i18n"
	"github.com/citizens-portal/portal/app/style"
)

var gallery = flag.String("gallery", "", "also write pictures of all parts, in every look, to this folder")

// onPage puts a part on the page's ground.
func onPage(env bidi.Env, p part) (fyne.CanvasObject, fyne.Size) {
	content := p.make(env)
	page := bidi.Stack(canvas.NewRectangle(env.Color(style.Background)), bidi.Pad(env, bidi.Around(style.Space16), content))
	return page, fyne.NewSize(p.width+32, bidi.HeightFor(content, p.width)+32)
}

func picturePart(env bidi.Env, p part) image.Image {
	page, size := onPage(env, p)
	c := software.NewCanvas()
	c.SetPadded(false)
	c.SetContent(page)
	c.Resize(size)
	return c.Capture()
}

// TestNothingIsCut lays out every part in every language and text size and looks for
// text that leaves its part or lies over another text.
func TestNothingIsCut(t *testing.T) {
	for _, lang := range i18n.Langs() {
		for _, scale := range style.Scales() {
			env := testEnv(t, lang, false, scale)
			for _, p := range parts() {
				page, size := onPage(env, p)
				page.Resize(size)
				for _, txt := range texts(page, fyne.NewPos(0, 0)) {
					if strings.Contains(txt.s, "…") && (p.name != "rows" || scale >= style.Scale150) {
						t.Errorf("%s %s at %.0f %%: %q is cut", p.name, lang, scale*100, txt.s)
					}
					if txt.x < -1 || txt.x+txt.w > size.Width+1 || txt.y < -1 || txt.y+txt.h > size.Height+2 {
						t.Errorf("%s %s at %.0f %%: %q leaves the part: %+v of %v", p.name, lang, scale*100, txt.s, txt, size)
					}
				}
			}
		}
	}
}

type placedText struct {
	s          string
	x, y, w, h float32
}

// texts returns every text below o with its place.
func texts(o fyne.CanvasObject, at fyne.Position) []placedText {
	if !o.Visible() {
		return nil
	}
	at = at.Add(o.Position())
	var out []placedText
	switch v := o.(type) {
	case *canvas.Text:
		return []placedText{{v.Text, at.X, at.Y, v.Size().Width, v.Size().Height}}
	case *fyne.Container:
		for _, c := range v.Objects {
			out = append(out, texts(c, at)...)
		}
	case fyne.Widget:
		for _, c := range rendererObjects(v) {
			out = append(out, texts(c, at)...)
		}
	}
	return out
}

func TestGallery(t *testing.T) {
	if *gallery == "" {
		return // the pictures are for eyes; the goldens are for machines
	}
	for _, lang := range i18n.Langs() {
		for _, dark := range []bool{false, true} {
			for _, scale := range []style.Scale{style.Scale100, style.Scale200} {
				env := testEnv(t, lang, dark, scale)
				var shots []image.Image
				for _, p := range parts() {
					shots = append(shots, picturePart(env, p))
				}
				name := fmt.Sprintf("%s-%s-%.0f.png", lang, map[bool]string{false: "light", true: "dark"}[dark], scale*100)
				save(t, filepath.Join(*gallery, name), columns(shots, 4))
			}
		}
	}
}

// columns pastes pictures into columns of about equal height.
func columns(shots []image.Image, n int) image.Image {
	total := 0
	for _, s := range shots {
		total += s.Bounds().Dy()
	}
	type spot struct{ x, y int }
	var at []spot
	x, y, w, high := 0, 0, 0, 0
	for _, s := range shots {
		if y > 0 && y+s.Bounds().Dy()/2 > total/n {
			x, y, w = x+w, 0, 0
		}
		at = append(at, spot{x, y})
		y += s.Bounds().Dy()
		w, high = max(w, s.Bounds().Dx()), max(high, y)
	}
	out := image.NewRGBA(image.Rect(0, 0, x+w, high))
	for i, s := range shots {
		draw.Draw(out, s.Bounds().Add(image.Pt(at[i].x, at[i].y)), s, image.Point{}, draw.Src)
	}
	return out
}

func save(t *testing.T, path string, img image.Image) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := png.Encode(f, img); err != nil {
		t.Fatal(err)
	}
}

func slug(parts ...string) string { return strings.Join(parts, "-") }
