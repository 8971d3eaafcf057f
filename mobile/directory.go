package mobile

import (
	"context"

	"github.com/citizens-portal/portal/sdk"
)

// Directory is the public knowledge: places and categories. It answers from the
// device; what is not there yet is fetched.
type Directory struct{ p *Portal }

// Area is a place.
type Area struct {
	ID     string // its path, e.g. "kp/malakand/swat"
	Slug   string
	Kind   string // "province", "division", "district" or "tehsil"
	Name   *Text
	Parent string // an area's id
}

// AreaList is a list of places.
type AreaList struct{ list[Area] }

// Len is how many there are.
func (l *AreaList) Len() int { return l.len() }

// Get gives one of them, nothing outside the list.
func (l *AreaList) Get(i int) *Area { return l.get(i) }

// Category is what a complaint can be about. Only one without children can be
// chosen.
type Category struct {
	Code     string
	Name     *Text
	Children *CategoryList
	// Evidence: a photo helps.
	Evidence bool
}

// CategoryList is a list of categories.
type CategoryList struct{ list[Category] }

// Len is how many there are.
func (l *CategoryList) Len() int { return l.len() }

// Get gives one of them, nothing outside the list.
func (l *CategoryList) Get(i int) *Category { return l.get(i) }

// Areas lists provinces, divisions, districts and tehsils.
func (d *Directory) Areas(timeoutMillis int64) (*AreaList, error) {
	return call(d.p, timeoutMillis, func(ctx context.Context) (*AreaList, error) {
		areas, err := d.p.client.Directory.Areas(ctx)
		out := &AreaList{}
		for _, a := range areas {
			out.add(Area{ID: a.ID, Slug: a.Slug, Kind: a.Kind, Name: textOf(a.Name), Parent: a.Parent})
		}
		return out, err
	})
}

// Categories gives the tree of categories.
func (d *Directory) Categories(timeoutMillis int64) (*CategoryList, error) {
	return call(d.p, timeoutMillis, func(ctx context.Context) (*CategoryList, error) {
		tree, err := d.p.client.Directory.Categories(ctx)
		return categoriesOf(tree), err
	})
}

func categoriesOf(tree []sdk.Category) *CategoryList {
	out := &CategoryList{}
	for _, c := range tree {
		out.add(Category{Code: c.Code, Name: textOf(c.Name), Children: categoriesOf(c.Children), Evidence: c.Evidence})
	}
	return out
}
