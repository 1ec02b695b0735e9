#include "service/rules.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/embed.h"
#include "base/mem.h"
#include "engine/packs.h"
#include "service/config_yaml.h"
#include "service/rules_yaml.h"

enum { FILES_MAX = 64, FILE_MAX_BYTES = 256 * 1024 };

/* The shipped packs, once. */
#define PACKS(X)                         \
    X(ilacs, "ilacs.yaml")               \
    X(sif_2015, "sif-2015.yaml")         \
    X(jtai, "jtai.yaml")                 \
    X(intervention, "intervention.yaml") \
    X(governance, "governance.yaml")     \
    X(homes, "homes.yaml")

#define EMBED_PACK(name, file) EMBED(pack_##name, "etc/rules/" file);
PACKS(EMBED_PACK)

#define PACK_TEXT(name, file) {file, pack_##name},
static const struct {
    const char *file, *text;
} builtin[] = {PACKS(PACK_TEXT)};

/* Which file a rule is from, and where in it. */
struct origin {
    size_t file;
    const struct pack_rule *rule;
};

struct joining {
    struct pack_file *files;
    size_t count, cap;
    struct rule_texts all;
    struct origin *origins; /* beside all.items */
    size_t origin_cap;
};

/* ---- reading ---- */

static struct pack_file *add_file(struct joining *j, char *name)
{
    j->files = xgrow(j->files, j->count, &j->cap, sizeof *j->files);
    j->files[j->count] = (struct pack_file){.file = name};
    return &j->files[j->count++];
}

static void read_builtin(struct joining *j)
{
    for (size_t i = 0; i < COUNT(builtin); i++)
        rules_yaml_read(builtin[i].text, strlen(builtin[i].text), NULL,
                        add_file(j, xasprintf("%s (built in)", builtin[i].file)));
}

static bool is_own(size_t file)
{
    return file >= COUNT(builtin);
}

static bool ends_in(const char *name, const char *suffix)
{
    size_t len = strlen(name), n = strlen(suffix);

    return len > n && strcmp(name + len - n, suffix) == 0;
}

static void read_file(struct joining *j, const char *folder, const char *name,
                      bool (*known_check)(const char *name))
{
    struct pack_file *p = add_file(j, xasprintf("%s/%s", folder, name));
    char *text = NULL;
    size_t len = 0;
    struct err e;

    if (ends_in(name, ".yml"))
        config_warning(&p->notes, CONFIG_START, "", "is not read; let its name end in .yaml");
    else if (config_file_read(p->file, FILE_MAX_BYTES, &text, &len, &e) < 0)
        config_fault(&p->notes, CONFIG_START, "", "%s", e.text);
    else
        rules_yaml_read(text, len, known_check, p);
    free(text);
}

static int is_pack(const struct dirent *entry)
{
    return entry->d_name[0] != '.' &&
           (ends_in(entry->d_name, ".yaml") || ends_in(entry->d_name, ".yml"));
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static int read_folder(struct joining *j, const char *folder, bool (*known_check)(const char *name),
                       struct err *e)
{
    struct dirent **names = NULL;
    int count = scandir(folder, &names, is_pack, by_name);

    if (count < 0)
        return err_set(e, ERR_USAGE, "%s cannot be read as a folder: %s", folder, strerror(errno));
    for (int i = 0; i < count; i++) {
        if (count <= FILES_MAX)
            read_file(j, folder, names[i]->d_name, known_check);
        free(names[i]);
    }
    free(names);
    return count <= FILES_MAX ? 0
                              : err_set(e, ERR_USAGE, "%s has %d packs; at most %d are read",
                                        folder, count, FILES_MAX);
}

/* ---- joining ---- */

static size_t find_rule(const struct joining *j, const char *id)
{
    size_t i = 0;

    while (i < j->all.count && strcmp(j->all.items[i].values[RULE_id], id) != 0)
        i++;
    return i;
}

/* A faulty rule stands for its id all the same, so that what counts from it is no fault too. */
static void stand_in(struct rule_text *t)
{
    free(t->values[RULE_from]);
    t->values[RULE_from] = xstrdup("inspection.received_on");
}

static void put_rule(struct joining *j, size_t at, size_t file, struct pack_rule *r, char *packs)
{
    struct rule_texts *all = &j->all;

    if (at == all->count) {
        all->items = xgrow(all->items, all->count, &all->cap, sizeof *all->items);
        j->origins = xgrow(j->origins, all->count, &j->origin_cap, sizeof *j->origins);
        all->count++;
    } else {
        rule_text_clear(&all->items[at]);
    }
    all->items[at] = r->text;
    all->items[at].pack = packs;
    j->origins[at] = (struct origin){file, r};
    r->text = (struct rule_text){0};
    if (!r->sound)
        stand_in(&all->items[at]);
}

static void join_rule(struct joining *j, size_t file, struct pack_rule *r)
{
    struct pack_file *p = &j->files[file];
    const char *id = r->text.values[RULE_id];
    size_t at = id ? find_rule(j, id) : 0;

    if (!id)
        return;
    if (at == j->all.count)
        put_rule(j, at, file, r, xstrdup(p->name ? p->name : ""));
    else if (j->origins[at].file == file)
        config_fault(&p->notes, r->places[RULE_id], id,
                     "is given twice, first in line %zu; remove one",
                     j->origins[at].rule->places[RULE_id].line);
    else if (is_own(file) && !is_own(j->origins[at].file))
        put_rule(j, at, file, r, xstrdup(j->all.items[at].pack));
    else
        config_fault(&p->notes, r->places[RULE_id], id, "is given in %s too; remove one",
                     j->files[j->origins[at].file].file);
}

static void join_pack(struct joining *j, size_t file)
{
    struct pack_file *p = &j->files[file];
    struct rule_texts *all = &j->all;

    for (size_t i = 0; p->name && i < file; i++)
        if (j->files[i].name && strcmp(j->files[i].name, p->name) == 0)
            config_fault(&p->notes, p->name_at, "pack",
                         "\"%s\" is the name of %s already; choose another", p->name,
                         j->files[i].file);
    for (size_t i = 0; i < p->rule_count; i++)
        join_rule(j, file, &p->rules[i]);
    if (!p->name || !p->title)
        return;
    all->packs = xgrow(all->packs, all->pack_count, &all->pack_cap, sizeof *all->packs);
    all->packs[all->pack_count++] = (struct rule_pack){xstrdup(p->name), xstrdup(p->title),
                                                       is_own(file) ? xstrdup(p->file) : NULL};
}

/* A rule applies with this pack too. */
static void add_pack(struct rule_text *t, const char *name)
{
    char *both = xasprintf("%s %s", t->pack, name);

    free(t->pack);
    t->pack = both;
}

/* The rules of other packs that a pack takes over. */
static void join_also(struct joining *j, size_t file)
{
    struct pack_file *p = &j->files[file];
    const char *rest = p->also ? p->also : "";

    while (*(rest += strspn(rest, " "))) {
        char *id = xstrndup(rest, strcspn(rest, " "));
        size_t at = find_rule(j, id);

        if (at == j->all.count)
            config_fault(&p->notes, p->also_at, "also", "there is no rule \"%.60s\"", id);
        else if (p->name && packs_apply(j->all.items[at].pack, p->name))
            config_fault(&p->notes, p->also_at, "also", "%s applies with this pack already", id);
        else if (p->name)
            add_pack(&j->all.items[at], p->name);
        rest += strlen(id);
        free(id);
    }
}

/* Who is to be told: what is built in is faultless, so that it was an override of what it counts
 * from. */
static size_t at_fault(const struct joining *j, size_t at)
{
    const char *colon = strchr(j->all.items[at].values[RULE_from], ':');
    size_t base = colon ? find_rule(j, colon + 1) : j->all.count;

    return is_own(j->origins[at].file) || base == j->all.count ? at : base;
}

/* What holds between rules: all faults, so each is taken out of the way of the next. */
static void check_all(struct joining *j)
{
    struct err e;
    size_t at;

    while (rule_check_all(&j->all, &at, &e) < 0) {
        size_t told = at_fault(j, at);
        const struct origin *o = &j->origins[told];

        config_fault(&j->files[o->file].notes, o->rule->places[RULE_from],
                     j->all.items[told].values[RULE_id], "from: %s%s%s", e.text,
                     told == at ? "" : ", and is counted from by ",
                     told == at ? "" : j->all.items[at].values[RULE_id]);
        stand_in(&j->all.items[told]);
    }
}

static void joining_end(struct joining *j, struct config_faults *faults)
{
    for (size_t i = 0; i < j->count; i++) {
        config_notes_tell(&j->files[i].notes, j->files[i].file, faults);
        pack_file_clear(&j->files[i]);
    }
    free(j->files);
    free(j->origins);
}

int rules_read(const char *folder, bool (*known_check)(const char *name), struct rule_texts *ret,
               struct config_faults *faults, struct err *e)
{
    struct joining j = {0};
    size_t before = faults->faults.count;
    int rc;

    read_builtin(&j);
    rc = *folder ? read_folder(&j, folder, known_check, e) : 0;
    for (size_t i = 0; i < j.count; i++)
        join_pack(&j, i);
    for (size_t i = 0; i < j.count; i++)
        join_also(&j, i);
    check_all(&j);
    joining_end(&j, faults);
    *ret = (struct rule_texts){0};
    if (rc == 0 && faults->faults.count == before)
        *ret = j.all;
    else
        rule_texts_clear(&j.all);
    return rc;
}
