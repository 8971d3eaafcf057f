//go:build android || ios || release

package main

import (
	"context"
	"flag"

	"github.com/citizens-portal/portal/app"
)

// demoFlags adds nothing: a demonstration is not part of phones and releases.
func demoFlags(*flag.FlagSet) func(context.Context, *app.Config) (func() error, error) {
	return func(context.Context, *app.Config) (func() error, error) { return func() error { return nil }, nil }
}
