/* "frames" of a suite file: each kind of exception carries a reason, which only people read. */
#include "suite/frame_rules.h"

#include "base/status.h"
#include "suite/suite_priv.h"

#include <stdlib.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static enum sl_status check_reason(struct sl_yaml *yaml, const yaml_node_t *value, void *data,
                                   struct sl_error *err)
{
    (void)data;
    char *text = NULL;
    enum sl_status status = sl_yaml_reason(yaml, value, &text, err);
    free(text);
    return status;
}

static struct sl_frame_rule *last_rule(void *data)
{
    struct sl_suite_test *test = data;
    return &test->rules[test->rule_count - 1];
}

static enum sl_status set_max_pixels(struct sl_yaml *yaml, const yaml_node_t *value, void *data,
                                     struct sl_error *err)
{
    struct sl_bucket *bucket = data;
    uint64_t most = (uint64_t)SL_IMAGE_DIM_MAX * SL_IMAGE_DIM_MAX;
    return sl_yaml_number(yaml, value, 1, most, &bucket->max_pixels, err);
}

static enum sl_status set_max_level(struct sl_yaml *yaml, const yaml_node_t *value, void *data,
                                    struct sl_error *err)
{
    struct sl_bucket *bucket = data;
    uint64_t level = 0;
    enum sl_status status = sl_yaml_number(yaml, value, 1, 255, &level, err);
    bucket->max_level = (uint8_t)level;
    return status;
}

static enum sl_status add_bucket(struct sl_yaml *yaml, const yaml_node_t *value, void *data,
                                 struct sl_error *err)
{
    static const struct sl_yaml_key keys[] = {
        {"max_pixels", true, set_max_pixels},
        {"max_level", true, set_max_level},
        {"reason", true, check_reason},
    };
    struct sl_frame_rule *rule = last_rule(data);
    struct sl_bucket bucket = {0};
    enum sl_status status = sl_yaml_map(yaml, value, keys, COUNT(keys), &bucket, err);
    if (status != SL_OK) {
        return status;
    }
    bool rising = rule->bucket_count == 0 ||
                  rule->buckets[rule->bucket_count - 1].max_level < bucket.max_level;
    if (!rising || rule->bucket_count == SL_SUITE_BUCKETS_MAX) {
        return sl_yaml_fail(yaml, value, SL_RULE_SUITE_VALUE, err,
                            "expected at most %u entries of rising max_level",
                            SL_SUITE_BUCKETS_MAX);
    }
    rule->buckets[rule->bucket_count++] = bucket;
    return SL_OK;
}

static enum sl_status set_tolerance(struct sl_yaml *yaml, const yaml_node_t *value, void *data,
                                    struct sl_error *err)
{
    return sl_yaml_sequence(yaml, value, data, add_bucket, err);
}

static enum sl_status read_u32(struct sl_yaml *yaml, const yaml_node_t *value, uint64_t min,
                               uint32_t *out, struct sl_error *err)
{
    uint64_t number = 0;
    enum sl_status status = sl_yaml_number(yaml, value, min, SL_IMAGE_DIM_MAX, &number, err);
    *out = (uint32_t)number;
    return status;
}

static enum sl_status set_x(struct sl_yaml *yaml, const yaml_node_t *value, void *data,
                            struct sl_error *err)
{
    return read_u32(yaml, value, 0, &((struct sl_rect *)data)->x, err);
}

static enum sl_status set_y(struct sl_yaml *yaml, const yaml_node_t *value, void *data,
                            struct sl_error *err)
{
    return read_u32(yaml, value, 0, &((struct sl_rect *)data)->y, err);
}

static enum sl_status set_width(struct sl_yaml *yaml, const yaml_node_t *value, void *data,
                                struct sl_error *err)
{
    return read_u32(yaml, value, 1, &((struct sl_rect *)data)->width, err);
}

static enum sl_status set_height(struct sl_yaml *yaml, const yaml_node_t *value, void *data,
                                 struct sl_error *err)
{
    return read_u32(yaml, value, 1, &((struct sl_rect *)data)->height, err);
}

static enum sl_status add_rect(struct sl_yaml *yaml, const yaml_node_t *value, void *data,
                               struct sl_error *err)
{
    static const struct sl_yaml_key keys[] = {
        {"x", true, set_x},
        {"y", true, set_y},
        {"width", true, set_width},
        {"height", true, set_height},
        {"reason", true, check_reason},
    };
    struct sl_frame_rule *rule = last_rule(data);
    struct sl_rect *rects = sl_suite_grow(rule->rects, rule->rect_count, sizeof(*rects));
    if (!rects) {
        return sl_fail_memory(err, 0);
    }
    rule->rects = rects;
    rects[rule->rect_count] = (struct sl_rect){0};
    return sl_yaml_map(yaml, value, keys, COUNT(keys), &rects[rule->rect_count++], err);
}

static enum sl_status set_rects(struct sl_yaml *yaml, const yaml_node_t *value, void *data,
                                struct sl_error *err)
{
    return sl_yaml_sequence(yaml, value, data, add_rect, err);
}

static enum sl_status set_mask_file(struct sl_yaml *yaml, const yaml_node_t *value, void *data,
                                    struct sl_error *err)
{
    struct sl_frame_rule *rule = last_rule(data);
    return sl_yaml_path(yaml, value, &rule->masks[rule->mask_count - 1], err);
}

static enum sl_status add_mask(struct sl_yaml *yaml, const yaml_node_t *value, void *data,
                               struct sl_error *err)
{
    static const struct sl_yaml_key keys[] = {
        {"file", true, set_mask_file},
        {"reason", true, check_reason},
    };
    struct sl_frame_rule *rule = last_rule(data);
    char **masks = sl_suite_grow(rule->masks, rule->mask_count, sizeof(*masks));
    if (!masks) {
        return sl_fail_memory(err, 0);
    }
    rule->masks = masks;
    masks[rule->mask_count++] = NULL;
    return sl_yaml_map(yaml, value, keys, COUNT(keys), data, err);
}

static enum sl_status set_masks(struct sl_yaml *yaml, const yaml_node_t *value, void *data,
                                struct sl_error *err)
{
    return sl_yaml_sequence(yaml, value, data, add_mask, err);
}

static enum sl_status set_frame(struct sl_yaml *yaml, const yaml_node_t *value, void *data,
                                struct sl_error *err)
{
    return sl_yaml_text(yaml, value, &last_rule(data)->frame, err);
}

static enum sl_status add_frame_rule(struct sl_yaml *yaml, const yaml_node_t *value, void *data,
                                     struct sl_error *err)
{
    static const struct sl_yaml_key keys[] = {
        {"frame", true, set_frame},
        {"tolerance", false, set_tolerance},
        {"rects", false, set_rects},
        {"masks", false, set_masks},
    };
    struct sl_suite_test *test = data;
    struct sl_frame_rule *rules = sl_suite_grow(test->rules, test->rule_count, sizeof(*rules));
    if (!rules) {
        return sl_fail_memory(err, 0);
    }
    test->rules = rules;
    rules[test->rule_count++] = (struct sl_frame_rule){0};
    return sl_yaml_map(yaml, value, keys, COUNT(keys), data, err);
}

enum sl_status sl_frame_rules_read(struct sl_yaml *yaml, const yaml_node_t *value,
                                   struct sl_suite_test *test, struct sl_error *err)
{
    return sl_yaml_sequence(yaml, value, test, add_frame_rule, err);
}
