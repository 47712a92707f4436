# Makefile: the one makefile of mod_vo; fragments are modules/*/module.mk,
# modules/vo/*/module.mk, sql/*/*.mk and tests/*/*.mk.
#
#   make demo         install what is missing, build, start an example archive
#   make demo-stop    stop it
#   make check        the same set-up, then every test
#   make help         all targets
.DEFAULT_GOAL := all
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:

BUILD ?= build
APXS ?= $(firstword $(wildcard /usr/bin/apxs /usr/bin/apxs2) apxs)
PG_CONFIG ?= /usr/lib/postgresql/15/bin/pg_config
PYTHON ?= /usr/bin/python3
ifeq ($(origin CC),default)
CC := gcc
endif
Q := $(if $(V),,@)
DEB_PACKAGES_BUILD := gcc make pkg-config apache2-bin apache2-dev libapr1-dev \
    libaprutil1-dev libaprutil1-dbd-pgsql libpq-dev postgresql-15 \
    postgresql-server-dev-15 libcfitsio-dev libchealpix-dev \
    libxml2-dev zlib1g-dev lemon re2c util-linux wcslib-dev libpng-dev \
    libjpeg-dev
DEB_PACKAGES_DEMO := astrometry-data-tycho2-10-19-littleendian
DEB_PACKAGES_TEST := curl libcmocka-dev python3-pytest python3-pyvo \
    python3-astropy python3-astroquery python3-healpy python3-psycopg2 \
    python3-requests brotli stilts fitsverify libxml2-utils valgrind clang \
    libclang-rt-14-dev aladin xvfb xauth python3-pil procps
DEB_PACKAGES_BENCH := postgresql-15-q3c wrk apache2-utils

# Flags are asked for only when something is compiled: `make deps` must work
# on a machine that has none of the packages yet.
VO_DEFS := -D_GNU_SOURCE
WARN := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wformat=2 -Wvla -Werror
OPT ?= -O2 -g
LIB_INC = $(shell apr-1-config --includes --cppflags) \
    $(shell apu-1-config --includes) -I$(shell $(PG_CONFIG) --includedir) \
    $(shell pkg-config --cflags libxml-2.0 cfitsio wcslib libpng libjpeg) \
    -I$(BUILD)/gen -Imodules/vo
LIB_LIBS = $(shell apu-1-config --link-ld) $(shell apr-1-config --link-ld) \
    -lpq -lcfitsio -lwcs -lchealpix -lpng -ljpeg -lxml2 -lz -lm
HTTPD_INC = -I$(shell $(APXS) -q INCLUDEDIR) -Imodules/core
CFLAGS_ALL = -std=c99 $(VO_DEFS) $(OPT) $(WARN) -fPIC -fvisibility=hidden \
    $(SANITIZE) $(LIB_INC_CACHED) $(EXTRA_CFLAGS)

OBJ := $(BUILD)/obj
LIBVO := $(BUILD)/lib/libvo.a
VO_SRCS :=
MODULES :=
VOCTL_SRCS :=
UNIT_TESTS :=
CHECK_LAYERS := check-style check-unit check-sql check-http check-conformance
GENERATED :=
MODULES_SRCS = $(foreach m,$(MODULES),$($(m)_SRCS))

all: libvo modules voctl pgsky-if-any ## build everything

# Lists such as UNIT_TESTS are complete only after every fragment is read.
.SECONDEXPANSION:

include modules/vo/module.mk
include $(wildcard modules/vo/*/module.mk)
include $(filter-out modules/vo/module.mk,$(wildcard modules/*/module.mk))
include $(wildcard sql/*/*.mk tests/*/*.mk)

# --- compiling -------------------------------------------------------------
VO_OBJS = $(VO_SRCS:%.c=$(OBJ)/%.o)

# evaluated once, and only when a compile rule needs them
LIB_INC_CACHED = $(eval LIB_INC_CACHED := $(LIB_INC))$(LIB_INC_CACHED)
LIB_LIBS_CACHED = $(eval LIB_LIBS_CACHED := $(LIB_LIBS))$(LIB_LIBS_CACHED)
HTTPD_INC_CACHED = $(eval HTTPD_INC_CACHED := $(HTTPD_INC))$(HTTPD_INC_CACHED)

$(VO_OBJS): | $(GENERATED)

$(OBJ)/modules/vo/%.o: modules/vo/%.c
	@mkdir -p $(@D)
	$(Q)echo "  CC $<"; $(CC) $(CFLAGS_ALL) $(CFLAGS_$(notdir $*)) -MMD -MP -c $< -o $@

$(OBJ)/modules/voctl/%.o: modules/voctl/%.c
	@mkdir -p $(@D)
	$(Q)echo "  CC $<"; $(CC) $(CFLAGS_ALL) -MMD -MP -c $< -o $@

$(OBJ)/modules/%.o: modules/%.c
	@mkdir -p $(@D)
	$(Q)echo "  CC $<"; $(CC) $(CFLAGS_ALL) $(HTTPD_INC_CACHED) -MMD -MP -c $< -o $@

$(OBJ)/gen/%.o: $(BUILD)/gen/%.c
	@mkdir -p $(@D)
	$(Q)echo "  CC $<"; $(CC) $(CFLAGS_ALL) $(CFLAGS_$(notdir $*)) -MMD -MP -c $< -o $@

VO_GEN_OBJS = $(VO_GEN_SRCS:$(BUILD)/gen/%.c=$(OBJ)/gen/%.o)
libvo: $(LIBVO) ## the static library of everything that is not httpd
$(LIBVO): $(VO_OBJS) $(VO_GEN_OBJS)
	@mkdir -p $(@D)
	$(Q)echo "  AR $@"; t=$@.$$$$; rm -f $$t; ar rcs $$t $^; mv $$t $@

define module_rules
$(1)_OBJS := $$($(1)_SRCS:%.c=$$(OBJ)/%.o)
$$(BUILD)/modules/mod_$(1).so: $$($(1)_OBJS) $$(LIBVO)
	@mkdir -p $$(@D)
	$$(Q)printf '{ global: $(1)_module; local: *; };\n' > $$(@:.so=.map)
	$$(Q)echo "  LD $$@"; $$(CC) -shared $$(SANITIZE) -Wl,--version-script=$$(@:.so=.map) -o $$@ \
	    $$($(1)_OBJS) $$(LIBVO) $$(LIB_LIBS_CACHED)
endef
$(foreach m,$(MODULES),$(eval $(call module_rules,$(m))))
modules: $(MODULES:%=$(BUILD)/modules/mod_%.so) ## the Apache modules

VOCTL_OBJS = $(VOCTL_SRCS:%.c=$(OBJ)/%.o)
VOCTL := $(if $(VOCTL_SRCS),$(BUILD)/bin/voctl)
voctl: $(VOCTL) ## the operator's tool
$(BUILD)/bin/voctl: $(VOCTL_OBJS) $(LIBVO)
	@mkdir -p $(@D)
	$(Q)echo "  LD $@"; $(CC) $(SANITIZE) -o $@ $(VOCTL_OBJS) $(LIBVO) $(LIB_LIBS_CACHED)

pgsky-if-any: $(if $(wildcard sql/pgsky/pgsky.mk),pgsky)

-include $(VO_OBJS:.o=.d) $(VO_GEN_OBJS:.o=.d) $(VOCTL_OBJS:.o=.d) \
    $(MODULES_SRCS:%.c=$(OBJ)/%.d)

# --- packages --------------------------------------------------------------
deps: ## install the Debian packages that are missing (build and demo)
	@.ci/deps $(DEB_PACKAGES_BUILD) -- $(DEB_PACKAGES_DEMO)
deps-test: ## the same with what the tests need
	@.ci/deps $(DEB_PACKAGES_BUILD) $(DEB_PACKAGES_TEST) -- \
	    $(DEB_PACKAGES_DEMO)
deps-bench: ## the same with what the benchmarks need
	@.ci/deps $(DEB_PACKAGES_BUILD) $(DEB_PACKAGES_TEST) \
	    $(DEB_PACKAGES_BENCH) -- $(DEB_PACKAGES_DEMO)

# --- the two commands ------------------------------------------------------
# Recursive so that variables which ask installed tools see them.
demo: ## build, start a private archive on loopback, print its URLs
	@$(MAKE) --no-print-directory deps
	@$(MAKE) --no-print-directory all pgtree doc
	@tests/demo/demo.sh $(BUILD)/demo $(DEMO_ARGS)
demo-stop: ## stop what `make demo` started
	@tests/demo/server.sh $(BUILD)/demo stop

check: ## the same set-up, then every layer of tests
	@$(MAKE) --no-print-directory deps-test
	@$(MAKE) --no-print-directory all pgtree
	@.ci/check-all $(CHECK_LAYERS)

check-style: ## columns, layers, exported symbols, log tags
	@.ci/check-columns
	@.ci/check-layers
	@.ci/check-tags
	@.ci/check-exports $(BUILD)/modules

doc: $(BUILD)/doc/directives.html ## the directive reference, from the command tables
$(BUILD)/doc/directives.html: $(MODULES:%=$(BUILD)/modules/mod_%.so) .ci/directives
	@mkdir -p $(@D)
	$(Q).ci/directives $(BUILD)/modules > $@.new && mv $@.new $@

# --- installing ------------------------------------------------------------
DESTDIR ?=
PREFIX ?= /usr/local
A2CONF := /etc/apache2
SHARE = $(PREFIX)/share/mod_vo
INSTALLED = $(MODULES:%=$(shell $(APXS) -q LIBEXECDIR)/mod_%.so) \
    $(patsubst conf/load/%,$(A2CONF)/mods-available/%,$(wildcard conf/load/*.load)) \
    $(patsubst conf/sites/%,$(A2CONF)/sites-available/%,$(wildcard conf/sites/*.conf)) \
    $(PREFIX)/bin/voctl

# what an operator changes: never overwritten
OWN_CONF := vo.conf vo-auth.conf

install: all doc ## put modules, conf and voctl where a2enmod and a2ensite look
	install -d $(DESTDIR)$(shell $(APXS) -q LIBEXECDIR) \
	    $(DESTDIR)$(A2CONF)/mods-available \
	    $(DESTDIR)$(A2CONF)/sites-available $(DESTDIR)$(PREFIX)/bin \
	    $(DESTDIR)$(SHARE)/schema $(DESTDIR)$(SHARE)/htdocs
	install -m 644 $(MODULES:%=$(BUILD)/modules/mod_%.so) \
	    $(DESTDIR)$(shell $(APXS) -q LIBEXECDIR)
	install -m 644 conf/load/*.load $(DESTDIR)$(A2CONF)/mods-available
	install -m 644 conf/sites/*.conf $(DESTDIR)$(A2CONF)/sites-available
	for f in $(OWN_CONF); do test -e $(DESTDIR)$(A2CONF)/$$f || \
	    install -m 644 conf/$$f $(DESTDIR)$(A2CONF)/$$f || exit 1; done
	install -m 755 $(BUILD)/bin/voctl $(DESTDIR)$(PREFIX)/bin
	install -m 644 sql/schema/*.sql $(DESTDIR)$(SHARE)/schema
	cp -r htdocs/. $(DESTDIR)$(SHARE)/htdocs
	install -D -m 644 $(BUILD)/doc/directives.html \
	    $(DESTDIR)$(SHARE)/htdocs/doc/directives.html
	install -D -m 644 conf/postgresql/README \
	    $(DESTDIR)$(SHARE)/postgresql/README
	$(MAKE) --no-print-directory pgsky-install
uninstall: pgsky-uninstall ## take away what install put there
	rm -f $(INSTALLED:%=$(DESTDIR)%)
	rm -rf $(DESTDIR)$(SHARE)
	@for f in $(OWN_CONF); do \
	    ! cmp -s conf/$$f $(DESTDIR)$(A2CONF)/$$f || \
	        rm -f $(DESTDIR)$(A2CONF)/$$f; \
	    test ! -e $(DESTDIR)$(A2CONF)/$$f || \
	        echo "$(DESTDIR)$(A2CONF)/$$f was changed and is left"; done

clean: ## remove everything built
	-test ! -d $(BUILD)/demo || tests/demo/server.sh $(BUILD)/demo stop
	rm -rf $(BUILD)

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk '!seen[$$1]++' | \
	    sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 28

.PHONY: doc install uninstall all libvo modules voctl deps deps-test deps-bench demo demo-stop \
    check check-style clean help pgsky-if-any
