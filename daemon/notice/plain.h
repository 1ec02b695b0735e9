/*
 * plain: Markdown as a text one reads in a terminal or a plain mail: marks and escapes are gone,
 * lists and headings keep their shape. Pure.
 */
#ifndef CSID_NOTICE_PLAIN_H
#define CSID_NOTICE_PLAIN_H

/* UTF-8 lines ended by newlines; caller frees. */
char *plain_from_markdown(const char *markdown);

#endif
