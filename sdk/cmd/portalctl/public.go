package main

import (
	"context"
	"io"
	"strings"

	"github.com/citizens-portal/portal/sdk/api"
)

func publicCommands() []command {
	return []command{
		{name: "categories", summary: "what a complaint can be about, as a tree", group: groupPublic, setup: simple((*app).categories)},
		{name: "areas", summary: "provinces, divisions, districts and tehsils", group: groupPublic, setup: simple((*app).areas)},
		{name: "offices", summary: "the offices", group: groupPublic, setup: simple((*app).offices)},
	}
}

type categoryJSON struct {
	Code     string         `json:"code"`
	Name     string         `json:"name"`
	Names    api.Text       `json:"names"`
	Evidence bool           `json:"evidence,omitempty"`
	Children []categoryJSON `json:"children"`
}

func categoryOut(c api.Category) categoryJSON {
	return categoryJSON{c.Code, c.Name.In("en"), c.Name, c.Evidence, mapAll(c.Children, categoryOut)}
}

func (a *app) categories(ctx context.Context, _ []string) error {
	tree, err := a.client.Directory.Categories(ctx)
	if err != nil {
		return err
	}
	return a.print(mapAll(tree, categoryOut), func(w io.Writer) { writeTree(w, tree, 0) })
}

func writeTree(w io.Writer, tree []api.Category, depth int) {
	for _, c := range tree {
		line(w, "%s%s\t%s", strings.Repeat("  ", depth), c.Code, c.Name.In("en"))
		writeTree(w, c.Children, depth+1)
	}
}

type areaJSON struct {
	ID     string   `json:"id"`
	Slug   string   `json:"slug"`
	Kind   string   `json:"kind"`
	Name   string   `json:"name"`
	Names  api.Text `json:"names"`
	Parent string   `json:"parent,omitempty"`
}

func (a *app) areas(ctx context.Context, _ []string) error {
	list, err := a.client.Directory.Areas(ctx)
	if err != nil {
		return err
	}
	out := mapAll(list, func(r api.Area) areaJSON { return areaJSON{r.ID, r.Slug, r.Kind, r.Name.In("en"), r.Name, r.Parent} })
	return a.print(out, func(w io.Writer) {
		line(w, "KIND\tSLUG\tNAME\tID")
		for _, r := range list {
			line(w, "%s\t%s\t%s\t%s", r.Kind, r.Slug, r.Name.In("en"), r.ID)
		}
	})
}

type officeJSON struct {
	ID     string   `json:"id"`
	Kind   string   `json:"kind"`
	Name   string   `json:"name"`
	Names  api.Text `json:"names"`
	Area   string   `json:"area"`
	Level  int      `json:"level"`
	Parent string   `json:"parent,omitempty"`
}

func (a *app) offices(ctx context.Context, _ []string) error {
	list, err := a.client.Directory.Offices(ctx)
	if err != nil {
		return err
	}
	return a.printOffices(list)
}

func (a *app) printOffices(list []api.Office) error {
	out := mapAll(list, func(o api.Office) officeJSON {
		return officeJSON{o.ID, o.Kind, o.Name.In("en"), o.Name, o.Area, o.Level, o.Parent}
	})
	return a.print(out, func(w io.Writer) {
		line(w, "ID\tKIND\tLEVEL\tNAME\tAREA")
		for _, o := range list {
			line(w, "%s\t%s\t%d\t%s\t%s", o.ID, o.Kind, o.Level, o.Name.In("en"), o.Area)
		}
	})
}
