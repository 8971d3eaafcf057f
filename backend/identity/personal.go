package identity

import (
	"encoding/json"
	"log/slog"
	"strings"

	"github.com/citizens-portal/portal/backend/portal"
)

// redacted stands for personal data in logs and formatted errors.
const redacted = "[redacted]"

// CNIC is a national identity card number, 13 digits. It masks itself wherever
// it is printed, logged or marshalled; Reveal is the one way to the digits.
type CNIC struct{ digits string }

// Mobile is a mobile number in E.164, "+923" and nine digits. It masks itself
// like CNIC.
type Mobile struct{ number string }

// ParseCNIC reads a CNIC as people write it: 13 digits, Latin, Urdu or Arabic,
// with dashes and spaces anywhere. Only the shape is checked, because there is
// no public check digit. The error is on field "cnic".
func ParseCNIC(s string) (CNIC, error) {
	digits, other := onlyDigits(s)
	switch {
	case other:
		return CNIC{}, portal.Invalid("cnic", "cnic_characters", "A CNIC has digits only, like 15602-1234567-1.")
	case len(digits) != 13:
		return CNIC{}, portal.Invalid("cnic", "cnic_digits", "This CNIC has %d digits. It needs 13.", len(digits))
	case digits[0] == '0':
		return CNIC{}, portal.Invalid("cnic", "cnic_first", "A CNIC does not start with 0. Look at the card again.")
	}
	return CNIC{digits}, nil
}

// ParseMobile reads a mobile number of Pakistan as people write it: 03XX…,
// 923XX…, +923XX… or 00923XX…, in Latin, Urdu or Arabic digits. The prefix is
// no proof of the network, so any after +923 is taken. The error is on field
// "mobile".
func ParseMobile(s string) (Mobile, error) {
	trimmed := strings.Trim(s, " \t\u200e\u200f\u202a\u202c\u2066\u2069")
	digits, other := onlyDigits(strings.TrimPrefix(trimmed, "+"))
	if other {
		return Mobile{}, portal.Invalid("mobile", "mobile_characters", "A mobile number has digits only, like 0345-1234567.")
	}
	national := digits
	for _, prefix := range []string{"0092", "92", "0"} {
		if rest, ok := strings.CutPrefix(digits, prefix); ok {
			national = rest
			break
		}
	}
	switch {
	case !strings.HasPrefix(national, "3"):
		return Mobile{}, portal.Invalid("mobile", "mobile_prefix", "A mobile number of Pakistan starts with 03 or +923.")
	case len(national) != 10:
		return Mobile{}, portal.Invalid("mobile", "mobile_digits", "This number has %d digits after 0. It needs 10, like 0345-1234567.", len(national))
	}
	return Mobile{"+92" + national}, nil
}

// onlyDigits gives the ASCII digits of s; other is set when there is anything
// but digits and the separators people use.
func onlyDigits(s string) (digits string, other bool) {
	var b strings.Builder
	for _, r := range s {
		switch {
		case r >= '0' && r <= '9':
			b.WriteRune(r)
		case r >= '۰' && r <= '۹': // Urdu and Pashto
			b.WriteRune('0' + r - '۰')
		case r >= '٠' && r <= '٩': // Arabic
			b.WriteRune('0' + r - '٠')
		case strings.ContainsRune(" -\t\u00a0.()–‐‑\u200e\u200f\u202a\u202c\u2066\u2069", r):
		default:
			other = true
		}
	}
	return b.String(), other
}

// Reveal gives the 13 digits. Whoever calls it answers for where they go.
func (c CNIC) Reveal() string { return c.digits }

// String masks the number.
func (c CNIC) String() string { return redacted }

// GoString masks the number.
func (c CNIC) GoString() string { return redacted }

// LogValue masks the number in structured logs.
func (c CNIC) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalJSON masks the number.
func (c CNIC) MarshalJSON() ([]byte, error) { return json.Marshal(redacted) }

// Reveal gives the number in E.164. Whoever calls it answers for where it goes.
func (m Mobile) Reveal() string { return m.number }

// String masks the number.
func (m Mobile) String() string { return redacted }

// GoString masks the number.
func (m Mobile) GoString() string { return redacted }

// LogValue masks the number in structured logs.
func (m Mobile) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalJSON masks the number.
func (m Mobile) MarshalJSON() ([]byte, error) { return json.Marshal(redacted) }
