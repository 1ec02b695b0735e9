/* Which addresses a webhook may be carried to: the first and last of every closed network, and
 * their open neighbours. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/un.h>
#include <cmocka.h>

#include "base/mem.h"
#include "courier/vet.h"

union address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

static union address address(const char *text)
{
    union address a;

    memset(&a, 0, sizeof a);
    if (strchr(text, ':')) {
        a.v6.sin6_family = AF_INET6;
        assert_int_equal(inet_pton(AF_INET6, text, &a.v6.sin6_addr), 1);
    } else {
        a.v4.sin_family = AF_INET;
        assert_int_equal(inet_pton(AF_INET, text, &a.v4.sin_addr), 1);
    }
    return a;
}

static const char *const closed[] = {
    "0.0.0.0",
    "0.255.255.255",
    "10.0.0.0",
    "10.255.255.255",
    "100.64.0.0",
    "100.127.255.255",
    "127.0.0.1",
    "127.255.255.255",
    "169.254.0.0",
    "169.254.169.254",
    "169.254.255.255",
    "172.16.0.0",
    "172.31.255.255",
    "192.0.0.0",
    "192.0.0.255",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.0.0",
    "192.168.255.255",
    "198.18.0.0",
    "198.19.255.255",
    "198.51.100.7",
    "203.0.113.7",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:8.8.8.8",
    "::ffff:0:127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b::8.8.8.8",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:db8::1",
    "2002:7f00:1::1",
    "3fff::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "febf::1",
    "fec0::1",
    "ff02::1",
    "4000::1",
    "5f00::1",
    "1fff::1",
};

static const char *const open_to_all[] = {
    "1.0.0.0",        "1.1.1.1",         "8.8.8.8",         "9.255.255.255",
    "11.0.0.0",       "100.63.255.255",  "100.128.0.0",     "126.255.255.255",
    "128.0.0.0",      "169.253.255.255", "169.255.0.0",     "172.15.255.255",
    "172.32.0.0",     "192.0.1.0",       "192.167.255.255", "192.169.0.0",
    "198.17.255.255", "198.20.0.0",      "223.255.255.255", "2001:4860:4860::8888",
    "2001:200::1",    "2003::1",         "2a00:1450::1",    "2001:db9::1",
    "3ffe::1",
};

static void test_public(void **state)
{
    union address a;

    (void)state;
    for (size_t i = 0; i < COUNT(closed); i++) {
        a = address(closed[i]);
        if (vet_public(&a.any))
            fail_msg("%s was let through", closed[i]);
    }
    for (size_t i = 0; i < COUNT(open_to_all); i++) {
        a = address(open_to_all[i]);
        if (!vet_public(&a.any))
            fail_msg("%s was refused", open_to_all[i]);
    }
}

static void test_other_families(void **state)
{
    struct sockaddr_un local = {.sun_family = AF_UNIX};
    const struct sockaddr *a = (const struct sockaddr *)(const void *)&local;
    struct network any;

    (void)state;
    assert_int_equal(vet_parse("0.0.0.0/0", &any), 0);
    assert_false(vet_public(a));
    assert_false(vet_listed(a, &any, 1));
}

static void test_listed(void **state)
{
    static const struct {
        const char *network, *in, *out;
    } cases[] = {
        {"127.0.0.1", "127.0.0.1", "127.0.0.2"},
        {"10.1.0.0/16", "10.1.255.255", "10.2.0.0"},
        {"10.1.2.3/16", "10.1.0.0", "10.0.255.255"}, /* the host's bits do not matter */
        {"192.168.1.128/25", "192.168.1.200", "192.168.1.127"},
        {"192.168.1.4/30", "192.168.1.7", "192.168.1.8"},
        {"0.0.0.0/0", "8.8.8.8", "::1"},
        {"::/0", "fd00::1", "8.8.8.8"},
        {"fd00::/8", "fdff::1", "fc00::1"},
        {"::1", "::1", "::2"},
        {"2001:db8::/33", "2001:db8:7fff::1", "2001:db8:8000::1"},
        {"127.0.0.0/8", "127.9.9.9", "::ffff:127.0.0.1"},
    };
    union address a;

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct network n;

        assert_int_equal(vet_parse(cases[i].network, &n), 0);
        a = address(cases[i].in);
        assert_true(vet_listed(&a.any, &n, 1));
        assert_false(vet_listed(&a.any, &n, 0));
        a = address(cases[i].out);
        assert_false(vet_listed(&a.any, &n, 1));
    }
}

static void test_no_networks(void **state)
{
    static const char *const bad[] = {
        "",
        "/",
        "10.0.0.0/",
        "10.0.0.0/33",
        "10.0.0.0/-1",
        "10.0.0.0/8x",
        "10.0.0/8",
        "10.0.0.256",
        "localhost",
        "::/129",
        "::/ 8",
        "fd00::/+8",
        " 10.0.0.0",
        "10.0.0.0 ",
        "1:2:3/16",
        "0x7f000001",
        "10.0.0.0/8/8",
        "[::1]",
        "10.0.0.0/99999999999999999999",
        "0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct network n = {.bits = 7};

        if (vet_parse(bad[i], &n) != -1)
            fail_msg("\"%s\" was taken", bad[i]);
        assert_int_equal(n.bits, 7);
    }
}

static void test_hosts(void **state)
{
    static const char *const names[] = {"hooks.example.org", "*.Council.example", "one.example."};
    static const struct {
        const char *host;
        bool want;
    } cases[] = {
        {"hooks.example.org", true},
        {"HOOKS.example.ORG", true},
        {"hooks.example.org.", true},
        {"x.hooks.example.org", false},
        {"hooks.example.or", false},
        {"xhooks.example.org", false},
        {"a.council.example", true},
        {"a.b.COUNCIL.example.", true},
        {"council.example", false},
        {".council.example", false},
        {"evilcouncil.example", false},
        {"council.example.evil.org", false},
        {"a.council.example.org", false},
        {"one.example", true},
        {"", false},
        {".", false},
        {"*.council.example", true}, /* no name that anybody has */
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        if (vet_host(cases[i].host, names, COUNT(names)) != cases[i].want)
            fail_msg("%s", cases[i].host);
    assert_false(vet_host("hooks.example.org", names, 0));
    assert_false(vet_host("x", (const char *const[]){"*."}, 1));
    assert_false(vet_host("", (const char *const[]){""}, 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_public), cmocka_unit_test(test_other_families),
        cmocka_unit_test(test_listed), cmocka_unit_test(test_no_networks),
        cmocka_unit_test(test_hosts)};

    return cmocka_run_group_tests_name("courier_vet", tests, NULL, NULL);
}
