package app

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"

	"fyne.io/fyne/v2"

	"github.com/citizens-portal/portal/app/model"
	"github.com/citizens-portal/portal/app/screen"
	"github.com/citizens-portal/portal/sdk"
)

// This file opens the folder of what is kept on the device and lets go of it again.
// Both happen beside a window: a folder belongs to one program at a time, and one that
// is just being closed is free a moment later.

const (
	// openPatience is how long to wait for another window of ours to be gone. Closing
	// takes savePatience and endPatience at most.
	openPatience = 4 * time.Second
	// savePatience is how long closing waits for what is being saved, and endPatience
	// for what hangs on the network once it was told to end.
	savePatience = 600 * time.Millisecond
	endPatience  = 2 * time.Second
)

// openFolder opens the folder and begins, or says why that cannot be.
func (a *App) openFolder() {
	a.spawn(func() {
		client, err := sdk.Open(a.ctx, sdk.Config{
			Dir: a.cfg.Home, BaseURL: a.cfg.Server, Client: "portal/" + a.cfg.Version, DeviceName: deviceName(), LockWait: a.wait,
			Keys: deviceKeys(a.cfg.Home),
		})
		if err != nil {
			a.dispatch(func() { a.cannotOpen(err) })
			return
		}
		a.opened <- client
		a.dispatch(func() {
			a.client, a.failure = <-a.opened, nil
			a.keepInSync()
			a.begin()
		})
	})
}

func (a *App) cannotOpen(err error) {
	a.failure = err
	words := model.Words{Lang: a.lang(), Catalogue: a.words, Now: a.now()}
	a.put(screen.Trouble(a.env, model.SayFolder(words, err), struct{ Back, Retry func() }{Retry: func() {
		a.put(screen.Loading(a.env), true)
		a.openFolder()
	}}), true)
}

// keepInSync lets the client sync and the window follow it until a.ctx ends.
func (a *App) keepInSync() {
	changes := a.client.Changes(a.ctx)
	a.follow.Go(func() {
		for c := range changes {
			a.dispatch(func() { a.changed(c) })
		}
	})
	a.follow.Go(func() {
		if err := a.client.Run(a.ctx); err != nil {
			a.dispatch(a.reload) // damaged: the page says so
		}
	})
}

// onUI runs something on the UI's goroutine while there is one. Fyne runs what comes
// after its loop on the goroutine that asks; drawing there would be a race.
func (a *App) onUI(f func()) {
	if a.ending.Load() {
		return
	}
	fyne.Do(func() {
		if !a.ending.Load() {
			f()
		}
	})
}

// end is told that the window goes.
func (a *App) end() { a.ending.Store(true) }

// watchClosing hears of the end from the system before Fyne does anything about it, and
// also while Fyne does not listen yet.
func (a *App) watchClosing() (stop func()) {
	told := make(chan os.Signal, 1)
	signal.Notify(told, os.Interrupt, syscall.SIGTERM)
	go func() {
		if _, ok := <-told; ok {
			a.end()
			fyne.Do(a.fyne.Quit)
		}
	}()
	return func() { signal.Stop(told); close(told) }
}

// close saves what is being written, ends everything under way and lets go of the
// folder, if it could be opened. It runs on the UI's goroutine, after Fyne's loop.
func (a *App) close(cancel context.CancelFunc) error {
	a.end()
	a.pause()
	within(savePatience, a.work.Wait)
	cancel()
	within(endPatience, a.work.Wait)
	if a.client == nil { // it came too late to be used
		select {
		case a.client = <-a.opened:
		default:
			return a.failure
		}
	}
	a.follow.Wait()
	return a.client.Close()
}

// within waits for something, but no longer than a person would.
func within(patience time.Duration, wait func()) {
	done := make(chan struct{})
	go func() { wait(); close(done) }()
	t := time.NewTimer(patience)
	defer t.Stop()
	select {
	case <-done:
	case <-t.C:
	}
}
