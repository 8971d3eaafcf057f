package style

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"strings"

	"github.com/fyne-io/oksvg"
	"github.com/srwiley/rasterx"
	"golang.org/x/image/math/fixed"
)

// outlineGrid is how finely outlines are drawn, per unit of the drawing's own grid.
const outlineGrid = 16

// outlined turns a drawing of strokes into one of filled shapes.
//
// Fyne draws a stroke as many device pixels wide as the file says, whatever the size
// of the drawing, so on a phone's dense screen an icon of strokes would be a hairline.
// Filled shapes keep their proportions at every size. mirror flips left and right.
func outlined(svg []byte, mirror bool) ([]byte, error) {
	icon, err := oksvg.ReadIconStream(bytes.NewReader(svg))
	if err != nil {
		return nil, fmt.Errorf("read drawing: %w", err)
	}
	side := icon.ViewBox.W * outlineGrid
	for i := range icon.SVGPaths {
		icon.SVGPaths[i].LineWidth *= outlineGrid
	}
	icon.SetTarget(0, 0, side, side)
	t := &tracer{}
	if mirror {
		t.mirrorAt = fixed.Int26_6(side * 64)
	}
	icon.Draw(rasterx.NewDasher(int(side), int(side), t), 1)
	return fmt.Appendf(nil, `<svg xmlns="http://www.w3.org/2000/svg" width="24" height="24" viewBox="0 0 %g %g">%s</svg>`, side, side, t.out.String()), nil
}

// tracer is a [rasterx.Scanner] that writes down the outlines it is given. The stroker
// gives the edges of a shape with their direction but in no order, so they are linked
// again to closed paths.
type tracer struct {
	out      strings.Builder
	color    color.Color
	mirrorAt fixed.Int26_6 // the drawing's width when it is to be flipped

	at    fixed.Point26_6
	edges [][2]fixed.Point26_6
}

var _ rasterx.Scanner = (*tracer)(nil)

// Start implements [rasterx.Scanner].
func (t *tracer) Start(a fixed.Point26_6) { t.at = a }

// Line implements [rasterx.Scanner].
func (t *tracer) Line(b fixed.Point26_6) {
	if b != t.at {
		t.edges = append(t.edges, [2]fixed.Point26_6{t.at, b})
	}
	t.at = b
}

// Draw implements [rasterx.Scanner].
func (t *tracer) Draw() {
	if d := t.linked(); d != "" {
		fmt.Fprintf(&t.out, `<path fill="#%s" d="%s"/>`, hex(t.color), d)
	}
}

func (t *tracer) linked() string {
	from := map[fixed.Point26_6][]int{}
	for i, e := range t.edges {
		from[e[0]] = append(from[e[0]], i)
	}
	var d strings.Builder
	used := make([]bool, len(t.edges))
	for i := range t.edges {
		if used[i] {
			continue
		}
		t.point(&d, 'M', t.edges[i][0])
		for next := i; next >= 0; {
			used[next] = true
			end := t.edges[next][1]
			t.point(&d, 'L', end)
			next = -1
			for _, k := range from[end] {
				if !used[k] {
					next = k
					break
				}
			}
		}
		d.WriteByte('Z')
	}
	return d.String()
}

func (t *tracer) point(d *strings.Builder, command byte, p fixed.Point26_6) {
	x := p.X
	if t.mirrorAt > 0 {
		x = t.mirrorAt - x
	}
	fmt.Fprintf(d, "%c%.1f %.1f", command, float64(x)/64, float64(p.Y)/64)
}

// SetColor implements [rasterx.Scanner].
func (t *tracer) SetColor(c any) {
	t.color = color.Black
	if plain, ok := c.(color.Color); ok {
		t.color = plain
	}
}

// Clear implements [rasterx.Scanner].
func (t *tracer) Clear() { t.edges = nil }

// GetPathExtent implements [rasterx.Scanner]; only gradients ask for it.
func (t *tracer) GetPathExtent() fixed.Rectangle26_6 { return fixed.Rectangle26_6{} }

// SetBounds implements [rasterx.Scanner].
func (t *tracer) SetBounds(int, int) {}

// SetWinding implements [rasterx.Scanner].
func (t *tracer) SetWinding(bool) {}

// SetClip implements [rasterx.Scanner].
func (t *tracer) SetClip(image.Rectangle) {}
