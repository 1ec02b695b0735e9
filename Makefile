# csid: builds, checks, shows and installs. The module lists below, lowest layer first, are the map
# of the program: a module may include headers of its own layer and of those before it.
#
#   make deps       install what is missing (Debian packages)
#   make            build/csid and build/csictl
#   make demo       build, start csid on the 2016 plan and show a morning (NONINTERACTIVE=1 ends it)
#   make check      unit tests, system tests, lint, documentation
#   make bench      measure
#   make install    honours DESTDIR and PREFIX

VERSION := 0.1.0

base_MODULES     := err mem text digest log
calendar_MODULES := day workday zone cron when
plan_MODULES     := scheme position fraction
notice_MODULES   := message compose webhook
sheet_MODULES    := csv plan_sheet
store_MODULES    := store migrate journal plan action person import record deadline schedule outbox
engine_MODULES   := scheduler checks advance
report_MODULES   := position exceptions
api_MODULES      := route call answer table status plan action role record deadline schedule notice journal calendar
courier_MODULES  := courier mail maildir webhook vet
service_MODULES  := config clock access http loop ready

LAYERS := base calendar plan notice sheet store engine report api courier service

PREFIX     ?= /usr/local
SYSCONFDIR ?= /etc
DESTDIR    ?=
B          ?= build
CC         ?= gcc
SANITIZE   ?=

PACKAGES := libuv sqlite3 libcurl yaml-0.1 libmicrohttpd jansson smartcols libcmark libcrypto libsystemd
have_pkgs := $(shell pkg-config --exists $(PACKAGES) 2>/dev/null && echo yes)
LIB_CFLAGS := $(if $(have_pkgs),$(shell pkg-config --cflags libuv sqlite3 libcurl yaml-0.1 libmicrohttpd jansson smartcols libcmark libcrypto libsystemd))
LIBS := $(if $(have_pkgs),$(shell pkg-config --libs $(PACKAGES))) -lcsv -lpthread

WARN := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition \
        -Wformat=2 -Wpointer-arith -Wvla -Wundef -Wwrite-strings
CFLAGS ?= -O2 -g
ALL_CFLAGS := -std=gnu17 -D_GNU_SOURCE -DCSID_VERSION='"$(VERSION)"' -Idaemon -Iinclude -I. $(WARN) \
        $(if $(WERROR),-Werror) -fPIE -fstack-protector-strong \
        $(if $(SANITIZE),-fsanitize=$(SANITIZE) -fno-omit-frame-pointer -fno-sanitize-recover=undefined,-D_FORTIFY_SOURCE=2) \
        $(LIB_CFLAGS) $(CFLAGS)
ALL_LDFLAGS := -pie -Wl,-z,relro,-z,now $(if $(SANITIZE),-fsanitize=$(SANITIZE)) $(LDFLAGS)

layer_objects = $(patsubst %,$(B)/daemon/$(1)/%.o,$($(1)_MODULES))
layer_libs    = $(patsubst %,$(B)/lib%.a,$(1))
reverse       = $(if $(1),$(call reverse,$(wordlist 2,$(words $(1)),$(1))) $(firstword $(1)))

.PHONY: all deps demo check unit system lint docs bench install clean check-long format
all: $(B)/csid $(B)/csictl

define layer_rule
$(B)/lib$(1).a: $(call layer_objects,$(1))
	@rm -f $$@
	$$(AR) rcs $$@ $$^
endef
$(foreach l,$(LAYERS),$(eval $(call layer_rule,$(l))))

$(B)/csid: $(B)/daemon/main.o $(call layer_libs,$(call reverse,$(LAYERS)))
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)

CLIENT_MODULES := main request args print help
$(B)/csictl: $(patsubst %,$(B)/client/%.o,$(CLIENT_MODULES))
	$(CC) $(ALL_LDFLAGS) -o $@ $^

$(B)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

# what .incbin reads is no #include, so say it here
$(B)/daemon/calendar/workday.o: etc/bank-holidays.csv
$(B)/daemon/store/migrate.o: daemon/store/schema.sql

# unit tests: tests/unit/LAYER_NAME.c links its own layer and those below, so reaching up cannot link
UNIT_TESTS := $(patsubst tests/unit/%.c,$(B)/tests/unit/%,$(wildcard tests/unit/*.c))
up_to = $(if $(1),$(firstword $(1)) $(if $(filter $(2),$(firstword $(1))),,$(call up_to,$(wordlist 2,$(words $(1)),$(1)),$(2))))
.SECONDEXPANSION:
$(B)/tests/unit/%: $(B)/tests/unit/%.o $$(call layer_libs,$$(call reverse,$$(call up_to,$$(LAYERS),$$(firstword $$(subst _, ,$$*)))))
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS) -lcmocka
.PRECIOUS: $(B)/tests/unit/%.o

unit: $(UNIT_TESTS)
	@for t in $(UNIT_TESTS); do $$t || exit 1; done

clean:
	rm -rf $(B)

-include $(shell find $(B) -name '*.d' 2>/dev/null)
