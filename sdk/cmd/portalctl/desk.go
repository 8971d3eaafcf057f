package main

import (
	"context"
	"flag"
	"fmt"
	"io"

	"github.com/citizens-portal/portal/sdk"
	"github.com/citizens-portal/portal/sdk/api"
)

func deskCommands() []command {
	return []command{
		{name: "inbox", args: "[--view V]", summary: "the desk's complaints, most urgent first", group: groupDesk, setup: inbox},
		deskAct("acknowledge", "", "tell the citizen it was seen", nil, func(a *app, ctx context.Context, ref string, _ texts) (sdk.Submission, error) {
			return a.client.Desk.Acknowledge(ctx, ref)
		}),
		deskAct("assign", "--to OFFICER [--text NOTE]", "give it to an officer", map[string]string{"to": "an officer's id or name", "text": "a note, which the citizen sees too"},
			func(a *app, ctx context.Context, ref string, t texts) (sdk.Submission, error) {
				return a.client.Desk.Assign(ctx, ref, *t["to"], *t["text"])
			}),
		deskAct("transfer", "--office OFFICE [--reason R]", "move it to another office", map[string]string{"office": "an office's id", "reason": "why"},
			func(a *app, ctx context.Context, ref string, t texts) (sdk.Submission, error) {
				return a.client.Desk.Transfer(ctx, ref, *t["office"], *t["reason"])
			}),
		deskAct("ask", "--text T", "ask the citizen", map[string]string{"text": "the question"}, func(a *app, ctx context.Context, ref string, t texts) (sdk.Submission, error) {
			return a.client.Desk.Ask(ctx, ref, *t["text"])
		}),
		{name: "resolve", args: "ID|CODE --text T [--evidence FILE]…", summary: "propose a resolution", group: groupDesk, min: 1, max: 1, setup: resolve},
		deskAct("invalidate", "--reason R", "decline it, with a reason the citizen sees", map[string]string{"reason": "why"},
			func(a *app, ctx context.Context, ref string, t texts) (sdk.Submission, error) {
				return a.client.Desk.Invalidate(ctx, ref, *t["reason"])
			}),
		{name: "officers", summary: "colleagues one may assign to", group: groupDesk, setup: simple((*app).officers)},
		{name: "targets", args: "ID|CODE", summary: "offices it may be moved to", group: groupDesk, min: 1, max: 1, setup: simple((*app).targets)},
	}
}

// deskAct is an officer's command on one complaint.
func deskAct(name, args, summary string, flags map[string]string, do func(*app, context.Context, string, texts) (sdk.Submission, error)) command {
	return command{name: name, args: "ID|CODE " + args, summary: summary, group: groupDesk, min: 1, max: 1, setup: submit(flags, do)}
}

func inbox(a *app, f *flag.FlagSet) action {
	view := f.String("view", string(sdk.ViewOpen), fmt.Sprintf("one of %v", sdk.Views()))
	return func(ctx context.Context, _ []string) error {
		p, err := a.client.Desk.Inbox(ctx, sdk.View(*view), a.json)
		if err != nil {
			return err
		}
		return a.printList(p)
	}
}

func resolve(a *app, f *flag.FlagSet) action {
	a.waitFlag(f)
	var p sdk.Proposal
	var evidence files
	f.StringVar(&p.Text, "text", "", "what was done")
	f.StringVar(&p.Disposition, "disposition", "", "relief_granted, relief_partial or not_possible")
	f.Var(&evidence, "evidence", "a picture, PDF or sound recording: a `file`; may be repeated")
	return func(ctx context.Context, args []string) (err error) {
		if p.Evidence, err = a.attach(ctx, evidence); err != nil {
			return err
		}
		sub, err := a.client.Desk.Propose(ctx, args[0], p)
		return a.deliver(ctx, sub, err)
	}
}

type officerJSON struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Title  string `json:"title"`
	Office string `json:"office"`
	Post   string `json:"post"`
	Open   int    `json:"open"`
}

func (a *app) officers(ctx context.Context, _ []string) error {
	list, err := a.client.Desk.Officers(ctx)
	if err != nil {
		return err
	}
	held, err := a.client.Desk.Inbox(ctx, sdk.ViewOpen, false)
	if err != nil {
		return err
	}
	open := map[string]int{} // what this desk holds, by officer
	for _, c := range held.Complaints {
		open[c.Officer]++
	}
	out := mapAll(list, func(o api.OfficerInfo) officerJSON {
		return officerJSON{o.ID, o.Name, o.Title.In("en"), o.Office, o.Post, open[o.ID]}
	})
	return a.print(out, func(w io.Writer) {
		line(w, "ID\tNAME\tTITLE\tOFFICE\tOPEN")
		for _, o := range list {
			line(w, "%s\t%s\t%s\t%s\t%d", o.ID, o.Name, o.Title.In("en"), o.Office, open[o.ID])
		}
	})
}

func (a *app) targets(ctx context.Context, args []string) error {
	list, err := a.client.Desk.TransferTargets(ctx, args[0])
	if err != nil {
		return err
	}
	return a.printOffices(list)
}
