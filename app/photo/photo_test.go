package photo_test

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"testing"

	"github.com/citizens-portal/portal/app/photo"
)

// scene is red in its upper left quarter and white elsewhere.
func scene(w, h int) image.Image {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			img.Set(x, y, color.White)
			if x < w/2 && y < h/2 {
				img.Set(x, y, color.RGBA{R: 255, A: 255})
			}
		}
	}
	return img
}

// held is a JPEG whose camera says how it was held.
func held(t *testing.T, img image.Image, how byte) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, nil); err != nil {
		t.Fatal(err)
	}
	exif := []byte("Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00" + string(how) + "\x00\x00\x00\x00\x00\x00")
	part := append([]byte{0xFF, 0xE1, 0, byte(len(exif) + 2)}, exif...)
	return append(append([]byte{0xFF, 0xD8}, part...), b.Bytes()[2:]...)
}

func red(c color.Color) bool {
	r, g, _, _ := c.RGBA()
	return r > 0xC000 && g < 0x4000
}

func TestPicturesAreUprightSmallAndBare(t *testing.T) {
	corners := map[byte]image.Point{1: {0, 0}, 2: {1, 0}, 3: {1, 1}, 4: {0, 1}, 5: {0, 0}, 6: {1, 0}, 7: {1, 1}, 8: {0, 1}}
	for how, corner := range corners {
		out, err := photo.Shrink(held(t, scene(2400, 1200), how))
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(out, []byte("Exif")) {
			t.Error("what the camera wrote beside the picture is still there")
		}
		img, err := jpeg.Decode(bytes.NewReader(out))
		if err != nil {
			t.Fatal(err)
		}
		size := img.Bounds().Size()
		want := image.Pt(1600, 800)
		if how >= 5 {
			want = image.Pt(800, 1600)
		}
		if size != want {
			t.Errorf("held %d: size %v, want %v", how, size, want)
		}
		if !red(img.At(corner.X*(size.X-1-200)+100, corner.Y*(size.Y-1-200)+100)) {
			t.Errorf("held %d: the red quarter is not at %v", how, corner)
		}
	}
}

func TestSmallPicturesStaySmall(t *testing.T) {
	var b bytes.Buffer
	if err := png.Encode(&b, scene(40, 30)); err != nil {
		t.Fatal(err)
	}
	img, err := photo.Thumbnail(b.Bytes(), 96)
	if err != nil || img.Bounds().Size() != image.Pt(40, 30) {
		t.Errorf("%v, %v", img.Bounds(), err)
	}
}

func TestOtherBytesAreRefused(t *testing.T) {
	for _, raw := range [][]byte{nil, []byte("a text"), {0xFF, 0xD8, 0xFF}} {
		if _, err := photo.Shrink(raw); !errors.Is(err, photo.ErrNotPicture) {
			t.Errorf("%q: %v", raw, err)
		}
	}
}

func FuzzShrink(f *testing.F) {
	f.Add([]byte("\xFF\xD8\xFF\xE1\x00\x20Exif\x00\x00II*\x00\x08\x00\x00\x00"))
	f.Fuzz(func(_ *testing.T, raw []byte) { _, _ = photo.Thumbnail(raw, 96) })
}
