#include "service/config_yaml.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/text.h"

enum { DEPTH_MAX = 16, PIPE_WAIT_MS = 5000 };

static const char bom[] = "\xef\xbb\xbf";

/* A pipe is read too (csid -c /dev/stdin), but one that nobody fills must not stop the daemon. */
static bool wait_for_data(int fd)
{
    return poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, PIPE_WAIT_MS) != 0;
}

static int read_all(int fd, const char *path, size_t max, struct text *t, struct err *e)
{
    char chunk[16384];
    ssize_t n;

    text_clear(t);
    for (;;) {
        n = read(fd, chunk, sizeof chunk);
        if (n < 0 && (errno == EINTR || (errno == EAGAIN && wait_for_data(fd))))
            continue;
        if (n < 0)
            return err_set(e, ERR_USAGE, "%s cannot be read: %s", path, strerror(errno));
        if (n == 0)
            return 0;
        text_add_bytes(t, chunk, (size_t)n);
        if (t->len > max)
            return err_set(e, ERR_USAGE, "%s is larger than %zu bytes", path, max);
    }
}

int config_file_read(const char *path, size_t max, char **ret, size_t *ret_len, struct err *e)
{
    struct text t = TEXT_INIT;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK), result = -1;
    struct stat st;

    if (fd < 0)
        return err_set(e, ERR_USAGE, "%s cannot be read: %s", path, strerror(errno));
    if (fstat(fd, &st) < 0) {
        err_set(e, ERR_USAGE, "%s cannot be read: %s", path, strerror(errno));
        goto out;
    }
    if (S_ISDIR(st.st_mode)) {
        err_set(e, ERR_USAGE, "%s is a directory; give the file", path);
        goto out;
    }
    if (read_all(fd, path, max, &t, e) < 0)
        goto out;
    *ret_len = t.len;
    *ret = text_take(&t);
    result = 0;
out:
    if (t.s)
        explicit_bzero(t.s, t.len);
    text_free(&t);
    close(fd);
    return result;
}

struct config_place config_yaml_place(yaml_mark_t mark)
{
    return (struct config_place){mark.line + 1, mark.column + 1};
}

/* What YAML 1.1 lets stand in a file (5.1); libyaml refuses the rest too, but does not say where.
 */
static bool may_stand(unsigned code)
{
    if (code < 0x20)
        return code == '\t' || code == '\n' || code == '\r';
    return (code < 0x7f || code == 0x85 || code >= 0xa0) && code != 0xfeff &&
           (code < 0xfffe || code > 0xffff);
}

static int check_bytes(const char *s, size_t len, struct config_notes *notes)
{
    struct config_place at = CONFIG_START;

    while (len) {
        unsigned code = 0;
        size_t n = utf8_char(s, len, &code);

        if (n == 0) {
            config_fault(notes, at, "", "byte 0x%02x is not UTF-8; save the file as UTF-8",
                         (unsigned char)*s);
            return -1;
        }
        if (!may_stand(code)) {
            config_fault(notes, at, "", "character U+%04X may not stand here; remove it", code);
            return -1;
        }
        at.column++;
        if (code == '\n' || (code == '\r' && (len == 1 || s[1] != '\n'))) {
            at.line++;
            at.column = 1;
        }
        s += n;
        len -= n;
    }
    return 0;
}

static void syntax_fault(const yaml_parser_t *p, struct config_notes *notes)
{
    const char *problem = p->problem ? p->problem : "cannot be read";

    if (p->context && p->context_mark.line != p->problem_mark.line)
        config_fault(notes, config_yaml_place(p->problem_mark), "",
                     "not YAML: %s, %s that began in line %zu", problem, p->context,
                     p->context_mark.line + 1);
    else
        config_fault(notes, config_yaml_place(p->problem_mark), "", "not YAML: %s%s%s", problem,
                     p->context ? ", " : "", p->context ? p->context : "");
}

/* The anchor and tag of an event that may have them. */
static const yaml_char_t *event_anchor(const yaml_event_t *ev)
{
    return ev->type == YAML_SCALAR_EVENT           ? ev->data.scalar.anchor
           : ev->type == YAML_SEQUENCE_START_EVENT ? ev->data.sequence_start.anchor
           : ev->type == YAML_MAPPING_START_EVENT  ? ev->data.mapping_start.anchor
                                                   : NULL;
}

static const yaml_char_t *event_tag(const yaml_event_t *ev)
{
    return ev->type == YAML_SCALAR_EVENT           ? ev->data.scalar.tag
           : ev->type == YAML_SEQUENCE_START_EVENT ? ev->data.sequence_start.tag
           : ev->type == YAML_MAPPING_START_EVENT  ? ev->data.mapping_start.tag
                                                   : NULL;
}

struct scan {
    int depth, documents;
    struct config_notes *notes;
};

/* False when nothing after this event is worth looking at. */
static bool scan_event(struct scan *s, const yaml_event_t *ev)
{
    struct config_place at = config_yaml_place(ev->start_mark);

    if (ev->type == YAML_STREAM_END_EVENT)
        return false;
    if (ev->type == YAML_DOCUMENT_START_EVENT && ++s->documents > 1) {
        config_fault(s->notes, at, "",
                     "a second document begins here; keep one and drop the '---'");
        return false;
    }
    if (ev->type == YAML_ALIAS_EVENT)
        config_fault(s->notes, at, "", "aliases (*name) are not read; write the value out");
    if (event_anchor(ev))
        config_fault(s->notes, at, "", "anchors (&name) are not read; remove it");
    if (event_tag(ev))
        config_fault(s->notes, at, "", "tags (!name) are not read; remove it");
    if (ev->type == YAML_SEQUENCE_START_EVENT || ev->type == YAML_MAPPING_START_EVENT)
        s->depth++;
    if (ev->type == YAML_SEQUENCE_END_EVENT || ev->type == YAML_MAPPING_END_EVENT)
        s->depth--;
    if (s->depth > DEPTH_MAX) {
        config_fault(s->notes, at, "", "nested more than %d deep", DEPTH_MAX);
        return false;
    }
    return true;
}

static void begin(yaml_parser_t *p, const char *text, size_t len)
{
    if (!yaml_parser_initialize(p))
        abort();
    yaml_parser_set_encoding(p, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(p, (const unsigned char *)text, len);
}

/* Goes through the events, which cost nothing however they nest, before a document is made of them.
 */
static int scan(const char *text, size_t len, struct config_notes *notes)
{
    struct scan s = {.notes = notes};
    size_t before = notes->faults;
    yaml_parser_t p;
    bool more = true;

    begin(&p, text, len);
    while (more) {
        yaml_event_t ev;

        if (!yaml_parser_parse(&p, &ev)) {
            syntax_fault(&p, notes);
            break;
        }
        more = scan_event(&s, &ev);
        yaml_event_delete(&ev);
    }
    yaml_parser_delete(&p);
    return notes->faults > before ? -1 : 0;
}

static int load(const char *text, size_t len, yaml_document_t *ret, struct config_notes *notes)
{
    yaml_parser_t p;
    int done;

    begin(&p, text, len);
    done = yaml_parser_load(&p, ret);
    if (!done)
        syntax_fault(&p, notes);
    yaml_parser_delete(&p);
    return done ? 0 : -1;
}

int config_yaml_load(const char *text, size_t len, yaml_document_t *ret, struct config_notes *notes)
{
    if (len >= strlen(bom) && memcmp(text, bom, strlen(bom)) == 0) {
        text += strlen(bom);
        len -= strlen(bom);
    }
    if (check_bytes(text, len, notes) < 0 || scan(text, len, notes) < 0)
        return -1;
    return load(text, len, ret, notes);
}

void config_yaml_load_own(const char *text, yaml_document_t *ret)
{
    struct config_notes none = {0};

    if (load(text, strlen(text), ret, &none) < 0)
        abort();
}

bool config_yaml_is_null(const yaml_node_t *node)
{
    const char *s = (const char *)node->data.scalar.value;

    return node->type == YAML_SCALAR_NODE && node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
           (*s == '\0' || strcmp(s, "~") == 0 || strcmp(s, "null") == 0);
}

const char *config_yaml_kind(const yaml_node_t *node)
{
    return node->type == YAML_SCALAR_NODE     ? "a text"
           : node->type == YAML_SEQUENCE_NODE ? "a list"
                                              : "a mapping";
}

bool config_yaml_has_controls(const yaml_node_t *node)
{
    const char *s = (const char *)node->data.scalar.value;
    size_t len = node->data.scalar.length;

    while (len) {
        unsigned code = 0;
        size_t n = utf8_char(s, len, &code);

        if (n == 0 || code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0x2028 ||
            code == 0x2029)
            return true;
        s += n;
        len -= n;
    }
    return false;
}
