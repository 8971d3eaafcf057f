package httpapi_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/citizens-portal/portal/backend/httpapi"
	"github.com/citizens-portal/portal/backend/identity"
	"github.com/citizens-portal/portal/sdk/api"
)

// TestLogTellsNothing: a whole session, mistakes and failures included, leaves
// nothing in the log that belongs to a person.
func TestLogTellsNothing(t *testing.T) {
	w := newWorld(t)
	amir := w.citizen(amirMobile)
	otp := w.Phone.OTP(t, amirMobile)
	e, err := w.Identity.CreateOfficer(t.Context(), "console", identity.Credential{Officer: "focal.oasis", Password: password})
	if err != nil {
		t.Fatal(err)
	}
	focal := w.anonymous()
	code := w.totp(e.Secret.Reveal())
	focal.enter(focal.do("POST", api.RouteOfficer, api.OfficerLogin{Name: "focal.oasis", Password: password, TOTP: code, Device: focal.device}))
	focal.do("POST", api.RouteOfficer, api.OfficerLogin{Name: "focal.oasis", Password: password + "?", TOTP: code, Device: focal.device})

	filed := amir.lodge()
	amir.do("GET", api.RouteComplaints+"?limit=5&before=secret-query-value", nil)
	amir.do("GET", api.RouteComplaints+"/"+filed.Code+"?s=secret-query-value", nil)
	focal.act(filed.Case, "propose", httpapi.ActRequest{Text: "private words of the office"})
	amir.act(filed.Case, "reject", httpapi.ActRequest{Text: "private words of amir"})
	amir.do("PUT", api.RoutePIN, httpapi.PINRequest{PIN: "739146"})
	amir.do("POST", api.RouteRegister, `{"cnic":"`+amirCNIC+`","mobile":12}`)
	amir.do("POST", api.RouteRegister, registration("+92345", amir.device))
	amir.do("POST", api.RouteVerify, api.VerifyRequest{Challenge: "x", OTP: otp, Device: amir.device})
	w.anonymous().do("GET", api.RouteMe, nil, "Authorization", "Bearer "+amir.token+"x")
	w.fault.failOn("blue mosque")
	amir.do("POST", api.RouteComplaints, lodgeBody(), api.HeaderIdempotencyKey, uuid.NewString())
	failing, _ := lodgeOp(3)
	for range 6 {
		amir.push(failing, op(4, "x", api.OpLodge, json.RawMessage(`{"text":"`+secretText+`","written_at":"`+amirCNIC+`"}`)))
	}
	w.fault.mend()
	first := amir.Refresh
	w.Clock.Forward(time.Minute)
	amir.enter(amir.do("POST", api.RouteRefresh, api.RefreshRequest{Refresh: amir.Refresh, Device: amir.device}))
	amir.do("DELETE", api.RouteMe, nil)

	log := w.log.String()
	if lines := strings.Count(log, "\n"); lines < 20 || !strings.Contains(log, "put aside") || !strings.Contains(log, "request failed") {
		t.Fatalf("the log has %d lines: what follows would show little\n%s", lines, log)
	}
	for what, secret := range map[string]string{
		"CNIC": amirCNIC, "CNIC without dashes": "1560212345671", "mobile": amirMobile, "mobile at home": "03451234567", "part of the mobile": "3451234567",
		"OTP": otp, "text": "blue mosque", "text of the office": "private words", "name": "Amir", "access token": amir.token, "refresh token": amir.Refresh,
		"former refresh token": first, "recovery code": amir.RecoveryCode, "password": password, "TOTP": code, "TOTP secret": e.Secret.Reveal(), "PIN": "739146",
		"query": "secret-query-value", "device key": amir.device.Key, "code of the complaint": filed.Code, "receipt": filed.Receipt, "officer's token": focal.token,
	} {
		if secret != "" && strings.Contains(log, secret) {
			t.Errorf("the log has the %s", what)
		}
	}
}

// TestSMSTellsNothing: what goes to the phone names no content.
func TestSMSTellsNothing(t *testing.T) {
	w := newWorld(t)
	amir := w.citizen(amirMobile)
	amir.lodge()
	for _, m := range w.Phone.Sent() {
		if strings.Contains(m.Text, "mosque") || strings.Contains(m.Text, "Amir") {
			t.Errorf("SMS %q", m.Text)
		}
	}
}
