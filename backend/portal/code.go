package portal

import (
	"fmt"
	"strings"
)

// Code is the name of a case that people read aloud and write on paper, e.g.
// "KP-26-7F3K-92QX": province, year of filing, seven random characters and a
// check character. It is a name, never a secret.
type Code string

// codeAlphabet leaves out 0 and O, 1, I and L. Its length 31 is prime, so the
// weighted sum below catches every single mistyped character and every swap of
// two different neighbours.
const codeAlphabet = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"

// CodeRandomLen is how many random values NewCode needs.
const CodeRandomLen = 7

// NewCode makes a code for a province ("KP") and year from CodeRandomLen
// random bytes. Bytes of 248 and above are not uniform over the alphabet;
// callers draw again (see UniformCodeByte).
func NewCode(province string, year int, random [CodeRandomLen]byte) Code {
	var body [8]byte
	for i, b := range random {
		body[i] = codeAlphabet[int(b)%len(codeAlphabet)]
	}
	prefix := fmt.Sprintf("%s-%02d", strings.ToUpper(province), year%100)
	body[7] = codeCheck(prefix, string(body[:7]))
	return Code(prefix + "-" + string(body[:4]) + "-" + string(body[4:]))
}

// UniformCodeByte reports whether a random byte can be used for NewCode without
// favouring some characters.
func UniformCodeByte(b byte) bool { return int(b) < 256/len(codeAlphabet)*len(codeAlphabet) }

// codeCheck sums the characters with weights 1, 2, 3 … modulo 31, the prefix
// included so that a mistyped year or province is caught too.
func codeCheck(prefix, body string) byte {
	sum, weight := 0, 1
	for _, r := range prefix + body {
		if r == '-' {
			continue
		}
		sum += weight * codeValue(byte(r))
		weight++
	}
	return codeAlphabet[sum%len(codeAlphabet)]
}

// codeValue gives a character's number; 0, 1, I, L and O occur only in the
// prefix and get values that differ from their neighbours.
func codeValue(c byte) int {
	if i := strings.IndexByte(codeAlphabet, c); i >= 0 {
		return i
	}
	return int(c) % len(codeAlphabet)
}

// ParseCode reads a code as people type it: any case, spaces or dashes or
// nothing between the groups. A wrong character is an ErrInvalid on field
// "code" and never another case's code by accident.
func ParseCode(s string) (Code, error) {
	var b strings.Builder
	for _, r := range strings.ToUpper(s) {
		if r == '-' || r == ' ' || r == '\u200e' || r == '\u200f' {
			continue
		}
		b.WriteRune(r)
	}
	flat := b.String()
	if len(flat) < 11 || len(flat) > 13 {
		return "", Invalid("code", "code_length", "a code looks like KP-26-7F3K-92QX: check that no character is missing")
	}
	body := flat[len(flat)-8:]
	prefix := flat[:len(flat)-10] + "-" + flat[len(flat)-10:len(flat)-8]
	for i := range len(body) {
		if strings.IndexByte(codeAlphabet, body[i]) < 0 {
			return "", Invalid("code", "code_character", "%q is never part of a code: look again, it may be another character", body[i:i+1])
		}
	}
	if body[7] != codeCheck(prefix, body[:7]) {
		return "", Invalid("code", "code_mistyped", "one character of the code is mistyped: read it once more")
	}
	return Code(prefix + "-" + body[:4] + "-" + body[4:]), nil
}
