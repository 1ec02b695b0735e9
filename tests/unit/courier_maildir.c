/* The Maildir: a mail that is delivered again stays one mail, and a reader never sees half of one.
 */
#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/mem.h"
#include "courier/maildir.h"

static char dir[32];
static struct err e;

static int setup(void **state)
{
    (void)state;
    snprintf(dir, sizeof dir, "/tmp/csid-maildir-XXXXXX");
    return mkdtemp(dir) ? 0 : -1;
}

static char *path(const char *sub)
{
    return xasprintf("%s/%s", dir, sub);
}

/* How many files are there; the name of the last goes to ret. */
static int count(const char *sub, char ret[256])
{
    char *name = path(sub);
    DIR *d = opendir(name);
    struct dirent *entry;
    int n = 0;

    while (d && (entry = readdir(d))) {
        if (entry->d_name[0] == '.')
            continue;
        snprintf(ret, 256, "%s", entry->d_name);
        n++;
    }
    if (d)
        closedir(d);
    free(name);
    return n;
}

static int deliver(const char *id, bool again, const char *bytes)
{
    return maildir_deliver(dir, id, (utc_t){1504254600}, again, bytes, strlen(bytes), &e);
}

static void test_again(void **state)
{
    char first[256], second[256];

    (void)state;
    assert_int_equal(deliver("a@x", false, "one"), 0);
    assert_int_equal(count("new", first), 1);
    assert_int_equal(deliver("a@x", true, "one"), 0);
    assert_int_equal(count("new", second), 1);
    assert_string_equal(first, second);
    assert_int_equal(deliver("b@x", false, "one"), 0);
    assert_int_equal(count("new", second), 2);
    assert_int_equal(count("tmp", second), 0);
}

static void test_already_read(void **state)
{
    char name[256], other[256], *from, *to;

    (void)state;
    assert_int_equal(deliver("a@x", false, "one"), 0);
    assert_int_equal(count("new", name), 1);
    from = xasprintf("%s/new/%s", dir, name);
    to = xasprintf("%s/cur/%s:2,S", dir, name);
    assert_int_equal(rename(from, to), 0);
    assert_int_equal(deliver("a@x", true, "one"), 0);
    assert_int_equal(count("new", other), 0);
    assert_int_equal(count("cur", other), 1);
    free(from);
    free(to);
}

/* What a crash left in tmp, even a link planted there, neither stops nor misleads a delivery. */
static void test_leftovers(void **state)
{
    char name[256], *tmp, *victim = path("victim");
    int fd;

    (void)state;
    assert_int_equal(deliver("a@x", false, "one"), 0);
    assert_int_equal(count("new", name), 1);
    tmp = xasprintf("%s/tmp/%s", dir, name);
    fd = open(tmp, O_WRONLY | O_CREAT, 0600);
    assert_int_equal(write(fd, "a longer half", 13), 13);
    close(fd);
    assert_int_equal(deliver("a@x", true, "one"), 0);
    assert_int_equal(count("tmp", name), 0);
    assert_int_equal(count("new", name), 1);
    assert_int_equal(symlink(victim, tmp), 0);
    assert_int_equal(deliver("a@x", true, "one"), -1);
    assert_int_equal(e.code, ERR_STORAGE);
    assert_int_not_equal(access(victim, F_OK), 0);
    free(tmp);
    free(victim);
}

static void test_no_folder(void **state)
{
    (void)state;
    assert_int_equal(maildir_deliver("/dev/null/mail", "a@x", (utc_t){0}, false, "x", 1, &e), -1);
    assert_int_equal(e.code, ERR_STORAGE);
    assert_non_null(strstr(e.text, "/dev/null"));
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

static int teardown(void **state)
{
    (void)state;
    return nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(test_again), TEST(test_already_read),
                                       TEST(test_leftovers), TEST(test_no_folder)};

    return cmocka_run_group_tests_name("courier_maildir", tests, NULL, NULL);
}
