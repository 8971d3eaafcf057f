//go:build android || ios || release

package app

// watchTree does nothing where no script drives the window.
func (a *App) watchTree() {}
