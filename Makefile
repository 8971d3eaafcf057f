# The project's commands. `make` alone lists them.

SHELL       := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS   += --no-print-directory

# Two packages at a time, so that two cores and a small laptop stay usable.
GO_PARALLEL ?= 2
# Of one package's tests; a hang shows its goroutines instead of eating the run.
TEST_TIMEOUT ?= 20m
# How long each fuzz target runs.
FUZZTIME ?= 10s
BENCH     ?= .
BENCHTIME ?= 1s
PKG       ?= ./...
# Where goroutines meet. With the stores, whose SQLite the detector must compile and
# run anew, it takes half an hour on two cores:
#   make race RACE_PKG='./sdk/... ./backend/store/... ./backend/httpapi/... ./backend/server/...'
RACE_PKG ?= ./sdk/...

# What the binaries call themselves; a tree without history is "development".
VERSION  ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo development)
LDFLAGS  := -s -w -X main.version=$(VERSION)
GOTESTSUM := go tool gotestsum --format pkgname

GOLANGCI_VERSION    := v2.15.0
GOVULNCHECK_VERSION := v1.9.0
FYNE_VERSION        := v1.7.4
GOLANGCI := .tools/golangci-lint-$(GOLANGCI_VERSION)

# The app's own package; it needs C and the display's headers, nothing else does.
APP := $(wildcard main.go)

##@ Use it

.PHONY: run
run: build ## Install what is missing, build, start the backend with demo data, open the app
	.ci/need demo
	.ci/demo

.PHONY: tour
tour: bin/portald bin/portalctl ## The same backend, shown step by step with portalctl instead of the app
	.ci/need demo
	.ci/demo --tour

##@ Build

.PHONY: build
build: bin/portald bin/portalctl $(if $(APP),bin/portal) ## Write bin/portald, bin/portalctl and bin/portal

# Go knows what is up to date, so these always ask it.
.PHONY: bin/portald bin/portalctl bin/portal
bin/portald:
	.ci/need go
	CGO_ENABLED=0 go build -p $(GO_PARALLEL) -ldflags '$(LDFLAGS)' -o $@ ./backend/cmd/portald

bin/portalctl:
	.ci/need go
	CGO_ENABLED=0 go build -p $(GO_PARALLEL) -ldflags '$(LDFLAGS)' -o $@ ./sdk/cmd/portalctl

bin/portal:
	.ci/need go app
	CGO_ENABLED=1 go build -p $(GO_PARALLEL) -ldflags '$(LDFLAGS)' -o $@ .

.PHONY: clean
clean: ## Remove what was built, and the demo's data
	rm -rf bin .demo

##@ Test

# Fyne's `ci` tag draws in memory: no display, no C compiler, no system fonts.
.PHONY: test
test: ## Install what the tests need, PostgreSQL included, and run everything
	.ci/need go postgres node
	mkdir -p bin
	CGO_ENABLED=0 $(GOTESTSUM) --jsonfile bin/test.json -- -p $(GO_PARALLEL) -tags ci -timeout $(TEST_TIMEOUT) $(PKG)
	@.ci/none-skipped bin/test.json

.PHONY: race
race: ## Run the tests of the concurrent packages under the race detector
	.ci/need go race postgres
	CGO_ENABLED=1 $(GOTESTSUM) -- -p $(GO_PARALLEL) -race -tags ci -timeout $(TEST_TIMEOUT) $(RACE_PKG)

.PHONY: fuzz
fuzz: ## Run every fuzz target for FUZZTIME (10s)
	.ci/need go
	.ci/fuzz $(FUZZTIME)

.PHONY: bench
bench: ## Run the benchmarks (BENCH=name PKG=./backend/store/... BENCHTIME=1s)
	.ci/need go postgres
	CGO_ENABLED=0 go test -p 1 -tags ci -run '^$$' -bench '$(BENCH)' -benchtime $(BENCHTIME) -benchmem $(PKG)

# PocketBase lives in a module of its own, so that it never reaches go.mod.
.PHONY: bench-peer
bench-peer: bin/portald ## Measure a whole complaint over HTTP beside PocketBase, in one run (BENCHARGS='-time 5s -rounds 3')
	cd backend/bench && CGO_ENABLED=0 go build -o ../../bin/bench-peer . && cd ../.. && bin/bench-peer -portald bin/portald $(BENCHARGS)

.PHONY: golden
golden: ## Rewrite the golden files from what the code does now; read the diff before you commit it
	.ci/need go
	CGO_ENABLED=0 go test -p $(GO_PARALLEL) -count=1 -tags ci $$(.ci/golden-packages) -update
	git status --short

##@ Prove it

SIM := CGO_ENABLED=0 go test -tags ci ./backend/simtest -count=1 -v -timeout 10h
SEEDS       ?= 200
SOAK_SEEDS  ?= 2000
SOAK_CYCLES ?= 25

.PHONY: sim
sim: ## Simulate clients, server and a bad network: SEEDS=200, or SEED=n to replay one with its trace
	.ci/need go
	mkdir -p bin
ifdef SEED
	$(SIM) -run '^TestSimulation$$' -args -sim.seed=$(SEED)
else
	$(SIM) -run '^TestSimulation$$' -args -sim.seeds=$(SEEDS) >bin/sim.log || { grep -v '^=== ' bin/sim.log; exit 1; }
	@grep '^sim: ' bin/sim.log
endif

.PHONY: soak
soak: ## The long versions: SOAK_SEEDS=2000 seeds, SOAK_CYCLES=25 kills on each store, an officer's desk of 10,000
	.ci/need go postgres
	$(SIM) -run '^(TestKilledUnderLoad|TestByteBudgets|TestOfficersFirstSync)$$' -args -kill.cycles=$(SOAK_CYCLES) -officer.cases=10000
	$(MAKE) sim SEEDS=$(SOAK_SEEDS)

# On a display of their own, with the real programs; they need bin/ as it should be.
FLOW := CGO_ENABLED=0 go test -tags 'ci flow' ./app -count=1 -timeout 15m

.PHONY: flow
flow: build ## Drive the citizen's and the officer's way through the real app, in a window nobody sees
	.ci/need go app flow
	PORTAL_PICTURES='$(CURDIR)/bin/flow' $(FLOW) -run '^TestFlow(Trust)?$$'

.PHONY: measure
measure: build ## Measure the app's start and memory beside a bare Fyne window, in turns
	.ci/need go app flow
	$(FLOW) -v -run '^TestMeasureStart$$'

.PHONY: screenshots
screenshots: build ## Take the pictures in docs/screenshots anew; look at them before you commit them
	.ci/need go app flow
	PORTAL_PICTURES='$(CURDIR)/docs/screenshots' $(FLOW) -run '^TestScreenshots$$'

.PHONY: typecheck
typecheck: ## Type-check the app for android, ios, darwin and windows; `make test` does it too
	.ci/need go
	CGO_ENABLED=0 go test -tags ci ./app -run '^(TestTheProgramTypeChecksForEverySystem|TestNoServerOnPhonesAndInReleases)$$' -v

##@ Phones and packages

.PHONY: mobile-check
mobile-check: bin/portald ## Show that the SDK's binding works from Java and Kotlin, and compiles for phones
	.ci/need go mobile
	GO_PARALLEL=$(GO_PARALLEL) .ci/mobile-check

FYNE := .tools/fyne-$(FYNE_VERSION)
ANDROID := FYNE_VERSION=$(FYNE_VERSION) GO_PARALLEL=$(GO_PARALLEL) .ci/android

.PHONY: android-check
android-check: $(FYNE) ## Compile and package the app for Android with Debian's packages alone, and look at the result
	.ci/need go android
	$(ANDROID) check

.PHONY: android-apk android-aab android-aar
android-apk: $(FYNE) ## Build bin/portal.apk; needs Android's SDK and NDK
	$(ANDROID) apk
android-aab: $(FYNE) ## Build bin/portal.aab for Play; needs bundletool too
	$(ANDROID) aab
android-aar: $(FYNE) ## Build bin/portal-sdk.aar, the SDK for Kotlin and Java
	$(ANDROID) aar

.PHONY: ios-app ios-ipa ios-xcframework
ios-app: $(FYNE) ## Build the app for the iPhone simulator; needs a Mac with Xcode
	FYNE_VERSION=$(FYNE_VERSION) .ci/ios app
ios-ipa: $(FYNE) ## Build bin/portal.ipa for the App Store
	FYNE_VERSION=$(FYNE_VERSION) .ci/ios ipa
ios-xcframework: $(FYNE) ## Build bin/Portal.xcframework, the SDK for Swift
	FYNE_VERSION=$(FYNE_VERSION) .ci/ios xcframework

.PHONY: desktop desktop-check
desktop: ## Build the packages for Linux: a tar.xz and a .deb
	.ci/need go app deb
	GO_PARALLEL=$(GO_PARALLEL) .ci/desktop build
desktop-check: ## Build them, install the .deb, start it on a display of its own, remove it
	.ci/need go app deb
	GO_PARALLEL=$(GO_PARALLEL) .ci/desktop check

$(FYNE):
	.ci/need go
	mkdir -p .tools
	CGO_ENABLED=0 GOBIN='$(CURDIR)/.tools' go install -p $(GO_PARALLEL) fyne.io/tools/cmd/fyne@$(FYNE_VERSION)
	mv .tools/fyne $@

##@ Keep it right

.PHONY: lint
lint: $(GOLANGCI) ## Check formatting, the linters of .golangci.yml, and the shell scripts' syntax
	CGO_ENABLED=0 $(GOLANGCI) run ./...
	for script in .ci/*; do bash -n "$$script"; done

# Built from source once per version, kept out of go.mod: its some two hundred
# modules must not decide the versions of ours.
$(GOLANGCI):
	.ci/need go
	mkdir -p .tools
	CGO_ENABLED=0 GOBIN='$(CURDIR)/.tools' go install -p $(GO_PARALLEL) github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_VERSION)
	mv .tools/golangci-lint $@

.PHONY: generate
generate: ## Rewrite the generated files
	.ci/need go
	CGO_ENABLED=0 go generate ./...

.PHONY: check-generated
check-generated: ## Fail if `make generate` would change a file
	.ci/check-generated

.PHONY: vulncheck
vulncheck: ## Look the dependencies up in Go's vulnerability database (needs vuln.go.dev)
	.ci/need go
	CGO_ENABLED=0 go run golang.org/x/vuln/cmd/govulncheck@$(GOVULNCHECK_VERSION) -tags ci ./...

.PHONY: ci
ci: ## Everything that continuous integration runs, in its order
	.ci/run

.PHONY: help
help: ## Show this list
	@awk 'BEGIN { FS = ":.*## " } \
		/^##@ / { printf "\n%s\n", substr($$0, 5) } \
		/^[a-z][a-z-]*:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))
