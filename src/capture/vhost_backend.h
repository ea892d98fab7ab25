/*
 * A back end of vhost-user-gpu that records: it listens, takes one front end after the other, and
 * goes on until somebody ends it or the trace has what it was to have.
 */
#ifndef SL_CAPTURE_VHOST_BACKEND_H
#define SL_CAPTURE_VHOST_BACKEND_H

#include "capture/vhost_session.h"

struct sl_vhost_backend_config {
    struct sl_vhost_session_config session;
    int listen_fd;
    int stop_fd;  /* readable = end now */
    int marks_fd; /* lines, each the name of a capture point; -1 = none */
    bool once;    /* end with the first front end */

    void *data;
    /* Now and then, and at the end. */
    void (*status)(void *data, struct sl_live *live);
    /* A front end that broke the protocol, or a mark that is no name; the recording goes on. */
    void (*problem)(void *data, const struct sl_error *problem);
};

/*
 * Listens on a new UNIX socket at path; a stale one that nobody listens on is replaced. Rule
 * capture.socket: the path is too long for a socket.
 */
enum sl_status sl_vhost_listen(const char *path, int *fd, struct sl_error *err);

/*
 * Runs until the end and completes the trace, whatever happened; *live must still be destroyed.
 * SL_ERR_DAMAGED: with once, the front end broke the protocol.
 */
enum sl_status sl_vhost_backend_run(const struct sl_vhost_backend_config *config,
                                    struct sl_error *err);

#endif
