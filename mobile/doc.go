// Package mobile is the SDK for programs written in Kotlin, Java, Swift or
// Objective-C: gomobile makes an Android library or an Apple framework of it. A
// program written in Go uses package sdk.
//
// It is for the citizen's side: an account, drafts, complaints and what can be
// done to them, files, places and categories, and sync with a listener. It
// decides nothing; every call goes to the SDK.
//
// The binder leaves out what it cannot express, and says so only in a comment of
// what it writes, so the package keeps to what it can:
//
//   - Values are structs of texts, numbers, booleans and pointers to other such
//     structs. They are copies: changing one changes nothing on the device.
//   - A list is a type with Len and Get; Get gives nothing outside it.
//   - Moments are milliseconds since 1970 (…Millis), 0 when there is none.
//   - A call that may wait for the server takes how many milliseconds it may,
//     0 for the usual half minute. Every call may be made from any thread but the
//     one that draws, since each reads or writes the device's storage.
//   - An error crosses as an exception or NSError; [Explain] gives its number and
//     the fields that are wrong.
//   - What the host implements is [Listener]. It is called on a thread of its
//     own, never on the host's.
//
// A panic ends at the border as an error with [CodeBug]. One process has one Go
// runtime, so the binding is never put into a program that is itself written in
// Go.
//
// Start reading at [Open].
package mobile
