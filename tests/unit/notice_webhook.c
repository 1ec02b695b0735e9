/* Webhook bodies and signatures, against the vector of the Standard Webhooks specification. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "notice/webhook.h"

#define VECTOR_BODY "{\"test\": 2432232314}"

static void test_vector(void **state)
{
    struct err e;
    char *s;

    (void)state;
    assert_int_equal(webhook_signature("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
                                       "msg_p5jXN8AQM9LWM0D4loKWxJek", (utc_t){1614265330},
                                       VECTOR_BODY, strlen(VECTOR_BODY), &s, &e),
                     0);
    assert_string_equal(s, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    free(s);
}

/* openssl dgst -sha256 -hmac plain over "a.1.x" */
static void test_raw_secret(void **state)
{
    struct err e;
    char *s;

    (void)state;
    assert_int_equal(webhook_signature("plain", "a", (utc_t){1}, "xy", 1, &s, &e), 0);
    assert_string_equal(s, "v1,bQYE8Bwu7W8gQ5jiJox+yEi3HQPJ7tszffrpx95TI7c=");
    free(s);
}

static void test_bad_secrets(void **state)
{
    static const char *const bad[] = {"whsec_", "whsec_***", "whsec_abc", "whsec_ab=c",
                                      "whsec_\xff\xff\xff\xff"};

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct err e = {0};
        char *s = NULL;

        assert_int_equal(webhook_signature(bad[i], "a", (utc_t){1}, "", 0, &s, &e), -1);
        assert_int_equal(e.code, ERR_USAGE);
        assert_null(s);
        if (bad[i][6])
            assert_null(strstr(e.text, bad[i] + 6)); /* an error never repeats a secret */
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vector),
        cmocka_unit_test(test_raw_secret),
        cmocka_unit_test(test_bad_secrets),
    };

    return cmocka_run_group_tests_name("notice_webhook", tests, NULL, NULL);
}
