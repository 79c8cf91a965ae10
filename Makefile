# Everything that a person types to build, test and try clipsearch. `make help` lists it.

GO      ?= go
VERSION := $(shell git describe --always --dirty 2>/dev/null || echo dev)
BUILD   := -trimpath -buildvcs=false
STAMP   := -ldflags "-X clipsearch/internal/cli.version=$(VERSION)"

# Without the tag: pure Go, no C compiler, no fitted gotch.
PURE    := GOWORK=off CGO_ENABLED=0 $(GO)
# fitgotch prints a work file that puts gotch, fitted to this machine's libtorch, in place; see internal/fit.
FIT     := $(PURE) run -buildvcs=false ./internal/fit/cmd/fitgotch
# A shell prefix: `$(NATIVE) build …` runs go with that work file, and fails if there is none.
NATIVE  := work=$$($(FIT)) && GOWORK=$$work CGO_ENABLED=1 $(GO)

# Debian packages. libtorch only where $LIBTORCH or python3's torch is not there instead; the reference BLAS
# that libtorch-dev would be content with is many times slower than OpenBLAS.
BUILD_PACKAGES := ca-certificates g++ pkg-config libvips-dev
TORCH_PACKAGES := libopenblas0-pthread libtorch-dev
TEST_PACKAGES   = git $(if $(shell grep -rls --include='*_test.go' chromedp .),chromium fonts-dejavu-core)
PEER_PACKAGES  := ca-certificates g++ libhnswlib-dev libfaiss-dev libopenblas-dev
DEMO_PACKAGES  := tuxpaint-stamps-default

.PHONY: all
all: build

.PHONY: help
help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1\t\2/p' Makefile | expand -t 16

.PHONY: packages
packages: ## install the Debian packages that the build needs and this machine lacks
	@torch=; case $$($(FIT) --where 2>/dev/null || echo /usr) in /usr) torch="$(TORCH_PACKAGES)";; esac; \
	scripts/apt-install.sh $(BUILD_PACKAGES) $$torch

.PHONY: build
build: packages ## (default) install what is missing, fit gotch, build ./clipsearch
	$(NATIVE) build -tags native $(BUILD) $(STAMP) -o clipsearch .

.PHONY: pure
pure: ## build ./clipsearch without libtorch and libvips: no encoder, no HEIC
	$(PURE) build $(BUILD) $(STAMP) -o clipsearch .

.PHONY: gowork
gowork: ## print the path of the work file for GOWORK, fitting gotch if need be
	@$(FIT)

.PHONY: generate
generate: ## write the Go code of the templates
	$(PURE) tool templ generate

.PHONY: lint
lint: packages ## check format, vet and staticcheck with and without the tag, generated code
	@unformatted=$$(gofmt -l .); [ -z "$$unformatted" ] || { echo "not formatted: $$unformatted" >&2; exit 1; }
	$(MAKE) --no-print-directory generate
	git diff --exit-code -- '*_templ.go'
	$(PURE) vet ./...
	$(PURE) tool staticcheck ./...
	$(NATIVE) vet -tags native $(BUILD) ./...
	$(NATIVE) tool staticcheck -tags native ./...

# Threads of libtorch that spin for each other take the cores from the tests beside them: TestTune needs 6 s without and 24 with (2 busy cores, 2026-11-26).
.PHONY: test
test: packages ## install what the tests need, run them without and with the tag
	@scripts/apt-install.sh $(TEST_PACKAGES)
	@scripts/axe.sh
	@$(FIT) >/dev/null
	$(PURE) vet ./...
	$(PURE) test ./...
	$(NATIVE) vet -tags native $(BUILD) ./...
	export OMP_WAIT_POLICY=passive; $(NATIVE) test -tags native $(BUILD) -timeout 20m ./...

.PHONY: race
race: ## run the pure tests under the race detector
	@scripts/apt-install.sh ca-certificates g++
	GOWORK=off CGO_ENABLED=1 $(GO) test -race ./...

.PHONY: soak
soak: packages ## the long counts of every test (kills, bit flips, large libraries), then 5 minutes of each fuzz test; takes hours
	CLIPSEARCH_SOAK=1 $(PURE) test -p 1 -timeout 6h ./...
	$(NATIVE) vet -tags native $(BUILD) ./... && CLIPSEARCH_SOAK=1 GOWORK=$$work $(GO) test -tags native $(BUILD) -p 1 -timeout 6h ./...
	scripts/fuzz.sh 5m

.PHONY: demo
demo: build ## index the 796 captioned drawings of Tux Paint and search them; downloads 161 MB from Debian
	@scripts/apt-install.sh $(DEMO_PACKAGES)
	@scripts/demo.sh

.PHONY: peers
peers: ## compare our vector search with hnswlib and others: make peers PEERS="VECTORS.npy QUERIES.npy"
	@scripts/apt-install.sh $(PEER_PACKAGES)
	cd bench/peers && GOWORK=off CGO_ENABLED=1 $(GO) build $(BUILD) -o ../../peers .
	./peers $(PEERS)

# Needs ../shared/data; about eight hours on two cores, minutes on a GPU. TUNE has further flags of clipsearch tune: --resume goes on
# with what was interrupted, and "--epochs 2 --samples-per-epoch 256 --batch 32" goes the same way in minutes.
.PHONY: builtin-model
builtin-model: build ## train the model that the program carries anew, into ./builtin-model
	@scripts/apt-install.sh $(DEMO_PACKAGES)
	./clipsearch tune scripts/builtin-model.json --out builtin-model --dtype int8 $(TUNE)

.PHONY: carry-model
carry-model: build ## put ./builtin-model into assets/model, but for card and licence, which a person writes
	scripts/carry-model.sh builtin-model assets/model

.PHONY: clean
clean: ## remove what make built here; the fitted gotch stays in ~/.cache/clipsearch-build
	rm -f clipsearch peers
