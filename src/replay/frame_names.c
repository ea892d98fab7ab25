#include "replay/frame_names.h"

#include "base/hash.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    BASE_MAX = 80,
    WANTED_MAX = BASE_MAX + sizeof(".s4294967295") - 1,
    FIRST_SLOTS = 64,
};

static_assert(WANTED_MAX + sizeof(".18446744073709551615") - 1 <= SL_FRAME_NAME_MAX,
              "a counted name fits");

/* An open hash table with linear probing; a name is never taken out. */
struct sl_frame_name_slot {
    char *name;
    uint64_t uses; /* how often it was asked for */
};

void sl_frame_names_finish(struct sl_frame_names *names)
{
    for (size_t i = 0; i < names->slot_count; i++) {
        free(names->slots[i].name);
    }
    free(names->slots);
    *names = (struct sl_frame_names){0};
}

static struct sl_frame_name_slot *probe(struct sl_frame_name_slot *slots, size_t count,
                                        const char *name)
{
    size_t at = (size_t)sl_hash64(name, strlen(name)) & (count - 1);
    while (slots[at].name && strcmp(slots[at].name, name) != 0) {
        at = (at + 1) & (count - 1);
    }
    return &slots[at];
}

static bool grow(struct sl_frame_names *names)
{
    if (names->used * 2 < names->slot_count) {
        return true;
    }
    size_t count = names->slot_count ? names->slot_count * 2 : FIRST_SLOTS;
    struct sl_frame_name_slot *slots = calloc(count, sizeof(*slots));
    if (!slots) {
        return false;
    }
    for (size_t i = 0; i < names->slot_count; i++) {
        if (names->slots[i].name) {
            *probe(slots, count, names->slots[i].name) = names->slots[i];
        }
    }
    free(names->slots);
    names->slots = slots;
    names->slot_count = count;
    return true;
}

/* Counts a use of name; 0 without memory. */
static uint64_t use(struct sl_frame_names *names, const char *name)
{
    if (!grow(names)) {
        return 0;
    }
    struct sl_frame_name_slot *slot = probe(names->slots, names->slot_count, name);
    if (!slot->name) {
        slot->name = strdup(name);
        if (!slot->name) {
            return 0;
        }
        names->used++;
    }
    return ++slot->uses;
}

static void clean(const char *text, size_t size, char base[BASE_MAX + 1])
{
    size_t length = size < BASE_MAX ? size : BASE_MAX;
    for (size_t i = 0; i < length; i++) {
        char c = text[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                     c == '_' || c == '-' || (c == '.' && i > 0);
        base[i] = plain ? c : '_';
    }
    base[length] = '\0';
    if (length == 0) {
        strcpy(base, "frame");
    }
}

bool sl_frame_names_next(struct sl_frame_names *names, const char *text, size_t size,
                         uint32_t scanout, char out[SL_FRAME_NAME_MAX + 1])
{
    char base[BASE_MAX + 1];
    clean(text, size, base);
    char wanted[WANTED_MAX + 1];
    strcpy(wanted, base);
    if (scanout != 0) {
        snprintf(wanted, sizeof(wanted), "%s.s%" PRIu32, base, scanout);
    }
    uint64_t uses = use(names, wanted);
    if (uses == 1) {
        memcpy(out, wanted, sizeof(wanted));
        return true;
    }
    /* "a" for the second time, where the trace may have called another frame "a.2". */
    while (uses > 1) {
        snprintf(out, SL_FRAME_NAME_MAX + 1, "%s.%" PRIu64, wanted, uses);
        uint64_t taken = use(names, out);
        if (taken == 1) {
            return true;
        }
        uses = taken == 0 ? 0 : use(names, wanted);
    }
    return false;
}
