package server_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"github.com/citizens-portal/portal/backend/server"
	"github.com/citizens-portal/portal/sdk"
	"github.com/citizens-portal/portal/sdk/api"
)

// TestAdministrationBySDK: the first administrator comes in by the console's
// token, and administers through the SDK against the running server.
func TestAdministrationBySDK(t *testing.T) {
	r := serve(t, configure(t))
	raw, err := server.Admin(t.Context(), r.Config, "bootstrap", server.AdminRequest{})
	if err != nil {
		t.Fatal(err)
	}
	var first server.Invitation
	if err := json.Unmarshal(raw, &first); err != nil {
		t.Fatal(err)
	}
	c, err := sdk.Open(t.Context(), sdk.Config{Dir: t.TempDir(), BaseURL: r.url})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() }) // the folder goes with the test
	if _, err := c.Admin.Offices(t.Context(), sdk.AdminQuery{}); !errors.Is(err, sdk.ErrSignedOut) {
		t.Errorf("before signing in: %v", err)
	}
	const password = "a sentence that is long enough"
	e, err := c.Accounts.AcceptInvitation(t.Context(), first.Token, password)
	if err != nil {
		t.Fatal(err)
	}
	code, err := totp.GenerateCode(e.TOTPSecret, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Accounts.LoginOfficer(t.Context(), e.Name, password, code); err != nil {
		t.Fatal(err)
	}
	list, err := c.Admin.Offices(t.Context(), sdk.AdminQuery{Text: "swat", Limit: 5})
	if err != nil || len(list.Offices) != 5 || !list.More {
		t.Errorf("offices %+v, %v", list, err)
	}
	csv := "id,name,office,post,disabled,en,ur,ps,reviewed\nclerk.swat,گل خان,dc-swat,staff,no,Clerk,,,no\n"
	out, err := c.Admin.Import(t.Context(), api.DirectoryFile{Kind: "officers", Name: "o.csv", CSV: csv})
	if err != nil || out.Added != 1 || len(out.Invitations) != 1 {
		t.Fatalf("import %+v, %v", out, err)
	}
	var p *api.Problem
	_, err = c.Admin.Import(t.Context(), api.DirectoryFile{Kind: "officers", CSV: strings.ReplaceAll(csv, "dc-swat", "nowhere")})
	if !errors.Is(err, sdk.ErrInvalid) || !errors.As(err, &p) || p.Errors[0].Pointer != "/csv/2" {
		t.Errorf("a bad line: %v", err)
	}
	v, err := c.Admin.Officer(t.Context(), "clerk.swat")
	if err != nil || len(v.History) != 1 || v.History[0].By != "o:admin" {
		t.Errorf("officer %+v, %v", v, err)
	}
	if _, err := c.Admin.Reset(t.Context(), "clerk.swat"); err != nil {
		t.Error(err)
	}
	if _, err := c.Admin.Reset(t.Context(), "admin"); !errors.Is(err, sdk.ErrForbidden) {
		t.Errorf("resets themselves: %v", err)
	}
	file, err := c.Admin.Export(t.Context(), "officers")
	if err != nil || !strings.Contains(file.CSV, "clerk.swat,گل خان,dc-swat") {
		t.Errorf("export %q, %v", file.CSV, err)
	}
}
