package sdk_test

import (
	"testing"

	"github.com/citizens-portal/portal/sdk"
)

// The figures of docs/performance.md: what a person feels on the device. Every
// write is on the disk when it returns.

func BenchmarkSaveDraft(b *testing.B) {
	s, _ := newServer()
	p := citizen(b, s)
	d, err := p.Complaints.SaveDraft(b.Context(), sdk.Draft{Text: "half a sentence"})
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := p.Complaints.SaveDraft(b.Context(), d); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkLodgeOffline(b *testing.B) {
	s, _ := newServer()
	p := citizen(b, s)
	p.sync()
	s.Lose = down
	d := sdk.Draft{Category: "roads", District: "swat", Text: "پانی کا پائپ ٹوٹا ہے، گلی میں پانی کھڑا ہے"}
	// The outbox of a real phone is short: it is emptied now and then.
	for i := 0; b.Loop(); i++ {
		if _, err := p.Complaints.Lodge(b.Context(), d); err != nil {
			b.Fatal(err)
		}
		if i%20 == 19 {
			b.StopTimer()
			s.Lose = nil
			p.sync()
			s.Lose = down
			b.StartTimer()
		}
	}
}

func BenchmarkList10000(b *testing.B) {
	s, _ := newServer()
	p := citizen(b, s)
	s.Fill("c:923451234567", 10_000)
	p.sync()
	for name, o := range map[string]sdk.ListOptions{
		"first-page": {Limit: 30},
		"all":        {},
		"all-whole":  {Whole: true},
		"open-page":  {Limit: 30, Filter: sdk.ListOpen},
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				page, err := p.Complaints.List(b.Context(), o)
				if err != nil || len(page.Complaints) == 0 {
					b.Fatal(len(page.Complaints), err)
				}
			}
		})
	}
}

func BenchmarkShow(b *testing.B) {
	s, _ := newServer()
	p := citizen(b, s)
	s.Fill("c:923451234567", 10_000)
	p.sync()
	id := p.list()[5000].ID
	for b.Loop() {
		if _, err := p.Complaints.Show(b.Context(), id); err != nil {
			b.Fatal(err)
		}
	}
}
