package app

import (
	"context"

	"github.com/citizens-portal/portal/app/model"
	"github.com/citizens-portal/portal/app/nav"
	"github.com/citizens-portal/portal/app/screen"
	"github.com/citizens-portal/portal/sdk"
)

func (a *App) syncPage() page {
	busy := false
	photos := a.newGallery()
	gone := map[string]bool{} // discarded, while that can still be taken back
	now := func() {
		if busy {
			return
		}
		busy = true
		a.redraw()
		a.act(func(ctx context.Context) error {
			_, err := a.client.Sync.Now(ctx)
			return err
		}, func(error) { // the page itself says why it failed
			busy = false
			a.redraw()
			a.reload()
		})
	}
	return reads(func(src source) func(context.Context) (model.SyncPage, error) {
		return func(ctx context.Context) (model.SyncPage, error) { return readSync(ctx, src) }
	}, func(s model.SyncPage) screen.Frame {
		shown := s
		shown.Needs = nil
		for _, i := range s.Needs {
			if !gone[i.ID] {
				shown.Needs = append(shown.Needs, i)
			}
		}
		return screen.Sync(a.env, shown, busy, screen.SyncActs{
			Back: a.back, Now: now, SignIn: func() { a.open(nav.Route{Name: nav.SignIn}) },
			Edit:    func(id string) { a.edit(s, id) },
			Again:   a.again,
			Discard: func(id string) { a.discard(id, gone) },
			Photos:  photos.acts(),
		})
	})
}

func readSync(ctx context.Context, src source) (p model.SyncPage, err error) {
	st, err := src.client.Sync.Status()
	if err != nil {
		return p, err
	}
	waiting, err := src.client.Sync.Outbox(ctx)
	if err != nil {
		return p, err
	}
	needs, err := src.client.Sync.Attention(ctx)
	if err != nil {
		return p, err
	}
	titles := map[string]string{}
	page, err := src.client.Complaints.List(ctx, sdk.ListOptions{})
	for _, c := range page.Complaints {
		titles[c.ID] = model.Title(c.Text)
	}
	if err != nil {
		return p, err
	}
	unsent, err := src.client.Complaints.UnsentFiles(ctx)
	var files [][]sdk.Attachment
	seen := map[string]bool{}
	for _, f := range unsent {
		if !seen[f.Complaint] {
			seen[f.Complaint] = true
			files = append(files, src.files(ctx, f.Complaint))
		}
	}
	return model.SyncOf(src.words, st, waiting, needs, titles, files...), err
}

// edit opens what came back: a complaint as a copy to correct, other words as they
// were written.
func (a *App) edit(s model.SyncPage, id string) {
	for _, i := range s.Needs {
		if i.ID == id && i.Editable {
			a.open(nav.Route{Name: nav.Write, ID: i.Complaint, Part: writeRetry + id})
			return
		}
	}
	var draft sdk.Draft
	a.act(func(ctx context.Context) (err error) {
		draft, err = a.client.Sync.Copy(ctx, id)
		return err
	}, func(err error) {
		if err != nil {
			a.say(err)
			return
		}
		a.resume(draft.ID)
	})
}

func (a *App) again(id string) {
	a.act(func(ctx context.Context) error {
		_, err := a.client.Sync.Retry(ctx, id, "")
		return err
	}, func(err error) {
		if err != nil {
			a.say(err)
		}
	})
}

// discard hides what came back and destroys it when the toast with its Undo has gone.
func (a *App) discard(id string, gone map[string]bool) {
	gone[id] = true
	a.redraw()
	a.toast(a.env.T("sync.discarded"), func() {
		delete(gone, id)
		a.redraw()
	}, func() {
		a.act(func(ctx context.Context) error { return a.client.Sync.Discard(ctx, id) }, func(err error) {
			if err != nil {
				delete(gone, id)
				a.say(err)
			}
		})
	})
}
