# csid: builds, checks, shows and installs. The module lists below, lowest layer first, are the map
# of the program: a module may include headers of its own layer and of those before it.
#
#   make deps       install what is missing (Debian packages)
#   make            build/csid and build/csictl
#   make demo       deps, build, start csid on the 2016 plan, show a morning (NONINTERACTIVE=1 ends it)
#   make check      deps, build, then unit, system, lint, docs (STEPS=... picks some)
#   make check-long the system tests that draw at random, at their nightly size
#   make check-peers  csid against servers, parsers and libraries of others, as root
#   make FAILPOINTS=1  a csid that tests can let die at a chosen place (into a B of its own)
#   make bench      measure
#   make install    honours DESTDIR, PREFIX and SYSCONFDIR
#   make format     clang-format over all .c and .h

VERSION := 0.1.0

base_MODULES     := err mem text digest log failpoint
calendar_MODULES := day workday revise zone cron cron_read date when
plan_MODULES     := slug scheme fraction measure action deadline window vacancy ladder repeat policy silence escalation signoff evidence
notice_MODULES   := mime plain message webhook webhook_event webhook_format webhook_card webhook_slack outbox_state compose compose_digest compose_actions compose_deadline compose_window compose_vacant compose_upkeep compose_reassigned compose_escalation compose_ask link notify verp mime_read dsn
sheet_MODULES    := csv
store_MODULES    := store sql migrate meta journal plan recall history action action_write part person role record record_check record_ahead deadline schedule channel notice outbox outbox_attempt outbox_again outbox_list bounce untold idempotency holiday rule extension hold silence escalation backlog evidence signoff
engine_MODULES   := rule rule_read facts reckon derive derive_row packs settle spec due missed scheduler suspect checks finding trouble bounced test_mail digest quiet held tell tell_who tell_time tell_webhook disabled people due_actions also actions visits windows vacant weekly vacancies renewed gaps coverage upkeep audits measures risks nudge asked no_update challenges evidence_missing completions extensions remind recheck reassign deadlines backlog_from escalate escalate_climb escalate_letter escalate_end holidays moved subject suppose forecast why why_chain why_asks why_not why_about import import_field import_read import_known import_check import_compare import_apply import_tell
report_MODULES   := position called chair chair_text agenda agenda_record agenda_upkeep
api_MODULES      := route argument call about change page answer table screen html ical follow wizard wizard_take wizard_read wizard_write agenda ahead overview warnings status doctor adopt plan report chair action_form owners action action_write signoff role history record record_derived record_told deadline deadline_write rules schedule notice proof channel bounce webhook forecast check policy why journal calendar holidays govuk extension hold link silence
courier_MODULES  := courier ways settle mail peer smtp notify maildir endpoint webhook beat vet verdict retry
service_MODULES  := config config_finish config_notes config_table config_value config_mail config_url config_secret config_yaml rules_yaml rules yaml_pairs clock watch origin look access alarm listen http http_call http_check ready setup carry requests daemon daemon_clock daemon_beat

LAYERS := base calendar plan notice sheet store engine report api courier service

PREFIX     ?= /usr/local
SYSCONFDIR ?= /etc
DESTDIR    ?=
B          ?= build
SANITIZE   ?=
FAILPOINTS ?=
STEPS      ?= unit system lint docs
PYTHON     ?= /usr/bin/python3
ifeq ($(origin CC),default)
CC := gcc
endif

# Debian's names; README gives the reason for each
BUILD_DEPS := gcc libc6-dev make pkg-config tzdata libuv1-dev libsqlite3-dev libcurl4-openssl-dev libyaml-dev \
        libmicrohttpd-dev libjansson-dev libsmartcols-dev libcmark-dev libcsv-dev libical-dev libssl-dev libsystemd-dev
DEMO_DEPS  := python3
CHECK_DEPS := libcmocka-dev curl openssl python3 python3-pytest python3-pytest-xdist python3-aiosmtpd python3-yaml python3-icalendar \
        clang-format cppcheck shellcheck systemd groff-base
BENCH_DEPS := python3 postfix nginx-light nghttp2-client
PEER_DEPS  := nodejs postfix sasl2-bin libsasl2-modules libsasl2-modules-db openssl

PACKAGES := libuv sqlite3 libcurl yaml-0.1 libmicrohttpd jansson smartcols libcmark libical libcrypto libsystemd
have_pkgs := $(shell { pkg-config --exists $(PACKAGES) && $(CC) -E -include csv.h -x c /dev/null; } >/dev/null 2>&1 && echo yes)
LIB_CFLAGS := $(if $(have_pkgs),$(shell pkg-config --cflags $(PACKAGES)))
# of libical only itself: its .pc names two more that nobody here calls
LIBS := $(filter-out -licalss -licalvcal,$(if $(have_pkgs),$(shell pkg-config --libs $(PACKAGES)))) -lcsv -lpthread -lm

WARN := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition \
        -Wformat=2 -Wpointer-arith -Wvla -Wundef -Wwrite-strings
CFLAGS ?= -O2 -g
ALL_CFLAGS := -std=gnu17 -D_GNU_SOURCE -DCSID_VERSION='"$(VERSION)"' -Idaemon -Iinclude -I. $(WARN) \
        $(if $(FAILPOINTS),-DCSID_FAILPOINTS) $(if $(WERROR),-Werror) -fPIE -fstack-protector-strong \
        $(if $(SANITIZE),-fsanitize=$(SANITIZE) -fno-omit-frame-pointer -fno-sanitize-recover=undefined,-D_FORTIFY_SOURCE=2) \
        $(LIB_CFLAGS) $(CFLAGS)
ALL_LDFLAGS := -pie -Wl,-z,relro,-z,now $(if $(SANITIZE),-fsanitize=$(SANITIZE)) $(LDFLAGS)

layer_objects = $(patsubst %,$(B)/daemon/$(1)/%.o,$($(1)_MODULES))
layer_libs    = $(patsubst %,$(B)/lib%.a,$(1))
reverse       = $(if $(1),$(call reverse,$(wordlist 2,$(words $(1)),$(1))) $(firstword $(1)))

.PHONY: all deps demo check check-long check-peers fuzz fuzzers unit unit-tests system lint docs bench install clean format have-libraries
all: $(B)/csid $(B)/csictl

define layer_rule
$(B)/lib$(1).a: $(call layer_objects,$(1))
	@rm -f $$@
	$$(AR) rcs $$@ $$^
endef
$(foreach l,$(LAYERS),$(eval $(call layer_rule,$(l))))

$(B)/csid: $(B)/daemon/main.o $(call layer_libs,$(call reverse,$(LAYERS)))
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)

CLIENT_MODULES := main command args request reach http answer fields json problem print prompt questions wizard help complete
$(B)/csictl: $(patsubst %,$(B)/client/%.o,$(CLIENT_MODULES)) $(B)/libbase.a
	$(CC) $(ALL_LDFLAGS) -o $@ $^

$(B)/%.o: %.c | have-libraries
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

have-libraries:
	@: $(if $(have_pkgs),,$(error the compiler or libraries are missing: run "make deps" first))

# what .incbin reads is no #include, so say it here
$(B)/daemon/calendar/workday.o: etc/bank-holidays.csv
$(B)/daemon/store/migrate.o: daemon/store/schema.sql daemon/store/schema_2.sql daemon/store/schema_3.sql daemon/store/schema_4.sql daemon/store/schema_5.sql
$(B)/daemon/service/rules.o: $(wildcard etc/rules/*.yaml)

# unit tests: tests/unit/LAYER_NAME.c links its own layer and those below, so reaching up cannot link
UNIT_TESTS := $(patsubst tests/unit/%.c,$(B)/tests/unit/%,$(wildcard tests/unit/*.c))
up_to = $(if $(1),$(firstword $(1)) $(if $(filter $(2),$(firstword $(1))),,$(call up_to,$(wordlist 2,$(words $(1)),$(1)),$(2))))
.SECONDEXPANSION:
$(B)/tests/unit/%: $(B)/tests/unit/%.o $$(call layer_libs,$$(call reverse,$$(call up_to,$$(LAYERS),$$(firstword $$(subst _, ,$$*)))))
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS) -lcmocka
.PRECIOUS: $(B)/%.o

unit-tests: $(UNIT_TESTS)

# what the system tests ask the calendar through
$(B)/tests/tools/calendar_probe: $(B)/tests/tools/calendar_probe.o $(B)/libcalendar.a $(B)/libbase.a
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)
$(B)/tests/tools/http_probe: $(B)/tests/tools/http_probe.o $(call layer_libs,$(call reverse,$(LAYERS)))
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)
system: $(B)/tests/tools/calendar_probe $(B)/tests/tools/http_probe

# mails for Python's parser to read, and the courier without a csid around it
$(B)/tests/tools/mail_probe: $(B)/tests/tools/mail_probe.o $(call layer_libs,notice calendar base)
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)
$(B)/tests/tools/webhook_probe: $(B)/tests/tools/webhook_probe.o $(call layer_libs,notice calendar base)
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)
$(B)/tests/tools/courier_probe: $(B)/tests/tools/courier_probe.o $(call layer_libs,courier store notice plan calendar base)
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)
$(B)/tests/tools/escalation_probe: $(B)/tests/tools/escalation_probe.o $(call layer_libs,$(call reverse,$(call up_to,$(LAYERS),engine)))
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)
system: $(B)/tests/tools/mail_probe $(B)/tests/tools/webhook_probe $(B)/tests/tools/courier_probe $(B)/tests/tools/escalation_probe

# what is preloaded before libcurl stands outside csid, and outside its sanitizers
$(B)/tests/tools/curl_spy.so: tests/tools/curl_spy.c | have-libraries
	@mkdir -p $(@D)
	$(CC) -std=gnu17 -D_GNU_SOURCE $(WARN) $(if $(WERROR),-Werror) $(LIB_CFLAGS) -O2 -fPIC -shared -o $@ $<
system: $(B)/tests/tools/curl_spy.so

# a csid that dies where a test says: the modules with a failpoint built once more, the rest as it is
FAILPOINT_OBJECTS := $(patsubst %.c,$(B)/failpoints/%.o,$(shell grep -l base/failpoint.h daemon/*/*.c))
$(B)/failpoints/%.o: %.c | have-libraries
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -DCSID_FAILPOINTS -MMD -MP -c -o $@ $<
$(B)/csid-failpoints: $(B)/daemon/main.o $(FAILPOINT_OBJECTS) $(call layer_libs,$(call reverse,$(LAYERS)))
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS)
system: $(B)/csid-failpoints

# A bare machine has no pkg-config when this file is read: install, then read it again.
deps:
	@.ci/deps $(BUILD_DEPS)
demo:
	@.ci/deps $(BUILD_DEPS) $(DEMO_DEPS)
	@$(MAKE) -s -j$(shell nproc) B=$(B) all
	@tests/system/demo.sh $(abspath $(B))
check:
	@.ci/deps $(BUILD_DEPS) $(CHECK_DEPS)
	@.ci/check '$(MAKE)' '$(B)' $(STEPS)
# CSID_LONG raises the sizes of the tests that know it
LONG_TESTS := tests/system/test_calendar_oracle.py tests/system/test_forecast.py tests/system/test_escalation_model.py \
        tests/system/test_crash.py tests/system/test_mail_oracle.py tests/system/test_chaos.py
check-long:
	@.ci/deps $(BUILD_DEPS) $(CHECK_DEPS)
	@$(MAKE) -s B=$(B) all $(B)/csid-failpoints $(B)/tests/tools/calendar_probe $(B)/tests/tools/escalation_probe \
	        $(B)/tests/tools/mail_probe
	CSID_LONG=1 CSID_BUILD=$(abspath $(B)) $(PYTHON) -m pytest -p no:cacheprovider -q -n $(WORKERS) $(LONG_TESTS)
# csid and programs of others, which want root and the net and are fetched into $(B)/peers; no part of check
check-peers:
	@.ci/deps $(BUILD_DEPS) $(CHECK_DEPS) $(PEER_DEPS) $(if $(shell command -v npm),,npm)
	@$(MAKE) -s B=$(B) all $(B)/tests/tools/mail_probe $(B)/tests/tools/courier_probe
	@.ci/opensmtpd $(abspath $(B))/peers/opensmtpd
	CSID_BUILD=$(abspath $(B)) $(PYTHON) -m pytest -p no:cacheprovider -q tests/peers
bench:
	@.ci/deps $(BUILD_DEPS) $(BENCH_DEPS)
	@$(MAKE) -s B=$(B) all
	CSID_BUILD=$(abspath $(B)) $(PYTHON) tests/bench/run.py

# each step leaves "PASSED FAILED" in $(B)/check/STEP
unit: unit-tests
	@.ci/unit $(B)/check/unit $(UNIT_TESTS)
# they wait for processes a third of their time, so one more than there are cores; not with a sanitizer
WORKERS := $(shell n=$$(nproc); n=$$((n $(if $(SANITIZE),,+ 1))); echo $$((n < 4 ? n : 4)))
system: all
	@CSID_BUILD=$(abspath $(B)) .ci/step $(B)/check/system $(PYTHON) -m pytest -p no:cacheprovider -q \
	        -n $(WORKERS) tests/system
lint:
	@.ci/step $(B)/check/lint $(PYTHON) tests/lint/run
docs: all
	@CSID_BUILD=$(abspath $(B)) .ci/step $(B)/check/docs $(PYTHON) tests/lint/docs.py

# libFuzzer on what reads files from outside, and requests at random, each for FUZZ_SECONDS; needs clang,
# no part of check
FUZZ_SECONDS ?= 60
FUZZERS := csv_fuzz import_fuzz dsn_fuzz
$(B)/tests/fuzz/%_fuzz: $(B)/tests/fuzz/%_fuzz.o $(call layer_libs,$(call reverse,$(call up_to,$(LAYERS),engine)))
	$(CC) $(ALL_LDFLAGS) -fsanitize=fuzzer -o $@ $^ $(LIBS)
fuzzers: $(FUZZERS:%=$(B)/tests/fuzz/%)
fuzz:
	@$(MAKE) -s B=$(B)/fuzz CC=clang SANITIZE=fuzzer-no-link,address,undefined all fuzzers
	@for f in $(FUZZERS); do mkdir -p $(B)/fuzz/$$f && $(B)/fuzz/tests/fuzz/$$f -max_total_time=$(FUZZ_SECONDS) \
	        -artifact_prefix=$(B)/fuzz/ $(B)/fuzz/$$f tests/data || exit 1; done
	@CSID_BUILD=$(abspath $(B))/fuzz $(PYTHON) tests/fuzz/requests.py --seconds $(FUZZ_SECONDS)

format:
	clang-format -i $(wildcard daemon/*.[ch] daemon/*/*.[ch] client/*.[ch] include/*.h tests/unit/*.[ch])

# what a package or `make install` puts where; a configuration that is there stays
CONF := $(DESTDIR)$(SYSCONFDIR)/csid/csid.yaml
UNIT := $(DESTDIR)$(PREFIX)/lib/systemd/system/csid.service
install: all
	install -D -t $(DESTDIR)$(PREFIX)/bin $(B)/csid $(B)/csictl
	test -e $(CONF) || install -D -m 644 etc/csid.yaml $(CONF)
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/csid etc/bank-holidays.csv
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/csid/rules etc/rules/*.yaml
	install -D -m 644 etc/csictl.bash $(DESTDIR)$(PREFIX)/share/bash-completion/completions/csictl
	install -D -m 644 systemd/csid.sysusers.conf $(DESTDIR)$(PREFIX)/lib/sysusers.d/csid.conf
	install -D -m 644 systemd/csid.service $(UNIT)
	sed -i 's|/usr/local/bin/|$(PREFIX)/bin/|; s|/etc/csid/|$(SYSCONFDIR)/csid/|' $(UNIT)
	for n in 1 5 8; do install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/man/man$$n doc/*.$$n || exit 1; done

clean:
	rm -rf $(B)

# $(B)/peers holds what is not of this program
-include $(shell find $(B) -path $(B)/peers -prune -o -name '*.d' -print 2>/dev/null)
