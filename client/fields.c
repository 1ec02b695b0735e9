#include "client/fields.h"

#include <ctype.h>
#include <string.h>

#include "base/mem.h"

/* Where a record's field is called otherwise than the member that sends it. */
static const struct {
    const char *kind, *field, *option;
} fields[] = {
#define FIELD(need, name, option, heading, type, limit)     {NULL, #name, option},
#define RECORD(kind, KIND, path, subject, list, one, about) {#kind, "", ""}, list(FIELD)
#include "record.def"
#undef RECORD
};

static bool equals(const char *word, const char *s, size_t len)
{
    return strlen(word) == len && memcmp(word, s, len) == 0;
}

/* The option of a field of the kind that the command is about; NULL: it has none of that name. */
static const char *option_of(const struct call *c, const char *s, size_t len)
{
    bool within = false;

    for (size_t i = 0; i < COUNT(fields); i++) {
        const char *kind = fields[i].kind;

        if (kind)
            within = equals(kind, c->words.s, strcspn(c->words.s, " "));
        else if (within && equals(fields[i].field, s, len))
            return fields[i].option;
    }
    return NULL;
}

/* The argument as it is typed; NULL where the command has none that is called so. */
static const char *typed(const struct call *c, const char *s, size_t len)
{
    const char *option = option_of(c, s, len);

    for (size_t i = 0; i < c->args.count; i++) {
        const struct arg *a = &c->args.at[i];

        if (equals(a->member, s, len) ||
            (option && strcmp(a->name + strspn(a->name, "-"), option) == 0))
            return a->name;
    }
    return NULL;
}

/* "to_on, from_on", up to a colon; false where not all of it are names. */
static bool add_names(struct text *t, const struct call *c, const char *s, size_t len)
{
    struct text names = TEXT_INIT;
    bool all = true;

    text_clear(&names);
    for (size_t at = 0, n; all && at < len; at += n + 2) {
        const char *comma = memmem(s + at, len - at, ", ", 2), *name;

        n = comma ? (size_t)(comma - s) - at : len - at;
        name = typed(c, s + at, n);
        all = name != NULL;
        text_addf(&names, "%s%s", at ? ", " : "", all ? name : "");
    }
    if (all)
        text_add(t, names.s);
    text_free(&names);
    return all;
}

/* The command's words, or the first of them. */
static bool is_about(const struct call *c, const char *s, size_t len)
{
    return equals(c->words.s, s, len) ||
           (len == strcspn(c->words.s, " ") && memcmp(c->words.s, s, len) == 0);
}

static const char *add_lead(struct text *t, const struct call *c, const char *s)
{
    const char *colon;

    while ((colon = strstr(s, ": "))) {
        size_t len = (size_t)(colon - s);

        if (!len || !add_names(t, c, s, len)) {
            if (!is_about(c, s, len))
                break;
            text_add_bytes(t, s, len);
        }
        text_add(t, ": ");
        s = colon + 2;
    }
    return s;
}

static size_t word_length(const char *s)
{
    size_t len = 0;

    while (isalnum((unsigned char)s[len]) || s[len] == '_')
        len++;
    return len;
}

char *fields_typed(const struct call *c, const char *detail)
{
    struct text t = TEXT_INIT;
    bool quoted = false;

    text_clear(&t);
    for (const char *s = add_lead(&t, c, detail); *s;) {
        size_t len = word_length(s);
        bool is_name = len && !quoted && memchr(s, '_', len);
        const char *name = is_name ? typed(c, s, len) : NULL;

        quoted ^= *s == '"';
        if (name)
            text_add(&t, name);
        else
            text_add_bytes(&t, s, len ? len : 1);
        s += len ? len : 1;
    }
    return text_take(&t);
}
