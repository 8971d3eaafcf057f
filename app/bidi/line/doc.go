// Package line turns a paragraph of mixed-direction text into lines that can be
// drawn, and maps between places in the text and places on the line.
//
// The toolkit shapes a run of one direction well but lays all runs from left to
// right. So this package resolves directions (UAX #9), measures by shaping word by
// word with the app's own font, breaks lines in logical order (UAX #14), and puts
// each line's runs in visual order. A widget then draws each run by itself at the
// place given here.
//
// It is plain Go: it knows nothing of Fyne, of colours or of editing. Start with
// [Faces.Shape], then [Paragraph.Wrap]; [Line] answers where the caret stands and
// what lies under the finger. Offsets count runes.
package line
