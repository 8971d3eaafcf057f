package sdk_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"time"

	"github.com/citizens-portal/portal/sdk"
	"github.com/citizens-portal/portal/sdk/api"
	"github.com/citizens-portal/portal/sdk/internal/fake"
)

// exampleClient opens a client on a folder of its own and a server in memory.
// A program gives Config{Dir: …, BaseURL: "https://portal.example"}.
func exampleClient(ctx context.Context) (client *sdk.Client, server *fake.Server, done func()) {
	dir, err := os.MkdirTemp("", "portal-example")
	if err != nil {
		log.Fatal(err)
	}
	server = fake.New(func() time.Time { return time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC) })
	client, err = sdk.Open(ctx, sdk.Config{Dir: dir, BaseURL: fake.BaseURL, Transport: server.Transport(), Now: server.Now})
	if err != nil {
		log.Fatal(err)
	}
	return client, server, func() {
		if err := errors.Join(client.Close(), os.RemoveAll(dir)); err != nil {
			log.Fatal(err)
		}
	}
}

func signIn(ctx context.Context, client *sdk.Client) {
	if _, err := client.Accounts.Login(ctx, "0345-1234567"); err != nil {
		log.Fatal(err)
	}
	if _, err := client.Accounts.Verify(ctx, fake.OTP); err != nil {
		log.Fatal(err)
	}
}

// An account is opened with a CNIC, a mobile number and the code of an SMS.
func ExampleAccounts_Register() {
	ctx := context.Background()
	client, _, done := exampleClient(ctx)
	defer done()

	_, err := client.Accounts.Register(ctx, sdk.Registration{CNIC: "15602-1234567-1", Mobile: "0345-1234567", Name: "Gul Bibi", District: "swat"})
	if err != nil {
		log.Fatal(err)
	}
	session, err := client.Accounts.Verify(ctx, fake.OTP)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(session.Profile.Kind, "signed in:", client.Accounts.SignedIn())
	// Output: citizen signed in: true
}

// A complaint is saved at once, with or without a network, and sent when there
// is one.
func ExampleComplaints_Lodge() {
	ctx := context.Background()
	client, server, done := exampleClient(ctx)
	defer done()
	signIn(ctx, client)

	server.Lose = func(string, bool) bool { return true } // no network
	sub, err := client.Complaints.Lodge(ctx, sdk.Draft{Category: "roads", District: "swat", Text: "A hole in the bridge"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(sub.Complaint.State, sub.Complaint.Code == "")

	server.Lose = nil // the network is back
	if _, err := client.Sync.Now(ctx); err != nil {
		log.Fatal(err)
	}
	c, err := client.Complaints.Show(ctx, sub.Complaint.ID)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(c.State, c.Code, c.Status)
	// Output:
	// queued true
	// received KP-26-TEST-0001 new
}

// Wrong input is refused before anything is saved, and names the field.
func ExampleComplaints_Lodge_invalid() {
	ctx := context.Background()
	client, _, done := exampleClient(ctx)
	defer done()
	signIn(ctx, client)

	_, err := client.Complaints.Lodge(ctx, sdk.Draft{Category: "roads", District: "atlantis", Text: "A hole in the bridge"})
	var problem *api.Problem
	if errors.Is(err, sdk.ErrInvalid) && errors.As(err, &problem) {
		fmt.Println(problem.Errors[0].Pointer, problem.Errors[0].Code)
	}
	// Output: /district district_unknown
}

// Deliver waits for the answer to one write.
func ExampleSyncer_Deliver() {
	ctx := context.Background()
	client, _, done := exampleClient(ctx)
	defer done()
	signIn(ctx, client)

	sub, err := client.Complaints.Lodge(ctx, sdk.Draft{Category: "roads", District: "swat", Text: "A hole in the bridge"})
	if err != nil {
		log.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	delivery, err := client.Sync.Deliver(ctx, sub.Op)
	fmt.Println(delivery, err)
	// Output: received <nil>
}

// A program with a window runs the client in the background and redraws when
// something changed.
func ExampleClient_Run() {
	ctx, stop := context.WithCancel(context.Background())
	client, _, done := exampleClient(ctx)
	defer done()
	signIn(ctx, client)

	changes := client.Changes(ctx)
	stopped := make(chan error, 1)
	go func() { stopped <- client.Run(ctx) }()

	sub, err := client.Complaints.Lodge(ctx, sdk.Draft{Category: "roads", District: "swat", Text: "A hole in the bridge"})
	if err != nil {
		log.Fatal(err)
	}
	for range changes { // redraw
		c, err := client.Complaints.Show(ctx, sub.Complaint.ID)
		if err != nil {
			log.Fatal(err)
		}
		if c.State == sdk.StateReceived && c.Status != "" {
			fmt.Println(c.Code)
			break
		}
	}
	stop()
	fmt.Println(<-stopped)
	// Output:
	// KP-26-TEST-0001
	// <nil>
}

// An officer works through an inbox; acts wait in the outbox when there is no
// network.
func ExampleDesk_Propose() {
	ctx := context.Background()
	client, server, done := exampleClient(ctx)
	defer done()
	server.Fill("c:923450000000", 1)

	if _, err := client.Accounts.LoginOfficer(ctx, "focal.swat", fake.Password, "123456"); err != nil {
		log.Fatal(err)
	}
	if _, err := client.Sync.Now(ctx); err != nil {
		log.Fatal(err)
	}
	inbox, err := client.Desk.Inbox(ctx, sdk.ViewOpen, false)
	if err != nil {
		log.Fatal(err)
	}
	for _, c := range inbox.Complaints {
		if _, err := client.Desk.Propose(ctx, c.ID, sdk.Proposal{Text: "The bridge was mended"}); err != nil {
			log.Fatal(err)
		}
	}
	result, err := client.Sync.Now(ctx)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("sent", result.Sent, "refused", result.Refused)
	// Output: sent 1 refused 0
}
