package app

import (
	"bytes"
	"context"
	"errors"
	"image"
	"io"
	"slices"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/storage"

	"github.com/citizens-portal/portal/app/model"
	"github.com/citizens-portal/portal/app/photo"
	"github.com/citizens-portal/portal/app/screen"
	"github.com/citizens-portal/portal/sdk/api"
)

// maxPhotoFile is the largest file that is read to be made small.
const maxPhotoFile = 40 << 20

// thumbSide is the side of a thumbnail in pixels: a tile of 96 on a sharp screen.
const thumbSide = 288

// adder opens the phone's photos; nil while no more may be added.
func (p *reporting) adder() func() {
	if p.adding || len(p.report.Draft.Files) >= model.MaxPhotos {
		return nil
	}
	return func() {
		d := dialog.NewFileOpen(func(r fyne.URIReadCloser, err error) {
			if err == nil && r != nil {
				p.addPhoto(r)
			}
		}, p.a.win)
		d.SetFilter(storage.NewExtensionFileFilter([]string{".jpg", ".jpeg", ".png", ".JPG", ".JPEG", ".PNG"}))
		d.Show()
	}
}

// addPhoto makes a photo small and keeps it sealed on the phone.
func (p *reporting) addPhoto(r io.ReadCloser) {
	p.adding, p.trouble = true, ""
	p.a.redraw()
	var added api.File
	var small []byte
	p.a.act(func(ctx context.Context) error {
		raw, err := io.ReadAll(io.LimitReader(r, maxPhotoFile))
		if err := errors.Join(err, r.Close()); err != nil {
			return err
		}
		if small, err = photo.Shrink(raw); err != nil {
			return err
		}
		added, err = p.a.client.Complaints.AddFile(ctx, bytes.NewReader(small))
		return err
	}, func(err error) {
		p.adding = false
		switch {
		case errors.Is(err, photo.ErrNotPicture):
			p.trouble = p.a.env.T("photo.wrong")
		case err != nil:
			p.trouble = model.Say(p.a.source().words, err)
		default:
			p.keepPhoto(added, small)
		}
		p.a.redraw()
	})
}

func (p *reporting) keepPhoto(f api.File, content []byte) {
	if slices.ContainsFunc(p.report.Draft.Files, func(x api.File) bool { return x.SHA256 == f.SHA256 }) {
		return
	}
	if img, err := photo.Thumbnail(content, thumbSide); err == nil {
		p.thumbs[f.SHA256] = img
	}
	p.report.Draft.Files = append(slices.Clone(p.report.Draft.Files), f)
	p.save()
}

// photos are the draft's photos. Those not drawn before are read from the phone and
// appear when they are there.
func (p *reporting) photos() []screen.Photo {
	var out []screen.Photo
	for _, f := range p.report.Draft.Files {
		img, known := p.thumbs[f.SHA256]
		if !known {
			p.thumbs[f.SHA256] = nil
			p.loadThumb(f.SHA256)
		}
		if img == nil {
			img = image.NewRGBA(image.Rect(0, 0, 1, 1)) // nothing yet
		}
		out = append(out, screen.Photo{Image: img, Remove: func() { p.removePhoto(f.SHA256) }})
	}
	return out
}

func (p *reporting) loadThumb(sha string) {
	var content []byte
	p.a.act(func(ctx context.Context) (err error) {
		content, err = p.a.client.Complaints.OpenFile(ctx, sha)
		return err
	}, func(err error) {
		if err != nil {
			return
		}
		if img, err := photo.Thumbnail(content, thumbSide); err == nil {
			p.thumbs[sha] = img
			p.a.redraw()
		}
	})
}

func (p *reporting) removePhoto(sha string) {
	before := p.report.Draft.Files
	p.report.Draft.Files = slices.DeleteFunc(slices.Clone(before), func(f api.File) bool { return f.SHA256 == sha })
	p.save()
	p.a.redraw()
	p.a.toast(p.a.env.T("photo.removed"), func() {
		p.report.Draft.Files = before
		p.save()
		p.a.redraw()
	}, nil)
}
