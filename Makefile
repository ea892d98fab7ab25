# Scanlock. `make help` lists the targets.

BUILD   ?= build
CC      ?= gcc
AR      ?= ar
PKG_CONFIG ?= pkg-config
OPT     ?= -O2 -g
PREFIX  ?= /usr/local
DESTDIR ?=
Q       := $(if $(V),,@)

comma := ,

VERSION   := 0.1.0
SOVERSION := 0

# What a bare Debian 12 needs besides make; `make deps` installs it.
PACKAGES := gcc libc6-dev pkg-config libyaml-dev libzstd-dev libpng-dev libxxhash-dev libmd-dev \
  libcriterion-dev libmpfr-dev
MODULES  := yaml-0.1 libzstd libpng libxxhash libmd
HAVE_DEPS := command -v $(CC) && command -v pkg-config && \
  pkg-config --exists $(MODULES) criterion mpfr

WARNINGS := -std=c11 -pedantic -Wall -Wextra -Wshadow -Wundef -Wvla -Wformat=2 -Wstrict-prototypes \
  -Wmissing-prototypes -Wcast-qual -Wcast-align -Wwrite-strings -Wpointer-arith -Wswitch-enum \
  -Wconversion -Wdouble-promotion -Wimplicit-fallthrough -Wnull-dereference -Wdate-time \
  -Wnested-externs
WERROR   ?= -Werror

# The same source must give the same bytes everywhere: no contraction, no paths in the binary, and
# binary32 arithmetic in binary32 where C would allow a compiler to be wider (s390x). No errno: a
# square root is an instruction then.
PRECISION := $(shell $(CC) -Werror -fexcess-precision=fast -x c -c /dev/null -o /dev/null \
  2>/dev/null && echo -fexcess-precision=fast)
CPPFLAGS += -Iinclude -Isrc -I$(BUILD)/gen -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -DSL_VERSION='"$(VERSION)"'
CFLAGS   += $(WARNINGS) $(WERROR) $(OPT) -ffp-contract=off $(PRECISION) -fno-math-errno \
  -ffile-prefix-map=$(CURDIR)=. -fvisibility=hidden -fPIC -pthread
LDLIBS   += $(shell $(PKG_CONFIG) --libs $(MODULES) 2>/dev/null) -pthread -lm

ifeq ($(SAN),1)
BUILD    := build-san
CFLAGS   += -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
LDFLAGS  += -fsanitize=address,undefined
export ASAN_OPTIONS := abort_on_error=1:detect_leaks=1
endif

ifeq ($(FUZZ),1)
CFLAGS   += -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all
LDFLAGS  += -fsanitize=address,undefined
endif

ifeq ($(COV),1)
BUILD    := build-cov
OPT      := -O0 -g
CFLAGS   += --coverage
LDFLAGS  += --coverage
endif

# Files that abi-gen writes from the ABI descriptions; the rules are under "Generated files".
GEN_TABLES  := $(BUILD)/gen/abi_aerogpu_tables.c $(BUILD)/gen/abi_virtio_gpu_tables.c
GEN_HEADERS := $(BUILD)/gen/abi_aerogpu.h $(BUILD)/gen/abi_virtio_gpu.h \
  $(BUILD)/gen/dissector_lua.inc

# The generator; its tests link it without its main().
GEN_SRC     := $(sort $(wildcard src/abi/gen/*.c))
GEN_OBJ     := $(patsubst %.c,$(BUILD)/%.o,$(filter-out src/abi/gen/main.c,$(GEN_SRC)))

LIB_SRC  := $(sort $(wildcard src/*/*.c src/device/*/*.c))
LIB_SRC  := $(filter-out src/cli/% src/abi/gen/%,$(LIB_SRC))
CLI_SRC  := $(sort $(wildcard src/cli/*.c))
UNIT_SRC := $(sort $(wildcard tests/unit/*.c))

# Tests that need whole devices; the others link only the parts they are about.
INTEGRATION_SRC := $(sort $(wildcard tests/integration/*.c)) tests/unit/fail_alloc.c \
  tests/unit/leak_check.c
LIB_OBJ  := $(LIB_SRC:%.c=$(BUILD)/%.o) $(GEN_TABLES:%.c=%.o)
CLI_OBJ  := $(CLI_SRC:%.c=$(BUILD)/%.o)
UNIT_OBJ := $(UNIT_SRC:%.c=$(BUILD)/%.o)
INTEGRATION_OBJ := $(INTEGRATION_SRC:%.c=$(BUILD)/%.o)

# tests/unit/fail_alloc.c stands between the tested code and these.
UNIT_WRAP := $(patsubst %,-Wl$(comma)--wrap=%,malloc calloc realloc strdup strndup)

FUZZ_NAMES := $(patsubst tests/fuzz/fuzz_%.c,%,$(sort $(wildcard tests/fuzz/fuzz_*.c)))
FUZZ_NAMES := $(filter-out main,$(FUZZ_NAMES))

.PHONY: all
all: ## build the tool, the libraries, man pages and completion
	$(Q)($(HAVE_DEPS)) >/dev/null 2>&1 || { echo "packages are missing: make deps"; exit 1; }
	$(Q)$(MAKE) --no-print-directory build

.PHONY: build
build: $(BUILD)/scanlock $(BUILD)/libscanlock.a $(BUILD)/libscanlock.so.$(SOVERSION) pages

.PHONY: help
help: ## this list
	@awk -F':.*## ' '/^[a-z][a-z-]*:.*## /{printf "  %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo "  variables: SAN=1 (ASan and UBSan), CC=clang, V=1 (show commands), DESTDIR, PREFIX"

.PHONY: deps
deps: ## install the Debian packages that the build and the tests need
	$(Q)sudo=; [ "$$(id -u)" = 0 ] || sudo=sudo; \
	  $$sudo apt-get update -qq && \
	  DEBIAN_FRONTEND=noninteractive $$sudo apt-get install -y -qq --no-install-recommends \
	    $(PACKAGES)

# Only what is missing is installed, so that a machine that has everything needs no network.
.PHONY: need-deps
need-deps:
	$(Q)($(HAVE_DEPS)) >/dev/null 2>&1 || $(MAKE) --no-print-directory deps

.PHONY: run
run: need-deps ## replay the bundled traces and compare them with their goldens
	$(Q)$(MAKE) --no-print-directory $(BUILD)/scanlock
	$(Q)$(BUILD)/scanlock check --verbose traces/suite.yaml

.PHONY: test
test: need-deps ## run all tests; SAN=1 under sanitizers
	$(Q)$(MAKE) --no-print-directory test-programs
	$(Q)MAKE='$(MAKE)' CC='$(CC)' BUILD='$(BUILD)' SAN='$(SAN)' tests/run.sh

.PHONY: test-portable
test-portable: need-deps ## the suite with other compilers, options, machines: the same bytes
	$(Q)tests/portable/run.sh

# Opt-in: QEMU, a download and minutes.
.PHONY: test-guest
test-guest: need-deps ## record a Linux guest under QEMU and compare; ONLY=WORD runs a part
	$(Q)$(MAKE) --no-print-directory $(BUILD)/scanlock
	$(Q)BUILD='$(BUILD)' CC='$(CC)' tests/guest/run.sh run.py $(ONLY)

.PHONY: bench-guest
bench-guest: need-deps ## measure what recording costs a guest; PAIRS=N
	$(Q)$(MAKE) --no-print-directory $(BUILD)/scanlock
	$(Q)BUILD='$(BUILD)' CC='$(CC)' tests/guest/run.sh bench.py $(PAIRS)

CLI_TOOLS := $(BUILD)/scanlock $(BUILD)/tests/make-trace $(BUILD)/tests/make-aerogputrace \
  $(BUILD)/tests/scanlock-swapping

.PHONY: test-programs
test-programs: $(BUILD)/tests/unit-tests $(BUILD)/tests/integration-tests $(CLI_TOOLS) \
  $(BUILD)/tests/make-pcap \
  $(FUZZ_NAMES:%=$(BUILD)/tests/fuzz/replay-%) $(if $(SAN)$(COV),,build)

.PHONY: cli-tests
cli-tests: $(CLI_TOOLS) ## run the tests of the command line; UPDATE=1 rewrites their outputs
	$(Q)BUILD='$(BUILD)' UPDATE='$(UPDATE)' tests/cli/run.sh

.PHONY: emit-tests
emit-tests: $(BUILD)/scanlock $(BUILD)/tests/make-pcap ## compile and load what abi emit writes
	$(Q)BUILD='$(BUILD)' tests/emit/run.sh
	$(Q)BUILD='$(BUILD)' tests/emit/wireshark.sh

$(BUILD)/tests/make-trace: $(BUILD)/tests/cli/make_trace.o $(BUILD)/libscanlock.a
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(BUILD)/tests/make-pcap: $(BUILD)/tests/emit/make_pcap.o $(BUILD)/libscanlock.a
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(BUILD)/tests/make-aerogputrace: $(BUILD)/tests/cli/make_aerogputrace.o
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

# The tool, with files that change between two replays.
$(BUILD)/tests/scanlock-swapping: $(CLI_OBJ) $(BUILD)/tests/cli/swap_file.o $(BUILD)/libscanlock.a
	$(Q)$(CC) $(LDFLAGS) -Wl,--wrap=fopen,--wrap=fopen64 -o $@ $^ $(LDLIBS)

.PHONY: lint
lint: lint-generated ## check includes, headers, symbols, generated files, layout
	$(Q)CC='$(CC)' BUILD='$(BUILD)' tests/lint/run.sh

# Version 14 decides; others break lines in other places.
FORMATTED = $(filter-out include/scanlock/aerogpu_abi.h,$(sort $(wildcard include/scanlock/*.h \
  src/*/*.[ch] src/*/*/*.[ch] tests/*/*.[ch] docs/examples/*.c)))

.PHONY: format
format: ## lay out all C files with clang-format 14
	$(Q)clang-format --version | grep -q 'version 14\.' || { echo 'needs clang-format 14'; exit 1; }
	$(Q)clang-format --style=file -i $(FORMATTED)

BENCH_TABLE = awk -F'  +' '{ printf "%-24s %18s %18s %8s %8s\n", $$1, $$2, $$3, $$4, $$5 }'

.PHONY: bench
bench: ## measure speed: a table of ratios
	$(Q)$(MAKE) --no-print-directory $(BUILD)/scanlock $(BENCH_NAMES:%=$(BUILD)/tests/bench/bench_%)
	@echo 'what  ours  reference  ratio  target' | $(BENCH_TABLE)
	$(Q)for name in $(BENCH_NAMES); do $(BUILD)/tests/bench/bench_$$name >$(BUILD)/bench.row && \
	  $(BENCH_TABLE) $(BUILD)/bench.row || exit 1; done

# Tests with a full disk leave gcov none either; what it says of that goes nowhere.
.PHONY: coverage
coverage: ## line coverage of src/ by all tests
	$(Q)rm -rf build-cov
	$(Q)status=0; export GCOV_ERROR_FILE=/dev/null; \
	  $(MAKE) --no-print-directory COV=1 test || status=1; \
	  tests/coverage.sh build-cov && exit $$status

.PHONY: unit
unit: $(BUILD)/tests/unit-tests ## build and run the unit tests
	$(Q)$(BUILD)/tests/unit-tests

$(BUILD)/libscanlock.a: $(LIB_OBJ)
	$(Q)rm -f $@
	$(Q)$(AR) rcs $@ $(LIB_OBJ)

$(BUILD)/tests/unit-tests: $(UNIT_OBJ) $(GEN_OBJ) $(BUILD)/libscanlock.a
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(LDFLAGS) $(UNIT_WRAP) -o $@ $(UNIT_OBJ) $(GEN_OBJ) $(BUILD)/libscanlock.a $(LDLIBS) \
	  -lcriterion -lmpfr -lgmp -lm -lz

.PHONY: integration
integration: $(BUILD)/tests/integration-tests ## build and run the tests that need whole devices
	$(Q)$(BUILD)/tests/integration-tests

# Some of them run the tool.
$(BUILD)/tests/integration-tests: $(INTEGRATION_OBJ) $(BUILD)/libscanlock.a | $(BUILD)/scanlock
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(LDFLAGS) $(UNIT_WRAP) -o $@ $(INTEGRATION_OBJ) \
	  $(BUILD)/libscanlock.a $(LDLIBS) -lcriterion -lm

# Only what the headers mark as SL_API is visible.
$(BUILD)/libscanlock.so.$(SOVERSION): $(LIB_OBJ)
	$(Q)$(CC) -shared -Wl,-soname,$(@F) -Wl,--no-undefined $(LDFLAGS) -o $@ $(LIB_OBJ) $(LDLIBS)
	$(Q)ln -sf $(@F) $(BUILD)/libscanlock.so

$(BUILD)/scanlock: $(CLI_OBJ) $(BUILD)/libscanlock.a
	$(Q)$(CC) $(LDFLAGS) -o $@ $(CLI_OBJ) $(BUILD)/libscanlock.a $(LDLIBS)

.PHONY: fuzz
fuzz: ## build the fuzz targets with libFuzzer (clang) into build-fuzz/tests/fuzz
	$(Q)$(MAKE) --no-print-directory CC=clang BUILD=build-fuzz FUZZ=1 fuzz-targets

.PHONY: fuzz-targets
fuzz-targets: $(FUZZ_NAMES:%=$(BUILD)/tests/fuzz/%)

# Each target over its corpus tests/fuzz/corpus/NAME, and every truncation of what is in there.
.PHONY: fuzz-replay
fuzz-replay: $(FUZZ_NAMES:%=fuzz-replay-%) ## run the fuzz targets over their corpora

.PHONY: $(FUZZ_NAMES:%=fuzz-replay-%)
$(FUZZ_NAMES:%=fuzz-replay-%): fuzz-replay-%: $(BUILD)/tests/fuzz/replay-%
	$(Q)$< --cut $(wildcard tests/fuzz/corpus/$*)

$(FUZZ_NAMES:%=$(BUILD)/tests/fuzz/replay-%): $(BUILD)/tests/fuzz/replay-%: \
  $(BUILD)/tests/fuzz/fuzz_%.o $(BUILD)/tests/fuzz/fuzz_main.o $(BUILD)/libscanlock.a
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(FUZZ_NAMES:%=$(BUILD)/tests/fuzz/%): $(BUILD)/tests/fuzz/%: \
  $(BUILD)/tests/fuzz/fuzz_%.o $(BUILD)/libscanlock.a
	$(Q)$(CC) $(LDFLAGS) -fsanitize=fuzzer -o $@ $^ $(LDLIBS)

# tests/bench/bench_NAME.c prints rows: name, ours, reference, ratio, target; two blanks between.
BENCH_NAMES := $(patsubst tests/bench/bench_%.c,%,$(sort $(wildcard tests/bench/bench_*.c)))

# The drawing benchmark has a reference of its own, built where EGL and OpenGL ES are installed.
GL_REFERENCE := $(BUILD)/tests/bench/gl_reference
bench bench-draw: $(if $(shell pkg-config --exists egl glesv2 && echo yes),$(GL_REFERENCE))
$(GL_REFERENCE): tests/bench/gl_reference.c tests/bench/draw_scenes.h
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) -std=c11 -O2 -D_GNU_SOURCE -o $@ $< $(shell pkg-config --libs egl glesv2 2>/dev/null)

.PHONY: $(BENCH_NAMES:%=bench-%)
$(BENCH_NAMES:%=bench-%): bench-%: $(BUILD)/tests/bench/bench_%
	$(Q)$<

$(BENCH_NAMES:%=$(BUILD)/tests/bench/bench_%): $(BUILD)/tests/bench/bench_%: \
  $(BUILD)/tests/bench/bench_%.o $(BUILD)/libscanlock.a
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

# ---- Generated files ----
#
# The tables and internal headers live in the build folder. What users read or install is committed;
# `make generate` refreshes it and `make lint-generated` compares.

ABI_GEN    := $(BUILD)/abi-gen
RULES_PAGE := $(BUILD)/rules-page
LINT_PAGE  := $(BUILD)/lint-page
HOST_CC    ?= $(CC)
GEN_BASE   := src/base/buf.c src/base/file.c src/base/rule.c src/base/status.c
GEN_DEPS   := $(wildcard src/abi/gen/*.h src/base/*.h src/abi/abi.h include/scanlock/error.h)

COMMITTED  := include/scanlock/aerogpu_abi.h docs/abi-aerogpu.md docs/abi-virtio-gpu.md docs/rules.md \
  docs/lint-rules.md

$(ABI_GEN): $(GEN_SRC) $(GEN_BASE) src/abi/type.c $(GEN_DEPS)
	$(Q)mkdir -p $(@D)
	$(if $(V),,@echo "  HOSTCC  $@")
	$(Q)$(HOST_CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) -o $@ $(filter %.c,$^) -lyaml

$(RULES_PAGE): src/base/gen/rules_page.c $(GEN_BASE) $(GEN_DEPS) src/base/rules.def
	$(Q)mkdir -p $(@D)
	$(Q)$(HOST_CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) -o $@ $(filter %.c,$^)

$(BUILD)/gen/abi_%_tables.c: src/abi/%.yaml $(ABI_GEN)
	$(Q)mkdir -p $(@D)
	$(Q)$(ABI_GEN) tables $< $@

$(BUILD)/gen/abi_%.h: src/abi/%.yaml $(ABI_GEN)
	$(Q)mkdir -p $(@D)
	$(Q)$(ABI_GEN) internal $< $@

# Lines of Lua as strings of C.
$(BUILD)/gen/%_lua.inc: src/mirror/%.lua
	$(Q)mkdir -p $(@D)
	$(Q)sed 's/[\\"]/\\&/g; s/.*/    "&\\n",/' $< >$@

$(BUILD)/gen/include/scanlock/aerogpu_abi.h: src/abi/aerogpu.yaml $(ABI_GEN)
	$(Q)mkdir -p $(@D)
	$(Q)$(ABI_GEN) header $< $@

$(BUILD)/gen/docs/abi-aerogpu.md: src/abi/aerogpu.yaml $(ABI_GEN)
	$(Q)mkdir -p $(@D)
	$(Q)$(ABI_GEN) page $< $@

$(BUILD)/gen/docs/abi-virtio-gpu.md: src/abi/virtio_gpu.yaml $(ABI_GEN)
	$(Q)mkdir -p $(@D)
	$(Q)$(ABI_GEN) page $< $@

$(LINT_PAGE): src/lint/gen/lint_page.c src/lint/lint_rule.c $(GEN_BASE) $(GEN_DEPS) \
  src/lint/lint_rule.h src/lint/lint_rules.def
	$(Q)mkdir -p $(@D)
	$(Q)$(HOST_CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) -o $@ $(filter %.c,$^)

$(BUILD)/gen/docs/lint-rules.md: $(LINT_PAGE)
	$(Q)mkdir -p $(@D)
	$(Q)$(LINT_PAGE) $@

$(BUILD)/gen/docs/rules.md: $(RULES_PAGE)
	$(Q)mkdir -p $(@D)
	$(Q)$(RULES_PAGE) $@

$(GEN_TABLES:%.c=%.o): %.o: %.c
	$(if $(V),,@echo "  CC  $<")
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

$(LIB_OBJ) $(CLI_OBJ) $(UNIT_OBJ) $(INTEGRATION_OBJ) $(GEN_OBJ): | $(GEN_HEADERS)

.PHONY: generate
generate: $(COMMITTED:%=$(BUILD)/gen/%) ## refresh the generated files that are committed
	$(Q)for f in $(COMMITTED); do mkdir -p $$(dirname $$f) && cp $(BUILD)/gen/$$f $$f || exit 1; done

.PHONY: lint-generated
lint-generated: $(COMMITTED:%=$(BUILD)/gen/%) ## compare the generated files that are committed
	$(Q)for f in $(COMMITTED); do \
	  cmp -s $(BUILD)/gen/$$f $$f || { echo "$$f is stale: run make generate"; exit 1; }; done

# ---- Man pages, completion, installation ----
#
# The tool prints its own man pages and completion scripts, from the tables that also make --help.

.PHONY: pages
pages: $(BUILD)/man/.stamp

$(BUILD)/man/.stamp: $(BUILD)/scanlock
	$(Q)mkdir -p $(@D) $(BUILD)/completion
	$(Q)for page in $$($< generate man-names); do $< generate $$page >$(@D)/$$page || exit 1; done
	$(Q)for shell in bash zsh fish; do \
	  $< generate $$shell >$(BUILD)/completion/$$shell || exit 1; done
	$(Q)touch $@

.PHONY: install
install: ## install under DESTDIR and PREFIX (/usr/local)
	$(Q)$(MAKE) --no-print-directory build
	$(Q)$(MAKE) --no-print-directory install-files

.PHONY: install-files
install-files: ROOT := $(DESTDIR)$(PREFIX)
install-files:
	$(Q)install -d $(ROOT)/bin $(ROOT)/lib/pkgconfig $(ROOT)/include/scanlock \
	  $(ROOT)/share/man/man1 $(ROOT)/share/bash-completion/completions \
	  $(ROOT)/share/zsh/site-functions $(ROOT)/share/fish/vendor_completions.d
	$(Q)install -m 755 $(BUILD)/scanlock $(ROOT)/bin
	$(Q)install -m 644 $(BUILD)/libscanlock.a $(BUILD)/libscanlock.so.$(SOVERSION) $(ROOT)/lib
	$(Q)ln -sf libscanlock.so.$(SOVERSION) $(ROOT)/lib/libscanlock.so
	$(Q)install -m 644 include/scanlock/*.h $(ROOT)/include/scanlock
	$(Q)install -m 644 $(BUILD)/man/*.1 $(ROOT)/share/man/man1
	$(Q)install -m 644 $(BUILD)/completion/bash $(ROOT)/share/bash-completion/completions/scanlock
	$(Q)install -m 644 $(BUILD)/completion/zsh $(ROOT)/share/zsh/site-functions/_scanlock
	$(Q)install -m 644 $(BUILD)/completion/fish \
	  $(ROOT)/share/fish/vendor_completions.d/scanlock.fish
	$(Q)printf '%s\n' 'prefix=$(PREFIX)' 'libdir=$${prefix}/lib' 'includedir=$${prefix}/include' \
	  '' 'Name: scanlock' \
	  'Description: Deterministic replay and comparison of virtual GPU traces' \
	  'Version: $(VERSION)' 'Requires.private: $(MODULES)' 'Libs: -L$${libdir} -lscanlock' \
	  'Libs.private: -pthread' 'Cflags: -I$${includedir}' >$(ROOT)/lib/pkgconfig/scanlock.pc

.SECONDARY:

$(BUILD)/%.o: %.c
	$(Q)mkdir -p $(@D)
	$(if $(V),,@echo "  CC  $<")
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

.PHONY: clean
clean: ## remove everything built
	rm -rf build build-san build-cov build-fuzz

-include $(LIB_OBJ:.o=.d) $(CLI_OBJ:.o=.d) $(UNIT_OBJ:.o=.d) $(INTEGRATION_OBJ:.o=.d) $(GEN_OBJ:.o=.d)
-include $(wildcard $(BUILD)/tests/fuzz/*.d $(BUILD)/tests/bench/*.d)
