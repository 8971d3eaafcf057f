package portal

// EraseBody gives what is left of a complaint when its author has their words
// erased: where it was, to the district, so that figures stay right.
func EraseBody(c Case, b Complaint) Complaint {
	return Complaint{Area: c.District, Language: b.Language, SecretHash: b.SecretHash, Sample: b.Sample, Erased: true}
}

// EraseEvent gives what is left of an event then: who did what and when. What
// officers wrote goes too, because it speaks of the one who complained.
func EraseEvent(e Event) Event {
	e.Erased = e.Erased || e.Text != "" || len(e.Files) > 0 || e.Rating != nil && e.Rating.Comment != ""
	e.Text, e.Files = "", nil
	if e.Rating != nil {
		e.Rating = &Rating{Time: e.Rating.Time, Quality: e.Rating.Quality}
	}
	return e
}

// EraseCase gives what is left of a case then: its rating without the words, and
// whom it was about without the name.
func EraseCase(c Case) Case {
	if c.Rating != nil {
		c.Rating = &Rating{Time: c.Rating.Time, Quality: c.Rating.Quality}
	}
	if c.About.Somebody() && (c.About.Office != "" || c.About.Officer != "") {
		c.About.Name = ""
	}
	return c
}
