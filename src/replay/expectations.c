#include "replay/expectations.h"

#include "base/hash.h"
#include "replay/transcript.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_KEPT_MAX = 160 };

struct kept {
    struct kept *next;
    uint32_t head;
    uint64_t value;
    size_t size;
    struct sl_hash128 hash;
    char text[]; /* the device's words, cut */
};

/* What waits for one kind and queue, oldest first. */
struct sl_expect_line {
    enum sl_observation_kind kind;
    uint32_t queue;
    uint32_t count;
    bool lost; /* something was dropped and nothing was asked for since */
    struct kept *first;
    struct kept *last;
};

static struct kept *take_first(struct sl_expect_line *line)
{
    struct kept *kept = line->first;
    line->first = kept->next;
    line->last = line->first ? line->last : NULL;
    line->count--;
    return kept;
}

void sl_expectations_finish(struct sl_expectations *expectations)
{
    for (size_t i = 0; i < expectations->line_count; i++) {
        while (expectations->lines[i].first) {
            free(take_first(&expectations->lines[i]));
        }
    }
    free(expectations->lines);
    *expectations = (struct sl_expectations){0};
}

static struct sl_expect_line *find_line(const struct sl_expectations *expectations,
                                        enum sl_observation_kind kind, uint32_t queue)
{
    for (size_t i = 0; i < expectations->line_count; i++) {
        struct sl_expect_line *line = &expectations->lines[i];
        if (line->kind == kind && line->queue == queue) {
            return line;
        }
    }
    return NULL;
}

static bool add_line(struct sl_expectations *expectations, enum sl_observation_kind kind,
                     uint32_t queue)
{
    if (!expectations->lines) {
        expectations->lines = calloc(SL_EXPECT_LINES_MAX, sizeof(*expectations->lines));
        if (!expectations->lines) {
            return false;
        }
    }
    expectations->lines[expectations->line_count++] =
        (struct sl_expect_line){.kind = kind, .queue = queue};
    return true;
}

bool sl_expectations_observe(struct sl_expectations *expectations,
                             const struct sl_observation *observation)
{
    struct sl_expect_line *line = find_line(expectations, observation->kind, observation->queue);
    if (!line) {
        if (expectations->line_count == SL_EXPECT_LINES_MAX) {
            return true;
        }
        if (!add_line(expectations, observation->kind, observation->queue)) {
            return false;
        }
        line = &expectations->lines[expectations->line_count - 1];
    }
    const char *text = observation->text ? observation->text : "";
    size_t length = strlen(text);
    length = length < TEXT_KEPT_MAX ? length : TEXT_KEPT_MAX;
    struct kept *kept = malloc(sizeof(*kept) + length + 1);
    if (!kept) {
        return false;
    }
    *kept = (struct kept){
        .head = observation->head,
        .value = observation->value,
        .size = observation->size,
        .hash = sl_hash128(observation->bytes, observation->size),
    };
    memcpy(kept->text, text, length);
    kept->text[length] = '\0';
    if (line->count == SL_EXPECT_KEPT_MAX) {
        free(take_first(line));
        line->lost = true;
    }
    *(line->last ? &line->last->next : &line->first) = kept;
    line->last = kept;
    line->count++;
    return true;
}

static bool equal(const struct sl_expect_event *expect, const struct kept *kept)
{
    switch (expect->kind) {
    case SL_OBS_RESPONSE: {
        struct sl_hash128 hash = sl_hash128(expect->bytes, expect->size);
        return expect->head == kept->head && expect->size == kept->size &&
               sl_hash128_equal(&hash, &kept->hash);
    }
    case SL_OBS_FRAME: {
        struct sl_hash128 hash = sl_hash128(expect->bytes, expect->size);
        return expect->value == kept->value && expect->size == kept->size &&
               sl_hash128_equal(&hash, &kept->hash);
    }
    case SL_OBS_USED:
        return expect->head == kept->head && expect->value == kept->value;
    case SL_OBS_IRQ:
        return expect->queue != SL_IRQ_INTX || expect->value == kept->value;
    case SL_OBS_FENCE:
    case SL_OBS_ERROR:
        return expect->value == kept->value;
    }
    return false;
}

static void print_difference(struct sl_buf *why, const struct sl_expect_event *expect,
                             const struct kept *kept)
{
    struct sl_buf wanted = {0};
    struct sl_buf got = {0};
    sl_observation_print_fields(&wanted, expect->kind, expect->queue, expect->head, expect->value,
                                expect->size);
    sl_observation_print_fields(&got, expect->kind, expect->queue, kept->head, kept->value,
                                kept->size);
    const char *a = sl_buf_cstr(&wanted);
    const char *b = sl_buf_cstr(&got);
    if (!a || !b) {
        why->failed = true;
    } else if (strcmp(a, b) == 0) {
        sl_buf_printf(why, "%s: the %s differ%s%s", a,
                      expect->kind == SL_OBS_FRAME ? "pixels" : "bytes",
                      kept->text[0] ? "; the device answered " : "", kept->text);
    } else {
        sl_buf_printf(why, "%s; the device gave %s%s%s", a, b, kept->text[0] ? " " : "",
                      kept->text);
    }
    sl_buf_finish(&wanted);
    sl_buf_finish(&got);
}

bool sl_expectations_meet(struct sl_expectations *expectations,
                          const struct sl_expect_event *expect, struct sl_buf *why)
{
    sl_buf_printf(why, "expected %s ", sl_observation_kind_name(expect->kind));
    struct sl_expect_line *line = find_line(expectations, expect->kind, expect->queue);
    if (!line || !line->first) {
        sl_observation_print_fields(why, expect->kind, expect->queue, expect->head, expect->value,
                                    expect->size);
        sl_buf_text(why, "; the device gave none");
        return false;
    }
    if (line->lost) {
        sl_buf_printf(why, "later than %u observations after it", SL_EXPECT_KEPT_MAX);
        line->lost = false;
        return false;
    }
    struct kept *kept = take_first(line);
    bool met = equal(expect, kept);
    if (!met) {
        print_difference(why, expect, kept);
    }
    free(kept);
    return met;
}
