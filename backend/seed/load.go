package seed

import (
	"errors"
	"io/fs"

	"github.com/citizens-portal/portal/backend/portal"
)

// Load reads a province's folder: areas.csv, policies.csv, categories.csv,
// offices.csv and, where there is one, officers.csv. The dataset it gives passes
// portal.NewDirectory. The error is Problems: all that is wrong, each with its
// file and line.
func Load(files fs.FS) (portal.Dataset, error) {
	f := &folder{files: files}
	p := f.areas()
	policies, policyLines := f.policies()
	categories, categoryLines := f.categories(policyLines)
	offices := f.offices(p, categoryLines)
	data := portal.Dataset{Areas: p.list, Policies: policies, Categories: categories, AppealPanel: f.panels(offices)}
	known := map[portal.OfficeID]bool{}
	for _, o := range offices {
		known[o.ID] = true
		data.Offices = append(data.Offices, o.Office)
	}
	if _, err := fs.Stat(files, OfficersFile); !errors.Is(err, fs.ErrNotExist) {
		data.Officers = f.officers(OfficersFile, known)
	}
	if len(f.problems) == 0 {
		f.checkWhole(p, offices, data)
	}
	if len(f.problems) > 0 {
		return portal.Dataset{}, f.problems.sorted()
	}
	return data, nil
}

// checkWhole makes sure that a complaint from every district can climb to the
// top, naming the district's line; the directory's own check has the last word.
func (f *folder) checkWhole(p *places, offices []officeRow, data portal.Dataset) {
	type step struct {
		area  portal.AreaID
		level int
	}
	chain := map[step]officeRow{}
	for _, o := range offices {
		if o.Kind != portal.Chain {
			continue
		}
		at := step{o.Area, o.Level}
		if other, twice := chain[at]; twice {
			o.row.fail("%s has the office %s at level %d already", o.Area, other.ID, o.Level)
		}
		chain[at] = o
	}
	top := 0
	for _, policy := range data.Policies {
		top = max(top, len(policy.EscalateAfterDays))
	}
	for _, a := range p.list {
		for level := 0; a.Kind == portal.District && level <= top; level++ {
			found := false
			for at := a; at.ID != "" && !found; at = p.byID[at.Parent] {
				_, found = chain[step{at.ID, level}]
			}
			if !found {
				f.fail(AreasFile, p.lines[string(a.ID)], "district %s has no office at level %d in %s", a.ID, level, OfficesFile)
			}
		}
	}
	if len(f.problems) > 0 {
		return
	}
	if _, err := portal.NewDirectory(data); err != nil {
		f.fail(OfficesFile, 1, "%v", err)
	}
}
