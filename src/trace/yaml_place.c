/* Named addresses, and memory that the assembler gives out. */
#include "trace/yaml_asm.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
    PAGE = 4096,
    PLACES_MAX = 4096,
};

enum sl_status sl_asm_allocate(struct sl_asm *a, const yaml_node_t *node, uint64_t size,
                               uint64_t *gpa, struct sl_error *err)
{
    uint64_t left = a->heap_end - a->heap;
    if (size == 0 || size > left) {
        return sl_asm_fail(a, node, SL_RULE_YAML_MEMORY, err,
                           "0x%" PRIx64 " bytes of memory, 0x%" PRIx64
                           " are left in the upper half of the first RAM region",
                           size, left);
    }
    *gpa = a->heap;
    a->heap += size + (-size & (PAGE - 1));
    if (a->heap > a->heap_end || a->heap < *gpa) {
        a->heap = a->heap_end;
    }
    return SL_OK;
}

const struct sl_asm_place *sl_asm_find(const struct sl_asm *a, const char *name, size_t length)
{
    for (size_t i = 0; i < a->place_count; i++) {
        const struct sl_asm_place *place = &a->places[i];
        if (strncmp(place->name, name, length) == 0 && place->name[length] == '\0') {
            return place;
        }
    }
    return NULL;
}

/* A letter or underscore, then letters, digits and underscores. */
static bool is_name(const char *text)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";
    return text[0] && !(text[0] >= '0' && text[0] <= '9') && text[strspn(text, letters)] == '\0';
}

static enum sl_status add_place(struct sl_asm *a, const char *name, struct sl_error *err)
{
    if (a->place_count == PLACES_MAX) {
        return sl_fail(err, SL_ERR_UNSUPPORTED, SL_RULE_HOST_LIMIT, "more than %d names",
                       PLACES_MAX);
    }
    struct sl_asm_place *places = realloc(a->places, (a->place_count + 1) * sizeof(*places));
    if (!places) {
        return sl_fail_memory(err, 0);
    }
    a->places = places;
    char *copy = strdup(name);
    if (!copy) {
        return sl_fail_memory(err, 0);
    }
    places[a->place_count++] = (struct sl_asm_place){.name = copy};
    return SL_OK;
}

enum sl_status sl_asm_define(struct sl_asm *a, const char *name, uint64_t gpa, uint64_t size,
                             struct sl_error *err)
{
    size_t i = 0;
    while (i < a->place_count && strcmp(a->places[i].name, name) != 0) {
        i++;
    }
    enum sl_status status = i == a->place_count ? add_place(a, name, err) : SL_OK;
    if (status == SL_OK) {
        a->places[i].gpa = gpa;
        a->places[i].size = size;
    }
    return status;
}

enum sl_status sl_asm_name(struct sl_asm *a, const yaml_node_t *node, uint64_t gpa, uint64_t size,
                           struct sl_error *err)
{
    const char *name = sl_yaml_scalar(node);
    if (!name || !is_name(name)) {
        return sl_asm_fail(a, node, SL_RULE_YAML_NAME, err,
                           "a name is letters, digits and underscores, no digit first");
    }
    if (sl_asm_find(a, name, strlen(name))) {
        return sl_asm_fail(a, node, SL_RULE_YAML_NAME, err, "'%.80s' is named twice", name);
    }
    return sl_asm_define(a, name, gpa, size, err);
}
