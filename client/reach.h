/*
 * reach: a connection to csid's socket, or a text that says what stands in the way and whom to ask.
 */
#ifndef CSICTL_REACH_H
#define CSICTL_REACH_H

/*
 * Connects to the Unix socket. Returns EXIT_DONE; or, after saying why not, EXIT_DENIED (the
 * socket may not be opened), EXIT_UNREACHABLE, or EXIT_USAGE (no socket can have that path).
 */
int reach(const char *path, int *ret_fd);

#endif
