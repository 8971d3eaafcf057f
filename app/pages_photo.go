package app

import (
	"bytes"
	"context"
	"errors"
	"image"
	_ "image/jpeg" // read too
	_ "image/png"  // read too
	"io"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/storage"

	"github.com/citizens-portal/portal/app/model"
	"github.com/citizens-portal/portal/app/nav"
	"github.com/citizens-portal/portal/app/screen"
	"github.com/citizens-portal/portal/assets"
	"github.com/citizens-portal/portal/sdk/api"
)

// gallery holds the small pictures of a page's photos. They come from the phone, or once
// from the server, after the page was drawn; then it is drawn again.
type gallery struct {
	a     *App
	small map[string]image.Image // by the name of the content
	asked map[string]bool        // under way
}

func (a *App) newGallery() *gallery {
	return &gallery{a: a, small: map[string]image.Image{}, asked: map[string]bool{}}
}

// image is the small picture of a photo; nil while it is not here. One that could not be
// had is asked for again when the page is drawn the next time.
func (g *gallery) image(p model.Photo) image.Image {
	if g.small[p.SHA256] == nil && p.Picture && !g.asked[p.SHA256] {
		g.ask(p)
	}
	return g.small[p.SHA256]
}

func (g *gallery) ask(p model.Photo) {
	g.asked[p.SHA256] = true
	var img image.Image
	g.a.act(func(ctx context.Context) error {
		raw, err := g.a.client.Complaints.Thumbnail(ctx, p.Complaint, p.SHA256)
		if err != nil {
			return err
		}
		img, _, err = image.Decode(bytes.NewReader(raw))
		return err
	}, func(err error) {
		delete(g.asked, p.SHA256)
		if err == nil {
			g.small[p.SHA256] = img
			g.a.redraw()
		}
	})
}

// acts are what a page's photos need.
func (g *gallery) acts() screen.PhotoActs {
	change := func(do func(ctx context.Context, ref, sha string) error) func(model.Photo) {
		return func(p model.Photo) {
			g.a.act(func(ctx context.Context) error { return do(ctx, p.Complaint, p.SHA256) }, func(err error) {
				if err != nil && !isGone(err) { // gone: it has just been sent
					g.a.say(err)
				}
			})
		}
	}
	return screen.PhotoActs{
		Image: g.image,
		Open:  func(p model.Photo) { g.a.open(nav.Route{Name: nav.Photo, ID: p.Complaint, Part: p.SHA256}) },
		Again: change(g.a.client.Complaints.RetryFile),
		Stop:  change(g.a.client.Complaints.StopFile),
	}
}

// viewing is one photo, as large as the window, at work.
type viewing struct {
	a         *App
	complaint string // "" of a draft
	sha       string
	content   []byte
	state     screen.ViewState
}

func (a *App) photoPage(r nav.Route) page {
	v := &viewing{a: a, complaint: r.ID, sha: r.Part}
	small := a.newGallery()
	v.fetch()
	return still(func() screen.Frame {
		s := v.state
		if s.Image == nil && s.Busy {
			s.Image = small.image(model.Photo{Complaint: v.complaint, SHA256: v.sha, Picture: true})
		}
		return screen.View(a.env, s, screen.ViewActs{Back: a.back, Save: v.save, Retry: v.fetch})
	})
}

func (v *viewing) fetch() {
	v.state = screen.ViewState{Busy: true}
	v.a.redraw()
	var img image.Image
	v.a.act(func(ctx context.Context) (err error) {
		if v.content, err = v.a.client.Complaints.FetchFile(ctx, v.complaint, v.sha); err == nil {
			img, _, _ = image.Decode(bytes.NewReader(v.content)) // what is no picture is saved only
		}
		return err
	}, func(err error) {
		v.state = screen.ViewState{Image: img, File: err == nil && img == nil}
		if err != nil {
			v.state.Error = model.Say(v.a.source().words, err)
		}
		v.a.redraw()
	})
}

func (v *viewing) save() {
	v.a.saveFile("photo-"+v.sha[:min(8, len(v.sha))]+extension(v.content), v.content, v.a.env.T("photo.file_saved"))
}

// extension is how the name of a file ends, by its first bytes.
func extension(content []byte) string {
	switch {
	case bytes.HasPrefix(content, []byte("\xff\xd8")):
		return ".jpg"
	case bytes.HasPrefix(content, []byte("\x89PNG")):
		return ".png"
	case bytes.HasPrefix(content, []byte("%PDF")):
		return ".pdf"
	}
	return ""
}

// saveFile saves something where the person chooses, and says so.
func (a *App) saveFile(name string, content []byte, saved string) {
	d := dialog.NewFileSave(func(w fyne.URIWriteCloser, err error) {
		if err != nil || w == nil {
			return
		}
		_, err = w.Write(content)
		if err := errors.Join(err, w.Close()); err != nil {
			a.say(err)
			return
		}
		a.toast(saved, nil, nil)
	}, a.win)
	d.SetFileName(name)
	d.Show()
}

// adder opens the phone's photos or its camera; nil while no more may be added.
func (p *reporting) adder() func() {
	if p.adding || len(p.report.Draft.Files) >= model.MaxPhotos {
		return nil
	}
	if !p.a.phone.Able() {
		return p.choosePhoto
	}
	return func() {
		p.a.question(p.a.env.T("photo.add"), "",
			choice{word: p.a.env.T("photo.take"), icon: assets.IconCamera, do: p.shoot},
			choice{word: p.a.env.T("photo.choose"), icon: assets.IconPlus, do: p.choosePhoto},
			choice{word: p.a.env.T("action.close")})
	}
}

func (p *reporting) choosePhoto() { p.a.pick(p.addPhoto) }

// pickPhoto lets the person choose a picture with what the system has for it.
func (a *App) pickPhoto(chosen func(io.ReadCloser)) {
	d := dialog.NewFileOpen(func(r fyne.URIReadCloser, err error) {
		if err == nil && r != nil {
			chosen(r)
		}
	}, a.win)
	d.SetFilter(storage.NewExtensionFileFilter([]string{".jpg", ".jpeg", ".png", ".JPG", ".JPEG", ".PNG"}))
	d.Show()
}

// addPhoto keeps a photo sealed on the phone, made small.
func (p *reporting) addPhoto(r io.ReadCloser) {
	p.adding, p.trouble = true, ""
	p.a.redraw()
	var added api.File
	p.a.act(func(ctx context.Context) (err error) {
		added, err = p.a.client.Complaints.AddFile(ctx, r)
		return errors.Join(err, r.Close())
	}, func(err error) {
		p.adding = false
		if err != nil {
			p.trouble = model.Say(p.a.source().words, err)
		} else {
			p.keepPhoto(added)
		}
		p.a.redraw()
	})
}

func (p *reporting) keepPhoto(f api.File) {
	if slices.ContainsFunc(p.report.Draft.Files, func(x api.File) bool { return x.SHA256 == f.SHA256 }) {
		return
	}
	p.report.Draft.Files = append(slices.Clone(p.report.Draft.Files), f)
	p.save()
}

func (p *reporting) removePhoto(sha string) {
	before := p.report.Draft.Files
	p.report.Draft.Files = slices.DeleteFunc(slices.Clone(before), func(f api.File) bool { return f.SHA256 == sha })
	p.save()
	p.a.redraw()
	p.unsaid = p.a.toast(p.a.env.T("photo.removed"), func() {
		p.report.Draft.Files = before
		p.save()
		p.a.redraw()
	}, nil)
}
