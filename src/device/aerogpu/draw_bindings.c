/*
 * The bindings of a stage, as far as its program uses them: constants, textures and buffers,
 * samplers, UAVs. Handles are resolved anew for each draw; one that names nothing is unbound.
 */
#include "device/aerogpu/draw.h"

#include "base/bytes.h"
#include "base/checked.h"

#include <stdlib.h>
#include <string.h>

enum {
    D3D9_FLOATS = 256, /* registers that D3D9 programs address */
    D3D9_INTEGERS = 256,
    D3D9_BOOLEANS = 256,
    BUFFERS_OF_D3D9 = 3, /* c#, i#, b# as constant buffers */
    SAMPLER_STATE_SRGB = 11,
};

static struct sl_agpu_stage_state *stage_state(const struct sl_agpu_run *run,
                                               const struct sl_agpu_shader *shader)
{
    return sl_agpu_stage_state(run->context, shader->stage);
}

/* ---- which objects a program reaches ---- */

static const struct sl_agpu_object *
resource_object(const struct sl_agpu_run *run, const struct sl_agpu_shader *shader, size_t slot)
{
    const struct sl_ir_resource *resource = &shader->program->resources[slot];
    uint32_t handle = stage_state(run, shader)->srv[slot].range.handle;
    const struct sl_agpu_object *object = resource->used ? sl_agpu_find(run->exec, handle) : NULL;
    if (!object) {
        return NULL;
    }
    bool is_texture = object->kind == SL_AGPU_TEXTURE || object->kind == SL_AGPU_VIEW;
    bool fits =
        resource->is_buffer ? object->kind == SL_AGPU_BUFFER : is_texture && !resource->is_volume;
    return fits ? object : NULL;
}

static const struct sl_agpu_object *uav_object(const struct sl_agpu_run *run,
                                               const struct sl_agpu_shader *shader, size_t slot)
{
    uint32_t handle = stage_state(run, shader)->uav[slot].handle;
    return shader->program->uav_used[slot] ? sl_agpu_find_kind(run->exec, handle, SL_AGPU_BUFFER)
                                           : NULL;
}

static bool reads_constant_file(const struct sl_agpu_run *run, const struct sl_agpu_shader *shader,
                                size_t slot)
{
    return slot == 0 && !stage_state(run, shader)->constant_buffer0_set;
}

static const struct sl_agpu_object *
constant_object(const struct sl_agpu_run *run, const struct sl_agpu_shader *shader, size_t slot)
{
    if (shader->family == SL_AGPU_FAMILY_D3D9 || !shader->program->constants[slot].used ||
        reads_constant_file(run, shader, slot)) {
        return NULL;
    }
    uint32_t handle = stage_state(run, shader)->constant_buffer[slot].handle;
    return sl_agpu_find_kind(run->exec, handle, SL_AGPU_BUFFER);
}

/* Calls visit for the storage of everything that the program reaches, until it is not OK. */
static enum sl_agpu_class visit_storages(
    struct sl_agpu_run *run, const struct sl_agpu_shader *shader,
    enum sl_agpu_class (*visit)(struct sl_agpu_run *run, struct sl_agpu_storage *storage))
{
    enum sl_agpu_class class_ = SL_AGPU_OK;
    for (size_t i = 0; i < AEROGPU_LIMIT_TEXTURE_SLOTS && class_ == SL_AGPU_OK; i++) {
        const struct sl_agpu_object *object = resource_object(run, shader, i);
        class_ = object ? visit(run, object->storage) : SL_AGPU_OK;
    }
    for (size_t i = 0; i < AEROGPU_LIMIT_CONSTANT_BUFFER_SLOTS && class_ == SL_AGPU_OK; i++) {
        const struct sl_agpu_object *object = constant_object(run, shader, i);
        class_ = object ? visit(run, object->storage) : SL_AGPU_OK;
    }
    for (size_t i = 0; i < AEROGPU_LIMIT_UNORDERED_ACCESS_BUFFER_SLOTS && class_ == SL_AGPU_OK;
         i++) {
        const struct sl_agpu_object *object = uav_object(run, shader, i);
        class_ = object ? visit(run, object->storage) : SL_AGPU_OK;
    }
    return class_;
}

static enum sl_agpu_class check_storage(struct sl_agpu_run *run, struct sl_agpu_storage *storage)
{
    return sl_agpu_refresh_check(run, storage);
}

static enum sl_agpu_class refresh_storage(struct sl_agpu_run *run, struct sl_agpu_storage *storage)
{
    sl_agpu_refresh(run, storage);
    return SL_AGPU_OK;
}

enum sl_agpu_class sl_agpu_bindings_check(struct sl_agpu_run *run,
                                          const struct sl_agpu_shader *shader)
{
    return visit_storages(run, shader, check_storage);
}

void sl_agpu_bindings_refresh(struct sl_agpu_run *run, const struct sl_agpu_shader *shader)
{
    visit_storages(run, shader, refresh_storage);
}

static bool is_target(const struct sl_agpu_targets *targets, const struct sl_agpu_storage *storage)
{
    for (size_t i = 0; i < AEROGPU_MAX_RENDER_TARGETS; i++) {
        if (targets->color[i].storage == storage) {
            return true;
        }
    }
    return targets->depth.storage == storage;
}

bool sl_agpu_bindings_feed_back(const struct sl_agpu_run *run, const struct sl_agpu_shader *shader,
                                const struct sl_agpu_targets *targets)
{
    for (size_t i = 0; i < AEROGPU_LIMIT_TEXTURE_SLOTS; i++) {
        const struct sl_agpu_object *object = resource_object(run, shader, i);
        if (object && is_target(targets, object->storage)) {
            return true;
        }
    }
    return false;
}

/* ---- constants ---- */

/* Bytes of a range of a buffer, clamped to it. */
static const uint8_t *range_bytes(const struct sl_agpu_storage *storage,
                                  const struct sl_agpu_buffer_range *range, uint64_t *size)
{
    uint64_t offset = range->offset_bytes < storage->size ? range->offset_bytes : storage->size;
    uint64_t left = storage->size - offset;
    *size = range->size_bytes && range->size_bytes < left ? range->size_bytes : left;
    return storage->bytes + offset;
}

static uint32_t buffer_rows(const struct sl_agpu_run *run, const struct sl_agpu_shader *shader,
                            size_t slot)
{
    const struct sl_agpu_object *object = constant_object(run, shader, slot);
    uint32_t declared = shader->program->constants[slot].row_count;
    uint64_t size = 0;
    if (object) {
        range_bytes(object->storage, &stage_state(run, shader)->constant_buffer[slot], &size);
    }
    uint64_t rows = (size + 15) / 16;
    return rows < declared ? (uint32_t)rows : declared;
}

static bool reserve_constants(struct sl_agpu_bound_stage *stage, size_t rows)
{
    if (rows <= stage->constant_capacity) {
        return true;
    }
    free(stage->constants);
    stage->constants = malloc(rows * sizeof(*stage->constants));
    stage->constant_capacity = stage->constants ? rows : 0;
    return stage->constants != NULL;
}

/* A last row that is not whole has zeros behind its bytes. */
static void copy_rows(const uint8_t *bytes, uint64_t size, uint32_t count, uint32_t (*rows)[4])
{
    for (uint32_t i = 0; i < count; i++) {
        for (uint32_t c = 0; c < 4; c++) {
            uint64_t at = 16 * (uint64_t)i + 4 * c;
            uint64_t left = at < size ? size - at : 0;
            rows[i][c] = left >= 4 ? sl_get_le32(bytes + at)
                         : left    ? (uint32_t)sl_get_le(bytes + at, (unsigned)left)
                                   : 0;
        }
    }
}

/* Slot 0 is the file of c# until a constant buffer was bound there. */
static bool resolve_buffers(struct sl_agpu_run *run, const struct sl_agpu_shader *shader,
                            struct sl_agpu_bound_stage *stage)
{
    struct sl_agpu_stage_state *state = stage_state(run, shader);
    size_t total = 0;
    for (size_t i = 0; i < AEROGPU_LIMIT_CONSTANT_BUFFER_SLOTS; i++) {
        total += buffer_rows(run, shader, i);
    }
    if (!reserve_constants(stage, total)) {
        return false;
    }
    uint32_t(*rows)[4] = stage->constants;
    for (size_t i = 0; i < AEROGPU_LIMIT_CONSTANT_BUFFER_SLOTS; i++) {
        const struct sl_agpu_object *object = constant_object(run, shader, i);
        uint32_t count = buffer_rows(run, shader, i);
        if (count) {
            uint64_t size;
            const uint8_t *bytes = range_bytes(object->storage, &state->constant_buffer[i], &size);
            copy_rows(bytes, size, count, rows);
            stage->bindings.constants[i] = (struct sl_shader_constants){
                .rows = (const uint32_t(*)[4])rows, .row_count = count};
            rows += count;
        }
    }
    if (reads_constant_file(run, shader, 0) && state->constants_f) {
        stage->bindings.constants[0] = (struct sl_shader_constants){
            .rows = (const uint32_t(*)[4])state->constants_f,
            .row_count = AEROGPU_LIMIT_SHADER_CONSTANT_F_REGISTERS,
        };
    }
    sl_agpu_work(run, 16 * (uint64_t)total);
    return true;
}

/* c#, i# and b# of the context, over which the program puts what it defines itself. */
static bool resolve_d3d9_files(struct sl_agpu_run *run, const struct sl_agpu_shader *shader,
                               struct sl_agpu_bound_stage *stage)
{
    static const uint16_t counts[BUFFERS_OF_D3D9] = {D3D9_FLOATS, D3D9_INTEGERS, D3D9_BOOLEANS};
    static const uint16_t firsts[BUFFERS_OF_D3D9] = {0, D3D9_FLOATS, D3D9_FLOATS + D3D9_INTEGERS};
    const struct sl_agpu_stage_state *state = stage_state(run, shader);
    size_t total = D3D9_FLOATS + D3D9_INTEGERS + D3D9_BOOLEANS;
    if (!reserve_constants(stage, total)) {
        return false;
    }
    uint32_t(*rows)[4] = stage->constants;
    memset(rows, 0, total * sizeof(*rows));
    if (state->constants_f) {
        memcpy(rows, state->constants_f, D3D9_FLOATS * sizeof(*rows));
    }
    if (state->constants_i) {
        memcpy(rows + firsts[1], state->constants_i, D3D9_INTEGERS * sizeof(*rows));
    }
    for (size_t i = 0; i < D3D9_BOOLEANS; i++) {
        rows[firsts[2] + i][0] = state->constants_b[i] ? UINT32_MAX : 0;
    }
    for (uint32_t i = 0; i < shader->program->definition_count; i++) {
        const struct sl_ir_definition *definition = &shader->program->definitions[i];
        if (definition->buffer < BUFFERS_OF_D3D9 && definition->row < counts[definition->buffer]) {
            memcpy(rows + firsts[definition->buffer] + definition->row, definition->value,
                   sizeof(definition->value));
        }
    }
    for (size_t i = 0; i < BUFFERS_OF_D3D9; i++) {
        stage->bindings.constants[i] = (struct sl_shader_constants){
            .rows = (const uint32_t(*)[4])(rows + firsts[i]), .row_count = counts[i]};
    }
    sl_agpu_work(run, 16 * (uint64_t)total);
    return true;
}

/* ---- textures, buffers, samplers, UAVs ---- */

static bool wants_srgb(const struct sl_agpu_run *run, const struct sl_agpu_shader *shader,
                       size_t slot)
{
    return shader->family == SL_AGPU_FAMILY_D3D9 && slot < SL_AGPU_D3D9_SAMPLERS &&
           stage_state(run, shader)->sampler_state[slot][SAMPLER_STATE_SRGB];
}

static void resolve_resource(const struct sl_agpu_run *run, const struct sl_agpu_shader *shader,
                             size_t slot, struct sl_agpu_bound_stage *stage)
{
    const struct sl_agpu_object *object = resource_object(run, shader, slot);
    const struct sl_ir_resource *declared = &shader->program->resources[slot];
    struct sl_shader_resource *resource = &stage->bindings.resources[slot];
    const struct sl_agpu_srv *srv = &stage_state(run, shader)->srv[slot];
    if (!object) {
        return;
    }
    if (declared->is_buffer) {
        static const struct sl_agpu_buffer_range whole = {0};
        resource->bytes = range_bytes(
            object->storage, srv->by_texture_packet ? &whole : &srv->range, &resource->size_bytes);
        return;
    }
    struct sl_texture *texture = &stage->textures[slot];
    if (sl_agpu_bind_texture(run, object, shader->program, (enum sl_texture_dim)declared->dimension,
                             wants_srgb(run, shader, slot), texture)) {
        resource->texture = texture;
    }
}

static void resolve_sampler(const struct sl_agpu_run *run, const struct sl_agpu_shader *shader,
                            size_t slot, struct sl_agpu_bound_stage *stage)
{
    const struct sl_agpu_stage_state *state = stage_state(run, shader);
    if (shader->family == SL_AGPU_FAMILY_D3D9) {
        sl_agpu_bind_sampler_states(state->sampler_state[slot], &stage->samplers[slot]);
    } else {
        const struct sl_agpu_object *object =
            sl_agpu_find_kind(run->exec, state->sampler[slot], SL_AGPU_SAMPLER);
        sl_agpu_bind_sampler_object(object ? &object->u.sampler : NULL, &stage->samplers[slot]);
    }
    stage->bindings.samplers[slot] = &stage->samplers[slot];
}

static void resolve_uav(const struct sl_agpu_run *run, const struct sl_agpu_shader *shader,
                        size_t slot, struct sl_agpu_bound_stage *stage)
{
    const struct sl_agpu_object *object = uav_object(run, shader, slot);
    struct sl_agpu_stage_state *state = stage_state(run, shader);
    struct sl_shader_uav *uav = &stage->bindings.uavs[slot];
    uav->counter = &state->uav_counter[slot];
    if (object) {
        const uint8_t *bytes = range_bytes(object->storage, &state->uav[slot], &uav->size_bytes);
        uav->bytes = object->storage->bytes + (bytes - object->storage->bytes);
    }
}

/* What an unbound texture gives; the upstream SM4/5 executor makes it opaque. */
static void set_unbound(const struct sl_agpu_run *run, const struct sl_agpu_shader *shader,
                        float unbound[4])
{
    bool is_d3d9 = shader->family == SL_AGPU_FAMILY_D3D9;
    for (size_t i = 0; i < 4; i++) {
        unbound[i] = is_d3d9 ? 1.0f : 0.0f;
    }
    if (run->exec->config.profile_aero) {
        unbound[3] = 1.0f;
    }
}

bool sl_agpu_bindings_resolve(struct sl_agpu_run *run, const struct sl_agpu_shader *shader,
                              struct sl_agpu_bound_stage *stage)
{
    stage->bindings = (struct sl_shader_bindings){0};
    bool ok = shader->family == SL_AGPU_FAMILY_D3D9 ? resolve_d3d9_files(run, shader, stage)
                                                    : resolve_buffers(run, shader, stage);
    for (size_t i = 0; ok && i < AEROGPU_LIMIT_TEXTURE_SLOTS; i++) {
        resolve_resource(run, shader, i, stage);
    }
    for (size_t i = 0; ok && i < AEROGPU_LIMIT_SAMPLER_SLOTS; i++) {
        if (shader->program->sampler_mask >> i & 1) {
            resolve_sampler(run, shader, i, stage);
        }
    }
    for (size_t i = 0; ok && i < AEROGPU_LIMIT_UNORDERED_ACCESS_BUFFER_SLOTS; i++) {
        if (shader->program->uav_used[i]) {
            resolve_uav(run, shader, i, stage);
        }
    }
    set_unbound(run, shader, stage->bindings.unbound);
    return ok;
}
