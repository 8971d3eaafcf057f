package server

import (
	"bytes"
	"strings"
	"testing"
)

// TestDemoPasswordsPassTheRules draws bytes that would spell the sign-in name
// "cs", which officers' passwords may not hold.
func TestDemoPasswordsPassTheRules(t *testing.T) {
	unlucky := bytes.Repeat([]byte{byte(strings.IndexByte(easyLetters, 'c')), byte(strings.IndexByte(easyLetters, 's'))}, 10)
	next := bytes.Repeat([]byte{byte(strings.IndexByte(easyLetters, 'k')), byte(strings.IndexByte(easyLetters, '7'))}, 10)
	got, err := demoPassword(bytes.NewReader(append(unlucky, next...)), "cs")
	if err != nil || got != strings.Repeat("k7", 10) {
		t.Errorf("%q, %v", got, err)
	}
}
