package portal

import (
	"fmt"
	"strings"
	"unicode"
)

// Code is the name of a case that people read aloud and write on paper, e.g.
// "KP-26-7F3K-92QX": province, year of filing, seven random characters and a
// check character. It is a name, never a secret.
type Code string

// codeAlphabet leaves out 0 and O, 1, I and L. Its length 31 is prime, so the
// weighted sum below catches every single mistyped character and every swap of
// two different neighbours, prefix included.
const codeAlphabet = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"

// CodeRandomLen is how many random values NewCode needs.
const CodeRandomLen = 7

// NewCode makes a code for a province ("KP": one to three letters) and year from CodeRandomLen
// random bytes. Bytes of 248 and above are not uniform over the alphabet;
// callers draw again (see UniformCodeByte).
func NewCode(province string, year int, random [CodeRandomLen]byte) Code {
	var body [codeBodyLen]byte
	for i, b := range random {
		body[i] = codeAlphabet[int(b)%len(codeAlphabet)]
	}
	prefix := fmt.Sprintf("%s-%02d", strings.ToUpper(province), year%100)
	body[CodeRandomLen] = codeCheck(prefix, string(body[:CodeRandomLen]))
	return Code(prefix + "-" + string(body[:4]) + "-" + string(body[4:]))
}

// UniformCodeByte reports whether a random byte can be used for NewCode without
// favouring some characters.
func UniformCodeByte(b byte) bool { return int(b) < 256/len(codeAlphabet)*len(codeAlphabet) }

// codeCheck sums the characters with weights 1, 2, 3 … modulo 31. The prefix is
// letters of the province and two digits of the year, each with values of its
// own, so that no two characters that can stand in one place count the same.
func codeCheck(prefix, body string) byte {
	sum, weight := 0, 1
	add := func(value int) {
		sum += weight * value
		weight++
	}
	for i := range len(prefix) {
		switch c := prefix[i]; {
		case c >= 'A' && c <= 'Z':
			add(int(c - 'A'))
		case c >= '0' && c <= '9':
			add(int(c - '0'))
		}
	}
	for i := range len(body) {
		add(strings.IndexByte(codeAlphabet, body[i]))
	}
	return codeAlphabet[sum%len(codeAlphabet)]
}

// ParseCode reads a code as people type it: any case, with spaces, dashes of
// any sort or nothing between the groups, digits of an Urdu keyboard, and the
// invisible marks that right-to-left text brings along. A wrong character is an
// ErrInvalid on field "code" and never another case's code by accident.
func ParseCode(s string) (Code, error) {
	flat, err := flattenCode(s)
	if err != nil {
		return "", err
	}
	split := len(flat) - codeBodyLen
	if split < 3 || split > 5 {
		return "", errCodeLength()
	}
	province, year, body := flat[:split-2], flat[split-2:split], flat[split:]
	if strings.Trim(province, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" || strings.Trim(year, "0123456789") != "" {
		return "", errCodeLength()
	}
	if i := strings.IndexFunc(body, func(r rune) bool { return !strings.ContainsRune(codeAlphabet, r) }); i >= 0 {
		return "", Invalid("code", "code_character", "%q is never part of a code here: look again, it may be another character", body[i:i+1])
	}
	prefix, random := province+"-"+year, body[:codeBodyLen-1]
	if body[codeBodyLen-1] != codeCheck(prefix, random) {
		return "", Invalid("code", "code_mistyped", "one character of the code is mistyped: read it once more")
	}
	return Code(prefix + "-" + body[:4] + "-" + body[4:]), nil
}

// codeBodyLen is the random characters and the check character.
const codeBodyLen = CodeRandomLen + 1

func errCodeLength() error {
	return Invalid("code", "code_length", "a code looks like KP-26-7F3K-92QX: check that no character is missing")
}

// flattenCode keeps the letters and digits of what was typed, as capitals and
// ASCII digits.
func flattenCode(s string) (string, error) {
	var b strings.Builder
	for _, r := range s {
		switch {
		case r >= 'a' && r <= 'z':
			b.WriteRune(r - 'a' + 'A')
		case r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
			b.WriteRune(r)
		case r >= '۰' && r <= '۹':
			b.WriteRune(r - '۰' + '0')
		case r >= '٠' && r <= '٩':
			b.WriteRune(r - '٠' + '0')
		case unicode.In(r, unicode.Pd, unicode.Cf, unicode.White_Space), r == '−', r == '۔', r == 'ـ':
			// A mark between groups or of the text's direction.
		default:
			return "", Invalid("code", "code_character", "%q is never part of a code: look again, it may be another character", string(r))
		}
		if b.Len() > 16 {
			break
		}
	}
	return b.String(), nil
}
