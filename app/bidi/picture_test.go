package bidi

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"github.com/citizens-portal/portal/app/i18n"
)

// TestEntryPictures shows caret and selection over mixed text, in both directions.
func TestEntryPictures(t *testing.T) {
	for _, lang := range []i18n.Lang{i18n.English, i18n.Urdu} {
		e, w := shown(t, lang, EntryOptions{Multi: true, Rows: 4})
		test.Type(e, map[i18n.Lang]string{
			i18n.English: "Complaint شکایت 123 at Ward 7 of the old bazaar, since Monday.\nسوات میں پانی نہیں",
			i18n.Urdu:    "میری گلی نمبر 12 میں پانی نہیں آ رہا، Ward 7 کے دفتر کو 3 بار بتایا (Monday)۔\nWater is gone",
		}[lang])
		e.buf.Select(6, 45)
		e.Refresh()
		w.Resize(fyne.NewSize(300, 160))
		test.AssertImageMatches(t, "picture/entry-"+string(lang)+".png", w.Canvas().Capture())
	}
}
