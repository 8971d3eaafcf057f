// Package sdk is the client side of the Citizen's Portal: it works without a
// network and catches up when there is one.
//
// Open a folder and a server, then use the services:
//
//	client, err := sdk.Open(ctx, sdk.Config{Dir: dir, BaseURL: "https://portal.example"})
//	…
//	defer client.Close()
//	c, err := client.Complaints.Lodge(ctx, sdk.Draft{Category: "water", District: "swat", Text: "…"})
//
// Reads answer at once from what the device holds and say how fresh that is
// (Freshness). Writes are saved on the device in one transaction together with
// the operation that will tell the server, and return; Client.Run in a program
// with a window, or Sync.Now and Sync.Deliver in one without, bring them there:
// exactly once, in order for each complaint, whatever happens in between.
// Changes tells what moved.
//
// Errors are told apart with errors.Is and the Err… values; errors.As with
// *api.Problem gives the fields of a refusal. Nothing a person typed is ever
// dropped: what the server refuses becomes an item of Sync.Attention.
//
// The package must never know the server's rules: what may be done to a
// complaint comes with it (AllowedActions). It never sees bbolt or HTTP
// directly; they live in internal/local and internal/remote.
//
// Start reading at client.go, then sync.go.
package sdk
