package photo

import (
	"image"
	"testing"
)

// BenchmarkClean makes a phone's photo of 12 megapixels fit to be sent.
func BenchmarkClean(b *testing.B) {
	m := image.NewRGBA(image.Rect(0, 0, 4000, 3000))
	for i := range m.Pix {
		m.Pix[i] = uint8(i>>8) ^ uint8(i)
	}
	photo := encodeJPEG(b, m)
	b.SetBytes(int64(len(photo)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Clean(photo); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkThumb(b *testing.B) {
	photo := encodeJPEG(b, sample(1600, 1200))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Thumb(photo); err != nil {
			b.Fatal(err)
		}
	}
}
