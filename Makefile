# The few commands that everything else hangs on. Each says what it installs before it does.
SHELL := /bin/bash
.DEFAULT_GOAL := help
TEST_PACKAGES := sip-tester postgresql nats-server chromium
CARGO_TOOLS := cargo-nextest

.PHONY: help demo test bench chaos lint setup-test fuzz screens release-check

help: ## what there is
	@awk -F':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: ## two real SIP calls on this machine: one with a person, one with a voicemail
	@./scripts/need cargo "Rust 1.95 or newer (rustup)"
	@echo "building outdial (the first build takes some minutes)"
	@cargo build --quiet --locked -p outdial
	@./target/debug/outdial demo $(if $(KEEP),--keep)

test: setup-test ## everything that must hold before a landing
	@./scripts/test

setup-test:
	@./scripts/setup-test $(TEST_PACKAGES)

bench: setup-test ## the figures of docs/benchmarks.md, on this machine
	@cargo build --quiet --locked --release -p bench
	@./scripts/with-services ./target/release/bench

chaos: ## the long crash test: hundreds of kills under load, nothing lost or doubled (docs/chaos.md)
	@cargo xtask chaos

lint: ## formatting, clippy, layering, tidiness, licences
	@./scripts/lint

fuzz: ## ten minutes on each fuzz target (needs cargo-fuzz); SECONDS_EACH=60 for a short run
	@./scripts/fuzz

release-check: ## a release as it is built, with the dashboard in it, and one without Node.js
	@./scripts/release-check

screens: setup-test ## the pictures of the dashboard in docs/screens, light and dark
	@mkdir -p docs/screens
	@SCREENS=$(CURDIR)/docs/screens ./scripts/with-services cargo nextest run -p testkit -E 'test(dashboard)'
