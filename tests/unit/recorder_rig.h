/* What the tests of the recorder share: files of their own, and reading them back. */
#ifndef SL_TESTS_RECORDER_RIG_H
#define SL_TESTS_RECORDER_RIG_H

#include "slt_fixture.h"

#include <scanlock/record.h>

/* A fresh path in a folder of this process; both are removed by recorder_rig_finish(). */
const char *recorder_rig_path(void);
void recorder_rig_finish(void);

/* The bytes of a file. Asserts that it can be read. */
void recorder_rig_load(const char *path, struct sl_buf *file);

/*
 * Asserts that the file at path is a trace of the first events of the list, finished or not, and
 * returns how many.
 */
size_t recorder_rig_expect(const char *path, const struct slt_events *list, bool finished);

/* Records the list with these limits up to the first status that is not SL_OK; returns that. */
enum sl_status recorder_rig_put_all(struct sl_recorder *rec, const struct slt_events *list,
                                    struct sl_error *err);

/* Sleeps for a moment; for waiting until another thread has come somewhere. */
void recorder_rig_pause(void);

#endif
