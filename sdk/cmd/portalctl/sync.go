package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"io"

	"github.com/citizens-portal/portal/sdk"
)

func syncCommands() []command {
	return []command{
		{name: "sync", summary: "send what is queued and fetch what is new", group: groupSync, setup: simple((*app).sync)},
		{name: "status", summary: "where sync stands", group: groupSync, setup: simple((*app).status)},
		{name: "outbox", summary: "what was not yet received, or was refused", group: groupSync, setup: simple((*app).outbox)},
		{name: "outbox retry", args: "OP [--text T]", summary: "offer something refused again", group: groupSync, min: 1, max: 1, setup: retry},
		{name: "outbox copy", args: "OP", summary: "make a draft of a refused complaint, to correct it", group: groupSync, min: 1, max: 1, setup: simple((*app).copyToDraft)},
		{name: "outbox discard", args: "OP", summary: "let go of something refused or never sent", group: groupSync, min: 1, max: 1, setup: simple((*app).discard)},
	}
}

func (a *app) sync(ctx context.Context, _ []string) error {
	ctx, cancel := context.WithTimeout(ctx, syncPatience)
	defer cancel()
	if done, err := a.syncAnonymous(ctx); done || err != nil {
		return err
	}
	res, err := a.client.Sync.Now(ctx)
	if err != nil && !errors.Is(err, sdk.ErrOffline) && !errors.Is(err, sdk.ErrServer) && !errors.Is(err, sdk.ErrLimited) {
		return err
	}
	var files sdk.Files
	if err == nil {
		if files, err = a.client.Sync.SendFiles(ctx); err != nil && !errors.Is(err, sdk.ErrOffline) {
			return err
		}
		news, newsErr := a.client.Sync.Now(ctx) // what the server says of them
		res.Received += news.Received
		err = errors.Join(err, newsErr)
	}
	out := struct {
		sdk.Result
		FilesSent    int  `json:"files_sent"`
		FilesWaiting int  `json:"files_waiting"`
		FilesFailed  int  `json:"files_failed"`
		Offline      bool `json:"offline"`
	}{res, files.Sent, files.Waiting, files.Failed, err != nil}
	printErr := a.print(out, func(w io.Writer) {
		if err != nil {
			line(w, "the server cannot be reached; everything is kept (%s)", cause(err))
			return
		}
		line(w, "sent %d, fetched %d, waiting %d, refused %d", res.Sent-res.Refused, res.Received, res.Waiting, res.Refused)
		if res.Held > 0 {
			line(w, "of those waiting, %d can still be undone and will go by themselves", res.Held)
		}
		if files != (sdk.Files{}) {
			line(w, "files: sent %d, waiting %d, failed %d", files.Sent, files.Waiting, files.Failed)
		}
	})
	switch {
	case printErr != nil:
		return printErr
	case res.Refused > 0:
		return &exitError{exitRefused}
	case err != nil || res.Waiting > 0 || files.Waiting > 0:
		return &exitError{exitSaved}
	}
	return nil
}

type statusJSON struct {
	SignedIn  bool   `json:"signed_in"`
	SyncedAt  *stamp `json:"synced_at,omitempty"`
	Queued    int    `json:"queued"`
	Held      int    `json:"held"`
	Checking  int    `json:"checking"`
	Attention int    `json:"attention"`
	Files     int    `json:"files"`
	LowSpace  bool   `json:"low_space"`
	Server    string `json:"server"`
}

func (a *app) status(_ context.Context, _ []string) error {
	st, err := a.client.Sync.Status()
	if err != nil {
		return err
	}
	out := statusJSON{st.SignedIn, optional(st.SyncedAt), st.Queued, st.Held, st.Checking, st.Attention, st.Files, st.LowSpace, a.client.Server()}
	return a.print(out, func(w io.Writer) {
		line(w, "server\t%s", out.Server)
		line(w, "signed in\t%v", st.SignedIn)
		line(w, "last sync\t%s", cmp.Or(when(st.SyncedAt), "never"))
		line(w, "queued\t%d", st.Queued)
		if st.Held > 0 {
			line(w, "can be undone\t%d", st.Held)
		}
		line(w, "being checked\t%d", st.Checking)
		line(w, "needs attention\t%d", st.Attention)
		line(w, "files to send\t%d", st.Files)
		if st.LowSpace {
			line(w, "space\tthis device is nearly full")
		}
	})
}

func (a *app) outbox(ctx context.Context, _ []string) error {
	queued, err := a.client.Sync.Outbox(ctx)
	if err != nil {
		return err
	}
	items, err := a.client.Sync.Attention(ctx)
	if err != nil {
		return err
	}
	all := append(queued, items...)
	return a.print(mapAll(all, queuedOut), func(w io.Writer) {
		if len(all) == 0 {
			line(w, "everything was received")
			return
		}
		line(w, "OP\tSTATE\tACTION\tCOMPLAINT\tTEXT")
		for _, q := range all {
			line(w, "%s\t%s\t%s\t%s\t%s", q.Op, q.State, q.Action, q.Complaint, firstLine(q.Text))
			if q.Problem != nil {
				line(w, "\trefused:\t%s", q.Problem.Error())
			}
		}
	})
}

func retry(a *app, f *flag.FlagSet) action {
	a.waitFlag(f)
	text := f.String("text", "", "other words")
	return func(ctx context.Context, args []string) error {
		sub, err := a.client.Sync.Retry(ctx, args[0], *text)
		return a.deliver(ctx, sub, err)
	}
}

func (a *app) copyToDraft(ctx context.Context, args []string) error {
	d, err := a.client.Sync.Copy(ctx, args[0])
	if err != nil {
		return err
	}
	return a.printDraft(d)
}

func (a *app) discard(ctx context.Context, args []string) error {
	if err := a.client.Sync.Discard(ctx, args[0]); err != nil {
		return err
	}
	return a.print(map[string]string{"discarded": args[0]}, func(w io.Writer) { line(w, "Gone.") })
}
