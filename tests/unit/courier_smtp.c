/* Only this machine itself may be spoken to without TLS, and nothing that merely looks like it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/mem.h"
#include "courier/smtp.h"

static void test_local(void **state)
{
    static const struct {
        const char *url;
        bool local;
    } cases[] = {
        {"smtp://localhost", true},
        {"smtp://LOCALHOST:587", true},
        {"smtp://127.0.0.1:25", true},
        {"smtp://127.3.2.1", true},
        {"smtp://[::1]:25", true},
        {"smtps://localhost:465/ehlo-name", true},
        {"smtp://127.1", true}, /* the same address, as URLs write it */
        {"smtp://0.0.0.0", false},
        {"smtp://[::]", false},
        {"smtp://[::ffff:127.0.0.1]", false},
        {"smtp://[::2]", false},
        {"smtp://localhost.evil.example", false},
        {"smtp://127.0.0.1.evil.example", false},
        {"smtp://127.0.0.1@evil.example", false},
        {"smtp://localhost:25@evil.example", false},
        {"smtp://evil.example/127.0.0.1", false},
        {"smtp://evil.example?localhost", false},
        {"smtp://evil.example#localhost", false},
        {"smtp://128.0.0.1", false},
        {"smtp://10.0.0.1", false},
        {"smtp://mail.bromley.example:587", false},
        {"localhost", false},
        {"", false},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        if (smtp_is_local(cases[i].url) != cases[i].local)
            fail_msg("%s", cases[i].url);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_local)};

    return cmocka_run_group_tests_name("courier_smtp", tests, NULL, NULL);
}
