// Package photo makes a picture fit to be sent: upright, at most 1,600 pixels
// on its longest side, and without the metadata (place, camera, owner) that
// phones write into it.
//
// It knows pictures only; it must never know files, complaints or storage.
//
// Start reading at Clean.
package photo

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"

	"golang.org/x/image/draw"
)

// Limits on pictures: MaxPixels is checked before anything is decoded, so that
// a small file cannot fill the memory; LongestSide is what remains, in pixels.
const (
	MaxPixels   = 24_000_000
	LongestSide = 1600
)

const quality = 82

// Errors of Clean.
var (
	ErrTooLarge = errors.New("the picture has too many pixels")
	ErrBroken   = errors.New("the picture cannot be read")
)

// Clean re-encodes a JPEG or PNG as a JPEG or PNG of the same kind.
func Clean(b []byte) ([]byte, error) {
	head, kind, err := image.DecodeConfig(bytes.NewReader(b))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrBroken, err)
	}
	if head.Width <= 0 || head.Height <= 0 || head.Width > MaxPixels/head.Height {
		return nil, fmt.Errorf("%w: %d × %d", ErrTooLarge, head.Width, head.Height)
	}
	src, _, err := image.Decode(bytes.NewReader(b))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrBroken, err)
	}
	out := shrink(src)
	if kind == "jpeg" {
		out = upright(out, orientation(b))
	}
	var buf bytes.Buffer
	if kind == "png" {
		err = png.Encode(&buf, out)
	} else {
		err = jpeg.Encode(&buf, out, &jpeg.Options{Quality: quality})
	}
	return buf.Bytes(), err
}

// shrink draws the picture at its size to be; also when that does not change,
// so that nothing but pixels is carried over.
func shrink(src image.Image) *image.RGBA {
	w, h := src.Bounds().Dx(), src.Bounds().Dy()
	if longest := max(w, h); longest > LongestSide {
		w, h = max(1, w*LongestSide/longest), max(1, h*LongestSide/longest)
	}
	dst := image.NewRGBA(image.Rect(0, 0, w, h))
	draw.ApproxBiLinear.Scale(dst, dst.Bounds(), src, src.Bounds(), draw.Src, nil)
	return dst
}

// upright turns a picture as its EXIF orientation (1 to 8) says.
func upright(src *image.RGBA, o int) *image.RGBA {
	if o < 2 || o > 8 {
		return src
	}
	w, h := src.Rect.Dx(), src.Rect.Dy()
	size := image.Rect(0, 0, w, h)
	if o >= 5 {
		size = image.Rect(0, 0, h, w)
	}
	dst := image.NewRGBA(size)
	for y := range h {
		for x := range w {
			tx, ty := place(o, x, y, w, h)
			copy(dst.Pix[dst.PixOffset(tx, ty):][:4], src.Pix[src.PixOffset(x, y):][:4])
		}
	}
	return dst
}

// place is where a pixel of a w × h picture belongs once it is upright (EXIF
// 2.32, tag 0x0112).
func place(o, x, y, w, h int) (int, int) {
	switch o {
	case 2:
		return w - 1 - x, y
	case 3:
		return w - 1 - x, h - 1 - y
	case 4:
		return x, h - 1 - y
	case 5:
		return y, x
	case 6:
		return h - 1 - y, x
	case 7:
		return h - 1 - y, w - 1 - x
	case 8:
		return y, w - 1 - x
	}
	return x, y
}
