package model

import (
	"strings"

	"github.com/citizens-portal/portal/assets"
	"github.com/citizens-portal/portal/sdk"
	"github.com/citizens-portal/portal/sdk/api"
)

// Photo is a photo of a complaint, or another file, with where it is in plain words.
type Photo struct {
	Complaint string // id of the complaint; "" of a draft
	SHA256    string // what names its content
	Picture   bool   // there is a small picture of it
	Word      string // "Sending 40 %"; "" says nothing, as of the office's evidence
	Mark      assets.Icon
	Failed    bool
	// Again: a tap sends it again. Stop: it can be kept from being sent.
	Again, Stop bool
}

// Photos are what a person sends with a complaint.
type Photos struct {
	List []Photo
	Line string // "2 of 3 photos sent"; "" when all are
	// Problem is why one failed; "" when none did.
	Problem string
}

// draftPhotos are the photos of a complaint that is being written.
func draftPhotos(w Words, files []api.File) []Photo {
	var out []Photo
	for _, f := range files {
		out = append(out, Photo{SHA256: f.SHA256, Picture: picture(f), Word: w.T("photo.saved"), Mark: assets.IconTick})
	}
	return out
}

// PhotosOf puts into words how far files are.
func PhotosOf(w Words, files []sdk.Attachment) Photos {
	var out Photos
	sent := 0
	for _, f := range files {
		p := photoOf(w, f)
		out.List = append(out.List, p)
		if f.State == sdk.FileSent {
			sent++
		}
		if f.Problem != nil && out.Problem == "" {
			out.Problem = sayProblem(w, f.Problem)
		}
	}
	if sent < len(files) {
		out.Line = w.T("photo.progress", "n", sent, "of", len(files))
	}
	return out
}

func photoOf(w Words, f sdk.Attachment) Photo {
	p := Photo{Complaint: f.Complaint, SHA256: f.SHA256, Picture: f.Picture, Mark: assets.IconTick}
	switch f.State {
	case sdk.FileSending:
		p.Word, p.Mark, p.Stop = w.T("photo.sending", "n", f.Percent()), assets.IconSync, true
	case sdk.FileSent:
		p.Word = w.T("photo.sent")
	case sdk.FileStopped:
		p.Word, p.Mark, p.Again = w.T("photo.stopped"), assets.IconLoop, true
	case sdk.FileFailed:
		p.Word, p.Mark, p.Failed, p.Again = w.T("photo.failed"), assets.IconLoop, true, true
	case sdk.FileRefused:
		p.Word, p.Mark, p.Failed = w.T("photo.refused"), assets.IconCross, true
	case sdk.FileLost:
		p.Word, p.Mark, p.Failed = w.T("photo.lost"), assets.IconCross, true
	case sdk.FileAwaited:
		p.Word, p.Mark = w.T("photo.awaited"), assets.IconSync
	default:
		p.Word, p.Mark, p.Stop = w.T("photo.saved"), assets.IconPhone, f.Begun
	}
	return p
}

// ownPhotos are those of a complaint that the citizen sends or sent; the others came
// with what the office did.
func ownPhotos(files []sdk.Attachment, events []api.Event) (own, office []sdk.Attachment) {
	citizen := map[int64]bool{0: true, 1: true}
	for _, e := range events {
		citizen[e.N] = citizen[e.N] || e.Role == "citizen"
	}
	for _, f := range files {
		if citizen[f.Event] {
			own = append(own, f)
		} else {
			office = append(office, f)
		}
	}
	return own, office
}

// filed are the files that a complaint was filed with, and what else is on its way from
// this device.
func filed(files []sdk.Attachment) []sdk.Attachment {
	var out []sdk.Attachment
	for _, f := range files {
		here := f.State == sdk.FileWaiting || f.State == sdk.FileSending || f.State == sdk.FileStopped || f.State == sdk.FileFailed
		if f.Event <= 1 || here {
			out = append(out, f)
		}
	}
	return out
}

// shown are the photos that can be looked at, without a word about their way.
func shown(files []sdk.Attachment) []Photo {
	var out []Photo
	for _, f := range files {
		if f.State == sdk.FileSent {
			out = append(out, Photo{Complaint: f.Complaint, SHA256: f.SHA256, Picture: f.Picture})
		}
	}
	return out
}

// evidence are the photos that came with an event.
func evidence(complaint string, e api.Event) []Photo {
	var out []Photo
	for _, f := range e.Files {
		if f.State == api.FileReady {
			out = append(out, Photo{Complaint: complaint, SHA256: f.SHA256, Picture: picture(f)})
		}
	}
	return out
}

func picture(f api.File) bool { return strings.HasPrefix(f.Type, "image/") }
