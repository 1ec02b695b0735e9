#include "client/wizard.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "client/answer.h"
#include "client/print.h"
#include "client/problem.h"
#include "client/prompt.h"
#include "client/questions.h"

struct wizard {
    const struct call *call;
    const char *from, *keep; /* the files of --answers and --write-answers, or NULL */
    bool yes, dry_run;
    const char *type; /* of the answers as they are sent */
    struct text body;
};

static const char *option(const struct call *c, const char *name)
{
    for (size_t i = 0; i < c->value_count; i++)
        if (strcmp(c->values[i].arg->name, name) == 0)
            return c->values[i].text;
    return NULL;
}

/* ---- with csid ---- */

static int post(const struct wizard *w, bool dry_run, const char *accept, struct answer *ret)
{
    const char *const queries[2][2] = {{"", "?yes=true"}, {"?dry_run=1", "?dry_run=1&yes=true"}};
    struct own_request o = {POST, queries[dry_run][w->yes], w->type, accept};
    struct request r;
    int rc;

    request_own(w->call, &o, print_width(), &w->body, &r);
    rc = answer_get(w->call, &r, ret);
    request_free(&r);
    return rc;
}

/* "FILE:LINE:COLUMN: name: reason", as far as there is such. */
static void tell_fault(const char *file, const struct fault *f)
{
    char *name = text_one_line(f->name ? f->name : "");
    char *reason = text_one_line(f->reason ? f->reason : "");
    char *place = f->line ? xasprintf("%s:%ld:%ld: ", file, f->line, f->column)
                          : xasprintf("%s%s", file, *file ? ": " : "");

    advise("%s%s%s%s", place, name, *name ? ": " : "", reason);
    free(place);
    free(name);
    free(reason);
}

static void tell_faults(const struct wizard *w, const struct answer *a)
{
    struct problem p = {0};

    if (a->is_problem && problem_read(a->body.s, a->body.len, &p) == 0)
        for (size_t i = 0; i < p.fault_count; i++)
            tell_fault(w->from, &p.faults[i]);
    problem_free(&p);
}

/* Sends the answers of a file and prints what csid makes of them. */
static int submit(const struct wizard *w, bool dry_run)
{
    struct answer a;
    int rc = post(w, dry_run, NULL, &a);

    if (rc)
        return rc;
    rc = answer_exit(&a);
    if (rc == EXIT_DONE) {
        print_bytes(a.body.s, a.body.len);
    } else {
        answer_complain(w->call, &a);
        tell_faults(w, &a);
    }
    answer_free(&a);
    return rc;
}

/* That it is written, and the command that csid says comes next. */
static void tell_written(const struct answer *a)
{
    struct json o;
    char *raw = json_read(a->body.s, a->body.len, &o) == 0 ? json_member_text(o, "hint") : NULL;
    char *hint = text_one_line(raw ? raw : "");

    printed("Written.%s%s\n", *hint ? " Next: " : "", hint);
    free(hint);
    free(raw);
}

/* What has been shown already is not shown again, but where a program is to read it. */
static int write_shown(const struct wizard *w)
{
    const struct call *c = w->call;
    bool form = c->global[G_JSON] || c->global[G_CSV] || c->global[G_FORMAT];
    struct answer a;
    int rc = post(w, false, form ? NULL : "application/json", &a);

    if (rc)
        return rc;
    rc = answer_exit(&a);
    if (rc)
        answer_complain(c, &a);
    else if (form)
        print_bytes(a.body.s, a.body.len);
    else
        tell_written(&a);
    answer_free(&a);
    return rc;
}

static int confirm(const struct wizard *w)
{
    char *line;
    bool yes;

    if (!prompt_possible())
        return complain(EXIT_FAILED, "nothing was written: add --yes to write it");
    advise("%s", "");
    line = prompt("Write this? [y/N]");
    yes = line && (strcasecmp(line, "y") == 0 || strcasecmp(line, "yes") == 0);
    free(line);
    return yes ? write_shown(w) : complain(EXIT_FAILED, "nothing was written");
}

/* ---- a file of answers ---- */

static int from_file(struct wizard *w)
{
    int rc = request_file(w->from, &w->body);

    if (rc)
        return rc;
    w->type = "application/yaml";
    if (w->yes && !w->dry_run)
        return submit(w, false);
    rc = submit(w, true);
    return rc || w->dry_run ? rc : confirm(w);
}

/* ---- a dialogue ---- */

static int get_questions(const struct wizard *w, struct questions *ret)
{
    struct own_request o = {GET, "", NULL, "application/json"};
    struct request r;
    struct answer a;
    int rc;

    request_own(w->call, &o, 0, NULL, &r);
    rc = answer_get(w->call, &r, &a);
    request_free(&r);
    if (rc)
        return rc;
    rc = answer_exit(&a);
    if (rc)
        answer_complain(w->call, &a);
    else if (questions_read(a.body.s, a.body.len, ret) < 0)
        rc = complain(EXIT_UNREACHABLE, "what listens at %s does not answer as csid does",
                      call_socket(w->call));
    answer_free(&a);
    return rc;
}

/* Says which answers will not do and has them asked again; false when it is not about answers. */
static bool ask_again(struct questions *all, const struct answer *a)
{
    struct problem p = {0};
    bool any = false;

    if (a->is_problem && problem_read(a->body.s, a->body.len, &p) == 0)
        for (size_t i = 0; i < p.fault_count; i++)
            if (p.faults[i].name && questions_again(all, p.faults[i].name)) {
                tell_fault("", &p.faults[i]);
                any = true;
            }
    problem_free(&p);
    return any;
}

/* Asks until csid takes the answers, then shows what would be. */
static int ask_all(struct wizard *w, struct questions *all)
{
    struct answer a;
    int rc;

    for (;;) {
        if (!questions_ask(all)) {
            text_clear(&w->body);
            return complain(EXIT_FAILED, "nothing was written");
        }
        questions_json(all, &w->body);
        rc = post(w, true, NULL, &a);
        if (rc)
            return rc;
        rc = answer_exit(&a);
        if (rc && !ask_again(all, &a)) {
            answer_complain(w->call, &a);
            answer_free(&a);
            return rc;
        }
        if (rc == EXIT_DONE)
            break;
        answer_free(&a);
    }
    print_bytes(a.body.s, a.body.len);
    answer_free(&a);
    return EXIT_DONE;
}

static int keep(const struct wizard *w, const struct questions *all)
{
    int flags = O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | (w->yes ? O_TRUNC : O_EXCL);
    int fd = open(w->keep, flags, 0600), rc;
    struct text yaml = TEXT_INIT;

    if (fd < 0)
        return complain(EXIT_FAILED, "%s cannot be written: %s", w->keep, strerror(errno));
    questions_yaml(all, &yaml);
    rc = fchmod(fd, 0600) < 0 || write(fd, yaml.s, yaml.len) != (ssize_t)yaml.len ? -1 : 0;
    if (close(fd) < 0 || rc < 0)
        rc = complain(EXIT_FAILED, "%s cannot be written: %s", w->keep, strerror(errno));
    text_free(&yaml);
    return rc;
}

static int check_terminal(const struct wizard *w)
{
    struct stat st;

    if (!prompt_possible())
        return complain(EXIT_USAGE, "%s asks on a terminal; elsewhere give it --answers=FILE",
                        w->call->words.s);
    if (w->keep && !w->yes && lstat(w->keep, &st) == 0)
        return complain(EXIT_FAILED, "%s is there already: name another, or add --yes", w->keep);
    return EXIT_DONE;
}

static int from_terminal(struct wizard *w)
{
    struct questions all;
    int rc = check_terminal(w);

    if (rc == EXIT_DONE)
        rc = get_questions(w, &all);
    if (rc)
        return rc;
    w->type = "application/json";
    advise("Enter takes what stands in [ ], or leaves open what is not known yet; so does -.\n"
           "? explains a question, Ctrl-D leaves with nothing written.");
    advise("%s", "");
    rc = ask_all(w, &all);
    if (w->keep && w->body.len) { /* all was answered: kept also where csid would not have it */
        int kept = keep(w, &all);

        rc = rc ? rc : kept;
    }
    questions_free(&all);
    if (rc || w->dry_run)
        return rc;
    return w->yes ? write_shown(w) : confirm(w);
}

int wizard(const struct call *c)
{
    struct wizard w = {
        .call = c,
        .from = option(c, "--answers"),
        .keep = option(c, "--write-answers"),
        .yes = option(c, "--yes") != NULL,
        .dry_run = option(c, "--dry-run") != NULL,
    };
    int rc;

    if (w.from && w.keep)
        return complain(EXIT_USAGE, "--write-answers keeps what is asked, and with --answers "
                                    "nothing is");
    rc = w.from ? from_file(&w) : from_terminal(&w);
    text_free(&w.body);
    return rc;
}
