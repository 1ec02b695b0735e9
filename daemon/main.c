/*
 * csid: start-up order, and shut-down mirrored. Reading this is reading the architecture:
 * configuration, then the socket (is another csid running?), the database, and the daemon that
 * joins them on one loop.
 */
#include <fcntl.h>
#include <getopt.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>

#include "base/log.h"
#include "base/mem.h"
#include "engine/checks.h"
#include "service/config.h"
#include "service/daemon.h"
#include "service/listen.h"
#include "service/setup.h"
#include "store/store.h"

#define DEFAULT_CONFIG "/etc/csid/csid.yaml"

struct options {
    const char *config;
    bool check, print_config;
    utc_t test_clock; /* UTC_NONE: the system's clock */
};

static const char usage[] =
    "usage: csid [-c FILE] [--check] [--print-config] [--test-clock TIME] [--version] [--help]\n"
    "\n"
    "  -c, --config FILE    configuration (" DEFAULT_CONFIG ")\n"
    "      --check          read configuration, rule packs and database, print every fault, exit 0 "
    "or 78\n"
    "      --print-config   print every option with its default\n"
    "      --test-clock T   start with a clock that only csictl moves, at T "
    "(2017-08-31T06:00:00Z)\n"
    "      --version        print the version\n"
    "  -h, --help           print this\n";

/* What was asked for is only given when it has left us: /dev/full takes it into the buffer, and one
 * that was full before its end has failed already. */
static int printed(bool ok)
{
    return ok && fflush(stdout) == 0 && !ferror(stdout) ? EX_OK : EX_IOERR;
}

/* -1: go on; else the exit status. */
static int read_options(int argc, char **argv, struct options *ret)
{
    static const struct option longs[] = {
        {"config", required_argument, NULL, 'c'},
        {"check", no_argument, NULL, 'k'},
        {"print-config", no_argument, NULL, 'p'},
        {"test-clock", required_argument, NULL, 't'},
        {"version", no_argument, NULL, 'v'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    int option;

    while ((option = getopt_long(argc, argv, "c:h", longs, NULL)) != -1) {
        if (option == 'c') {
            ret->config = optarg;
        } else if (option == 'k') {
            ret->check = true;
        } else if (option == 'p') {
            ret->print_config = true;
        } else if (option == 't' && utc_parse(optarg, &ret->test_clock) == 0 &&
                   utc_is_clock(ret->test_clock)) {
            continue;
        } else if (option == 'v') {
            return printed(puts("csid " CSID_VERSION) >= 0);
        } else if (option == 'h') {
            return printed(fputs(usage, stdout) >= 0);
        } else {
            if (option == 't')
                fprintf(stderr,
                        "csid: --test-clock: \"%s\" is no time such as "
                        "2017-08-31T06:00:00Z, of the years 1900 to 9998\n",
                        optarg);
            fputs("csid: see csid --help\n", stderr);
            return EX_USAGE;
        }
    }
    if (optind < argc) {
        fprintf(stderr, "csid: takes no argument \"%s\": see csid --help\n", argv[optind]);
        return EX_USAGE;
    }
    return -1;
}

static bool known_check(const char *name)
{
    return check_find(name) != NULL;
}

static void print_faults(const struct config_faults *f)
{
    for (size_t i = 0; i < f->faults.count; i++)
        fprintf(stderr, "%s\n", f->faults.items[i]);
    for (size_t i = 0; i < f->warnings.count; i++)
        fprintf(stderr, "warning: %s\n", f->warnings.items[i]);
}

static int check(const char *path)
{
    struct config_faults faults = {0};
    struct config *config = config_read(path, known_check, &faults);
    int status = config ? EX_OK : EX_CONFIG;
    struct err e;

    print_faults(&faults);
    if (config && store_check(config->database, &e) < 0) {
        fprintf(stderr, "%s:%zu:%zu: database: %s\n", path, config->database_line,
                config->database_column, e.text);
        status = EX_CONFIG;
    }
    config_faults_free(&faults);
    config_free(config);
    return status;
}

/* The exit status (sysexits.h) for a start that failed. */
static int exit_status(const struct err *e)
{
    static const struct {
        enum err_code code;
        int status;
    } map[] = {
        {ERR_CONFLICT, EX_UNAVAILABLE}, {ERR_BUSY, EX_UNAVAILABLE}, {ERR_STORAGE, EX_IOERR},
        {ERR_REFUSED, EX_CONFIG},       {ERR_USAGE, EX_CONFIG},
    };

    for (size_t i = 0; i < sizeof map / sizeof map[0]; i++)
        if (map[i].code == e->code)
            return map[i].status;
    return EX_OSERR;
}

static int serve(struct setup *setup, const struct clock *clock, struct err *e)
{
    const struct config *config = setup->config;
    struct listener listener;
    struct store *store;
    struct daemon *daemon;
    int rc;

    if (listen_open(config->socket, config->socket_mode, config->socket_group, &listener, e) < 0) {
        setup_free(setup);
        return -1;
    }
    rc = store_open(config->database, &store, e);
    if (rc < 0) {
        setup_free(setup);
        listen_close(&listener);
        return -1;
    }
    rc = daemon_start(setup, known_check, clock, store, &listener, &daemon, e);
    if (rc == 0) {
        daemon_run(daemon);
        daemon_close(daemon);
    }
    store_close(store);
    listen_close(&listener);
    return rc;
}

static int start(const struct options *o)
{
    struct config_faults faults = {0};
    struct config *config = config_read(o->config, known_check, &faults);
    struct clock clock;
    struct err e;
    int rc;

    for (size_t i = 0; i < faults.warnings.count; i++)
        log_warning("%s", faults.warnings.items[i]);
    for (size_t i = 0; i < faults.faults.count; i++)
        log_error("%s", faults.faults.items[i]);
    config_faults_free(&faults);
    if (!config)
        return EX_CONFIG;
    if (utc_is(o->test_clock))
        clock_test(&clock, o->test_clock);
    else
        clock_system(&clock);
    rc = serve(setup_new(config), &clock, &e);
    if (rc < 0)
        log_error("%s", e.text);
    return rc < 0 ? exit_status(&e) : EX_OK;
}

/* Descriptors that were closed are taken up: else the database might be opened as standard error,
 * and the log be written into it. Opened the wrong way round, so that their use fails like that of
 * a closed one. */
static bool standard_descriptors(void)
{
    static const int modes[] = {O_WRONLY, O_RDONLY, O_RDONLY};

    for (int fd = 0; fd < 3; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", modes[fd]) != fd)
            return false;
    return true;
}

int main(int argc, char **argv)
{
    struct options o = {.config = DEFAULT_CONFIG, .test_clock = UTC_NONE};
    int status = standard_descriptors() ? read_options(argc, argv, &o) : EX_OSERR;

    if (status >= 0)
        return status;
    mem_share();
    setlocale(LC_CTYPE,
              "C.UTF-8"); /* libsmartcols prints what it holds for no character as bytes */
    umask(077);
    if (o.print_config) {
        config_print(stdout);
        return printed(true);
    }
    return o.check ? check(o.config) : start(&o);
}
