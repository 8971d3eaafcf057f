package admin

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/citizens-portal/portal/backend/directory"
	"github.com/citizens-portal/portal/backend/portal"
	"github.com/citizens-portal/portal/backend/seed"
	"github.com/citizens-portal/portal/backend/store"
)

// Kinds of file to import and export.
const (
	OfficesFile  = "offices"
	OfficersFile = "officers"
)

// File is a CSV file of one kind.
type File struct {
	Kind string `json:"kind"`
	// Name is what errors call it.
	Name   string `json:"name"`
	CSV    string `json:"csv"`
	DryRun bool   `json:"dry_run"`
}

// Imported is what an import did, or would do.
type Imported struct {
	directory.Outcome
	Reassign []portal.Code `json:"reassign,omitempty"`
	// Invitations of the officers that were added, shown this once.
	Invitations []Invitation `json:"invitations,omitempty"`
	DryRun      bool         `json:"dry_run,omitempty"`
}

// Import adds and changes what a file lists, all of it or nothing; who is not in
// it stays. The same file again changes nothing. The error is seed.Problems when
// lines are wrong, or hold what the actor may not do.
func (s *Service) Import(ctx context.Context, by portal.Actor, f File) (Imported, error) {
	if by.Kind != portal.SystemActor {
		if err := portal.CanAdminister(s.Directory.Current(ctx), by, portal.AdminImport, portal.Target{Office: by.Officer.Office}); err != nil {
			return Imported{}, err
		}
	}
	ch, lines, before, err := s.read(ctx, f)
	if err != nil {
		return Imported{}, err
	}
	if err := check(by, before, ch, f.Name, lines); err != nil {
		return Imported{}, err
	}
	if f.DryRun {
		return Imported{Outcome: directory.Compare(before, ch), DryRun: true}, nil
	}
	ch.Reason = "import of " + f.Name
	saved, err := s.Save(ctx, by, ch)
	if err != nil {
		return Imported{}, err
	}
	out := Imported{Outcome: saved.Outcome, Reassign: saved.Reassign}
	out.Invitations, err = s.inviteAll(ctx, by, saved.NewOfficers)
	return out, err
}

// read parses a file against the directory as it is in the store now.
func (s *Service) read(ctx context.Context, f File) (directory.Change, seed.Lines, *portal.Directory, error) {
	var base portal.Dataset
	err := s.Store.View(ctx, func(tx store.Tx) (err error) {
		base, err = directory.Read(ctx, tx)
		return err
	})
	if err != nil {
		return directory.Change{}, nil, nil, err
	}
	dir, err := portal.NewDirectory(base)
	if err != nil {
		return directory.Change{}, nil, nil, err
	}
	var ch directory.Change
	var lines seed.Lines
	switch f.Kind {
	case OfficesFile:
		ch.Offices, lines, err = seed.ReadOffices(f.Name, []byte(f.CSV), dir)
	case OfficersFile:
		ch.Officers, lines, err = seed.ReadOfficers(f.Name, []byte(f.CSV), dir)
	default:
		err = portal.Invalid("kind", "kind_unknown", "%q is not a kind of file: use %s or %s", f.Kind, OfficesFile, OfficersFile)
	}
	return ch, lines, dir, err
}

// check names the line of whatever the whole directory, or the actor's rights,
// do not allow.
func check(by portal.Actor, before *portal.Directory, ch directory.Change, file string, lines seed.Lines) error {
	_, after, err := directory.Preview(before.Data(), ch)
	var field *portal.FieldError
	if errors.As(err, &field) {
		return seed.Problems{{File: file, Line: 1, Message: field.Detail}}
	}
	if err != nil {
		return err
	}
	var problems seed.Problems
	note := func(id string, err error) {
		if err != nil {
			problems = append(problems, seed.Problem{File: file, Line: lines[id], Message: refusal(id, err)})
		}
	}
	for _, o := range ch.Offices {
		note(string(o.ID), portal.CheckOffice(by, before, after, o))
	}
	for _, o := range ch.Officers {
		for _, action := range portal.OfficerChanges(before, o) {
			if err := portal.CheckOfficer(by, before, after, action, o); err != nil {
				note(string(o.ID), err)
				break
			}
		}
	}
	if len(problems) > 0 {
		return problems
	}
	return portal.CheckChange(by, before, after)
}

// refusal says in a clerk's words why a line is not theirs to import.
func refusal(id string, err error) string {
	var field *portal.FieldError
	if errors.As(err, &field) {
		return field.Detail
	}
	return fmt.Sprintf("%s is not yours to change: %v", id, err)
}

func (s *Service) inviteAll(ctx context.Context, by portal.Actor, ids []portal.OfficerID) ([]Invitation, error) {
	dir := s.Directory.Current(ctx)
	ids = slices.DeleteFunc(ids, func(id portal.OfficerID) bool {
		o, ok := dir.Officer(id)
		return !ok || o.Disabled
	})
	tokens, err := s.Identity.InviteTokens(ctx, directory.Who(by), ids)
	if err != nil {
		return nil, err
	}
	out := make([]Invitation, len(ids))
	for i, id := range ids {
		out[i] = s.invitation(id, tokens[i])
	}
	return out, nil
}

// Export gives the offices or officers an actor may look at, as Import reads
// them.
func (s *Service) Export(ctx context.Context, by portal.Actor, kind string) ([]byte, error) {
	dir := s.Directory.Current(ctx)
	may := func(t portal.Target) bool { return portal.CanAdminister(dir, by, portal.AdminExport, t) == nil }
	if by.Kind != portal.SystemActor && !may(portal.Target{Office: by.Officer.Office}) {
		return nil, portal.ErrForbidden
	}
	switch kind {
	case OfficesFile:
		list := slices.DeleteFunc(slices.Clone(dir.Data().Offices), func(o portal.Office) bool { return !may(portal.Target{Office: o.ID}) })
		return seed.WriteOffices(list)
	case OfficersFile:
		list := slices.DeleteFunc(slices.Clone(dir.Data().Officers), func(o portal.Officer) bool { return !may(portal.Target{Office: o.Office, Officer: o.ID}) })
		return seed.WriteOfficers(list)
	}
	return nil, portal.Invalid("kind", "kind_unknown", "%q is not a kind of file: use %s or %s", kind, OfficesFile, OfficersFile)
}
