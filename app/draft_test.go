package app

import (
	"bytes"
	"context"
	"image"
	"image/png"
	"io"
	"testing"

	"fyne.io/fyne/v2"

	"github.com/citizens-portal/portal/app/nav"
)

// TestDraftWithAPhoto: a photo is kept, seen large and left with Back; the draft is
// removed from the flow and from the list, and comes back whole with Undo.
func TestDraftWithAPhoto(t *testing.T) {
	d := newBackend(t).open(t, t.TempDir())
	d.register()
	d.tap("Report a problem")
	d.tap("Electricity")
	d.tap("Power cuts")
	d.tap("Next: What happened")
	d.write("What happened?", "No electricity for three days.")
	d.pass()
	var photo bytes.Buffer
	if err := png.Encode(&photo, image.NewGray(image.Rect(0, 0, 40, 30))); err != nil {
		t.Fatal(err)
	}
	d.choose(photo.Bytes())
	d.sees("Photo 1, Saved")
	d.choose([]byte("no picture"))
	d.sees("This file is not a picture")

	d.tap("Photo 1")
	d.at(nav.Photo)
	d.sees("Save")
	d.back()
	d.at(nav.Report)

	d.tap("Remove this complaint")
	d.at(nav.Home)
	d.sees("Complaint removed")
	d.drafts(0)
	d.tap("Undo")
	d.drafts(1)
	d.tap("My cases")
	d.tap("Remove this complaint")
	d.drafts(0)
	d.tap("Undo")
	d.tap("No electricity")
	d.at(nav.Report)
	d.sees("Photo")
}

// choose gives the flow a file, as the phone's own picker does.
func (d *driven) choose(content []byte) {
	d.t.Helper()
	d.pick = func(chosen func(io.ReadCloser)) { chosen(io.NopCloser(bytes.NewReader(content))) }
	d.tap("Add photo")
}

func (d *driven) drafts(want int) {
	d.t.Helper()
	got, err := d.client.Complaints.Drafts(context.Background())
	if err != nil || len(got) != want {
		d.t.Fatalf("%d drafts, want %d (%v)", len(got), want, err)
	}
}

// TestBackClosesAQuestionFirst: leaving a question is its safe answer.
func TestBackClosesAQuestionFirst(t *testing.T) {
	d := newBackend(t).open(t, t.TempDir())
	d.register()
	d.open(nav.Route{Name: nav.Settings})
	chosen := false
	d.question("Sure?", "", choice{word: "Keep it"}, choice{word: "Remove", do: func() { chosen = true }})
	key := &fyne.KeyEvent{Name: fyne.KeyEscape}
	d.typedKey(key)
	if d.asking.Visible() || chosen {
		t.Fatal("the question is still open, or was answered")
	}
	d.at(nav.Settings)
	d.typedKey(key)
	d.at(nav.Home)
}
