/*
 * Files in the toy packet ABI. There is no device for it: their records become notes that say what
 * is in them, so that such a file can be listed, and converted without loss.
 */
#include "abi/abi.h"
#include "base/bytes.h"
#include "base/status.h"
#include "trace/aerogputrace.h"
#include "trace/aerogputrace_recipe.h"
#include "trace/aerogputrace_walk.h"
#include "trace/event_list.h"

#include <inttypes.h>
#include <string.h>

enum { WORDS_MAX = 8, PACKET_HEAD = 8 };

static const struct {
    const char *name;
    const char *words[WORDS_MAX]; /* up to the first NULL; blob ids are two */
    bool floats;
} packets[] = {
    [1] = {.name = "CREATE_BUFFER", .words = {"buffer_id", "size_bytes", "usage"}},
    [2] = {.name = "UPLOAD_BUFFER",
           .words = {"buffer_id", "offset_bytes", "data_len_bytes", "blob_lo", "blob_hi"}},
    [3] = {.name = "CREATE_SHADER",
           .words = {"shader_id", "stage", "glsl_lo", "glsl_hi", "wgsl_lo", "wgsl_hi", "dxbc_lo",
                     "dxbc_hi"}},
    [4] = {.name = "CREATE_PIPELINE", .words = {"pipeline_id", "vs_shader_id", "fs_shader_id"}},
    [5] = {.name = "SET_PIPELINE", .words = {"pipeline_id"}},
    [6] = {.name = "SET_VERTEX_BUFFER",
           .words = {"buffer_id", "stride_bytes", "position_offset_bytes", "color_offset_bytes"}},
    [7] = {.name = "SET_VIEWPORT", .words = {"width", "height"}},
    [8] = {.name = "CLEAR", .words = {"r", "g", "b", "a"}, .floats = true},
    [9] = {.name = "DRAW", .words = {"vertex_count", "first_vertex"}},
    [10] = {.name = "PRESENT"},
};

static size_t word_count(uint32_t opcode)
{
    size_t n = 0;
    while (n < WORDS_MAX && packets[opcode].words[n]) {
        n++;
    }
    return n;
}

/* A packet that is not as its opcode says is shown by its size only. */
static void print_packet(struct sl_buf *out, const struct sl_agt_record *record)
{
    const uint8_t *p = record->payload;
    uint32_t opcode = record->size >= PACKET_HEAD ? sl_get_le32(p) : 0;
    bool known = opcode > 0 && opcode < sizeof(packets) / sizeof(packets[0]) &&
                 record->size == PACKET_HEAD + 4 * word_count(opcode) &&
                 record->size == UINT64_C(4) * sl_get_le32(p + 4);
    if (!known) {
        sl_buf_printf(out, "packet of %zu bytes", record->size);
        return;
    }
    sl_buf_printf(out, "packet %s", packets[opcode].name);
    for (size_t i = 0; i < word_count(opcode); i++) {
        sl_buf_printf(out, " %s=", packets[opcode].words[i]);
        sl_abi_print_value(out, packets[opcode].floats ? SL_ABI_F32 : SL_ABI_U32, NULL,
                           sl_get_le32(p + PACKET_HEAD + 4 * i));
    }
}

static const char *kind_name(enum sl_agt_blob_kind kind)
{
    switch (kind) {
    case SL_AGT_BUFFER_DATA:
        return "BufferData";
    case SL_AGT_TEXTURE_DATA:
        return "TextureData";
    case SL_AGT_SHADER_DXBC:
        return "ShaderDxbc";
    case SL_AGT_SHADER_WGSL:
        return "ShaderWgsl";
    case SL_AGT_SHADER_GLSL:
        return "ShaderGlslEs300";
    case SL_AGT_CMD_STREAM:
        return "AerogpuCmdStream";
    case SL_AGT_ALLOC_TABLE:
        return "AerogpuAllocTable";
    case SL_AGT_ALLOC_MEMORY:
        return "AerogpuAllocMemory";
    }
    return "";
}

static void print_record(struct sl_buf *out, const struct sl_agt_record *record)
{
    switch (record->type) {
    case SL_AGT_BEGIN_FRAME:
        sl_buf_printf(out, "begin frame %" PRIu32, sl_agt_record_frame_index(record));
        break;
    case SL_AGT_PRESENT:
        sl_buf_printf(out, "present frame %" PRIu32, sl_agt_record_frame_index(record));
        break;
    case SL_AGT_PACKET:
        if (sl_agt_record_is_stream(record)) {
            sl_buf_printf(out, "command stream of %zu bytes", record->size);
        } else {
            print_packet(out, record);
        }
        break;
    case SL_AGT_BLOB: {
        struct sl_agt_blob blob = sl_agt_record_blob(record);
        sl_buf_printf(out, "blob %" PRIu64 " %s of %zu bytes", blob.id, kind_name(blob.kind),
                      blob.size);
        break;
    }
    case SL_AGT_SUBMISSION: {
        struct sl_agt_submission s = sl_agt_record_submission(record);
        sl_buf_printf(out, "submission fence=%" PRIu64 " stream=%" PRIu64 " table=%" PRIu64,
                      s.signal_fence, s.stream_blob, s.table_blob);
        break;
    }
    }
}

struct toy {
    struct sl_event_list *list;
    struct sl_buf text;
};

static enum sl_status note(void *data, const struct sl_agt_record *record, struct sl_error *err)
{
    struct toy *toy = data;
    sl_buf_clear(&toy->text);
    print_record(&toy->text, record);
    if (toy->text.failed) {
        return sl_fail_memory(err, 0);
    }
    struct sl_event event = {
        .type = SL_EVENT_NOTE,
        .u.text = {.text = (const char *)toy->text.data, .text_size = toy->text.size}};
    enum sl_status status = sl_event_list_put(toy->list, &event, err);
    if (status == SL_OK && record->type == SL_AGT_PRESENT) {
        status = sl_agt_put_frame(toy->list, record, err);
    }
    return status;
}

enum sl_status sl_agt_lower_toy(const struct sl_agt_file *file, const char *provenance,
                                struct sl_event_list **list, struct sl_error *err)
{
    struct sl_trace_meta meta = {
        .device = SL_AEROGPUTRACE_TOY_DEVICE,
        .abi_version = file->abi_version,
        .profile = "",
        .producer = "",
        .provenance = provenance,
    };
    struct toy toy = {0};
    enum sl_status status = sl_event_list_create(SL_TRACE_AEROGPUTRACE, &meta, NULL, list, err);
    if (status != SL_OK) {
        return status;
    }
    toy.list = *list;
    status = sl_agt_walk(file, &toy, note, err);
    if (status == SL_OK) {
        struct sl_agt_recipe recipe = {0};
        struct sl_event_sink sink = sl_event_list_sink(*list);
        status = sl_agt_recipe_attach(&recipe, file->bytes, file->size, &sink, err);
    }
    sl_buf_finish(&toy.text);
    return status;
}
