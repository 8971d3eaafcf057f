//go:build !android && !ios && !mobile

package bidi

import "fyne.io/fyne/v2"

// On phones a drag scrolls the page, so there the entry must not take it: a word is
// selected by a double tap and all from the menu.

var _ fyne.Draggable = (*Entry)(nil)

// Dragged implements [fyne.Draggable]: it extends the selection.
func (e *Entry) Dragged(ev *fyne.DragEvent) { e.dragTo(ev.Position) }

// DragEnd implements [fyne.Draggable].
func (e *Entry) DragEnd() {}
