/* For the tests of csid.yaml: a folder of their own with secrets in it, and what reading a file
 * told. */
#ifndef CSID_TESTS_SERVICE_CONFIG_H
#define CSID_TESTS_SERVICE_CONFIG_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/text.h"
#include "engine/checks.h"
#include "service/config.h"

static char folder[] = "/tmp/csid-config-XXXXXX";
static char *file;

static inline bool known_check(const char *name)
{
    return check_find(name) != NULL;
}

static inline void put(const char *path, const void *bytes, size_t len)
{
    FILE *f = fopen(path, "w");

    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, len, f), len);
    assert_int_equal(fclose(f), 0);
}

static inline void put_secret(const char *name, const void *bytes, size_t len)
{
    char *path = xasprintf("%s/%s", folder, name);

    put(path, bytes, len);
    free(path);
}

/* The lines without the file's name, each with a newline. */
static inline char *told(const struct strings *s, const char *path)
{
    struct text t = TEXT_INIT;

    text_clear(&t);
    for (size_t i = 0; i < s->count; i++) {
        assert_memory_equal(s->items[i], path, strlen(path));
        text_addf(&t, "%s\n", s->items[i] + strlen(path) + 1);
    }
    return text_take(&t);
}

/* Reads a file that must be refused (the faults) or accepted (the warnings). */
static inline char *outcome(const char *path, bool accepted)
{
    struct config_faults f;
    struct config *c = config_read(path, known_check, &f);
    char *text = told(accepted ? &f.warnings : &f.faults, path);

    if (accepted != (c != NULL))
        fail_msg("%s, but: %s", accepted ? "to be accepted" : "to be refused",
                 f.faults.count ? f.faults.items[0] : "no fault");
    assert_int_equal(f.faults.count == 0, accepted);
    config_free(c);
    config_faults_free(&f);
    return text;
}

/* A trailing '*' in `want` lets anything follow. */
static inline void expect(const char *yaml, size_t len, const char *want, bool accepted)
{
    size_t n = strlen(want);
    char *got;

    put(file, yaml, len);
    got = outcome(file, accepted);
    if (n && want[n - 1] == '*' ? strncmp(got, want, n - 1) != 0 : strcmp(got, want) != 0)
        fail_msg("for\n%.*s\nwant\n%s\ngot\n%s", (int)(len < 300 ? len : 300), yaml, want, got);
    free(got);
}

struct fault_case {
    const char *yaml, *want;
};

/* FOLDER in `want` stands for the folder of this run. */
static inline void expect_each(const struct fault_case *cases, size_t n, const char *before,
                               const char *after)
{
    for (size_t i = 0; i < n; i++) {
        char *yaml = xasprintf("%s%s%s", before, cases[i].yaml, after);
        const char *mark = strstr(cases[i].want, "FOLDER");
        char *want = !mark ? xstrdup(cases[i].want)
                           : xasprintf("%.*s%s%s", (int)(mark - cases[i].want), cases[i].want,
                                       folder, mark + strlen("FOLDER"));

        expect(yaml, strlen(yaml), want, false);
        free(want);
        free(yaml);
    }
}

#define MISSING_ORGANISATION \
    "1:1: organisation: is missing; add a text, such as London Borough of Bromley\n"
#define MISSING_FROM                                                             \
    "1:1: mail.from: is missing; add an address, such as Improvement Programme " \
    "<csi@bromley.example>\n"

static inline int make_folder(void **state)
{
    static char credentials[64];
    char *pipe_path, large[4097];

    (void)state;
    assert_non_null(mkdtemp(folder));
    file = xasprintf("%s/csid.yaml", folder);
    snprintf(credentials, sizeof credentials, "CREDENTIALS_DIRECTORY=%s", folder);
    putenv(credentials);
    memset(large, 'x', sizeof large);
    put_secret("good", "secret\n\n", 8);
    put_secret("key", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", 38);
    put_secret("bad-key", "whsec_not base64", 16);
    put_secret("crlf", "pass word\r\n", 11);
    put_secret("empty", "", 0);
    put_secret("newline", "\n", 1);
    put_secret("nul", "a\0b", 3);
    put_secret("large", large, sizeof large);
    pipe_path = xasprintf("%s/pipe", folder);
    mkfifo(pipe_path, 0600);
    free(pipe_path);
    return 0;
}

static inline int remove_folder(void **state)
{
    static const char *const names[] = {"good",    "key", "bad-key", "crlf", "empty",
                                        "newline", "nul", "large",   "pipe", "csid.yaml"};

    (void)state;
    for (size_t i = 0; i < COUNT(names); i++) {
        char *path = xasprintf("%s/%s", folder, names[i]);

        unlink(path);
        free(path);
    }
    free(file);
    return rmdir(folder);
}

#endif
