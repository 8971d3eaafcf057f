package assets

import (
	"bytes"
	"image/png"
	"strings"
	"testing"
)

func TestEveryIconHasAFileAndEveryFileAnIcon(t *testing.T) {
	named := map[string]bool{}
	for _, i := range Icons() {
		svg, err := i.SVG()
		if err != nil {
			t.Error(err)
			continue
		}
		named[string(i)+".svg"] = true
		for _, want := range []string{`viewBox="0 0 24 24"`, `stroke="#000000"`, `stroke-width="2"`, `fill="none"`} {
			if !bytes.Contains(svg, []byte(want)) {
				t.Errorf("icon %s: %s is missing", i, want)
			}
		}
	}
	files, err := icons.ReadDir("icons")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if !named[f.Name()] {
			t.Errorf("icon file %s has no constant", f.Name())
		}
	}
}

func TestUnknownNamesAreErrors(t *testing.T) {
	if _, err := Icon("no-such").SVG(); err == nil || !strings.Contains(err.Error(), "no-such") {
		t.Errorf("icon: %v", err)
	}
	if _, err := Translations("xx"); err == nil || !strings.Contains(err.Error(), "xx") {
		t.Errorf("translations: %v", err)
	}
}

func TestClockAndTickAreNeverMirrored(t *testing.T) {
	for _, i := range []Icon{IconClock, IconTick, IconCamera, IconQR, IconPhone} {
		if i.Mirrored() {
			t.Errorf("%s is mirrored", i)
		}
	}
	for _, i := range []Icon{IconBack, IconNext, IconChevron, IconSend, IconList} {
		if !i.Mirrored() {
			t.Errorf("%s is not mirrored", i)
		}
	}
}

func TestAppIconIsSquare(t *testing.T) {
	img, err := png.Decode(bytes.NewReader(AppIcon()))
	if err != nil {
		t.Fatal(err)
	}
	if b := img.Bounds(); b.Dx() != 512 || b.Dy() != 512 {
		t.Errorf("size %v", b)
	}
}
