//go:build !android && !ios && !release

package main

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"time"

	"github.com/pquerna/otp/totp"

	"github.com/citizens-portal/portal/app"
	"github.com/citizens-portal/portal/backend/server"
)

// smsFile is the file of a demonstration's text messages.
const smsFile = "sms.jsonl"

// demoFlags adds --demo, which starts a server with made-up data in this program.
// PORTAL_DEMO names the folder of a demonstration that another program runs, so that
// its people can be chosen by a tap.
func demoFlags(flags *flag.FlagSet) func(context.Context, *app.Config) (func() error, error) {
	own := flags.Bool("demo", false, "start a server with made-up data inside the program")
	dir := flags.String("demo-data", "", "`DIR`ectory of the demonstration's data; a temporary one by default")
	return func(ctx context.Context, cfg *app.Config) (func() error, error) {
		if *own {
			return startDemo(ctx, cfg, *dir)
		}
		if folder := os.Getenv("PORTAL_DEMO"); folder != "" {
			d, err := demoOf(folder)
			cfg.Demo = d
			return func() error { return nil }, err
		}
		return func() error { return nil }, nil
	}
}

// startDemo serves on a loopback port until stop is called.
func startDemo(ctx context.Context, cfg *app.Config, dir string) (stop func() error, err error) {
	remove := func() error { return nil }
	if dir == "" {
		if dir, err = os.MkdirTemp("", "portal-demo-"); err != nil {
			return nil, err
		}
		temporary := dir
		remove = func() error { return os.RemoveAll(temporary) }
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	s, err := server.New(ctx, server.Config{DataDir: dir, Addr: "127.0.0.1:0", Demo: true, SMSFile: filepath.Join(dir, smsFile), Version: version})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("start the demonstration: %w", err), remove())
	}
	ctx, cancel := context.WithCancel(ctx)
	ready, ended := make(chan string, 1), make(chan error, 1)
	go func() { ended <- s.Serve(ctx, func(url string) { ready <- url }) }()
	stop = func() error {
		cancel()
		return errors.Join(<-ended, s.Close(), remove())
	}
	select {
	case cfg.Server = <-ready:
	case err := <-ended:
		cancel()
		return nil, errors.Join(err, s.Close(), remove())
	}
	if cfg.Home == "" { // a server with another port each time needs another folder
		cfg.Home = filepath.Join(dir, "home")
		if err := os.RemoveAll(cfg.Home); err != nil {
			return nil, errors.Join(err, stop())
		}
	}
	if cfg.Demo, err = demoOf(dir); err != nil {
		return nil, errors.Join(err, stop())
	}
	return stop, nil
}

// demoCitizens are offered by a tap; the others sign in like everybody else.
const demoCitizens = 2

// demoOf reads the people of a demonstration; its data may lie in a folder "data".
func demoOf(dir string) (*app.Demo, error) {
	people, err := server.DemoPeople(dir)
	if errors.Is(err, os.ErrNotExist) {
		people, err = server.DemoPeople(filepath.Join(dir, "data"))
	}
	if err != nil {
		return nil, fmt.Errorf("people of the demonstration: %w", err)
	}
	// Citizens first, since most who try the demonstration want to be one; a few of
	// them, so that the officers are in sight as well.
	slices.SortStableFunc(people, func(a, b server.DemoPerson) int { return cmp.Compare(officer(a), officer(b)) })
	if first := slices.IndexFunc(people, func(p server.DemoPerson) bool { return officer(p) == 1 }); first > demoCitizens {
		people = slices.Delete(people, demoCitizens, first)
	}
	out := &app.Demo{OTP: smsCode(filepath.Join(dir, smsFile))}
	for _, p := range people {
		out.People = append(out.People, app.DemoPerson{
			Name: p.Name, Label: p.Label, Role: p.Role, Mobile: p.Mobile, PIN: p.PIN, Password: p.Password,
			TOTP: func(now time.Time) (string, error) { return totp.GenerateCode(p.TOTPSecret, now) },
		})
	}
	return out, nil
}

func officer(p server.DemoPerson) int {
	if p.Mobile == "" {
		return 1
	}
	return 0
}

// smsLine is one message of the SMS file.
type smsLine struct {
	To   string    `json:"to"`
	Text string    `json:"text"`
	Time time.Time `json:"time"`
}

var sixDigits = regexp.MustCompile(`\d{6}`)

// smsCode waits for a message in the SMS file and gives the code in it.
func smsCode(file string) func(context.Context, string, time.Time) (string, error) {
	return func(ctx context.Context, mobile string, after time.Time) (string, error) {
		ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
		defer cancel()
		tick := time.NewTicker(100 * time.Millisecond)
		defer tick.Stop()
		for {
			if code := newestCode(file, mobile, after); code != "" {
				return code, nil
			}
			select {
			case <-ctx.Done():
				return "", fmt.Errorf("no SMS to %s came: %w", mobile, ctx.Err())
			case <-tick.C:
			}
		}
	}
}

func newestCode(file, mobile string, after time.Time) (code string) {
	f, err := os.Open(file)
	if err != nil {
		return ""
	}
	defer func() { _ = f.Close() }()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var m smsLine
		if json.Unmarshal(lines.Bytes(), &m) == nil && m.To == mobile && !m.Time.Before(after.Truncate(time.Second)) {
			code = sixDigits.FindString(m.Text)
		}
	}
	return code
}
