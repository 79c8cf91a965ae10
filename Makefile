# Everything that a person types to build, test and try clipsearch. `make help` lists it.

GO      ?= go
VERSION := $(shell git describe --always --dirty 2>/dev/null || echo dev)
BUILD   := -trimpath -buildvcs=false
STAMP   := -ldflags "-X clipsearch/internal/cli.version=$(VERSION)"

# Without the tag: pure Go, never a C library, and never the fitted gotch.
PURE    := GOWORK=off CGO_ENABLED=0 $(GO)
# fitgotch prints the work file that puts a gotch fitted to this machine's libtorch in place; see internal/fit.
FIT     := $(PURE) run -buildvcs=false ./internal/fit/cmd/fitgotch
# A shell prefix: `$(NATIVE) go …` runs go with that work file, and fails if there is none.
NATIVE  := work=$$($(FIT)) && GOWORK=$$work CGO_ENABLED=1 $(GO)

.PHONY: all
all: build

.PHONY: build
build: ## (default) install what is missing, fit gotch, build ./clipsearch
	$(NATIVE) build -tags native $(BUILD) $(STAMP) -o clipsearch .

.PHONY: pure
pure: ## build ./clipsearch without libtorch and libvips: no encoder, no HEIC
	$(PURE) build $(BUILD) $(STAMP) -o clipsearch .

.PHONY: gowork
gowork: ## print the path of the work file for GOWORK, fitting gotch if need be
	@$(FIT)

.PHONY: clean
clean: ## remove what make built here; the fitted gotch stays in ~/.cache/clipsearch-build
	rm -f clipsearch
