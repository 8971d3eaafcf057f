package ui

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"github.com/citizens-portal/portal/app/i18n"
	"github.com/citizens-portal/portal/app/style"
)

func rendererObjects(w fyne.Widget) []fyne.CanvasObject { return test.WidgetRenderer(w).Objects() }

// TestMarkup compares every part, in English and in Urdu, with testdata/markup.
func TestMarkup(t *testing.T) {
	for _, lang := range []i18n.Lang{i18n.English, i18n.Urdu} {
		env := testEnv(t, lang, false, style.Scale100)
		for _, p := range parts() {
			page, size := onPage(env, p)
			w := test.NewTempWindow(t, page)
			w.SetPadded(false)
			w.Resize(size)
			test.AssertRendersToMarkup(t, "markup/"+slug(p.name, string(lang))+".xml", w.Canvas())
		}
	}
}

// TestPictures compares a few parts, where order and mirroring show best, with
// testdata/picture.
func TestPictures(t *testing.T) {
	look := map[string]bool{"rows": true, "ladder": true, "step": true, "chips": true}
	for _, lang := range []i18n.Lang{i18n.English, i18n.Urdu} {
		for _, dark := range []bool{false, true} {
			env := testEnv(t, lang, dark, style.Scale100)
			for _, p := range parts() {
				if look[p.name] {
					name := slug(p.name, string(lang), map[bool]string{false: "light", true: "dark"}[dark])
					test.AssertImageMatches(t, "picture/"+name+".png", picturePart(env, p))
				}
			}
		}
	}
}
