package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"

	"github.com/citizens-portal/portal/sdk"
	"github.com/citizens-portal/portal/sdk/api"
)

func fileCommands() []command {
	return []command{
		{name: "files", args: "ID|CODE", summary: "the files of a complaint, and how far each got", group: groupComplaint, min: 1, max: 1, setup: simple((*app).files)},
		{name: "files retry", args: "ID|CODE SHA256", summary: "send a file again that failed or was stopped", group: groupComplaint, min: 2, max: 2, setup: simple((*app).retryFile)},
		{name: "files stop", args: "ID|CODE SHA256", summary: "do not send a file for now", group: groupComplaint, min: 2, max: 2, setup: simple((*app).stopFile)},
		{name: "fetch", args: "ID|CODE SHA256 --to FILE [--thumb]", summary: "save a file of a complaint", group: groupComplaint, min: 2, max: 2, setup: fetch},
	}
}

// fileJSON is a file as scripts read it.
type fileJSON struct {
	SHA256  string       `json:"sha256"`
	Size    int64        `json:"size"`
	Type    string       `json:"type"`
	State   string       `json:"state,omitempty"`
	Sent    int64        `json:"sent"`
	Event   int64        `json:"event,omitempty"`
	NextTry *stamp       `json:"next_try,omitempty"`
	Problem *api.Problem `json:"problem,omitempty"`
}

func fileOut(a sdk.Attachment) fileJSON {
	return fileJSON{a.SHA256, a.Size, a.Type, string(a.State), a.Sent, a.Event, optional(a.NextTry), a.Problem}
}

// mapFiles shows files as a list of complaints knows them.
func mapFiles(list []api.File) []fileJSON {
	var out []fileJSON
	for _, f := range list {
		out = append(out, fileJSON{SHA256: f.SHA256, Size: f.Size, Type: f.Type, State: f.State})
	}
	return out
}

func describeFiles(w io.Writer, list []sdk.Attachment) {
	if len(list) == 0 {
		return
	}
	line(w, "")
	line(w, "FILE\tTYPE\tBYTES\tSTATE")
	for _, f := range list {
		state := string(f.State)
		if f.State == sdk.FileSending {
			state = fmt.Sprintf("%s, %d %%", state, f.Percent())
		}
		line(w, "%s\t%s\t%d\t%s", f.SHA256, f.Type, f.Size, state)
		if f.Problem != nil {
			line(w, "\t%s", f.Problem.Error())
		}
	}
}

func (a *app) files(ctx context.Context, args []string) error {
	list, err := a.client.Complaints.Files(ctx, args[0])
	if err != nil {
		return err
	}
	return a.print(mapAll(list, fileOut), func(w io.Writer) {
		if len(list) == 0 {
			line(w, "no files")
		}
		describeFiles(w, list)
	})
}

func (a *app) retryFile(ctx context.Context, args []string) error {
	if err := a.client.Complaints.RetryFile(ctx, args[0], args[1]); err != nil {
		return err
	}
	return a.files(ctx, args[:1])
}

func (a *app) stopFile(ctx context.Context, args []string) error {
	if err := a.client.Complaints.StopFile(ctx, args[0], args[1]); err != nil {
		return err
	}
	return a.files(ctx, args[:1])
}

func fetch(a *app, f *flag.FlagSet) action {
	to := f.String("to", "", "the `file` to write")
	thumb := f.Bool("thumb", false, "the small picture instead")
	return func(ctx context.Context, args []string) error {
		if *to == "" {
			return usage("name the file to write with --to FILE")
		}
		get := a.client.Complaints.FetchFile
		if *thumb {
			get = a.client.Complaints.Thumbnail
		}
		b, err := get(ctx, args[0], args[1])
		if err != nil {
			return err
		}
		if err := os.WriteFile(*to, b, 0o600); err != nil {
			return usage("%v", err)
		}
		return a.print(map[string]any{"file": *to, "bytes": len(b)}, func(w io.Writer) { line(w, "%s\t%d bytes", *to, len(b)) })
	}
}

// written is a command that writes on a complaint, with files.
func written(do func(*sdk.Complaints, context.Context, string, string, []api.File) (sdk.Submission, error)) func(*app, *flag.FlagSet) action {
	return func(a *app, f *flag.FlagSet) action {
		a.waitFlag(f)
		text := f.String("text", "", "what you write")
		var photos files
		f.Var(&photos, "photo", "a picture, PDF or sound recording: a `file`; may be repeated")
		return func(ctx context.Context, args []string) error {
			added, err := a.attach(ctx, photos)
			if err != nil {
				return err
			}
			sub, err := do(a.client.Complaints, ctx, args[0], *text, added)
			return a.deliver(ctx, sub, err)
		}
	}
}
