#include "notice/plain.h"

#include <cmark.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"

/* A block inside lists and quotes: `first` goes before its next line, `rest` before those after. */
struct plain {
    struct text out, first, rest;
    bool in_line;
    bool gap; /* an empty line is due before the next block */
};

static void cut(struct text *t, size_t bytes)
{
    t->len -= bytes;
    t->s[t->len] = '\0';
}

static void line_begin(struct plain *p)
{
    if (p->gap && p->out.len)
        text_add(&p->out, "\n");
    p->gap = false;
    text_add_bytes(&p->out, p->first.s, p->first.len);
    text_clear(&p->first);
    text_add_bytes(&p->first, p->rest.s, p->rest.len);
    p->in_line = true;
}

static void line_end(struct plain *p)
{
    while (p->out.len && p->out.s[p->out.len - 1] == ' ')
        cut(&p->out, 1);
    text_add(&p->out, "\n");
    p->in_line = false;
}

static void put(struct plain *p, const char *s)
{
    for (; s && *s; s++) {
        if (!p->in_line)
            line_begin(p);
        if (*s == '\n')
            line_end(p);
        else
            text_add_bytes(&p->out, s, 1);
    }
}

static void block_end(struct plain *p)
{
    if (p->in_line)
        line_end(p);
    p->gap = true;
}

static void push(struct plain *p, const char *first, const char *rest)
{
    text_add(&p->first, first);
    text_add(&p->rest, rest);
}

static void pop(struct plain *p, size_t width)
{
    cut(&p->first, width);
    cut(&p->rest, width);
}

static size_t item_marker(cmark_node *item, char ret[16])
{
    cmark_node *list = cmark_node_parent(item);
    int number = cmark_node_get_list_start(list);

    if (cmark_node_get_list_type(list) != CMARK_ORDERED_LIST)
        return (size_t)snprintf(ret, 16, "- ");
    for (cmark_node *n = item; (n = cmark_node_previous(n));)
        number++;
    return (size_t)snprintf(ret, 16, "%d. ", number);
}

static void item(struct plain *p, cmark_node *node, bool enter)
{
    char marker[16], blanks[16];
    size_t width = item_marker(node, marker);

    if (enter) {
        memset(blanks, ' ', width);
        blanks[width] = '\0';
        push(p, marker, blanks);
        return;
    }
    if (!cmark_node_first_child(node)) {
        line_begin(p);
        line_end(p);
    }
    pop(p, width);
    p->gap = !cmark_node_get_list_tight(cmark_node_parent(node));
}

static void list(struct plain *p, cmark_node *node, bool enter)
{
    bool nested = cmark_node_get_type(cmark_node_parent(node)) == CMARK_NODE_ITEM;

    if (!enter)
        p->gap = true;
    else if (nested && cmark_node_get_list_tight(node))
        p->gap = false;
}

static void quote(struct plain *p, cmark_node *node, bool enter)
{
    (void)node;
    if (enter)
        push(p, "> ", "> ");
    else
        pop(p, 2);
}

static bool in_tight_list(cmark_node *paragraph)
{
    cmark_node *parent = cmark_node_parent(paragraph);

    return cmark_node_get_type(parent) == CMARK_NODE_ITEM &&
           cmark_node_get_list_tight(cmark_node_parent(parent));
}

static void paragraph(struct plain *p, cmark_node *node, bool enter)
{
    if (enter)
        return;
    block_end(p);
    if (in_tight_list(node))
        p->gap = false;
}

/* Underlined as wide as its text: what a heading looks like where there is no bold. */
static void heading(struct plain *p, cmark_node *node, bool enter)
{
    size_t width = 0, at;
    const char *rule = cmark_node_get_heading_level(node) == 1 ? "=" : "-";

    if (enter)
        return;
    for (at = p->out.len; at && p->out.s[at - 1] != '\n'; at--)
        width += (p->out.s[at - 1] & 0xc0) != 0x80;
    if (p->in_line && cmark_node_get_heading_level(node) < 3) {
        line_end(p);
        width -= p->first.len < width ? p->first.len : width;
        for (size_t i = 0; i < width && i < 72; i++)
            put(p, rule);
    }
    block_end(p);
}

static void code_block(struct plain *p, cmark_node *node, bool enter)
{
    (void)enter;
    push(p, "    ", "    ");
    put(p, cmark_node_get_literal(node));
    pop(p, 4);
    block_end(p);
}

static void rule_line(struct plain *p, cmark_node *node, bool enter)
{
    (void)node;
    (void)enter;
    put(p, "----------------------------------------");
    block_end(p);
}

static void literal(struct plain *p, cmark_node *node, bool enter)
{
    (void)enter;
    put(p, cmark_node_get_literal(node));
}

static void newline(struct plain *p, cmark_node *node, bool enter)
{
    (void)node;
    (void)enter;
    put(p, "\n");
}

/* "text <url>"; an autolink shows its address once. */
static void link_address(struct plain *p, cmark_node *node, bool enter)
{
    const char *url = cmark_node_get_url(node);
    cmark_node *child = cmark_node_first_child(node);
    const char *text = child ? cmark_node_get_literal(child) : NULL;

    if (enter || !url || !*url || (text && strcmp(text, url) == 0))
        return;
    put(p, " <");
    put(p, url);
    put(p, ">");
}

static const struct {
    cmark_node_type type;
    void (*write)(struct plain *p, cmark_node *node, bool enter);
} writers[] = {
    {CMARK_NODE_BLOCK_QUOTE, quote},
    {CMARK_NODE_LIST, list},
    {CMARK_NODE_ITEM, item},
    {CMARK_NODE_PARAGRAPH, paragraph},
    {CMARK_NODE_HEADING, heading},
    {CMARK_NODE_CODE_BLOCK, code_block},
    {CMARK_NODE_THEMATIC_BREAK, rule_line},
    {CMARK_NODE_TEXT, literal},
    {CMARK_NODE_CODE, literal},
    {CMARK_NODE_SOFTBREAK, newline},
    {CMARK_NODE_LINEBREAK, newline},
    {CMARK_NODE_LINK, link_address},
};

static void write_node(struct plain *p, cmark_node *node, bool enter)
{
    for (size_t i = 0; i < COUNT(writers); i++) {
        if (writers[i].type == cmark_node_get_type(node)) {
            writers[i].write(p, node, enter);
            return;
        }
    }
}

char *plain_from_markdown(const char *markdown)
{
    cmark_node *root = cmark_parse_document(markdown, strlen(markdown), CMARK_OPT_VALIDATE_UTF8);
    cmark_iter *iter = cmark_iter_new(root);
    cmark_event_type event;
    struct plain p = {TEXT_INIT, TEXT_INIT, TEXT_INIT, false, false};

    text_clear(&p.out);
    text_clear(&p.first);
    text_clear(&p.rest);
    while ((event = cmark_iter_next(iter)) != CMARK_EVENT_DONE)
        write_node(&p, cmark_iter_get_node(iter), event == CMARK_EVENT_ENTER);
    if (p.in_line)
        line_end(&p);
    cmark_iter_free(iter);
    cmark_node_free(root);
    text_free(&p.first);
    text_free(&p.rest);
    return text_take(&p.out);
}
