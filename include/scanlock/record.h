/*
 * Recording: how an emulator keeps what a guest does to its virtual GPU.
 *
 * A recorder takes bus events (event.h) and writes a binary trace. sl_recorder_put() copies an
 * event into a queue and returns; one thread of the recorder's own compresses and writes. What an
 * emulator has to hand over, and when, is in docs/recording.md, for both devices.
 *
 *     sl_recorder_create()            or, without structs:  sl_recorder_open()
 *     sl_recorder_put() ...                                 sl_recorder_set_option() ...
 *     sl_recorder_finish()                                  sl_recorder_memory(), ...
 *     sl_recorder_destroy()                                 sl_recorder_finish(), destroy()
 *
 * Threads. Every function but finish and destroy may be called from any thread at any time. Events
 * get one total order: a call that returned before another began comes first, concurrent calls come
 * in either order, and the device must see them in that same order, so an emulator records an
 * access under the lock under which it performs it. finish and destroy must be the last calls, each
 * from one thread. The recorder's thread has all signals blocked. After fork() only the parent may
 * use the recorder; the child must not call anything with it.
 *
 * Failure. A recording has no holes: the first failure of any call or of the recorder's thread ends
 * it. What was taken before is still written if the disk lets it; every later call returns that
 * first failure again. Statuses: USAGE (something that no trace can hold; a call out of order),
 * UNSUPPORTED (an event of more than 256 MiB; the trace is full), ENVIRONMENT (disk, memory).
 *
 * Durability. No event waits in memory for more than about a second, unless the disk is slower than
 * the guest: then a backlog builds up, which sl_recorder_get_stats() shows. A process that is
 * killed leaves a file that reads as an unfinished trace up to the last event written. This timing
 * decides where chunks of the file end, never which events are in it.
 */
#ifndef SCANLOCK_RECORD_H
#define SCANLOCK_RECORD_H

#include <scanlock/event.h>

#ifdef __cplusplus
extern "C" {
#endif

struct sl_recorder;

struct sl_recorder_limits {
    /*
     * Bytes of the finished file, index and all, that are never exceeded; 0 = no limit. See
     * sl_recorder_is_full().
     */
    uint64_t max_trace_bytes;
    /*
     * Bytes of events waiting to be written beyond which put waits; 0 = 256 MiB. A larger event is
     * taken when nothing else waits.
     */
    uint64_t max_backlog_bytes;
};

/* Counters of one recording. All are bytes, events, or nanoseconds, from its start. */
struct sl_recorder_stats {
    uint64_t events;         /* taken */
    uint64_t frames;         /* capture points among them */
    uint64_t payload_bytes;  /* memory, responses and text handed over with them */
    uint64_t written_events; /* in the file, there even if the process is killed now */
    uint64_t trace_bytes;    /* length of the file now */
    uint64_t backlog_bytes;  /* taken, and not yet compressed; what put waits for counts this */
    uint64_t peak_backlog_bytes;
    uint64_t waits;   /* calls that had to wait because of the backlog */
    uint64_t wait_ns; /* how long they waited, together */
    uint64_t is_full; /* 1 once max_trace_bytes is reached */
};

/*
 * Creates or truncates the file at path, writes metadata and starts the thread. Everything is
 * copied. limits may be NULL. *rec is NULL on failure. meta follows docs/trace-format.md, else
 * SL_ERR_USAGE and no file is touched; a max_trace_bytes too small for a trace of no event is
 * SL_ERR_USAGE, too.
 */
SL_API enum sl_status sl_recorder_create(const char *path, const struct sl_trace_meta *meta,
                                         const struct sl_recorder_limits *limits,
                                         struct sl_recorder **rec, struct sl_error *err);

/*
 * Takes an event; everything is copied before it returns. Waits for neither compression nor disk
 * while the backlog is below its limit; above, it waits until there is room, in the order of calls.
 */
SL_API enum sl_status sl_recorder_put(struct sl_recorder *rec, const struct sl_event *event,
                                      struct sl_error *err);

/*
 * True once the trace has reached max_trace_bytes. From then on put returns SL_ERR_UNSUPPORTED with
 * rule host.limit, and the caller should finish, which succeeds: the trace then ends before the
 * first event that did not fit. Size is judged a chunk at a time (at most 256 KiB of events before
 * compression, more for a single larger event), so the file may stay that much below the limit, and
 * events taken since then, events minus written_events after finish, are not in it.
 */
SL_API bool sl_recorder_is_full(struct sl_recorder *rec);

/* As in the statistics; for deciding on each event. */
SL_API uint64_t sl_recorder_backlog_bytes(struct sl_recorder *rec);

/* Valid until destroy, also after finish and after a failure. */
SL_API void sl_recorder_get_stats(struct sl_recorder *rec, struct sl_recorder_stats *stats);

/*
 * Writes what waits, then the index, and ends the thread. Takes as long as the disk does. The
 * recorder must still be destroyed. After a failure it returns that failure; if the disk is not to
 * blame, the trace is complete all the same and holds every event taken before.
 */
SL_API enum sl_status sl_recorder_finish(struct sl_recorder *rec, struct sl_error *err);

/*
 * Frees the recorder. Without finish, what waits is lost and the file stays an unfinished trace; a
 * write that is under way is waited for. NULL is fine.
 */
SL_API void sl_recorder_destroy(struct sl_recorder *rec);

/*
 * ---- Without structs ----
 *
 * The same recorder for callers that would rather not build unions: arguments are integers and
 * pointers, statuses are ints, and the report is a text that the recorder keeps.
 */

/*
 * Opens the file at path. device is "aerogpu" or "virtio-gpu"; abi_version is major << 16 | minor
 * (0 if the ABI has none); profile names what the guest was promised, "" or NULL = the device's
 * default. *rec is NULL only without memory: otherwise it must be destroyed, and on failure
 * sl_recorder_error() says why.
 *
 * Metadata may be added until the first event is recorded; then the header is written.
 */
SL_API enum sl_status sl_recorder_open(const char *path, const char *device, uint32_t abi_version,
                                       const char *profile, struct sl_recorder **rec);

/* The first failure as one line, or NULL. Valid until destroy; does not change once it is there. */
SL_API const char *sl_recorder_error(struct sl_recorder *rec);

/* A device option of docs/devices.md, for instance "scanouts", "2". Names are unique. */
SL_API enum sl_status sl_recorder_set_option(struct sl_recorder *rec, const char *name,
                                             const char *value);

/* Declares guest RAM: both numbers are multiples of 4096; regions do not overlap. At most 1024. */
SL_API enum sl_status sl_recorder_add_ram(struct sl_recorder *rec, uint64_t gpa, uint64_t size);

/* Which program records, and where the content comes from: free text, "" or NULL = nothing. */
SL_API enum sl_status sl_recorder_describe(struct sl_recorder *rec, const char *producer,
                                           const char *provenance);

/* The two members of struct sl_recorder_limits. */
SL_API enum sl_status sl_recorder_set_limits(struct sl_recorder *rec, uint64_t max_trace_bytes,
                                             uint64_t max_backlog_bytes);

/* The guest's memory at gpa now holds these bytes; size is 1 to 256 MiB. */
SL_API enum sl_status sl_recorder_memory(struct sl_recorder *rec, uint64_t gpa, const void *bytes,
                                         size_t size);

/*
 * A register access of 1, 2, 4 or 8 bytes; space is an enum sl_space. value is zero-extended and no
 * wider than the access. A read may be recorded without what the guest saw.
 */
SL_API enum sl_status sl_recorder_mmio_write(struct sl_recorder *rec, uint32_t space,
                                             uint64_t offset, uint32_t size, uint64_t value);
SL_API enum sl_status sl_recorder_mmio_read(struct sl_recorder *rec, uint32_t space,
                                            uint64_t offset, uint32_t size);
SL_API enum sl_status sl_recorder_mmio_read_value(struct sl_recorder *rec, uint32_t space,
                                                  uint64_t offset, uint32_t size, uint64_t value);

/* A kick of a queue outside of the register space, and how such a queue is set up. */
SL_API enum sl_status sl_recorder_notify(struct sl_recorder *rec, uint32_t queue);
SL_API enum sl_status sl_recorder_vring(struct sl_recorder *rec, uint32_t queue, uint32_t size,
                                        uint64_t desc_gpa, uint64_t avail_gpa, uint64_t used_gpa,
                                        uint16_t base);

/*
 * The same world, further: the guest's RAM is now these regions and no others (declared first with
 * sl_recorder_add_ram()), by the same rules; the driver has accepted these features, one bit each.
 */
SL_API enum sl_status sl_recorder_ram(struct sl_recorder *rec, const struct sl_ram_region *regions,
                                      size_t count);
SL_API enum sl_status sl_recorder_features(struct sl_recorder *rec, uint64_t features);

/* Virtual time moves to time_ns (earlier: stays), then on by count vblank periods. */
SL_API enum sl_status sl_recorder_vblank(struct sl_recorder *rec, uint32_t count, uint64_t time_ns);

/* The host's wish for a display, in pixels; 0 by 0 disables it. */
SL_API enum sl_status sl_recorder_display(struct sl_recorder *rec, uint32_t scanout, uint32_t width,
                                          uint32_t height);

/* Power-on or bus reset. A recording starts with the device as after one; none is needed there. */
SL_API enum sl_status sl_recorder_reset(struct sl_recorder *rec);

/* A capture point. Names are terminated UTF-8 of at most 4095 bytes, unique in the trace. */
SL_API enum sl_status sl_recorder_frame(struct sl_recorder *rec, const char *name);

/*
 * What the emulator's device answered; replay reports a device that answers otherwise. Each belongs
 * after the event that caused it and before the next. docs/recording.md says which to record.
 */
SL_API enum sl_status sl_recorder_expect_response(struct sl_recorder *rec, uint32_t queue,
                                                  uint32_t head, const void *bytes, size_t size);
SL_API enum sl_status sl_recorder_expect_used(struct sl_recorder *rec, uint32_t queue,
                                              uint32_t head, uint32_t length);
SL_API enum sl_status sl_recorder_expect_irq(struct sl_recorder *rec, uint32_t vector,
                                             uint32_t level);
SL_API enum sl_status sl_recorder_expect_fence(struct sl_recorder *rec, uint64_t value);
SL_API enum sl_status sl_recorder_expect_error(struct sl_recorder *rec, uint64_t code);

/*
 * What a scanout showed at the last capture point: width * height * 4 bytes of RGBA8 rows without
 * padding, cursor included; each dimension at most SL_IMAGE_DIM_MAX. Only their hash is kept. 0 by
 * 0 says that it showed nothing; pixels may be NULL then.
 */
SL_API enum sl_status sl_recorder_expect_frame(struct sl_recorder *rec, uint32_t scanout,
                                               uint32_t width, uint32_t height, const void *pixels);

/* Free text for people; terminated UTF-8. */
SL_API enum sl_status sl_recorder_note(struct sl_recorder *rec, const char *text);

/* Named bytes kept with the trace, which replay ignores: a log, a screenshot. At most 256 MiB. */
SL_API enum sl_status sl_recorder_attach(struct sl_recorder *rec, const char *name,
                                         const void *bytes, size_t size);

#ifdef __cplusplus
}
#endif
#endif
