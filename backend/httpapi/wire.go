package httpapi

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/citizens-portal/portal/backend/feed"
	"github.com/citizens-portal/portal/backend/lifecycle"
	"github.com/citizens-portal/portal/backend/portal"
	"github.com/citizens-portal/portal/sdk/api"
)

// This file alone maps between the domain's types and the wire's.

// lens is who looks, and through which directory.
type lens struct {
	dir       *portal.Directory
	actor     portal.Actor
	now       time.Time
	pseudonym func(portal.AccountID) string
	files     *fileStates
}

func text(t portal.Text) api.Text { return api.Text(t) }

// complaint shows a case with what was filed as the viewer may see it.
func (l lens) complaint(c portal.Case, filed []byte) (api.Complaint, error) {
	var body portal.Complaint
	if err := json.Unmarshal(filed, &body); err != nil {
		return api.Complaint{}, fmt.Errorf("body of %s: %w", c.ID, err)
	}
	out := api.Complaint{
		ID: c.ID, Code: string(c.Code), Status: string(c.Status), Level: c.Level, LodgedAt: c.LodgedAt, ClosedAt: c.ClosedAt,
		Text: body.Text, Category: string(c.Category), District: l.slug(c.District), Area: string(body.Area), Place: body.Place,
		Files: l.files.show(c.ID, body.Files), Holder: string(c.Office), Version: c.Version, Rejections: c.Rejections, Reopened: c.Reopened,
		Appealed: c.Appealed, Rating: rating(c.Rating), Ladder: portal.Ladder(l.dir, c), Sample: body.Sample,
	}
	if due, ok := portal.Deadline(l.dir, c); ok && c.Status.Open() {
		out.DueAt = due
	}
	if at, ok := portal.SilenceDue(l.dir, c); ok {
		out.SilentAt = at
	}
	if o, ok := l.dir.Office(c.Office); ok {
		out.HolderName = text(o.Name)
	}
	for _, action := range portal.AllowedActions(l.dir, c, l.actor, l.now) {
		out.AllowedActions = append(out.AllowedActions, string(action))
	}
	l.people(c, &out)
	l.protect(c, body, &out)
	return out, nil
}

// protect keeps from officers what a sensitive category withholds, and says
// whom a case is about to those who may see it at all.
func (l lens) protect(c portal.Case, body portal.Complaint, out *api.Complaint) {
	out.Anonymous, out.Erased = c.Citizen.Anonymous(), body.Erased
	if c.About.Somebody() {
		out.About = &api.About{Office: string(c.About.Office), Officer: c.About.Name}
	}
	if l.actor.Kind == portal.OfficerActor && l.dir.Sensitive(c.Category) {
		out.PlaceWithheld = body.Place != ""
		out.Place = ""
	}
}

// people fills in who is who: citizens learn an officer's title, officers learn
// the complainant's pseudonym.
func (l lens) people(c portal.Case, out *api.Complaint) {
	if o, ok := l.dir.Officer(c.Officer); ok {
		out.OfficerTitle = text(o.Title)
	}
	if l.actor.Kind == portal.CitizenActor {
		return
	}
	out.Officer = string(c.Officer)
	out.Citizen = l.pseudonym(c.Citizen)
}

func (l lens) slug(id portal.AreaID) string {
	if a, ok := l.dir.Area(id); ok {
		return a.Slug
	}
	return string(id)
}

// event shows one event as the viewer may see it.
func (l lens) event(e portal.Event) api.Event {
	out := api.Event{
		N: e.N, Action: string(e.Action), Role: string(e.Role), At: e.At, DueAt: e.DueAt, AsOf: e.AsOf, Status: string(e.Status),
		Level: e.Level, FromLevel: e.FromLevel, Text: e.Text, ToOffice: string(e.ToOffice), Disposition: string(e.Disposition),
		Files: l.files.show(e.Case, e.Files), Rating: rating(e.Rating), Erased: e.Erased,
	}
	officer, isOfficer := l.dir.Officer(e.Officer)
	if isOfficer {
		out.By, out.ByName = string(officer.Office), text(officer.Title)
	}
	if isOfficer && e.Action == portal.ActReveal {
		out.Person = officer.Name
	}
	if office, ok := l.dir.Office(e.Office); ok && !isOfficer {
		out.By, out.ByName = string(office.ID), text(office.Name)
	}
	if to, ok := l.dir.Office(e.ToOffice); ok {
		out.ToName = text(to.Name)
	}
	if to, ok := l.dir.Officer(e.ToOfficer); ok {
		out.ToName = text(to.Title)
	}
	if l.actor.Kind == portal.OfficerActor {
		out.ToOfficer = string(e.ToOfficer)
		if isOfficer {
			out.By = string(officer.ID)
		}
	}
	return out
}

func (l lens) events(events []portal.Event) []api.Event {
	out := make([]api.Event, len(events))
	for i, e := range events {
		out[i] = l.event(e)
	}
	return out
}

// page shows a stretch of a feed.
func (l lens) page(p feed.Page) (api.Page, error) {
	out := api.Page{Feed: string(p.Feed), From: p.From, Next: p.Next, Head: p.Head, Reset: p.Reset, Sum: p.Sum, More: p.More, SnapshotAfter: p.SnapshotAfter}
	for _, item := range p.Items {
		e := api.Entry{N: item.Entry.N, Type: string(item.Entry.Type), Case: item.Entry.Case, Event: item.Entry.Event, Gone: item.Gone, Events: l.events(item.Events)}
		if item.Case != nil {
			c, err := l.complaint(*item.Case, item.Body)
			if err != nil {
				return api.Page{}, err
			}
			c.UpdatedAt = item.Entry.At
			e.Complaint = &c
		}
		out.Entries = append(out.Entries, e)
	}
	return out, nil
}

func filesIn(list []api.File) []portal.File {
	var out []portal.File
	for _, f := range list {
		out = append(out, portal.File{SHA256: f.SHA256, Size: f.Size, Type: f.Type})
	}
	return out
}

func rating(r *portal.Rating) *api.Rating {
	if r == nil {
		return nil
	}
	out := api.Rating(*r)
	return &out
}

// filing reads a complaint off the wire. An unknown district is kept as it was
// typed so that the rules name it.
func filing(dir *portal.Directory, b api.LodgeBody) lifecycle.Filing {
	district := portal.AreaID(b.District)
	if d, ok := dir.DistrictBySlug(b.District); ok {
		district = d.ID
	}
	area := portal.AreaID(b.Area)
	if area == "" {
		area = district
	}
	return lifecycle.Filing{
		ID: b.ID, District: district, Category: portal.CategoryCode(b.Category),
		Body: portal.Complaint{
			Text: strings.TrimSpace(b.Text), Area: area, Place: strings.TrimSpace(b.Place), Language: b.Language, Files: filesIn(b.Files),
			SecretHash: b.SecretHash, WrittenAt: b.WrittenAt,
		},
		AboutOffice: portal.OfficeID(strings.TrimSpace(b.AboutOffice)), AboutOfficer: b.AboutOfficer,
	}
}

// ask reads an action off the wire.
func ask(b api.ActBody) lifecycle.Ask {
	out := lifecycle.Ask{
		Case: b.Case, Action: portal.Action(b.Action), Expected: b.ExpectedVersion, Text: b.Text, ToOffice: portal.OfficeID(b.ToOffice),
		ToOfficer: portal.OfficerID(b.ToOfficer), Disposition: portal.Disposition(b.Disposition), Files: filesIn(b.Files),
	}
	if b.Rating != nil {
		r := portal.Rating(*b.Rating)
		out.Rating = &r
	}
	return out
}

// areas, categories and offices are the public collections.
func areas(dir *portal.Directory) []api.Area {
	list := dir.Data().Areas
	out := make([]api.Area, len(list))
	for i, a := range list {
		out[i] = api.Area{ID: string(a.ID), Slug: a.Slug, Kind: string(a.Kind), Name: text(a.Name), Parent: string(a.Parent)}
	}
	return out
}

func offices(dir *portal.Directory) []api.Office {
	list := dir.Data().Offices
	out := make([]api.Office, len(list))
	for i, o := range list {
		out[i] = api.Office{ID: string(o.ID), Kind: string(o.Kind), Name: text(o.Name), Area: string(o.Area), Level: o.Level, Parent: string(o.Parent)}
		for _, c := range o.Categories {
			out[i].Categories = append(out[i].Categories, string(c))
		}
	}
	return out
}

func categories(dir *portal.Directory) []api.Category { return categoryTree(dir, "") }

func categoryTree(dir *portal.Directory, parent portal.CategoryCode) []api.Category {
	out := []api.Category{}
	for _, c := range dir.Data().Categories {
		if c.Parent != parent {
			continue
		}
		policy, _ := dir.Policy(c.Code)
		node := api.Category{Code: string(c.Code), Name: text(c.Name), Icon: c.Icon, Words: c.Words, Evidence: policy.Evidence, Sensitive: dir.Sensitive(c.Code)}
		if !dir.IsLeaf(c.Code) {
			node.Children = categoryTree(dir, c.Code)
		}
		out = append(out, node)
	}
	return out
}
