package photo

import (
	"bytes"
	"fmt"
	"image"
	"image/jpeg"

	"golang.org/x/image/draw"
)

// ThumbSide is the longest side of a small picture, in pixels.
const ThumbSide = 320

const thumbQuality = 75

// Thumb makes the small JPEG of a picture that Clean made.
func Thumb(b []byte) ([]byte, error) {
	head, _, err := image.DecodeConfig(bytes.NewReader(b))
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
	w, h := head.Width, head.Height
	if longest := max(w, h); longest > ThumbSide {
		w, h = max(1, w*ThumbSide/longest), max(1, h*ThumbSide/longest)
	}
	dst := image.NewRGBA(image.Rect(0, 0, w, h))
	draw.Draw(dst, dst.Bounds(), image.White, image.Point{}, draw.Src) // JPEG knows no transparency
	draw.ApproxBiLinear.Scale(dst, dst.Bounds(), src, src.Bounds(), draw.Over, nil)
	var out bytes.Buffer
	err = jpeg.Encode(&out, dst, &jpeg.Options{Quality: thumbQuality})
	return out.Bytes(), err
}
