package identity_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"regexp"
	"strings"
	"testing"

	"github.com/citizens-portal/portal/backend/identity"
)

func TestParseCNIC(t *testing.T) {
	for _, in := range []string{"15602-1234567-1", "1560212345671", " 15602 1234567 1 ", "۱۵۶۰۲-۱۲۳۴۵۶۷-۱", "١٥٦٠٢-١٢٣٤٥٦٧-١", "\u200f15602-1234567-1"} {
		c, err := identity.ParseCNIC(in)
		if err != nil || c.Reveal() != "1560212345671" {
			t.Errorf("%q: %q, %v", in, c.Reveal(), err)
		}
	}
	for in, code := range map[string]string{
		"": "cnic_digits", "123": "cnic_digits", "156021234567": "cnic_digits", "15602123456711": "cnic_digits",
		"15602-123456A-1": "cnic_characters", "0560212345671": "cnic_first", "15602_1234567_1": "cnic_characters",
	} {
		_, err := identity.ParseCNIC(in)
		field(t, err, "cnic", code)
	}
	_, err := identity.ParseCNIC("156021234567")
	if want := "This CNIC has 12 digits. It needs 13."; !strings.Contains(err.Error(), want) {
		t.Errorf("error %q, want %q", err, want)
	}
}

func TestParseMobile(t *testing.T) {
	for _, in := range []string{"+923451234567", "03451234567", "0345-1234567", "923451234567", "00923451234567", "+92 345 1234567", "۰۳۴۵۱۲۳۴۵۶۷", "(0345) 1234567", "3451234567"} {
		m, err := identity.ParseMobile(in)
		if err != nil || m.Reveal() != "+923451234567" {
			t.Errorf("%q: %q, %v", in, m.Reveal(), err)
		}
	}
	for in, code := range map[string]string{
		"": "mobile_prefix", "0345123456": "mobile_digits", "034512345678": "mobile_digits", "0912345678": "mobile_prefix",
		"+14155550100": "mobile_prefix", "0345-12E4567": "mobile_characters", "++923451234567": "mobile_characters",
	} {
		_, err := identity.ParseMobile(in)
		field(t, err, "mobile", code)
	}
}

func TestPersonalValuesMaskThemselves(t *testing.T) {
	cnic, _ := identity.ParseCNIC("15602-1234567-1")
	number, _ := identity.ParseMobile(mobile)
	token := identity.Token("pasecretsecret")
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "cnic", cnic, "mobile", number, "token", token, "all", []any{cnic, number, token})
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "cnic", cnic, "mobile", number, "token", token, "all", []any{cnic, number, token})
	fmt.Fprintf(&log, "%v %+v %#v %s %q", cnic, number, token, cnic, token)
	fmt.Fprintf(&log, "%v %+v %#v", struct{ C identity.CNIC }{cnic}, struct{ M identity.Mobile }{number}, struct{ T identity.Token }{token})
	raw, err := json.Marshal(map[string]any{"cnic": cnic, "mobile": number, "token": token})
	if err != nil {
		t.Fatal(err)
	}
	all := log.String() + string(raw)
	for _, secret := range []string{"1234567", "345123", "secretsecret"} {
		if strings.Contains(all, secret) {
			t.Errorf("%s shows in %s", secret, all)
		}
	}
}

func FuzzParseCNIC(f *testing.F) {
	for _, s := range []string{"15602-1234567-1", "۱۵۶۰۲۱۲۳۴۵۶۷۱", "", "\xff", "1560212345671\u200f"} {
		f.Add(s)
	}
	shape := regexp.MustCompile(`^[1-9][0-9]{12}$`)
	f.Fuzz(func(t *testing.T, s string) {
		c, err := identity.ParseCNIC(s)
		if err != nil {
			return
		}
		again, err := identity.ParseCNIC(c.Reveal())
		if !shape.MatchString(c.Reveal()) || err != nil || again != c {
			t.Errorf("%q: %q, %v", s, c.Reveal(), err)
		}
	})
}

func FuzzParseMobile(f *testing.F) {
	for _, s := range []string{mobile, "0345-1234567", "۰۳۴۵۱۲۳۴۵۶۷", "", "\xff", "+92 0345 1234567"} {
		f.Add(s)
	}
	shape := regexp.MustCompile(`^\+923\d{9}$`)
	f.Fuzz(func(t *testing.T, s string) {
		m, err := identity.ParseMobile(s)
		if err != nil {
			return
		}
		again, err := identity.ParseMobile(m.Reveal())
		if !shape.MatchString(m.Reveal()) || err != nil || again != m {
			t.Errorf("%q: %q, %v", s, m.Reveal(), err)
		}
	})
}
