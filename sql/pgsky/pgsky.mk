# pgsky.mk: the PostgreSQL extension, from the same C files as libvo, and a
# private PostgreSQL tree in which CREATE EXTENSION pgsky finds it.
PGSKY_DIR := $(BUILD)/pgsky
PGSKY_SO := $(PGSKY_DIR)/pgsky.so
PGSKY_SRCS := $(wildcard sql/pgsky/*.c)
PGSKY_OBJS := $(PGSKY_SRCS:sql/pgsky/%.c=$(BUILD)/obj/pgsky/%.o) \
    $(SKY_SRCS:modules/vo/sky/%.c=$(BUILD)/obj/pgsky/%.o) \
    $(BUILD)/obj/pgsky/vo_nice.o
PGSKY_FILES := $(notdir $(wildcard sql/pgsky/*.control sql/pgsky/pgsky--*.sql))
PGTREE := $(BUILD)/pg

PGSKY_INC = $(eval PGSKY_INC := $(shell $(PG_CONFIG) --includedir-server))$(PGSKY_INC)
PGSKY_WARN := -Wall -Wextra -Wstrict-prototypes -Wformat=2 -Wvla -Werror
PGSKY_CFLAGS = -std=gnu99 -D_GNU_SOURCE -O2 -g $(PGSKY_WARN) -fPIC \
    -fno-strict-aliasing -fwrapv -isystem $(PGSKY_INC) -Imodules/vo -Imodules/vo/sky
PGSKY_SKY_CFLAGS = -std=c99 -D_GNU_SOURCE -O2 -g $(PGSKY_WARN) -Wshadow -fPIC \
    -fvisibility=hidden

pgsky: $(PGSKY_SO) $(PGSKY_FILES:%=$(PGSKY_DIR)/%) ## the PostgreSQL extension

$(BUILD)/obj/pgsky/%.o: sql/pgsky/%.c
	@mkdir -p $(@D)
	$(Q)echo "  CC $<"; $(CC) $(PGSKY_CFLAGS) -MMD -MP -c $< -o $@

$(BUILD)/obj/pgsky/sky_%.o: modules/vo/sky/sky_%.c
	@mkdir -p $(@D)
	$(Q)echo "  CC $< (pgsky)"; $(CC) $(PGSKY_SKY_CFLAGS) -MMD -MP -c $< -o $@

$(BUILD)/obj/pgsky/vo_%.o: modules/vo/vo_%.c
	@mkdir -p $(@D)
	$(Q)echo "  CC $< (pgsky)"; $(CC) $(PGSKY_SKY_CFLAGS) -MMD -MP -c $< -o $@

$(PGSKY_SO): $(PGSKY_OBJS)
	@mkdir -p $(@D)
	$(Q)echo "  LD $@"; $(CC) -shared -Wl,-z,now -o $@.new $^ -lchealpix -lm; \
	    mv $@.new $@

$(PGSKY_DIR)/%: sql/pgsky/%
	@mkdir -p $(@D)
	$(Q)cp $< $@

pgtree: pgsky ## a private PostgreSQL installation with pgsky in it
	$(Q)sql/pgsky/pgtree.sh $(PG_CONFIG) $(PGTREE) $(PGSKY_DIR)

pgsky-install: pgsky
	install -d $(DESTDIR)$$($(PG_CONFIG) --pkglibdir) \
	    $(DESTDIR)$$($(PG_CONFIG) --sharedir)/extension
	install -m 755 $(PGSKY_SO) $(DESTDIR)$$($(PG_CONFIG) --pkglibdir)/
	install -m 644 $(PGSKY_FILES:%=$(PGSKY_DIR)/%) \
	    $(DESTDIR)$$($(PG_CONFIG) --sharedir)/extension/

pgsky-uninstall:
	rm -f $(DESTDIR)$$($(PG_CONFIG) --pkglibdir)/pgsky.so
	cd $(DESTDIR)$$($(PG_CONFIG) --sharedir)/extension \
	    && rm -f $(PGSKY_FILES)

.PHONY: pgsky pgtree pgsky-install pgsky-uninstall
-include $(PGSKY_OBJS:.o=.d)
