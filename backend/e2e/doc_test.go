// Package e2e drives the real binaries as a person would: portald is started,
// killed and started again; portalctl in homes of its own is the citizen's
// phone and the officer's desk. Nothing is faked but the SMS operator, whose
// messages lie in a file. Every story runs on both stores.
//
// Start reading at complaint_test.go.
package e2e
