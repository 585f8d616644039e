# What one does with a checkout. The logic is in scripts/.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help demo bench bench-smoke bench-peers bars tables regress aa test lint fuzz soak conformance lincheck interleave mutants ten-million fmt clean

# The revision that regress compares the work tree with.
BASE ?= main

# How many comparisons of equals aa makes.
AA ?= 50

# How long each fuzz target runs.
FUZZTIME ?= 30s

# How many operations conformance compares.
STEPS ?= 200000

# How long lincheck records histories.
LINCHECK_DURATION ?= 1m

# How long the soak takes, both tables together.
DURATION ?= 60s

help: ## List the targets.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "%-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: ## A minute of clients that come back, and a storm, on the engine and a mutex: a line a second, then the results.
	@scripts/demo

bench: ## Measure the engine against every baseline (under 2 minutes) and keep the run in results/local/.
	@scripts/bench

bench-smoke: ## The same with the smallest sizes, in seconds: shows that it works, not how fast.
	@scripts/bench --smoke

bench-peers: ## Measure the engine beside libssl, libraries' maps and caches (under 15 minutes), print bars and tables.
	@scripts/bench-peers

bars: ## Measure what the bars need (about 8 minutes), print them, and fail when one is not met.
	@scripts/bench-peers --bars

tables: ## Make the tables of docs/performance.md and README.md of the newest committed results/*-peers.txt.
	@scripts/bench-peers --tables

regress: ## Compare the engine in the work tree with that of BASE (main), in one run of a minute or two, and fail when it is slower.
	@scripts/regress "$(BASE)"

aa: ## The long form: compare the engine with itself AA (50) times and count the regressions called; keeps the result in results/.
	@scripts/aa "$(AA)"

test: ## All tests of all modules: vet, plain, with -race, with -tags invariants.
	@scripts/test

lint: ## Run golangci-lint, built into bin/ the first time.
	@scripts/lint

fuzz: ## Run every fuzz target for FUZZTIME (30s).
	@scripts/fuzz "$(FUZZTIME)"

soak: ## Soak both tables for DURATION (60s) in all, checking every promise and reference.
	go run ./cmd/loadgen soak --duration "$(DURATION)"

conformance: ## Apply STEPS (200000) random operations to the engine and to the real libssl, and compare.
	@source scripts/packages.sh && need "OpenSSL's headers" gcc libc6-dev libssl-dev pkg-config -- compiles '#include <openssl/ssl.h>'
	cd conformance && go test -count=1 -timeout 0 -v -run 'TestDifferen|TestFound' . -steps "$(STEPS)"

lincheck: ## Check recorded histories for linearizability: LINCHECK_DURATION (1m) each plain, with -race, with the yield points.
	@scripts/lincheck "$(LINCHECK_DURATION)"

interleave: ## Run short programs on LockFree in every order, up to a bound.
	go test -count=1 -tags invariants -run Interleave -v ./shards

mutants: ## Break shards and engine in many ways and show that a test notices each; writes docs/mutants.md.
	go run ./internal/mutants -write

ten-million: ## The long form: ten million sessions in one process, every reference accounted for.
	go test -count=1 -tags long -run TestTenMillion -timeout 30m -v ./engine

fmt: ## Format the code as lint wants it.
	@scripts/lint --format

clean: ## Remove what the targets above made, except runs in results/local/.
	rm -rf bin
	find . -name .git -prune -o \( -name '*.test' -o -name '*.prof' -o -name '*.out' \) -exec rm -f {} +
