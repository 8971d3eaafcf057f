package photo

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"testing"
)

// sample is a picture whose top left quarter is red, the rest blue.
func sample(w, h int) *image.RGBA {
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			c := color.RGBA{B: 255, A: 255}
			if x < w/2 && y < h/2 {
				c = color.RGBA{R: 255, A: 255}
			}
			m.SetRGBA(x, y, c)
		}
	}
	return m
}

func encodeJPEG(t testing.TB, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// withExif puts an orientation and a telling word into a JPEG.
func withExif(b []byte, order binary.AppendByteOrder, mark string, o uint16) []byte {
	tiff := []byte(mark)
	tiff = order.AppendUint16(tiff, 42)
	tiff = order.AppendUint32(tiff, 8)
	tiff = order.AppendUint16(tiff, 1)
	tiff = order.AppendUint16(tiff, 0x0112)
	tiff = order.AppendUint16(tiff, 3)
	tiff = order.AppendUint32(tiff, 1)
	tiff = order.AppendUint16(tiff, o)
	tiff = append(tiff, "\x00\x00GPS of my house"...)
	segment := append([]byte("Exif\x00\x00"), tiff...)
	out := append([]byte{}, b[:2]...)
	out = append(out, 0xff, 0xe1)
	out = binary.BigEndian.AppendUint16(out, uint16(len(segment)+2))
	return append(append(out, segment...), b[2:]...)
}

func decode(t *testing.T, b []byte) image.Image {
	t.Helper()
	m, _, err := image.Decode(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func isRed(c color.Color) bool { r, _, b, _ := c.RGBA(); return r > b }

func TestOrientationIsAppliedAndMetadataDropped(t *testing.T) {
	const w, h = 64, 32
	// Where the red quarter's middle ends up, in quarters of the picture.
	corners := map[uint16][2]int{1: {1, 1}, 2: {3, 1}, 3: {3, 3}, 4: {1, 3}, 5: {1, 1}, 6: {3, 1}, 7: {3, 3}, 8: {1, 3}}
	plain := encodeJPEG(t, sample(w, h))
	for o, corner := range corners {
		for mark, order := range map[string]binary.AppendByteOrder{"II": binary.LittleEndian, "MM": binary.BigEndian} {
			out, err := Clean(withExif(plain, order, mark, o))
			if err != nil {
				t.Fatal(err)
			}
			if bytes.Contains(out, []byte("GPS")) || bytes.Contains(out, []byte("Exif")) {
				t.Fatal("metadata was kept")
			}
			m := decode(t, out)
			size := m.Bounds().Size()
			if (o >= 5) != (size.X < size.Y) {
				t.Errorf("orientation %d: size %v", o, size)
			}
			for qy := 1; qy < 4; qy += 2 {
				for qx := 1; qx < 4; qx += 2 {
					if got := isRed(m.At(size.X*qx/4, size.Y*qy/4)); got != (corner == [2]int{qx, qy}) {
						t.Errorf("orientation %d: quarter %d,%d red is %v", o, qx, qy, got)
					}
				}
			}
		}
	}
}

func TestLargePicturesShrink(t *testing.T) {
	out, err := Clean(encodeJPEG(t, sample(3200, 800)))
	if err != nil {
		t.Fatal(err)
	}
	if size := decode(t, out).Bounds().Size(); size.X != LongestSide || size.Y != 400 {
		t.Fatalf("size %v", size)
	}
}

func TestPNGStaysPNG(t *testing.T) {
	var b bytes.Buffer
	if err := png.Encode(&b, sample(20, 10)); err != nil {
		t.Fatal(err)
	}
	out, err := Clean(b.Bytes())
	if err != nil || !bytes.HasPrefix(out, []byte("\x89PNG")) {
		t.Fatalf("%q %v", out[:4], err)
	}
}

func TestWhatIsRefused(t *testing.T) {
	var bomb bytes.Buffer
	if err := png.Encode(&bomb, image.NewRGBA(image.Rect(0, 0, 2, 2))); err != nil {
		t.Fatal(err)
	}
	huge := bytes.Clone(bomb.Bytes())
	binary.BigEndian.PutUint32(huge[16:], 60_000) // width in the header
	binary.BigEndian.PutUint32(huge[20:], 60_000)
	if _, err := Clean(huge); err == nil {
		t.Error("a picture with a forged size was read")
	}
	if _, err := Clean([]byte("no picture")); !errors.Is(err, ErrBroken) {
		t.Errorf("got %v", err)
	}
	if _, err := Clean(encodeJPEG(t, sample(64, 64))[:200]); !errors.Is(err, ErrBroken) {
		t.Errorf("got %v", err)
	}
}

func FuzzOrientation(f *testing.F) {
	good := withExif(encodeJPEG(f, sample(8, 8)), binary.BigEndian, "MM", 6)
	f.Add(good)
	f.Add(good[:40])
	f.Add([]byte{0xff, 0xd8, 0xff, 0xe1, 0, 2})
	f.Fuzz(func(_ *testing.T, b []byte) { orientation(b) })
}
