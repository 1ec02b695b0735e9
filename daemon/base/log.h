/*
 * log: one line per event on stderr, with the priority prefix that journald reads (sd-daemon(3)).
 * Only service/ calls it; a function logs or returns its error, never both.
 */
#ifndef CSID_BASE_LOG_H
#define CSID_BASE_LOG_H

/* One line, printf style; controls in it are replaced. */
void log_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_warning(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
