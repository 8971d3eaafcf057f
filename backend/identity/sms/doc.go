// Package sms gets text messages to phones: gateways (an operator's HTTP
// interface described by configuration, or a file for development) and a
// durable queue in front of them.
//
// A notice is enqueued in the caller's own transaction, so it exists exactly
// when what it tells of does. Texts lie sealed in the store and are deleted
// once sent. A message may arrive twice if a node dies between sending and
// noting it; its ID lets an operator drop the second.
//
// It must never know what a message is about, accounts or cases. Neither
// numbers nor texts go to a log or into an error.
//
// Start reading at Queue; http.go is the operator's driver.
package sms

import (
	"context"
	"errors"
	"time"
)

// ErrRefused means the operator will never take this message (a wrong number,
// a blocked text): trying again is useless.
var ErrRefused = errors.New("refused by the SMS operator")

// Gateway hands one message to an operator. The error is ErrRefused when
// another try is useless; any other error is tried again.
type Gateway interface {
	Send(ctx context.Context, m Message) error
}

// Message is one text message.
type Message struct {
	// ID names the message for ever; the same ID is the same message.
	ID string `json:"id"`
	// To is the number in E.164, e.g. "+923451234567".
	To   string `json:"to"`
	Text string `json:"text"`
	// NotAfter is when the message has lost its use and must not be sent any
	// more; zero never.
	NotAfter time.Time `json:"not_after,omitzero"`
}
