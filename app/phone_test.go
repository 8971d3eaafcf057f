package app

import (
	"testing"

	"github.com/citizens-portal/portal/app/device"
)

func TestTrackedCode(t *testing.T) {
	const server = "https://portal.example"
	cases := []struct{ name, address, want string }{
		{"a receipt's", server + "/track/KP-26-7PGC-XHYY?s=secret#r=receipt", "KP-26-7PGC-XHYY"},
		{"another server's", "https://other.example/track/KP-26-7PGC-XHYY", ""},
		{"another page", server + "/about", ""},
		{"deeper", server + "/track/KP-26/more", ""},
		{"no address", "", ""},
		{"broken", "https://portal.example/%zz", ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if got := trackedCode(c.address, server); got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

func TestADesktopOffersNothingOfAPhone(t *testing.T) {
	p := &reporting{a: &App{phone: device.Device{}}}
	if p.locator() != nil || deviceKeys(t.TempDir()) != nil {
		t.Error("a desktop offers what only a phone can")
	}
}
