# What one does with a checkout. The logic is in scripts/.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help bench bench-smoke test lint fuzz ten-million fmt clean

# How long each fuzz target runs.
FUZZTIME ?= 30s

help: ## List the targets.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "%-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

bench: ## Measure the engine against every baseline (under 2 minutes) and keep the run in results/local/.
	@scripts/bench

bench-smoke: ## The same with the smallest sizes, in seconds: shows that it works, not how fast.
	@scripts/bench --smoke

test: ## All tests of all modules: vet, plain, with -race, with -tags invariants.
	@scripts/test

lint: ## Run golangci-lint, built into bin/ the first time.
	@scripts/lint

fuzz: ## Run every fuzz target for FUZZTIME (30s).
	@scripts/fuzz "$(FUZZTIME)"

ten-million: ## The long form: ten million sessions in one process, every reference accounted for.
	go test -count=1 -tags long -run TestTenMillion -timeout 30m -v ./engine

fmt: ## Format the code as lint wants it.
	@scripts/lint --format

clean: ## Remove what the targets above made, except runs in results/local/.
	rm -rf bin
	find . -name .git -prune -o \( -name '*.test' -o -name '*.prof' -o -name '*.out' \) -exec rm -f {} +
