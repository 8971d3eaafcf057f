package photo

import (
	"encoding/binary"
	"image"
)

// How a camera was held, as Exif writes it in tag 0x0112 (JEITA CP-3451, 4.6.4): 1 is
// upright; 2, 4, 5 and 7 are mirrored too.
const (
	markerExif     = 0xE1
	markerScan     = 0xDA
	tagOrientation = 0x0112
)

// orientation finds how the camera was held; 1 when the picture does not say.
func orientation(jpeg []byte) int {
	for at := 2; at+4 <= len(jpeg) && jpeg[at] == 0xFF && jpeg[at+1] != markerScan; {
		size := int(binary.BigEndian.Uint16(jpeg[at+2:]))
		end := at + 2 + size
		if size < 2 || end > len(jpeg) {
			break
		}
		if part := jpeg[at+4 : end]; jpeg[at+1] == markerExif && len(part) > 14 && string(part[:6]) == "Exif\x00\x00" {
			return fromTIFF(part[6:])
		}
		at = end
	}
	return 1
}

// fromTIFF reads the first directory of the TIFF block that Exif is.
func fromTIFF(b []byte) int {
	var order binary.ByteOrder = binary.BigEndian
	if b[0] == 'I' {
		order = binary.LittleEndian
	}
	at := int(order.Uint32(b[4:8]))
	if at < 8 || at+2 > len(b) {
		return 1
	}
	n := int(order.Uint16(b[at:]))
	for i := range n {
		entry := at + 2 + 12*i
		if entry+12 > len(b) {
			break
		}
		if order.Uint16(b[entry:]) == tagOrientation {
			if v := int(order.Uint16(b[entry+8:])); v >= 1 && v <= 8 {
				return v
			}
		}
	}
	return 1
}

// upright turns a picture as its camera was held.
func upright(img image.Image, held int) image.Image {
	if held <= 1 || held > 8 {
		return img
	}
	b := img.Bounds()
	w, h := b.Dx(), b.Dy()
	size := image.Rect(0, 0, w, h)
	if held >= 5 {
		size = image.Rect(0, 0, h, w)
	}
	out := image.NewRGBA(size)
	for y := range h {
		for x := range w {
			to := place(held, x, y, w, h)
			out.Set(to.X, to.Y, img.At(b.Min.X+x, b.Min.Y+y))
		}
	}
	return out
}

// place is where a pixel of a picture of w by h goes.
func place(held, x, y, w, h int) image.Point {
	switch held {
	case 2:
		return image.Pt(w-1-x, y)
	case 3:
		return image.Pt(w-1-x, h-1-y)
	case 4:
		return image.Pt(x, h-1-y)
	case 5:
		return image.Pt(y, x)
	case 6:
		return image.Pt(h-1-y, x)
	case 7:
		return image.Pt(h-1-y, w-1-x)
	case 8:
		return image.Pt(y, w-1-x)
	}
	return image.Pt(x, y)
}
