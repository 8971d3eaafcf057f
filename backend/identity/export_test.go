package identity

// ParseToken lets the tests fuzz the token decoder.
var ParseToken = parseToken

// FillHasher takes both turns of the password hasher until release.
func FillHasher(s *Service) (release func()) {
	for range cap(s.hasher.turn) {
		s.hasher.turn <- struct{}{}
	}
	return func() {
		for range cap(s.hasher.turn) {
			<-s.hasher.turn
		}
	}
}
