#include "device/aerogpu/vertex_fetch.h"

#include "base/bytes.h"
#include "bytecode/dxbc.h"

#define ONE_F32 0x3F800000u

static bool is_position(uint8_t usage)
{
    return usage == SL_IR_USAGE_POSITION || usage == SL_IR_USAGE_POSITIONT;
}

/* POSITION and POSITIONT are one semantic to D3D9 programs. */
static bool same_semantic(const struct sl_ir_program *program, const struct sl_ir_element *input,
                          const struct sl_agpu_vertex_element *element)
{
    if (input->semantic_index != element->semantic_index) {
        return false;
    }
    if (program->family == SL_IR_DXBC) {
        return input->semantic_hash == element->semantic_hash;
    }
    return input->usage == element->usage ||
           (is_position(input->usage) && is_position(element->usage));
}

static bool is_system(const struct sl_ir_element *input)
{
    return input->system_value == SL_SV_VERTEX_ID || input->system_value == SL_SV_INSTANCE_ID;
}

/*
 * Semantics match if all inputs have them: one D3D9 input without a declaration, or an SM4/5
 * program without a signature, makes element number n feed register n.
 */
static bool matches_by_number(const struct sl_ir_program *program)
{
    if (program->family == SL_IR_DXBC) {
        return !program->has_input_signature;
    }
    for (uint32_t i = 0; i < program->input_element_count; i++) {
        if (!program->inputs[i].declared) {
            return true;
        }
    }
    return false;
}

static void feed(struct sl_agpu_vertex_inputs *inputs, uint32_t reg,
                 const struct sl_agpu_vertex_element *element)
{
    if (reg < inputs->count && !inputs->inputs[reg].element) {
        inputs->inputs[reg].element = element;
        inputs->slot_mask |= UINT32_C(1) << element->slot;
    }
}

/* Of two elements that match one register the first wins. */
static void match_semantics(const struct sl_ir_program *program,
                            const struct sl_agpu_vertex_element *element,
                            struct sl_agpu_vertex_inputs *inputs)
{
    for (uint32_t i = 0; i < program->input_element_count; i++) {
        const struct sl_ir_element *input = &program->inputs[i];
        if (!is_system(input) && same_semantic(program, input, element)) {
            feed(inputs, input->reg, element);
        }
    }
}

static void match_system_values(const struct sl_ir_program *program,
                                struct sl_agpu_vertex_inputs *inputs)
{
    for (uint32_t i = 0; i < program->input_element_count; i++) {
        const struct sl_ir_element *input = &program->inputs[i];
        if (!is_system(input) || input->reg >= inputs->count) {
            continue;
        }
        struct sl_agpu_vertex_input *to = &inputs->inputs[input->reg];
        if (input->system_value == SL_SV_VERTEX_ID) {
            to->vertex_id_mask |= input->mask;
        } else {
            to->instance_id_mask |= input->mask;
        }
    }
}

void sl_agpu_vertex_inputs_match(const struct sl_ir_program *program,
                                 const struct sl_agpu_layout *layout,
                                 struct sl_agpu_vertex_inputs *inputs)
{
    *inputs = (struct sl_agpu_vertex_inputs){
        .count = program->input_count,
        .d3d9 = program->family == SL_IR_D3D9,
    };
    bool by_number = matches_by_number(program);
    for (uint32_t i = 0; layout && i < layout->element_count; i++) {
        const struct sl_agpu_vertex_element *element = &layout->elements[i];
        if (element->format && by_number) {
            feed(inputs, i, element);
        } else if (element->format) {
            match_semantics(program, element, inputs);
        }
    }
    if (program->family == SL_IR_DXBC) {
        match_system_values(program, inputs);
    }
}

/* Bases of the signed address are below 2^33, products below 2^63 (2^31 * 2^32). */
static const uint8_t *find_element(const struct sl_agpu_vertex_element *element,
                                   const struct sl_agpu_vertex_stream *stream, int64_t number)
{
    int64_t at;
    int64_t base = (int64_t)stream->offset + (int64_t)element->offset_bytes;
    if (__builtin_mul_overflow(number, (int64_t)stream->stride, &at) ||
        __builtin_add_overflow(at, base, &at) || at < 0) {
        return NULL;
    }
    uint64_t size = element->format->size_bytes;
    return size <= stream->size && (uint64_t)at <= stream->size - size ? stream->bytes + at : NULL;
}

static int64_t element_number(const struct sl_agpu_vertex_element *element,
                              const struct sl_agpu_fetch_rules *rules,
                              const struct sl_agpu_vertex_key *key)
{
    if (!element->per_instance) {
        return (int32_t)key->index;
    }
    uint32_t rate = element->step_rate;
    if (rules->divided_instance) {
        return ((int64_t)key->first_instance + key->instance_id) / (rate ? rate : 1);
    }
    return (int64_t)key->first_instance + (rate ? key->instance_id / rate : 0);
}

/* Lanes that an element is fetched for. */
struct lanes {
    const struct sl_agpu_vertex_key *keys; /* of the first and the ones after it */
    unsigned first, count;
};

static void fill(uint32_t *words, const struct lanes *lanes, uint32_t value)
{
    for (unsigned i = 0; i < lanes->count; i++) {
        words[lanes->first + i] = value;
    }
}

static void fetch_element(const struct sl_agpu_vertex_element *element,
                          const struct sl_agpu_vertex_stream *stream,
                          const struct sl_agpu_fetch_rules *rules, const struct lanes *lanes,
                          uint32_t value[4][SL_LANES])
{
    unsigned words = sl_agpu_vertex_words(element->format);
    for (unsigned i = 0; i < lanes->count; i++) {
        int64_t number = element_number(element, rules, &lanes->keys[i]);
        const uint8_t *bytes = find_element(element, stream, number);
        unsigned lane = lanes->first + i;
        if (words && bytes) {
            for (unsigned c = 0; c < words; c++) {
                value[c][lane] = sl_get_le32(bytes + 4 * c);
            }
            continue;
        }
        uint32_t decoded[4];
        sl_agpu_vertex_decode(element->format, bytes, decoded);
        for (unsigned c = 0; c < 4; c++) {
            value[c][lane] = decoded[c];
        }
    }
}

/* What components are that no element has, or no stored one. */
static void fill_defaults(const struct sl_agpu_vertex_inputs *inputs,
                          const struct sl_agpu_vertex_element *element, const struct lanes *lanes,
                          uint32_t value[4][SL_LANES])
{
    uint32_t decoded[4] = {0, 0, 0, inputs->d3d9 ? ONE_F32 : 0};
    if (element) {
        sl_agpu_vertex_decode(element->format, NULL, decoded);
    }
    for (unsigned c = 0; c < 4; c++) {
        fill(value[c], lanes, decoded[c]);
    }
}

static void fill_ids(const struct sl_agpu_vertex_input *input,
                     const struct sl_agpu_fetch_rules *rules, const struct lanes *lanes,
                     uint32_t value[4][SL_LANES])
{
    for (unsigned i = 0; i < lanes->count; i++) {
        const struct sl_agpu_vertex_key *key = &lanes->keys[i];
        uint32_t base = rules->base_in_ids ? key->first_instance : 0;
        for (unsigned c = 0; (input->vertex_id_mask | input->instance_id_mask) >> c; c++) {
            if (input->vertex_id_mask >> c & 1) {
                value[c][lanes->first + i] = rules->base_in_ids ? key->index : key->vertex_id;
            } else if (input->instance_id_mask >> c & 1) {
                value[c][lanes->first + i] = key->instance_id + base;
            }
        }
    }
}

void sl_agpu_vertex_fetch(const struct sl_agpu_vertex_inputs *inputs,
                          const struct sl_agpu_vertex_stream streams[],
                          const struct sl_agpu_fetch_rules *rules,
                          const struct sl_agpu_vertex_key *keys, unsigned first_lane,
                          unsigned count, sl_register_lanes *registers)
{
    struct lanes lanes = {keys, first_lane, count};
    for (uint32_t i = 0; i < inputs->count; i++) {
        const struct sl_agpu_vertex_input *input = &inputs->inputs[i];
        const struct sl_agpu_vertex_element *element = input->element;
        bool is_bound = element && streams[element->slot].bytes;
        fill_defaults(inputs, is_bound ? element : NULL, &lanes, registers[i]);
        if (is_bound) {
            fetch_element(element, &streams[element->slot], rules, &lanes, registers[i]);
        }
        if (input->vertex_id_mask | input->instance_id_mask) {
            fill_ids(input, rules, &lanes, registers[i]);
        }
    }
}
