package sdk_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/citizens-portal/portal/sdk"
	"github.com/citizens-portal/portal/sdk/api"
)

func TestInputIsCheckedBeforeItIsSaved(t *testing.T) {
	s, _ := newServer()
	p := citizen(t, s)
	if _, err := p.Directory.Areas(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	lodge := func(d sdk.Draft) func() error {
		return func() error { _, err := p.Complaints.Lodge(ctx, d); return err }
	}
	register := func(r sdk.Registration) func() error {
		return func() error { _, err := p.Accounts.Register(ctx, r); return err }
	}
	good := sdk.Registration{CNIC: "1560212345671", Mobile: mobile, Name: "N", District: "swat"}
	tests := map[string]struct {
		do      func() error
		pointer string
	}{
		"category":        {lodge(sdk.Draft{Category: "no-such", District: "swat", Text: "x"}), "/category"},
		"category branch": {lodge(sdk.Draft{Category: "municipal", District: "swat", Text: "x"}), "/category"},
		"district":        {lodge(sdk.Draft{Category: "roads", District: "atlantis", Text: "x"}), "/district"},
		"division":        {lodge(sdk.Draft{Category: "roads", District: "kp/malakand", Text: "x"}), "/district"},
		"no text":         {lodge(sdk.Draft{Category: "roads", District: "swat", Text: " \n"}), "/text"},
		"long text":       {lodge(sdk.Draft{Category: "roads", District: "swat", Text: strings.Repeat("ا", sdk.MaxComplaintText+1)}), "/text"},
		"not UTF-8":       {lodge(sdk.Draft{Category: "roads", District: "swat", Text: "a\xff"}), "/text"},
		"cnic":            {register(with(good, func(r *sdk.Registration) { r.CNIC = "123" })), "/cnic"},
		"mobile":          {register(with(good, func(r *sdk.Registration) { r.Mobile = "+14155550100" })), "/mobile"},
		"name":            {register(with(good, func(r *sdk.Registration) { r.Name = "" })), "/name"},
		"rating":          {func() error { _, err := p.Complaints.Rate(ctx, "x", api.Rating{Time: 9, Quality: 4}); return err }, "/time"},
		"rating quality":  {func() error { _, err := p.Complaints.Rate(ctx, "x", api.Rating{Time: 1}); return err }, "/quality"},
		"reason":          {func() error { _, err := p.Complaints.Reject(ctx, "x", ""); return err }, "/reason"},
		"otp":             {func() error { _, err := p.Accounts.Verify(ctx, "12"); return err }, "/otp"},
		"file type":       {func() error { _, err := p.Complaints.AddFile(ctx, strings.NewReader("#!/bin/sh")); return err }, "/files"},
		"list filter":     {func() error { _, err := p.Complaints.List(ctx, sdk.ListOptions{Filter: "odd"}); return err }, "/filter"},
		"inbox view":      {func() error { _, err := p.Desk.Inbox(ctx, "odd", false); return err }, "/view"},
		"proposal outcome": {func() error {
			_, err := p.Desk.Propose(ctx, "x", sdk.Proposal{Text: "x", Disposition: "odd"})
			return err
		}, "/disposition"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			err := tt.do()
			wantErr(t, err, sdk.ErrInvalid)
			var problem *api.Problem
			if !errors.As(err, &problem) || len(problem.Errors) == 0 || problem.Errors[0].Pointer != tt.pointer {
				t.Fatalf("%v names %+v, want %s", err, problem, tt.pointer)
			}
		})
	}
	if len(p.list()) != 0 {
		t.Error("nothing wrong was saved")
	}
}

func with(r sdk.Registration, change func(*sdk.Registration)) sdk.Registration {
	change(&r)
	return r
}

func TestDrafts(t *testing.T) {
	s, _ := newServer()
	p := citizen(t, s)
	s.Lose = down
	d, err := p.Complaints.SaveDraft(t.Context(), sdk.Draft{Text: "half a sen"})
	if err != nil {
		t.Fatal(err)
	}
	p.restart()
	d, err = p.Complaints.Draft(t.Context(), d.ID)
	if err != nil || d.Text != "half a sen" {
		t.Fatalf("%+v %v", d, err)
	}
	if _, err := p.Complaints.Lodge(t.Context(), d); !errors.Is(err, sdk.ErrInvalid) {
		t.Fatalf("an unfinished draft is refused: %v", err)
	}
	if _, err := p.Complaints.Draft(t.Context(), d.ID); err != nil {
		t.Fatalf("and stays: %v", err)
	}
	if err := p.Complaints.DeleteDraft(t.Context(), d.ID); err != nil {
		t.Fatal(err)
	}
	_, err = p.Complaints.Draft(t.Context(), d.ID)
	wantErr(t, err, sdk.ErrNotFound)
}

func TestFilesAreKeptSealed(t *testing.T) {
	s, _ := newServer()
	p := citizen(t, s)
	content := "%PDF-1.4 the whole truth"
	f, err := p.Complaints.AddFile(t.Context(), strings.NewReader(content))
	if err != nil || f.Type != "application/pdf" || f.Size != int64(len(content)) {
		t.Fatalf("%+v %v", f, err)
	}
	b, err := p.Complaints.OpenFile(t.Context(), f.SHA256)
	if err != nil || string(b) != content {
		t.Fatalf("%q %v", b, err)
	}
	if found := grep(t, p.cfg.Dir, "whole truth"); found != "" {
		t.Errorf("lies open in %s", found)
	}
	_, err = p.Complaints.OpenFile(t.Context(), "../../etc/passwd")
	wantErr(t, err, sdk.ErrNotFound)
}

func TestNothingLiesOpenInTheFolder(t *testing.T) {
	s, _ := newServer()
	p := citizen(t, s)
	p.lodge("very secret words")
	_, err := p.Complaints.SaveDraft(t.Context(), sdk.Draft{Text: "very secret words"})
	if err != nil {
		t.Fatal(err)
	}
	for _, word := range []string{"very secret words", "access-", "Test Citizen", mobile} {
		if found := grep(t, p.cfg.Dir, word); found != "" {
			t.Errorf("%q lies open in %s", word, found)
		}
	}
}

// grep gives a file under dir that contains a word.
func grep(t *testing.T, dir, word string) (found string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		if strings.Contains(string(b), word) {
			found = path
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestOpenRefusesWhatIsWrong(t *testing.T) {
	s, _ := newServer()
	p := newPhone(t, s)
	open := func(change func(*sdk.Config)) error {
		cfg := p.cfg
		cfg.LockWait = 10 * time.Millisecond
		change(&cfg)
		c, err := sdk.Open(context.Background(), cfg)
		if err == nil {
			_ = c.Close()
		}
		return err
	}
	wantErr(t, open(func(*sdk.Config) {}), sdk.ErrLocked)
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	wantErr(t, open(func(c *sdk.Config) { c.BaseURL = "https://elsewhere.example" }), sdk.ErrOtherServer)
	wantErr(t, open(func(c *sdk.Config) { c.BaseURL = "http://portal.example" }), sdk.ErrInvalid)
	wantErr(t, open(func(c *sdk.Config) { c.BaseURL = "portal.example" }), sdk.ErrInvalid)
	wantErr(t, open(func(c *sdk.Config) { c.Dir = t.TempDir(); c.BaseURL = "" }), sdk.ErrInvalid)
	wantErr(t, open(func(c *sdk.Config) { c.Dir = "" }), sdk.ErrFolder)
	if err := open(func(c *sdk.Config) { c.BaseURL = "" }); err != nil {
		t.Fatalf("the folder knows its server: %v", err)
	}
}

func TestOfflineOpensNoConnection(t *testing.T) {
	s, _ := newServer()
	s.Lose = func(string, bool) bool { t.Error("a connection was opened"); return true }
	p := newPhone(t, s, func(c *sdk.Config) { c.Offline = true })
	_, err := p.Directory.Areas(t.Context())
	wantErr(t, err, sdk.ErrOffline)
	_, err = p.Accounts.Login(t.Context(), mobile)
	wantErr(t, err, sdk.ErrOffline)
	_, err = p.Complaints.List(t.Context(), sdk.ListOptions{})
	wantErr(t, err, sdk.ErrSignedOut)
}
