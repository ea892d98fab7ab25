# Scanlock. `make help` lists the targets.

BUILD   ?= build
CC      ?= gcc
AR      ?= ar
OPT     ?= -O2 -g
PREFIX  ?= /usr/local
DESTDIR ?=
Q       := $(if $(V),,@)

comma := ,

VERSION   := 0.1.0
SOVERSION := 0

PACKAGES := libyaml-dev libzstd-dev libpng-dev libxxhash-dev libmd-dev libcriterion-dev pkg-config
MODULES  := yaml-0.1 libzstd libpng libxxhash libmd

WARNINGS := -std=c11 -pedantic -Wall -Wextra -Wshadow -Wundef -Wvla -Wformat=2 -Wstrict-prototypes \
  -Wmissing-prototypes -Wcast-qual -Wcast-align -Wwrite-strings -Wpointer-arith -Wswitch-enum \
  -Wconversion -Wdouble-promotion -Wimplicit-fallthrough -Wnull-dereference -Wdate-time \
  -Wnested-externs
WERROR   ?= -Werror

# The same source must give the same bytes everywhere: no contraction, no paths in the binary.
CPPFLAGS += -Iinclude -Isrc -I$(BUILD)/gen -D_GNU_SOURCE -DSL_VERSION='"$(VERSION)"'
CFLAGS   += $(WARNINGS) $(WERROR) $(OPT) -ffp-contract=off -ffile-prefix-map=$(CURDIR)=. \
  -fvisibility=hidden -fPIC -pthread
LDLIBS   += $(shell pkg-config --libs $(MODULES) 2>/dev/null) -pthread

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

LIB_SRC  := $(sort $(wildcard src/*/*.c src/device/*/*.c))
LIB_SRC  := $(filter-out src/cli/% src/abi/gen/%,$(LIB_SRC))
CLI_SRC  := $(sort $(wildcard src/cli/*.c))
UNIT_SRC := $(sort $(wildcard tests/unit/*.c))
LIB_OBJ  := $(LIB_SRC:%.c=$(BUILD)/%.o)
CLI_OBJ  := $(CLI_SRC:%.c=$(BUILD)/%.o)
UNIT_OBJ := $(UNIT_SRC:%.c=$(BUILD)/%.o)

# tests/unit/fail_alloc.c stands between the tested code and these.
UNIT_WRAP := $(patsubst %,-Wl$(comma)--wrap=%,malloc calloc realloc strdup strndup)

FUZZ_NAMES := $(patsubst tests/fuzz/fuzz_%.c,%,$(sort $(wildcard tests/fuzz/fuzz_*.c)))
FUZZ_NAMES := $(filter-out main,$(FUZZ_NAMES))

.PHONY: all
all: $(BUILD)/libscanlock.a ## build the tool and the libraries

.PHONY: help
help: ## this list
	@awk -F':.*## ' '/^[a-z][a-z-]*:.*## /{printf "  %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: unit
unit: $(BUILD)/tests/unit-tests ## build and run the unit tests
	$(Q)$(BUILD)/tests/unit-tests

$(BUILD)/libscanlock.a: $(LIB_OBJ)
	$(Q)rm -f $@
	$(Q)$(AR) rcs $@ $(LIB_OBJ)

$(BUILD)/tests/unit-tests: $(UNIT_OBJ) $(BUILD)/libscanlock.a
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(LDFLAGS) $(UNIT_WRAP) -o $@ $(UNIT_OBJ) $(BUILD)/libscanlock.a $(LDLIBS) -lcriterion -lz

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

# tests/bench/bench_NAME.c prints one row: name, ours, reference, ratio, target.
BENCH_NAMES := $(patsubst tests/bench/bench_%.c,%,$(sort $(wildcard tests/bench/bench_*.c)))

.PHONY: $(BENCH_NAMES:%=bench-%)
$(BENCH_NAMES:%=bench-%): bench-%: $(BUILD)/tests/bench/bench_%
	$(Q)$<

$(BENCH_NAMES:%=$(BUILD)/tests/bench/bench_%): $(BUILD)/tests/bench/bench_%: \
  $(BUILD)/tests/bench/bench_%.o $(BUILD)/libscanlock.a
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

.SECONDARY:

$(BUILD)/%.o: %.c
	$(Q)mkdir -p $(@D)
	$(if $(V),,@echo "  CC  $<")
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

.PHONY: clean
clean: ## remove everything built
	rm -rf build build-san build-cov build-fuzz

-include $(LIB_OBJ:.o=.d) $(CLI_OBJ:.o=.d) $(UNIT_OBJ:.o=.d)
-include $(wildcard $(BUILD)/tests/fuzz/*.d $(BUILD)/tests/bench/*.d)
