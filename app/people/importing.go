package people

import (
	"context"
	"errors"
	"io"
	"slices"

	"github.com/citizens-portal/portal/app/model"
	"github.com/citizens-portal/portal/sdk/api"
)

// maxCSV is how large a file may be, in bytes: what the server takes.
const maxCSV = 4 << 20

// importing is an import of a file: first tried, then done.
type importing struct {
	page    model.ImportPage
	csv     string
	invited []api.AdminInvitation
}

func (p *People) openImport() {
	p.imports = &importing{page: model.ImportPage{Kind: p.list.view}}
	p.view.ShowPage(true)
	p.showRail()
	p.showOpen()
}

// importKind says what the file lists; a file that was chosen is tried anew.
func (p *People) importKind(kind model.PeopleView) {
	i := p.imports
	if i.page.Busy {
		return
	}
	i.page = model.ImportPage{Kind: kind, File: i.page.File}
	if i.csv != "" {
		p.try()
		return
	}
	p.showOpen()
}

func (p *People) chooseFile() {
	i := p.imports
	p.cfg.PickFile(func(name string, r io.ReadCloser, err error) {
		if err != nil {
			p.fileArrived(i, name, nil, err)
			return
		}
		p.cfg.Spawn(func() {
			raw, err := io.ReadAll(io.LimitReader(r, maxCSV+1))
			err = errors.Join(err, r.Close())
			p.cfg.Dispatch(func() { p.fileArrived(i, name, raw, err) })
		})
	})
}

func (p *People) fileArrived(i *importing, name string, raw []byte, err error) {
	if p.imports != i {
		return
	}
	i.page, i.csv, i.invited = model.ImportPage{Kind: i.page.Kind, File: name}, string(raw), nil
	switch {
	case err != nil:
		i.page.Trouble = p.cfg.Env.T("people.import.unreadable")
	case len(raw) > maxCSV:
		i.page.Trouble = p.cfg.Env.T("people.import.large", "n", maxCSV>>20)
		i.csv = ""
	default:
		p.try()
		return
	}
	p.showOpen()
}

// try asks what an import would do, and changes nothing.
func (p *People) try() { p.run(true) }

// applyImport does what was tried.
func (p *People) applyImport() {
	if i := p.imports; i != nil && i.page.Tried != "" && !i.page.Busy && !i.page.Done {
		p.run(false)
	}
}

func (p *People) run(dry bool) {
	i := p.imports
	i.page.Busy, i.page.Trouble, i.page.Bad = true, "", nil
	p.showOpen()
	f := api.DirectoryFile{Kind: string(i.page.Kind), Name: i.page.File, CSV: i.csv, DryRun: dry}
	var out api.AdminOutcome
	p.call(func(ctx context.Context) (err error) {
		out, err = p.cfg.Client.Admin.Import(ctx, f)
		return err
	}, func(err error) {
		i.page.Busy = false
		p.imported(i, out, err)
	})
}

func (p *People) imported(i *importing, out api.AdminOutcome, err error) {
	w := p.cfg.Words()
	switch bad := model.BadLines(err); {
	case len(bad) > 0:
		i.page.Tried, i.page.Bad = "", bad
	case errors.Is(err, errNoCode):
		i.page.Trouble = w.T("people.import.needs_code")
	case err != nil:
		i.page.Trouble = model.SayPeople(w, err)
	default:
		i.page.Tried, i.page.Done = model.Outcome(w, out), !out.DryRun
		i.page.Invited, i.page.Reassign, i.invited = len(out.Invitations), slices.Clone(out.Reassign), out.Invitations
		if !out.DryRun {
			p.again(list{view: i.page.Kind, gen: p.list.gen})
			p.readOpen()
		}
	}
	if p.imports == i {
		p.showOpen()
	}
}

// copyInvitations puts the one-time codes on the clipboard.
func (p *People) copyInvitations() {
	if i := p.imports; i != nil && len(i.invited) > 0 {
		p.cfg.Copy(model.InvitationTable(i.invited))
		p.toast(p.cfg.Env.T("people.token.copied"))
	}
}
