/* Who is calling and what they may do: lists of users and groups, the highest wins, the unknown
 * match nobody. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "service/access.h"

/* The words of `text`, cut at each comma; "" is none, and "a,," has two empty ones. Never freed. */
static struct strings words(const char *text)
{
    static char room[1024];
    static char *items[64];
    static size_t used, count;
    struct strings s = {items + count, 0};

    for (const char *p = text; *text; p = ++text) {
        text += strcspn(text, ",");
        memcpy(room + used, p, (size_t)(text - p));
        items[count++] = room + used;
        used += (size_t)(text - p) + 1;
        s.count++;
        if (!*text)
            break;
    }
    return s;
}

static struct access_rules *rules(const char *admin, const char *officer, const char *viewer)
{
    struct config c = {.admin = words(admin), .officer = words(officer), .viewer = words(viewer)};

    return access_compile(&c);
}

static struct access_rules *usual(void)
{
    return rules("root,2000,@4294967294", "@3000,2001", "@3001,2000");
}

static enum access access_as(const struct access_rules *r, uid_t uid, gid_t gid, gid_t *groups,
                             size_t n)
{
    struct access_caller c = {.uid = uid, .gid = gid, .groups = groups, .group_count = n};

    return access_of(r, &c);
}

static void test_highest_wins(void **state)
{
    struct access_rules *r = usual();
    gid_t many[300];

    (void)state;
    for (size_t i = 0; i < COUNT(many); i++)
        many[i] = 5000 + (gid_t)i;
    assert_int_equal(access_as(r, 0, 0, NULL, 0), ACCESS_ADMIN);
    assert_int_equal(access_as(r, 2000, 1, NULL, 0), ACCESS_ADMIN); /* a viewer too */
    assert_int_equal(access_as(r, 2001, 3001, NULL, 0), ACCESS_OFFICER);
    assert_int_equal(access_as(r, 7, 3000, NULL, 0), ACCESS_OFFICER);
    assert_int_equal(access_as(r, 7, 3001, NULL, 0), ACCESS_VIEWER);
    assert_int_equal(access_as(r, 7, 1, many, COUNT(many)), ACCESS_NONE);
    many[299] = 3001;
    assert_int_equal(access_as(r, 7, 1, many, COUNT(many)), ACCESS_VIEWER);
    many[0] = 3000;
    assert_int_equal(access_as(r, 7, 1, many, COUNT(many)), ACCESS_OFFICER);
    many[150] = 4294967294;
    assert_int_equal(access_as(r, 7, 1, many, COUNT(many)), ACCESS_ADMIN);
    access_free(r);
}

static void test_ids_of_one_kind_do_not_match_the_other(void **state)
{
    struct access_rules *r = usual();
    gid_t user_ids[] = {2000, 2001, 0};

    (void)state;
    assert_int_equal(access_as(r, 7, 2000, user_ids, COUNT(user_ids)), ACCESS_NONE);
    assert_int_equal(access_as(r, 3000, 1, NULL, 0), ACCESS_NONE);
    /* where users are unmapped everyone is this one */
    assert_int_equal(access_as(r, 65534, 65534, NULL, 0), ACCESS_NONE);
    assert_int_equal(access_as(r, (uid_t)-1, (gid_t)-1, NULL, 0), ACCESS_NONE);
    access_free(r);
}

static void test_unknown_are_told_and_match_nobody(void **state)
{
    static const char *const unknown[] = {"no-such-user", "@no-such-group", "@",     "4294967295",
                                          "-5",           "0x7d1",          "2002 ", "@+5"};
    struct access_rules *r =
        rules("no-such-user,@no-such-group,@", "4294967295,-5", "0x7d1,2002 ,@+5");
    const struct strings *got = access_unknown(r);
    gid_t groups[] = {0, 5, (gid_t)-1, (gid_t)-5};

    (void)state;
    assert_int_equal(got->count, COUNT(unknown));
    for (size_t i = 0; i < COUNT(unknown); i++)
        assert_string_equal(got->items[i], unknown[i]);
    for (uid_t uid = 2000; uid < 2003; uid++)
        assert_int_equal(access_as(r, uid, 1, groups, COUNT(groups)), ACCESS_NONE);
    assert_int_equal(access_as(r, (uid_t)-1, (gid_t)-1, groups, COUNT(groups)), ACCESS_NONE);
    assert_int_equal(access_as(r, (uid_t)-5, 0, groups, COUNT(groups)), ACCESS_NONE);
    access_free(r);
}

static void test_holders(void **state)
{
    struct access_rules *r = rules("root", "@a,b", "");

    (void)state;
    assert_string_equal(access_holders(r, ACCESS_OFFICER), "@a, b");
    assert_string_equal(access_holders(r, ACCESS_VIEWER), "@a, b");
    assert_string_equal(access_holders(r, ACCESS_ADMIN), "root");
    access_free(r);
    r = rules("root", "", "");
    assert_string_equal(access_holders(r, ACCESS_VIEWER), "root");
    access_free(r);
    r = rules("", "", "");
    assert_string_equal(access_holders(r, ACCESS_VIEWER), "nobody");
    assert_int_equal(access_as(r, 0, 0, NULL, 0), ACCESS_NONE);
    access_free(r);
    access_free(NULL);
}

static void test_names(void **state)
{
    const char *root = access_name(0), *nobody = access_name(2345678);

    (void)state;
    assert_string_equal(root, "root");
    assert_string_equal(nobody, "uid 2345678");
    for (uid_t uid = 3000000; uid < 3000100; uid++)
        access_name(uid);
    /* a name lives on while others are remembered: a worker may hold it */
    assert_ptr_equal(access_name(0), root);
    assert_ptr_equal(access_name(2345678), nobody);
    assert_string_equal(access_name((uid_t)-2), "uid 4294967294");
}

static void test_caller(void **state)
{
    struct access_caller c;
    struct err e;
    int fds[2], count = getgroups(0, NULL);

    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    assert_int_equal(access_caller_of(fds[0], &c, &e), 0);
    assert_int_equal(c.uid, geteuid());
    assert_int_equal(c.gid, getegid());
    assert_int_equal(c.pid, getpid());
    assert_int_equal(c.group_count, count);
    access_caller_free(&c);
    close(fds[0]);
    close(fds[1]);
    c.uid = 4711;
    assert_int_equal(access_caller_of(-1, &c, &e), -1);
    assert_int_equal(c.uid, 4711);
    assert_int_equal(pipe(fds), 0);
    assert_int_equal(access_caller_of(fds[0], &c, &e), -1);
    close(fds[0]);
    close(fds[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_highest_wins),
        cmocka_unit_test(test_ids_of_one_kind_do_not_match_the_other),
        cmocka_unit_test(test_unknown_are_told_and_match_nobody),
        cmocka_unit_test(test_holders),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_caller),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
