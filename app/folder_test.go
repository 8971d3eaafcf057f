package app

import (
	"context"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"github.com/citizens-portal/portal/app/nav"
	"github.com/citizens-portal/portal/sdk"
)

// TestAFolderInUseIsSaid starts a second window beside the first, and tries again once
// the first is closed. Then it closes the second and opens the folder anew.
func TestAFolderInUseIsSaid(t *testing.T) {
	home := t.TempDir()
	first, err := sdk.Open(t.Context(), sdk.Config{Dir: home, BaseURL: "http://127.0.0.1:1"})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	a, err := newApp(ctx, Config{Home: home, Version: "test"}, test.NewTempApp(t), nil)
	if err != nil {
		t.Fatal(err)
	}
	ui := make(chan func(), 100)
	a.dispatch, a.wait = func(f func()) { ui <- f }, 10*time.Millisecond
	patience := time.After(20 * time.Second)
	until := func(what string, holds func() bool) {
		t.Helper()
		for !holds() {
			select {
			case f := <-ui:
				f()
			case <-patience:
				t.Fatalf("never came: %s", what)
			}
		}
	}
	d := &driven{App: a, t: t}
	a.start()
	a.win.Resize(fyne.NewSize(360, 740))
	until("the word that it is open elsewhere", func() bool {
		found := false
		each(a.win.Canvas().Content(), func(o fyne.CanvasObject) {
			said, ok := o.(fyne.Accessible)
			found = found || ok && strings.Contains(said.AccessibilityLabel(), "already open")
		})
		return found
	})
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	d.tap("Try again")
	until("the first page", func() bool { return a.stack.Top().Name == nav.Language && a.ready })

	if err := a.close(cancel); err != nil {
		t.Fatal(err)
	}
	again, err := sdk.Open(t.Context(), sdk.Config{Dir: home, LockWait: time.Millisecond})
	if err != nil {
		t.Fatalf("closed, but not let go of: %v", err)
	}
	if err := again.Close(); err != nil {
		t.Fatal(err)
	}
}
