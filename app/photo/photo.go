// Package photo makes pictures from a phone's camera small enough to send from a
// village: upright, at most 1,600 pixels long, and without what cameras write beside
// the picture, such as the place.
//
// It knows bytes and nothing of screens or complaints. Start with [Shrink].
package photo

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	_ "image/png" // read too

	"golang.org/x/image/draw"
)

// ErrNotPicture means that the bytes are no JPEG or PNG picture, or a broken one.
var ErrNotPicture = errors.New("this is not a picture")

// Limits of a picture: the longest side sent, the quality, and the most pixels read.
const (
	Longest   = 1600
	quality   = 80
	maxPixels = 64 << 20
)

// Shrink makes the JPEG that is sent. It never makes a picture larger.
func Shrink(raw []byte) ([]byte, error) {
	img, err := decode(raw, Longest)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	if err := jpeg.Encode(&out, img, &jpeg.Options{Quality: quality}); err != nil {
		return nil, fmt.Errorf("encode picture: %w", err)
	}
	return out.Bytes(), nil
}

// Thumbnail makes a small picture for a strip of photos.
func Thumbnail(raw []byte, side int) (image.Image, error) {
	return decode(raw, side)
}

// decode reads a picture, makes it small and then upright: turning is the slow part.
func decode(raw []byte, longest int) (image.Image, error) {
	c, kind, err := image.DecodeConfig(bytes.NewReader(raw))
	if err != nil || c.Width <= 0 || c.Height <= 0 || c.Width > maxPixels/c.Height {
		return nil, ErrNotPicture
	}
	img, _, err := image.Decode(bytes.NewReader(raw))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNotPicture, err)
	}
	img = fit(img, longest)
	if kind == "jpeg" {
		img = upright(img, orientation(raw))
	}
	return img, nil
}

// fit scales a picture down until its longest side is at most as given. Transparent
// parts become white.
func fit(img image.Image, longest int) image.Image {
	b := img.Bounds()
	w, h := b.Dx(), b.Dy()
	if most := max(w, h); most > longest {
		w, h = max(1, w*longest/most), max(1, h*longest/most)
	}
	out := image.NewRGBA(image.Rect(0, 0, w, h))
	draw.Draw(out, out.Bounds(), image.White, image.Point{}, draw.Src)
	draw.ApproxBiLinear.Scale(out, out.Bounds(), img, b, draw.Over, nil)
	return out
}
