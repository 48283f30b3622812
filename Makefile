# Berth's build. `make help` lists what can be asked for.
#
#   BUILD     where everything goes (default build/)
#   CC        gcc >= 12 or clang >= 14
#   MODE      release (default), debug, san (AddressSanitizer and UBSan) or fuzz (clang's libFuzzer);
#             warnings are errors in all but release
#   PREFIX    where `make install` puts things (default /usr/local), DESTDIR before it

BUILD   ?= build
MODE    ?= release
PREFIX  ?= /usr/local
DESTDIR ?=
VERSION := $(shell cat VERSION)
MAKEFLAGS += --no-builtin-rules
AR      ?= ar

# The folders of src/, bottom to top: a folder includes only what stands before it here.
LAYERS := base model law perf core agent port read store engine sim serve cli

PKGS := sqlite3 libmicrohttpd jansson libfyaml libsodium libcrypto libcurl
PKG_CFLAGS := $(shell pkg-config --cflags $(PKGS) 2>/dev/null)
PKG_LIBS   := $(shell pkg-config --libs $(PKGS) 2>/dev/null)
TEST_LIBS  := -lcmocka

WARN := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wstrict-prototypes \
        -Wmissing-prototypes -Wvla -Wcast-qual -Wwrite-strings -Wformat=2 -Wundef -Wswitch-enum
SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
CPPFLAGS += -Isrc -D_GNU_SOURCE -DBERTH_VERSION='"$(VERSION)"' -DBERTH_PREFIX='"$(PREFIX)"' $(PKG_CFLAGS)
CFLAGS_release := -O2 -g -fstack-protector-strong -D_FORTIFY_SOURCE=2
CFLAGS_debug   := -O0 -g3 -Werror
CFLAGS_san     := -O1 -g $(SANITIZE) -Werror
CFLAGS_fuzz    := -O1 -g $(SANITIZE) -fsanitize=fuzzer-no-link -Werror
LDFLAGS_san    := $(SANITIZE)
LDFLAGS_fuzz   := $(SANITIZE)
ALL_CFLAGS  = -std=c17 $(WARN) $(CFLAGS_$(MODE)) $(CFLAGS)
ALL_LDFLAGS = -Wl,-z,relro,-z,now -Wl,--as-needed $(LDFLAGS_$(MODE)) $(LDFLAGS)
ALL_LIBS    = $(PKG_LIBS) -lpthread -ldl -lm

layer_objs = $(patsubst src/%.c,$(BUILD)/obj/%.o,$(sort $(wildcard src/$(1)/*.c src/$(1)/*/*.c)))
LIBS := $(foreach l,$(LAYERS),$(BUILD)/lib/$(l).a)
# The archives of a layer and of all below it, top first, as the linker wants them.
reverse = $(if $(1),$(call reverse,$(wordlist 2,$(words $(1)),$(1))) $(firstword $(1)))
upto = $(if $(2),$(firstword $(2)) $(if $(filter $(1),$(firstword $(2))),,$(call upto,$(1),$(wordlist 2,$(words $(2)),$(2)))))
libs_upto = $(foreach l,$(call reverse,$(call upto,$(1),$(LAYERS))),$(BUILD)/lib/$(l).a)

UNIT_BIN := $(patsubst test/unit/%.c,$(BUILD)/unit/%,$(sort $(wildcard test/unit/*/test_*.c)))
FUZZ     := $(patsubst test/fuzz/fuzz_%.c,%,$(sort $(wildcard test/fuzz/fuzz_*.c)))
BENCH    := $(patsubst bench/%.c,$(BUILD)/bench/%,$(sort $(wildcard bench/*.c)))

.PHONY: all
all: $(patsubst src/%.c,$(BUILD)/%,$(filter-out src/sim_main.c,$(wildcard src/main.c))) \
     $(if $(wildcard src/sim_main.c),$(BUILD)/sim) $(LIBS) ## build build/berth and build/sim (default)

$(BUILD)/obj/%.o: src/%.c Makefile VERSION
	@mkdir -p $(@D)
	@echo "  CC   $<"
	@$(CC) $(CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

define LAYER_RULE
$(BUILD)/lib/$(1).a: $(call layer_objs,$(1))
	@mkdir -p $$(@D)
	@rm -f $$@
	@$$(AR) rcs $$@ $$^
endef
$(foreach l,$(LAYERS),$(eval $(call LAYER_RULE,$(l))))

$(BUILD)/main: $(BUILD)/berth
$(BUILD)/berth: $(BUILD)/obj/main.o $(LIBS)
	@echo "  LD   $@"
	@$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $< $(call libs_upto,cli) $(ALL_LIBS)

$(BUILD)/sim: $(BUILD)/obj/sim_main.o $(call libs_upto,sim)
	@echo "  LD   $@"
	@$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $< $(call libs_upto,sim) $(ALL_LIBS)

# A unit test test/unit/LAYER/test_x.c links its layer and what is below.
.SECONDEXPANSION:
$(BUILD)/unit/%: test/unit/%.c $$(call libs_upto,$$(notdir $$(@D))) Makefile
	@mkdir -p $(@D)
	@echo "  TEST $<"
	@$(CC) $(CPPFLAGS) -Itest $(ALL_CFLAGS) $(ALL_LDFLAGS) -MMD -MP -MF $@.d -o $@ $< \
	    $(call libs_upto,$(notdir $(@D))) $(TEST_LIBS) $(ALL_LIBS)

# test_masks with the defect DEFECT of src/core/defect.h in legal.c (test/gates/masks.sh).
$(BUILD)/masks/test_masks: test/unit/core/test_masks.c src/core/legal.c $(call libs_upto,core)
	@mkdir -p $(@D)
	@$(CC) $(CPPFLAGS) $(ALL_CFLAGS) -DBERTH_DEFECT=$(DEFECT) -c -o $(@D)/legal.o src/core/legal.c
	@$(CC) $(CPPFLAGS) -Itest $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $< $(@D)/legal.o \
	    $(call libs_upto,core) $(TEST_LIBS) $(ALL_LIBS)

# A fuzz target; in MODE=fuzz by libFuzzer, else it runs the files named on its command line.
$(BUILD)/fuzz/%: test/fuzz/fuzz_%.c test/fuzz/driver.c $(LIBS)
	@mkdir -p $(@D)
	@echo "  FUZZ $<"
	@$(CC) $(CPPFLAGS) -Itest $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $< \
	    $(if $(filter fuzz,$(MODE)),-fsanitize=fuzzer,test/fuzz/driver.c) $(call libs_upto,cli) $(ALL_LIBS)

$(BUILD)/bench/%: bench/%.c bench/bench.h $(LIBS)
	@mkdir -p $(@D)
	@$(CC) $(CPPFLAGS) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $< $(call libs_upto,cli) $(ALL_LIBS)

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)

# ---- running ----------------------------------------------------------------------------------------

# A source tree that cannot be written is built elsewhere: say so before the first compiler does.
.PHONY: place
place:
	@{ mkdir -p $(BUILD) 2>/dev/null && test -w $(BUILD); } || \
	    { echo "the folder $(BUILD) cannot be written; build elsewhere: make $(MAKECMDGOALS) BUILD=/tmp/berth-build" >&2; exit 1; }

.PHONY: run
run: place ## install what is missing, build, and run the example fleet (Ctrl-C ends it)
	@scripts/deps build
	@$(MAKE) --no-print-directory all
	@BERTH="$$(realpath $(BUILD)/berth)" examples/pacific/run

.PHONY: test
test: place ## install what is missing, build with sanitizers, run every test
	@scripts/deps test
	@BUILD=$(BUILD) scripts/test

.PHONY: unit
unit: $(UNIT_BIN) ## build and run the unit tests in BUILD
	@scripts/unit $(BUILD)/unit

.PHONY: unit-build
unit-build: $(UNIT_BIN)

.PHONY: fuzz-build
fuzz-build: $(patsubst %,$(BUILD)/fuzz/%,$(FUZZ))

FUZZ_SECONDS ?= 60
.PHONY: fuzz
fuzz: place ## run every fuzz target for FUZZ_SECONDS (60) with clang's libFuzzer
	@scripts/deps test
	@$(MAKE) --no-print-directory CC=clang MODE=fuzz BUILD=$(BUILD)/fuzzing fuzz-build
	@for f in $(FUZZ); do echo "== $$f"; mkdir -p $(BUILD)/fuzzing/found/$$f; \
	    ASAN_OPTIONS=detect_leaks=1 $(BUILD)/fuzzing/fuzz/$$f -max_total_time=$(FUZZ_SECONDS) \
	    -print_final_stats=1 -artifact_prefix=$(BUILD)/fuzzing/found/$$f- \
	    $(BUILD)/fuzzing/found/$$f test/fuzz/corpus/$$f || exit 1; done

.PHONY: bench
bench: all $(BENCH) ## measure what docs/figures.md reports
	@bench/run $(BUILD)

.PHONY: bench-build
bench-build: $(BENCH)

# ---- installing -------------------------------------------------------------------------------------

SLURM_NAMES := sbatch squeue sinfo scancel scontrol sacct sshare sprio
BIN := $(DESTDIR)$(PREFIX)/bin
SHARE := $(DESTDIR)$(PREFIX)/share

.PHONY: docs
docs: $(BUILD)/berth ## man pages and shell completion, from the command table, into BUILD
	@rm -rf $(BUILD)/man $(BUILD)/completion
	@mkdir -p $(BUILD)/man $(BUILD)/completion
	@$(BUILD)/berth man --all $(BUILD)/man
	@for s in bash zsh fish; do $(BUILD)/berth completion $$s >$(BUILD)/completion/$$s; done

# The Slurm names go to a folder of their own, so that a machine with Slurm keeps its commands.
.PHONY: install
install: all docs ## install binary, man pages, completion, packs, data and a systemd unit
	install -d $(BIN) $(SHARE)/berth $(SHARE)/berth/slurm-bin $(SHARE)/man/man1 \
	    $(SHARE)/bash-completion/completions $(SHARE)/zsh/site-functions \
	    $(SHARE)/fish/vendor_completions.d $(DESTDIR)$(PREFIX)/lib/systemd/system
	install -m 755 $(BUILD)/berth $(BIN)/berth
	for n in $(SLURM_NAMES); do ln -sf $(PREFIX)/bin/berth $(SHARE)/berth/slurm-bin/$$n; done
	install -m 644 $(BUILD)/man/*.1 $(SHARE)/man/man1/
	install -m 644 $(BUILD)/completion/bash $(SHARE)/bash-completion/completions/berth
	install -m 644 $(BUILD)/completion/zsh $(SHARE)/zsh/site-functions/_berth
	install -m 644 $(BUILD)/completion/fish $(SHARE)/fish/vendor_completions.d/berth.fish
	cp -R law data examples $(SHARE)/berth/
	sed 's|@PREFIX@|$(PREFIX)|g' scripts/berth.service.in \
	    >$(DESTDIR)$(PREFIX)/lib/systemd/system/berth.service

.PHONY: uninstall
uninstall: ## remove what `make install` put under PREFIX
	rm -rf $(BIN)/berth $(SHARE)/berth $(SHARE)/man/man1/berth.1 $(SHARE)/man/man1/berth-*.1 \
	    $(SHARE)/bash-completion/completions/berth $(SHARE)/zsh/site-functions/_berth \
	    $(SHARE)/fish/vendor_completions.d/berth.fish $(DESTDIR)$(PREFIX)/lib/systemd/system/berth.service

# ---- tidying ----------------------------------------------------------------------------------------

.PHONY: tidy
tidy: ## format the sources with clang-format
	clang-format -i $(shell git ls-files '*.c' '*.h')

.PHONY: clean
clean: ## remove BUILD
	rm -rf $(BUILD)

.PHONY: help
help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 18
