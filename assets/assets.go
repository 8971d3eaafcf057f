// Package assets holds what the app shows but does not compute: two faces of the
// Vazirmatn font, the project's icons, the mark, and the translations.
//
// It hands out bytes and knows nothing of Fyne, so that a server page or a test can
// use the same files. Start with [Font], [Icon.SVG] and [Translations]. Origins and
// licences stand beside the files, in the SOURCE.md of each folder.
package assets

import (
	"embed"
	_ "embed" // for the single files below
	"fmt"
)

//go:embed fonts/Vazirmatn-Regular.ttf
var regular []byte

//go:embed fonts/Vazirmatn-Bold.ttf
var bold []byte

//go:embed mark.svg
var mark []byte

//go:embed icon.png
var appIcon []byte

//go:embed icons/*.svg
var icons embed.FS

//go:embed i18n/*.json
var translations embed.FS

// Font returns the TrueType bytes of Vazirmatn, bold or regular. Do not modify them.
func Font(isBold bool) []byte {
	if isBold {
		return bold
	}
	return regular
}

// AppIcon returns the application's icon as a PNG of 512 by 512 pixels.
func AppIcon() []byte { return appIcon }

// Mark returns the project's mark as an SVG with its own colours.
func Mark() []byte { return mark }

// SVG returns the drawing, its strokes black. It fails for a name without a file.
func (i Icon) SVG() ([]byte, error) {
	b, err := icons.ReadFile("icons/" + string(i) + ".svg")
	if err != nil {
		return nil, fmt.Errorf("icon %q: %w", string(i), err)
	}
	return b, nil
}

// Translations returns the catalogue of one language ("en", "ur" or "ps") as JSON.
func Translations(lang string) ([]byte, error) {
	b, err := translations.ReadFile("i18n/" + lang + ".json")
	if err != nil {
		return nil, fmt.Errorf("translations %q: %w", lang, err)
	}
	return b, nil
}
