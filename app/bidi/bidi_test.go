package bidi

import (
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/test"

	"github.com/citizens-portal/portal/app/bidi/line"
	"github.com/citizens-portal/portal/app/i18n"
	"github.com/citizens-portal/portal/app/style"
	"github.com/citizens-portal/portal/assets"
)

func testEnv(t testing.TB, lang i18n.Lang) Env {
	t.Helper()
	app := test.NewTempApp(t)
	th := style.New(false, style.Scale100)
	app.Settings().SetTheme(th)
	words, err := i18n.Load(assets.Translations)
	if err != nil {
		t.Fatal(err)
	}
	faces, err := NewFaces()
	if err != nil {
		t.Fatal(err)
	}
	return NewEnv(lang, words, th, faces)
}

// The painter must give a run the width that we measured, or runs would overlap.
func TestPainterAgreesWithMeasure(t *testing.T) {
	env := testEnv(t, i18n.Urdu)
	for _, text := range []string{
		"شکایت درج کریں", "نمبر 123 ہے", "آپ کی شکایت نمبر KP-26-7F3K-92QX موصول ہو گئی۔", "کیا آپ (Citizen Portal) استعمال کرتے ہیں؟",
		"ستاسو ځواب پکار دی: ټ ډ ړ ږ ښ ڼ ې", "قیمت: 1,250.50 روپے (فی کلو) ۲۰۲۶", "Plain English, 12 words.", "لا إله AVAToTy",
	} {
		for _, bold := range []bool{false, true} {
			for _, l := range env.Faces.Shape([]rune(text), line.Auto, RTL, line.Font{Size: 16, Bold: bold}).Wrap(0) {
				for _, o := range env.paint(l, Text{Bold: bold}, style.Ink) {
					if d := o.MinSize().Width - o.Size().Width; d > 0.6 || d < -0.6 {
						t.Errorf("%q: painter %.2f, measured %.2f", o.Text, o.MinSize().Width, o.Size().Width)
					}
				}
			}
		}
	}
}

func lay(o fyne.CanvasObject, w, h float32) fyne.CanvasObject {
	test.WidgetRenderer(asWidget(o))
	o.Resize(fyne.NewSize(w, h))
	return o
}

func asWidget(o fyne.CanvasObject) fyne.Widget {
	if w, ok := o.(fyne.Widget); ok {
		return w
	}
	return NewLabel(Env{}, "", Text{})
}

func xs(o fyne.CanvasObject) (first, last float32) {
	objs := test.WidgetRenderer(o.(fyne.Widget)).Objects()
	first = 1e6
	for _, c := range objs {
		first = min(first, c.Position().X)
		last = max(last, c.Position().X+c.Size().Width)
	}
	return first, last
}

func TestLabelAligns(t *testing.T) {
	for lang, want := range map[i18n.Lang][3]string{i18n.English: {"left", "middle", "right"}, i18n.Urdu: {"right", "middle", "left"}} {
		env := testEnv(t, lang)
		for i, align := range []Align{Start, Center, End} {
			first, last := xs(lay(NewLabel(env, env.T("status.received"), Text{Align: align}), 300, 30))
			got := "middle"
			switch {
			case first < 1:
				got = "left"
			case last > 299:
				got = "right"
			}
			if got != want[i] {
				t.Errorf("%s align %d: %s, want %s (%v to %v)", lang, align, got, want[i], first, last)
			}
		}
	}
}

func TestCutLabelKeepsItsText(t *testing.T) {
	env := testEnv(t, i18n.Urdu)
	l := NewCutLabel(env, "پانی کی لائن ٹوٹی ہوئی ہے اور سڑک پر پانی کھڑا ہے", Text{})
	lay(l, 120, 30)
	if first, last := xs(l); first < -0.5 || last > 120.5 {
		t.Errorf("drawn from %v to %v", first, last)
	}
	if !strings.HasPrefix(l.AccessibilityLabel(), "پانی") || strings.Contains(l.Text(), "…") {
		t.Errorf("%q", l.Text())
	}
}

func TestParagraphHeightFollowsWidth(t *testing.T) {
	env := testEnv(t, i18n.Urdu)
	p := NewParagraph(env, env.T("saved.body"), Text{})
	one, many := p.HeightFor(2000), p.HeightFor(120)
	if many < 3*one {
		t.Errorf("%v and %v", one, many)
	}
	lay(p, 120, many)
	if p.MinSize().Height != many {
		t.Errorf("min %v, want %v", p.MinSize().Height, many)
	}
	for _, o := range test.WidgetRenderer(p).Objects() {
		if o.Position().X < -0.5 || o.Position().X+o.Size().Width > 120.5 {
			t.Errorf("%q stands out: %v", o.(*canvas.Text).Text, o.Position())
		}
	}
	p.SetText("نیا")
	if p.MinSize().Height != one {
		t.Errorf("after SetText: %v", p.MinSize().Height)
	}
}

func TestCutParagraphEndsInAnEllipsis(t *testing.T) {
	env := testEnv(t, i18n.Urdu)
	long := strings.Repeat(env.T("saved.body")+" ", 3)
	p := NewCutParagraph(env, long, 2, Text{})
	lay(p, 120, p.HeightFor(120))
	if p.HeightFor(120) != 2*p.HeightFor(9000) {
		t.Errorf("two lines are %v high, one is %v", p.HeightFor(120), p.HeightFor(9000))
	}
	var all string
	for _, o := range test.WidgetRenderer(p).Objects() {
		if o.Position().X < -0.5 || o.Position().X+o.Size().Width > 120.5 {
			t.Errorf("%q stands out: %v", o.(*canvas.Text).Text, o.Position())
		}
		all += o.(*canvas.Text).Text
	}
	if !strings.Contains(all, "…") || p.AccessibilityLabel() != long {
		t.Errorf("%q", all)
	}
	name := NewCutParagraph(env, "R. Gul", 2, Text{Order: ByText})
	lay(name, 120, 40)
	if first, last := xs(name); last < 119 || first < 60 {
		t.Errorf("a Latin name in an Urdu column stands at %v to %v", first, last)
	}
}

func TestWrittenTextKeepsItsSide(t *testing.T) {
	env := testEnv(t, i18n.English)
	p := NewParagraph(env, "اب تک کوئی نہیں آیا", Text{Order: ByText})
	lay(p, 400, 40)
	if first, last := xs(p); last < 399 || first < 100 {
		t.Errorf("Urdu in the English app stands at %v to %v", first, last)
	}
}

func TestLayoutsMirror(t *testing.T) {
	for _, lang := range i18n.Langs() {
		env := testEnv(t, lang)
		a, b := canvas.NewRectangle(nil), canvas.NewRectangle(nil)
		a.SetMinSize(fyne.NewSize(20, 10))
		b.SetMinSize(fyne.NewSize(30, 10))
		row := Row(env, 8, a, Grow(Spacer(0, 0)), b)
		pad := Pad(env, Insets{Start: 5, End: 1}, row)
		pad.Resize(fyne.NewSize(206, 10))
		wantA, wantB, wantRow := float32(0), float32(170), float32(5)
		if env.RTL() {
			wantA, wantB, wantRow = 180, 0, 1
		}
		if a.Position().X != wantA || b.Position().X != wantB || row.Position().X != wantRow {
			t.Errorf("%s: %v %v %v", lang, a.Position(), b.Position(), row.Position())
		}
	}
}

func TestColumnGivesParagraphsTheirHeight(t *testing.T) {
	env := testEnv(t, i18n.Pashto)
	p := NewParagraph(env, env.T("error.offline"), Text{})
	below := canvas.NewRectangle(nil)
	below.SetMinSize(fyne.NewSize(1, 10))
	col := Column(env, 4, Row(env, 0, Spacer(30, 1), Grow(p)), below)
	h := HeightFor(col, 150)
	col.Resize(fyne.NewSize(150, h))
	if want := p.HeightFor(120) + 4; below.Position().Y != want || h != want+10 {
		t.Errorf("below at %v, column %v, want %v", below.Position().Y, h, want)
	}
	if col.MinSize().Height != h {
		t.Errorf("min height %v, want %v", col.MinSize().Height, h)
	}
}

func TestFlowAndGridWrap(t *testing.T) {
	env := testEnv(t, i18n.Urdu)
	var items []fyne.CanvasObject
	for range 5 {
		r := canvas.NewRectangle(nil)
		r.SetMinSize(fyne.NewSize(40, 10))
		items = append(items, r)
	}
	flow := Flow(env, 10, items...)
	if h := HeightFor(flow, 140); h != 30 {
		t.Errorf("flow %v", h)
	}
	flow.Resize(fyne.NewSize(140, 30))
	if p := items[0].Position(); p.X != 100 {
		t.Errorf("first %v", p)
	}
	if p := items[3].Position(); p.X != 100 || p.Y != 20 {
		t.Errorf("fourth %v", p)
	}
	grid := Grid(env, 10, 60, 4, items...)
	if h := HeightFor(grid, 140); h != 50 {
		t.Errorf("grid %v", h)
	}
}

func TestScrollPageHasTheRightHeight(t *testing.T) {
	env := testEnv(t, i18n.Urdu)
	p := NewParagraph(env, strings.Repeat(env.T("saved.body")+" ", 20), Text{})
	s := Scroll(p)
	s.Resize(fyne.NewSize(300, 200))
	if want := p.HeightFor(300); p.Size().Height != want || p.Size().Width != 300 {
		t.Errorf("%v, want height %v", p.Size(), want)
	}
}

func TestFieldShowsHintAndError(t *testing.T) {
	env := testEnv(t, i18n.English)
	e := NewEntry(env, EntryOptions{})
	f := NewField(env, "CNIC", e, "13 digits")
	e.SetText("123")
	f.SetError(env.T("error.cnic_digits", "n", 3))
	if !e.failed || e.Text() != "123" {
		t.Error("the entry is not marked, or lost its text")
	}
	f.SetError("")
	if e.failed || len(f.below.Objects) != 1 {
		t.Error("the hint did not come back")
	}
}
