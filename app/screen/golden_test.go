package screen_test

import (
	"bytes"
	"flag"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/software"
	"fyne.io/fyne/v2/test"

	"github.com/citizens-portal/portal/app/bidi"
	"github.com/citizens-portal/portal/app/i18n"
	"github.com/citizens-portal/portal/app/style"
	"github.com/citizens-portal/portal/app/ui"
	"github.com/citizens-portal/portal/assets"
)

var (
	update  = flag.Bool("update", false, "rewrite the golden files")
	gallery = flag.String("gallery", "", "also write pictures of all screens, in every look, to this folder")
)

var phone = fyne.NewSize(360, 740)

// window puts a screen together as the app's window does.
func window(w world, s shot) fyne.CanvasObject {
	f, tab := s.make(w)
	if tab != noTab {
		f.Foot = ui.BottomBar(w.env, []ui.NavItem{
			{Icon: assets.IconHome, Word: w.env.T("nav.home")}, {Icon: assets.IconCases, Word: w.env.T("nav.cases")}, {Icon: assets.IconMore, Word: w.env.T("nav.more")},
		}, tab, nil)
	}
	return bidi.Stack(canvas.NewRectangle(w.env.Color(style.Background)), bidi.Column(w.env, 0, f.Bar, bidi.Grow(f.Body), f.Foot))
}

func picture(w world, s shot) image.Image {
	c := software.NewCanvas()
	c.SetPadded(false)
	c.SetContent(window(w, s))
	c.Resize(phone)
	return c.Capture()
}

// TestMarkup compares every screen, in English and in Urdu, with testdata/markup.
func TestMarkup(t *testing.T) {
	for _, lang := range []i18n.Lang{i18n.English, i18n.Urdu} {
		w := newWorld(t, lang, false, style.Scale100)
		for _, s := range shots() {
			win := test.NewTempWindow(t, window(w, s))
			win.SetPadded(false)
			win.Resize(phone)
			golden(t, "markup/"+s.name+"-"+string(lang)+".xml", []byte(test.RenderToMarkup(win.Canvas())))
		}
	}
}

// TestPictures compares the main screens with testdata/picture.
func TestPictures(t *testing.T) {
	main := map[string]bool{"home": true, "report-happened": true, "received": true, "complaint": true, "receipt": true}
	for _, lang := range []i18n.Lang{i18n.English, i18n.Urdu} {
		for _, dark := range []bool{false, true} {
			w := newWorld(t, lang, dark, style.Scale100)
			for _, s := range shots() {
				if main[s.name] {
					goldenPicture(t, "picture/"+s.name+"-"+string(lang)+"-"+map[bool]string{false: "light", true: "dark"}[dark]+".png", picture(w, s))
				}
			}
		}
	}
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		write(t, path, got)
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		failed := filepath.Join("testdata", "failed", name)
		write(t, failed, got)
		t.Errorf("%s has changed: compare it with %s", path, failed)
	}
}

func goldenPicture(t *testing.T, name string, got image.Image) {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, got); err != nil {
		t.Fatal(err)
	}
	golden(t, name, b.Bytes())
}

func write(t *testing.T, path string, b []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b, 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestGallery draws every screen in every look when a folder is given; without one it
// draws them at the largest text, where most goes wrong, and only sees that they can be.
func TestGallery(t *testing.T) {
	looks := []struct {
		name  string
		dark  bool
		scale style.Scale
	}{{"light", false, style.Scale100}, {"dark", true, style.Scale100}, {"200", false, style.Scale200}}
	if *gallery == "" {
		looks = looks[2:]
	}
	for _, lang := range i18n.Langs() {
		for _, l := range looks {
			w := newWorld(t, lang, l.dark, l.scale)
			for _, s := range shots() {
				img := picture(w, s)
				if *gallery == "" {
					continue
				}
				var b bytes.Buffer
				if err := png.Encode(&b, img); err != nil {
					t.Fatal(err)
				}
				write(t, filepath.Join(*gallery, s.name+"-"+string(lang)+"-"+l.name+".png"), b.Bytes())
			}
		}
	}
}
