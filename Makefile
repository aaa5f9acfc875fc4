# CI calls these targets and nothing else. `make help` lists them.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

# Every module, including new ones that are not committed yet. Finding none is an
# error, because a loop over nothing would pass.
MODULES = $(or $(sort $(patsubst %/,%,$(dir $(shell git ls-files -co --exclude-standard -- go.mod '*/go.mod')))),$(error no modules found: this needs git, in a git checkout))
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
FUZZTIME ?= 20s
# What the race detector does not instrument: packages of others that compute within one
# call, which would take half of the processor time of the tests. Whatever calls them is
# instrumented, and so is all code with goroutines of its own: the drivers, database/sql,
# pgx and River.
#
# A package belongs here only if it guards what it shares with mutexes or sync.Pool.
# Without instrumentation, sync.Once, sync.Map and atomic variables order nothing for the
# detector, and it reports races that do not exist, even elsewhere: the linker keeps one
# copy of the code of a sync.Map. That is why kin-openapi and regexp/syntax are not here.
# SQLite and its libc are C, translated to Go, and share nothing with Go code that way.
UNINSTRUMENTED := \
	modernc.org/sqlite/lib modernc.org/libc \
	github.com/alecthomas/kong github.com/pressly/goose/v3/internal/sqlparser \
	github.com/santhosh-tekuri/jsonschema/v6/... go.yaml.in/yaml/... gopkg.in/yaml.v3 regexp
DETECTOR := -race $(patsubst %,-gcflags=%=-race=false,$(UNINSTRUMENTED))
RACE := # what test/race sets; a variable of the environment does not
# What a long list takes in memory is measured without the race detector, which makes that
# several times slower. The lists of the other tests run the same code with it.
UNRACED := ^TestMemoryPerID$$
# A program with the race detector sleeps before it exits, a second by default, in case
# something still runs. There are some forty test programs.
export GORACE ?= atexit_sleep_ms=100
export GOWORK := off

# User input reaches programs through the environment. In the text of a recipe, the
# shell would interpret its quotes.
export FROM OPERATION DATE PAGE FORMAT VERSION GOVULNDB

# How the command is built for people: static, the same on every machine, and with the
# version that git describes. Without a tag, the go command states what it knows. The
# shell of the recipe asks git: in the text of a recipe, a tag could be a command.
BUILD = -trimpath -ldflags "-X github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/cli.linkedVersion=$$(git describe --tags --match 'v[0-9]*' --dirty 2>/dev/null)" ./cmd/yuno-erasure

# each(name, command) runs the command in every module in turn and stops at the first
# failure. The explicit exit is for make 3.81, which ignores .SHELLFLAGS.
each = @for module in $(MODULES); do echo "== $$module: $(1)"; (cd "$$module" && $(2)) || exit 1; done

.PHONY: help
help: ## List the targets
	@grep -hE '^[a-z/-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  %-14s %s\n", $$1, $$2}'

.PHONY: build
build: ## Build bin/yuno-erasure, static, with the version from git
	@cd erasure && CGO_ENABLED=0 go build -o ../bin/yuno-erasure $(BUILD)

.PHONY: install
install: ## Build and install yuno-erasure where go install puts programs
	@cd erasure && CGO_ENABLED=0 go install $(BUILD)

.PHONY: run
run: ## Watch the service erase a customer, with simulated providers; then it serves until Ctrl-C
	@cd erasure && go build -o ../bin/yuno-erasure ./cmd/yuno-erasure # go run reports Ctrl-C as a failure
	@bin/yuno-erasure demo

.PHONY: test
test: ## Run every module's tests in random order, and without go vet, which lint runs
	@echo "== $(if $(TOGETHER),two modules at a time; the output of each comes when it has ended,one module after another)"
	@scripts/in-memory.sh $(MAKE) --no-print-directory $(TOGETHER) $(MODULES:%=test/%)
	@echo "== memory"
	@cd erasure && go test -vet=off -timeout 30m -run '$(UNRACED)' ./bulk ./internal/survey
	@echo "== every documented response of the contract is exercised"
	@go test -count=1 -v -run '^TestEveryDocumentedResponse$$' ./contract

.PHONY: test/race
test/race: ## Run them with the race detector, as CI does, which takes nearly twice as long
	@$(MAKE) --no-print-directory test RACE='$(DETECTOR)'

# A module at the end of which one package runs, or waits, leaves processors to another.
# The output of each is printed when it has ended. A make that cannot keep it together,
# such as 3.81, tests one module at a time.
TOGETHER = $(if $(filter output-sync,$(.FEATURES)),-j2 --output-sync=target)

# The packages whose tests take longest come first: at the end they would run alone. Many
# of this module wait rather than compute, so twice as many as usual run at once.
test/erasure: FIRST = -p $$((2 * $$(getconf _NPROCESSORS_ONLN))) ./crashtest ./cmd/yuno-erasure/internal/bulkdelete ./sqlstore

# test/MODULE tests one module. A make that a test runs must not take the flags of this one.
test/%:
	@echo "== $*: go test"
	@cd "$*" && env -u MAKEFLAGS -u MFLAGS go test $(RACE) -vet=off -skip '$(UNRACED)' -shuffle=on -timeout 30m $(FIRST) ./...

.PHONY: crash
crash: ## Kill the service and its database again and again, the long form of what test does
	@cd erasure && CRASH=long go test -count=1 -timeout 60m -v ./crashtest

.PHONY: flood
flood: ## Measure deletes during floods, on Linux, which takes minutes; FLOOD_BASELINE=program compares with another
	@cd erasure && FLOOD=long go test -count=1 -timeout 60m -v -run '^TestFloods$$' ./crashtest

.PHONY: soak
soak: ## Let everything go wrong at once, for SOAK (1h; 10m at night); Ctrl-C ends it in order
	@cd erasure && SOAK=$${SOAK:-1h} go test -count=1 -timeout 0 -v -run '^TestSoak$$' ./crashtest

.PHONY: memory
memory: ## Measure the memory of a batch of ten million ids, which takes ten minutes or more
	@cd erasure && MEMORY=long go test -count=1 -timeout 60m -v -run TestMemoryOfTenMillion ./bulk

.PHONY: browser
browser: ## Test the operations page in chromium, and write pictures of it to bin/screenshots
	@cd erasure/ops/browsertest && REQUIRE_CHROMIUM=1 SCREENSHOTS=$(CURDIR)/bin/screenshots go test -count=1 -timeout 30m .

.PHONY: vet
vet: ## Run go vet in every module, which compiles the tests too
	$(call each,go vet,go vet ./...)

.PHONY: lint
lint: vet ## Run go vet and staticcheck in every module (but not on the style of generated code)
	$(call each,staticcheck,go run $(STATICCHECK) $$(go list ./... | grep -v '/api$$'))

.PHONY: golangci
golangci: ## Run the linters of .golangci.yml in every module; the first run builds golangci-lint, which takes minutes
	@go build -modfile=tools/lint.mod -o bin/golangci-lint github.com/golangci/golangci-lint/v2/cmd/golangci-lint
	$(call each,golangci-lint,$(CURDIR)/bin/golangci-lint run ./...)

.PHONY: govulncheck
govulncheck: ## Look for known vulnerabilities in what every module calls; GOVULNDB=file:///folder for a copy of the database
	@go build -modfile=tools/vuln.mod -o bin/govulncheck golang.org/x/vuln/cmd/govulncheck
	@scripts/govulncheck.sh $(MODULES)

.PHONY: sbom
sbom: ## Write what yuno-erasure links, with hashes and licences, to bin/yuno-erasure.cdx.json (CycloneDX)
	@go build -modfile=tools/sbom.mod -o bin/cyclonedx-gomod github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod
	@scripts/sbom.sh

.PHONY: notice
notice: ## Write the licences of what yuno-erasure links to erasure/NOTICE
	@go run ./tools/notice erasure ./cmd/yuno-erasure

.PHONY: generate
generate: ## Generate the code from the vendored specification; offline once modules are cached
	@scripts/generate.sh

.PHONY: verify
verify: ## Check that generated code, SOURCE.json, NOTICE, go.mod, go.sum and formatting are current; write nothing
	@scripts/verify.sh

.PHONY: tidy
tidy: ## Tidy every go.mod and format every file
	$(call each,go mod tidy,go mod tidy)
	@gofmt -w $$(git ls-files -co --exclude-standard '*.go')

.PHONY: bench
bench: ## Run the benchmarks
	$(call each,benchmarks,go test -run '^$$' -bench . -benchmem ./...)

.PHONY: fuzz
fuzz: ## Run every fuzz target for FUZZTIME (20s)
	@scripts/fuzz.sh $(FUZZTIME) $(MODULES)

.PHONY: release
release: ## Tag VERSION=vX.Y.Z of both modules, if nothing speaks against it; push nothing
	$(if $(VERSION),,$(error VERSION= is missing: make release VERSION=v0.1.0))
	@cd tools/release && go build -o ../../bin/release .
	@bin/release "$$VERSION"

.PHONY: release-check
release-check: ## Publish a release of this checkout in a local module proxy, and install and import it from there
	@cd tools/release && RELEASE=check go test -count=1 -timeout 60m -v -run TestInstall .

.PHONY: spec-update
spec-update: bin/specupdate ## Apply a new specification: FROM=page.md|file.json|file.yaml DATE=YYYY-MM-DD [OPERATION=name] [PAGE=address]
	$(if $(FROM),,$(error FROM= is missing: make spec-update FROM=page.md DATE=YYYY-MM-DD))
	$(if $(DATE),,$(error DATE= is missing, the day you saved the file: make spec-update FROM=page.md DATE=YYYY-MM-DD))
	@bin/specupdate update --date="$$DATE" $${OPERATION:+--operation="$$OPERATION"} $${PAGE:+--page="$$PAGE"} -- "$$FROM"

.PHONY: spec-diff
spec-diff: bin/specupdate ## Report what a new specification would change: FROM=file [OPERATION=name] [FORMAT=text|markdown|json]
	$(if $(FROM),,$(error FROM= is missing: make spec-diff FROM=page.md))
	@bin/specupdate diff --format="$${FORMAT:-text}" $${OPERATION:+--operation="$$OPERATION"} -- "$$FROM"

# Built, because `go run` turns every exit status into 1.
.PHONY: bin/specupdate
bin/specupdate:
	@cd tools/specupdate && go build -o ../../bin/specupdate .
