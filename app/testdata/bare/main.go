// Command bare is a Fyne window with one label: what the app's start is measured against.
package main

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/app"
	"fyne.io/fyne/v2/widget"
)

func main() {
	w := app.NewWithID("io.github.citizensportal.bare").NewWindow("Bare")
	w.SetContent(widget.NewLabel("Citizen's Portal"))
	w.Resize(fyne.NewSize(360, 740))
	w.ShowAndRun()
}
