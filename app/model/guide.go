package model

import (
	"cmp"
	"slices"
	"strings"

	"github.com/citizens-portal/portal/assets"
	"github.com/citizens-portal/portal/sdk/api"
)

// Guide is the public knowledge of places and kinds of problem. Its zero value knows
// nothing and answers with the codes themselves.
type Guide struct {
	Areas []api.Area
	Kinds []api.Category
	// Offices are those of the directory; none while nobody asked for them.
	Offices []api.Office
}

// Choice is a line of a list to choose from.
type Choice struct {
	ID   string
	Name string
	Hint string // what it belongs to
	Icon assets.Icon
	More bool // it holds further choices
}

// Districts lists the districts by name.
func (g Guide) Districts(w Words) []Choice {
	return g.areas(w, func(a api.Area) (string, bool) { return a.Slug, a.Kind == "district" })
}

// Tehsils lists the tehsils of a district, given by slug or id.
func (g Guide) Tehsils(w Words, district string) []Choice {
	d, ok := g.District(district)
	return g.areas(w, func(a api.Area) (string, bool) { return a.ID, ok && a.Kind == "tehsil" && a.Parent == d.ID })
}

func (g Guide) areas(w Words, match func(api.Area) (id string, ok bool)) []Choice {
	var out []Choice
	for _, a := range g.Areas {
		if id, ok := match(a); ok {
			out = append(out, Choice{ID: id, Name: w.In(a.Name), Icon: assets.IconPin})
		}
	}
	slices.SortFunc(out, func(a, b Choice) int { return cmp.Compare(a.Name, b.Name) })
	return out
}

// District finds a district by slug or id.
func (g Guide) District(ref string) (api.Area, bool) {
	for _, a := range g.Areas {
		if a.Kind == "district" && (a.Slug == ref || a.ID == ref) {
			return a, true
		}
	}
	return api.Area{}, false
}

// DistrictName is a district's name, or what stands for it.
func (g Guide) DistrictName(w Words, ref string) string {
	if a, ok := g.District(ref); ok {
		return w.In(a.Name)
	}
	return ref
}

// TehsilName is a tehsil's name; empty when the area is none.
func (g Guide) TehsilName(w Words, id string) string {
	for _, a := range g.Areas {
		if a.ID == id && a.Kind == "tehsil" {
			return w.In(a.Name)
		}
	}
	return ""
}

// Place is "Tehsil Babuzai, Swat", or less when less is known.
func (g Guide) Place(w Words, district, area string) string {
	name := g.DistrictName(w, district)
	if t := g.TehsilName(w, area); t != "" {
		return w.T("area.place", "tehsil", t, "district", name)
	}
	return name
}

// Kind finds a kind of problem with its name and icon.
func (g Guide) Kind(w Words, code string) (Choice, bool) {
	found, ok := Choice{ID: code, Name: code, Icon: assets.IconAllKinds}, false
	g.walk(g.Kinds, nil, func(c api.Category, parents []api.Category) {
		if c.Code == code {
			found, ok = g.choice(w, c, parents), true
		}
	})
	return found, ok
}

func (g Guide) walk(list []api.Category, parents []api.Category, visit func(api.Category, []api.Category)) {
	for _, c := range list {
		visit(c, parents)
		g.walk(c.Children, append(slices.Clone(parents), c), visit)
	}
}

func (g Guide) choice(w Words, c api.Category, parents []api.Category) Choice {
	out := Choice{ID: c.Code, Name: w.In(c.Name), Icon: IconFor(c.Icon), More: len(c.Children) > 0}
	if len(parents) > 0 {
		out.Hint = w.In(parents[len(parents)-1].Name)
	}
	return out
}

// Under lists the kinds below a code; all of the top for "".
func (g Guide) Under(w Words, code string) []Choice {
	var out []Choice
	if code == "" {
		for _, c := range g.Kinds {
			out = append(out, g.choice(w, c, nil))
		}
		return out
	}
	g.walk(g.Kinds, nil, func(c api.Category, _ []api.Category) {
		if c.Code != code {
			return
		}
		for _, child := range c.Children {
			k := g.choice(w, child, nil)
			k.Hint = ""
			out = append(out, k)
		}
	})
	return out
}

// parent gives the code above a kind; "" at the top.
func (g Guide) parent(code string) string {
	found := ""
	g.walk(g.Kinds, nil, func(c api.Category, parents []api.Category) {
		if c.Code == code && len(parents) > 0 {
			found = parents[len(parents)-1].Code
		}
	})
	return found
}

// maxFound keeps a search's answer to what a person reads.
const maxFound = 12

// Search finds kinds that can be chosen by name in any language, or by a word people
// use for it, such as "bijli". Better matches come first.
func (g Guide) Search(w Words, query string) []Choice {
	query = fold(query)
	if query == "" {
		return nil
	}
	var starts, holds []Choice
	g.walk(g.Kinds, nil, func(c api.Category, parents []api.Category) {
		if len(c.Children) > 0 {
			return
		}
		switch rank(c, parents, query) {
		case 1:
			starts = append(starts, g.choice(w, c, parents))
		case 2:
			holds = append(holds, g.choice(w, c, parents))
		}
	})
	all := append(starts, holds...)
	return all[:min(len(all), maxFound)]
}

// rank is 1 when a word of the kind starts with the query, 2 when one of its group's
// does or one holds it, 0 when nothing fits.
func rank(c api.Category, parents []api.Category, query string) int {
	best := 0
	for _, text := range append(slices.Clone(c.Words), c.Name.EN, c.Name.UR, c.Name.PS) {
		text = fold(text)
		if strings.HasPrefix(text, query) || strings.Contains(text, " "+query) {
			return 1
		}
		if strings.Contains(text, query) {
			best = 2
		}
	}
	for _, p := range parents {
		for _, word := range p.Words {
			if strings.HasPrefix(fold(word), query) {
				best = 2
			}
		}
	}
	return best
}

// fold makes spellings alike that a keyboard may give for the same letter.
func fold(s string) string {
	return strings.NewReplacer("ك", "ک", "ي", "ی", "ى", "ی", "ې", "ی", "ۍ", "ی", "ة", "ہ", "ه", "ہ", "\u200c", " ").Replace(strings.ToLower(strings.TrimSpace(s)))
}

// Filter keeps the choices whose name holds the query.
func Filter(list []Choice, query string) []Choice {
	query = fold(query)
	return slices.DeleteFunc(slices.Clone(list), func(c Choice) bool {
		return !strings.Contains(fold(c.Name), query) && !strings.Contains(fold(c.ID), query)
	})
}

// Tile is one of the pictures that open the guided flow. Its word is the key
// "category." and Word; Kind is the code it stands for.
type Tile struct {
	Word string
	Icon assets.Icon
	Kind string
}

// Tiles are the eight pictures, the most asked for first.
func Tiles() []Tile {
	return []Tile{
		{"water", assets.IconWater, "water-supply"},
		{"electricity", assets.IconElectricity, "energy-power"},
		{"roads", assets.IconRoads, "communication"},
		{"rubbish", assets.IconRubbish, "rubbish"},
		{"school", assets.IconSchool, "education"},
		{"health", assets.IconHealth, "health"},
		{"police", assets.IconPolice, "law-order"},
		{"land", assets.IconLand, "land-revenue"},
	}
}

// IconFor gives the drawing for the icon that the directory names.
func IconFor(name string) assets.Icon {
	icon, ok := map[string]assets.Icon{
		"water": assets.IconWater, "drain": assets.IconWater, "flood": assets.IconWater,
		"electricity": assets.IconElectricity, "meter": assets.IconElectricity, "gas": assets.IconElectricity,
		"roads": assets.IconRoads, "bridge": assets.IconRoads, "works": assets.IconRoads,
		"rubbish": assets.IconRubbish, "smoke": assets.IconRubbish,
		"school": assets.IconSchool, "book": assets.IconSchool,
		"health": assets.IconHealth, "medicine": assets.IconHealth, "ambulance": assets.IconHealth,
		"police": assets.IconPolice, "shield": assets.IconPolice,
		"land": assets.IconLand, "crop": assets.IconLand, "tree": assets.IconLand, "park": assets.IconLand,
		"light": assets.IconStreetlight, "bus": assets.IconTransport, "car": assets.IconTransport, "traffic": assets.IconTransport,
		"price": assets.IconPrices, "food": assets.IconPrices, "money": assets.IconPrices, "bill": assets.IconPrices, "animal": assets.IconAnimals,
		"card": assets.IconCard, "passport": assets.IconCard, "certificate": assets.IconDocument, "mail": assets.IconDocument,
		"municipal": assets.IconOffice, "building": assets.IconOffice,
		"people": assets.IconPeople, "rights": assets.IconPeople, "sport": assets.IconPeople,
		"phone": assets.IconPhone, "cyber": assets.IconPhone, "emergency": assets.IconTriangle, "fire": assets.IconTriangle,
		"noise": assets.IconMegaphone, "idea": assets.IconMessage, "plane": assets.IconTransport,
	}[name]
	if !ok {
		return assets.IconAllKinds
	}
	return icon
}
