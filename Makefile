# Sufflør. `make help` lists what there is. Needs Go; everything else is
# installed or named by .ci/setup when it is missing.
SHELL := /bin/bash
GO ?= go
BIN := bin
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
COMMIT := $(shell git rev-parse --short HEAD 2>/dev/null || echo unknown)
LDFLAGS := -s -w -X main.version=$(VERSION) -X main.commit=$(COMMIT)
FUZZTIME ?= 20s
# SQLite and its libc are C translated to Go, with memory and locks of their
# own: watching them takes half of what the store's tests cost. All else is
# watched, the driver too, but for its pointers, which come from that C.
SQLITE := -gcflags='modernc.org/...=-d=checkptr=0' $(foreach p,sqlite/lib libc/... memory,-gcflags='modernc.org/$(p)=-race=false')
GOLANGCI := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0

.PHONY: help demo test race lint cover fmt fuzz bench golden eval check build kb pictures screenshots setup clean

help: ## this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  %-11s %s\n", $$1, $$2}'

# Without cgo the program is static and starts sooner.
build: ## compile ./bin/sufflor
	@echo "Building $(BIN)/sufflor (a minute or two the first time)"
	@CGO_ENABLED=0 $(GO) build -trimpath -ldflags '$(LDFLAGS)' -o $(BIN)/sufflor ./cmd/sufflor

demo: build ## ingest our documents, play a conversation in, leave the panel open
	@$(BIN)/sufflor demo

setup: ## install what the tests need beside Go (Debian's chromium), or name it
	@.ci/setup

test: setup ## all tests: race detector, fuzz seeds, browser
	$(GO) test -race $(SQLITE) -timeout 25m ./cmd/sufflor ./web ./... # the longest first

race: test ## the same: our tests always run with the race detector

cover: ## what share of statements the tests reach, without the slow ones
	@.ci/coverage

lint: ## vet and golangci-lint
	$(GO) vet ./...
	$(GO) run $(GOLANGCI) run

fmt: ## format everything
	$(GO) run $(GOLANGCI) fmt

fuzz: ## run every fuzz target for FUZZTIME (default 20s)
	@$(GO) list ./... | while read -r pkg; do \
	  for f in $$($(GO) test -list '^Fuzz' $$pkg | grep '^Fuzz'); do \
	    echo "== $$pkg $$f"; $(GO) test -run '^$$' -fuzz "^$$f$$" -fuzztime $(FUZZTIME) $$pkg || exit 1; \
	  done; done

bench: ## benchmarks, in the form benchstat reads
	$(GO) test -run '^$$' -bench . -benchmem ./...

golden: ## rewrite golden files; read the diff before you commit it
	UPDATE_GOLDEN=1 $(GO) test ./...

eval: build ## measure on our own customer messages (test split)
	@$(BIN)/sufflor eval

kb: ## rebuild the PDF, Word and Excel files of testdata/kb from their sources (needs pandoc and LibreOffice)
	testdata/kb-src/build.sh

# Teams' card needs Microsoft's renderer: npm i adaptivecards, outside this folder.
pictures: ## redraw docs/img/desks: what agents see of us at each desk (ADAPTIVECARDS=…/dist/adaptivecards.min.js for Teams)
	$(GO) test -tags pictures -count 1 -run '^TestPictures?$$' ./connectors/... ./web

screenshots: setup ## redraw docs/img/screens: our pages with the demo's data (ALL=folder draws every page, theme and width there)
	SUFFLOR_SHOTS=$(abspath $(ALL)) $(GO) test -tags pictures -count 1 -timeout 20m -run '^TestScreenshots$$' ./cmd/sufflor

check: fmt lint test ## what to run before each commit

clean: ## remove the binary and the demo's data
	rm -rf $(BIN) data
