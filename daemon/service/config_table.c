#include "service/config_table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"

/* The .def file is read once per table; the macros of the other tables are empty meanwhile. */
#define FIELD(key, type, in, field, min, max, fallback, example, help) \
    {key, &config_type_##type, offsetof(in, field), min, max, fallback, example, help, NULL, 0},

#define OPTION(...)
#define SECTION(...)
#define ENTRIES(...)
#define SCHEDULE(...)
#define WEBHOOK(key, type, field, ...) FIELD(key, type, struct config_webhook, field, __VA_ARGS__)
static const struct config_option webhook_options[] = {
#include "service/config_options.def"
};
#undef SCHEDULE
#undef WEBHOOK

#define WEBHOOK(...)
#define SCHEDULE(key, type, field, ...) FIELD(key, type, struct config_schedule, field, __VA_ARGS__)
static const struct config_option schedule_options[] = {
#include "service/config_options.def"
};
#undef SCHEDULE
#undef ENTRIES
#undef SECTION
#undef OPTION

static const struct config_table webhook_table = {
    webhook_options, COUNT(webhook_options), sizeof(struct config_webhook), config_finish_webhook};
static const struct config_table schedule_table = {schedule_options, COUNT(schedule_options),
                                                   sizeof(struct config_schedule),
                                                   config_finish_schedule};

#define SCHEDULE(...)
#define OPTION(key, type, field, ...) FIELD(key, type, struct config, field, __VA_ARGS__)
#define SECTION(key, help)            {key, &config_type_section, 0, 0, 0, "", NULL, help, NULL, 0},
#define ENTRIES(key, entry, field, min, max, fallback, help)                                      \
    {key,  &config_type_entries, offsetof(struct config, field),        min, max, fallback, NULL, \
     help, &entry##_table,       offsetof(struct config, entry##_count)},
static const struct config_option config_options[] = {
#include "service/config_options.def"
};

const struct config_table config_table = {config_options, COUNT(config_options),
                                          sizeof(struct config), config_finish};

_Static_assert(COUNT(config_options) <= CONFIG_OPTIONS_MAX, "CONFIG_OPTIONS_MAX is too small");
/* the reader compares entries by their names without knowing what they are */
_Static_assert(offsetof(struct config_webhook, name) == 0, "name comes first");
_Static_assert(offsetof(struct config_schedule, name) == 0, "name comes first");

/* What comes after the section in an option's key, NULL when it is of another section. */
static const char *within(const struct config_option *o, const char *section)
{
    size_t len = strlen(section);

    if (strncmp(o->key, section, len) != 0 || strchr(o->key + len, '.'))
        return NULL;
    return o->key + len;
}

const struct config_option *config_option_find(const struct config_table *t, const char *section,
                                               const char *key)
{
    for (size_t i = 0; i < t->count; i++) {
        const char *name = within(&t->options[i], section);

        if (name && strcmp(name, key) == 0)
            return &t->options[i];
    }
    return NULL;
}

static const char *in_other_section(const struct config_table *t, const char *key)
{
    for (size_t i = 0; i < t->count; i++) {
        const char *dot = strrchr(t->options[i].key, '.');

        if (strcmp(dot ? dot + 1 : t->options[i].key, key) == 0)
            return t->options[i].key;
    }
    return NULL;
}

const char *config_option_near(const struct config_table *t, const char *section, const char *key)
{
    const char *names[CONFIG_OPTIONS_MAX], *nearest;
    size_t count = 0;

    for (size_t i = 0; i < t->count; i++) {
        names[count] = within(&t->options[i], section);
        count += names[count] != NULL;
    }
    nearest = text_nearest(key, names, count);
    return nearest ? config_option_find(t, section, nearest)->key : in_other_section(t, key);
}

struct config_place config_scope_place(const struct config_scope *s, const char *key)
{
    for (size_t i = 0; i < s->table->count; i++)
        if (strcmp(s->table->options[i].key, key) == 0 && s->given[i].line)
            return s->given[i];
    return s->at;
}

void config_scope_fault(struct config_reading *r, const struct config_scope *s, const char *key,
                        const char *what)
{
    char *shown = xasprintf("%s%s", s->path, key);

    config_fault(&r->notes, config_scope_place(s, key), shown, "%s", what);
    free(shown);
}

static void print_members(const struct config_table *t, FILE *out)
{
    for (size_t i = 0; i < t->count; i++) {
        const struct config_option *o = &t->options[i];
        const char *example = o->example ? o->example : o->fallback;

        fprintf(out, "#   %s: %-*s  %s\n", o->key, 42 - (int)strlen(o->key), example, o->help);
    }
}

static void print_option(const struct config_option *o, FILE *out)
{
    const char *dot = strchr(o->key, '.'), *value = o->fallback ? o->fallback : o->example;
    int indent = dot ? 2 : 0;

    if (o->type->kind == CONFIG_SECTION || o->entry)
        fputc('\n', out);
    fprintf(out, "%*s# %s\n", indent, "", o->help);
    if (o->entry)
        print_members(o->entry, out);
    fprintf(out, "%*s%s:%s%s\n", indent, "", dot ? dot + 1 : o->key,
            *value && *value != '\n' ? " " : "", value);
}

void config_print(FILE *out)
{
    fputs("# Configuration of csid: every option with its default. The two without a default, "
          "organisation\n"
          "# and mail.from, must be given; what stands here for them is an example. Secrets never "
          "stand in\n"
          "# this file. \"csid --check\" says what is wrong with it; \"csid --print-config\" "
          "prints it afresh.\n\n",
          out);
    for (size_t i = 0; i < config_table.count; i++)
        print_option(&config_table.options[i], out);
}
