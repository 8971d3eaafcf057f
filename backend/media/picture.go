package media

import (
	"bytes"
	"image"
	"image/jpeg"

	_ "image/png" // one of the two kinds of picture

	"golang.org/x/image/draw"
)

// Limits on pictures, in pixels: of the whole, checked before anything is
// decoded so that a small file cannot fill the memory; and of the longest side
// of the small picture.
const (
	maxPixels = 24_000_000
	thumbSide = 320
)

const thumbQuality = 75

// thumbnail makes the small JPEG of a picture: new pixels, no metadata. A
// *refusal when the picture is too large or cannot be read.
func thumbnail(content []byte) ([]byte, error) {
	head, _, err := image.DecodeConfig(bytes.NewReader(content))
	if err != nil {
		return nil, &refusal{whyPicture, "the picture cannot be read"}
	}
	if head.Width <= 0 || head.Height <= 0 || head.Width > maxPixels/head.Height {
		return nil, &refusal{whyPixels, "the picture has more than 24 megapixels"}
	}
	src, _, err := image.Decode(bytes.NewReader(content))
	if err != nil {
		return nil, &refusal{whyPicture, "the picture cannot be read"}
	}
	w, h := head.Width, head.Height
	if longest := max(w, h); longest > thumbSide {
		w, h = max(1, w*thumbSide/longest), max(1, h*thumbSide/longest)
	}
	dst := image.NewRGBA(image.Rect(0, 0, w, h))
	draw.Draw(dst, dst.Bounds(), image.White, image.Point{}, draw.Src) // JPEG knows no transparency
	draw.ApproxBiLinear.Scale(dst, dst.Bounds(), src, src.Bounds(), draw.Over, nil)
	var out bytes.Buffer
	if err := jpeg.Encode(&out, dst, &jpeg.Options{Quality: thumbQuality}); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}
