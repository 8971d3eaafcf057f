// Package simtest proves the promise of sync: what a citizen saved on a phone
// reaches the portal exactly once, in order, whatever the network, the phone or
// the server does, and no phone shows what its owner may not see.
//
// It holds tests only. Many real clients (package sdk, with their real files)
// talk to the real server (package server, on the embedded store) in one
// testing/synctest bubble, over a network made of seeded faults: days pass in
// moments, and a seed plays the same scenario again. The same tests run with
// mistakes planted in the client or the server, and each has to be caught: that
// is how the simulation proves that it looks. Beside it, the real binary is
// killed under load, and bytes are counted on real TLS sockets.
//
// It must never be imported, nor know more of client and server than their
// exported interface and the switches that plant mistakes.
//
// Start reading at world_test.go (a scenario), then check_test.go (what must
// hold); network_test.go, phone_test.go and host_test.go are the three parties.
package simtest
