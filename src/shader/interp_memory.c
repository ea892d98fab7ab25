/*
 * Buffers, group-shared memory, counters. Memory is words of 32 bits in little-endian order; each
 * word of an access has its own bounds check. Lanes work in their order.
 */
#include "base/bytes.h"
#include "shader/interp_machine.h"

#include <string.h>

/* What an operation works on; nothing if it is unbound. */
struct window {
    uint8_t *write; /* NULL: read only */
    const uint8_t *read;
    uint64_t size_bytes;
    uint32_t stride_bytes;
    uint32_t *counter;
};

static struct window find_window(const struct sl_machine *machine, const struct sl_ir_insn *insn)
{
    const struct sl_ir_program *program = machine->program;
    const struct sl_shader_call *call = machine->call;
    struct window window = {0};
    switch ((enum sl_ir_memory)insn->memory) {
    case SL_IR_MEM_NONE:
        break;
    case SL_IR_MEM_RESOURCE:
        window.read = call->bindings->resources[insn->slot].bytes;
        window.size_bytes = call->bindings->resources[insn->slot].size_bytes;
        window.stride_bytes = program->resources[insn->slot].stride_bytes;
        break;
    case SL_IR_MEM_UAV:
        window.write = call->bindings->uavs[insn->slot].bytes;
        window.read = window.write;
        window.size_bytes = call->bindings->uavs[insn->slot].size_bytes;
        window.stride_bytes = program->uavs[insn->slot].stride_bytes;
        window.counter = call->bindings->uavs[insn->slot].counter;
        break;
    case SL_IR_MEM_SHARED:
        window.write =
            call->shared ? call->shared + program->shared[insn->slot].offset_bytes : NULL;
        window.read = window.write;
        window.size_bytes = program->shared[insn->slot].size_bytes;
        window.stride_bytes = program->shared[insn->slot].stride_bytes;
        break;
    }
    window.size_bytes = window.read ? window.size_bytes : 0;
    return window;
}

/* The low two bits of a byte address are ignored. Nothing overflows: 2^32 * 2^32 fits. */
static uint64_t address_of(const struct sl_ir_insn *insn, const struct window *window, uint32_t a,
                           uint32_t b)
{
    if (insn->flags & SL_IR_FLAG_STRUCTURED) {
        return ((uint64_t)a * window->stride_bytes + b) & ~UINT64_C(3);
    }
    bool words = insn->flags & (SL_IR_FLAG_TYPED | SL_IR_FLAG_WORD_INDEX);
    return words ? (uint64_t)a * 4 : a & ~UINT32_C(3);
}

static bool is_inside(const struct window *window, uint64_t address)
{
    return window->size_bytes >= 4 && address <= window->size_bytes - 4;
}

static uint32_t load_word(const struct window *window, uint64_t address)
{
    return is_inside(window, address) ? sl_get_le32(window->read + address) : 0;
}

static bool has_effect(const struct sl_machine *machine, unsigned lane)
{
    return machine->active & ~machine->helpers & UINT64_C(1) << lane;
}

/* The window of four words; of a typed buffer one word, with the defaults of its format. */
static void load_window(const struct window *window, bool typed, uint64_t address,
                        uint32_t words[4])
{
    for (unsigned k = 0; k < 4; k++) {
        words[k] = typed && k > 0 ? window->read && k == 3 : load_word(window, address + 4 * k);
    }
}

static void execute_load(struct sl_machine *machine, const struct sl_ir_insn *insn)
{
    struct window window = find_window(machine, insn);
    sl_interp_lanes a;
    sl_interp_lanes b;
    sl_interp_read(machine, insn, 0, 0, a);
    sl_interp_read(machine, insn, 1, 0, b);
    sl_interp_lanes results[4];
    for (unsigned lane = 0; lane < machine->lane_count; lane++) {
        uint32_t words[4];
        uint64_t address = address_of(insn, &window, a[lane], b[lane]);
        load_window(&window, insn->flags & SL_IR_FLAG_TYPED, address, words);
        for (unsigned c = 0; c < 4; c++) {
            results[c][lane] = words[insn->result[c]];
        }
    }
    sl_interp_write(machine, &insn->dst[0], (const sl_interp_lanes *)results);
}

static void execute_store(struct sl_machine *machine, const struct sl_ir_insn *insn)
{
    struct window window = find_window(machine, insn);
    unsigned count = (unsigned)__builtin_popcount(insn->dst[0].mask);
    count = insn->flags & SL_IR_FLAG_TYPED ? 1 : count;
    sl_interp_lanes a;
    sl_interp_lanes b;
    sl_interp_lanes values[4];
    sl_interp_read(machine, insn, 0, 0, a);
    sl_interp_read(machine, insn, 1, 0, b);
    for (unsigned k = 0; k < count; k++) {
        sl_interp_read(machine, insn, 2, k, values[k]);
    }
    for (unsigned lane = 0; window.write && lane < machine->lane_count; lane++) {
        uint64_t address = address_of(insn, &window, a[lane], b[lane]);
        for (unsigned k = 0; k < count && has_effect(machine, lane); k++) {
            if (is_inside(&window, address + 4 * k)) {
                sl_put_le32(window.write + address + 4 * k, values[k][lane]);
            }
        }
    }
}

/* ---- atomics ---- */

/* Of signed numbers in unsigned ones. */
static bool is_less_signed(uint32_t a, uint32_t b)
{
    return (a ^ UINT32_C(0x80000000)) < (b ^ UINT32_C(0x80000000));
}

static uint32_t combine(enum sl_ir_atomic atomic, uint32_t old, uint32_t value, uint32_t compare)
{
    switch (atomic) {
    case SL_IR_ATOMIC_AND:
        return old & value;
    case SL_IR_ATOMIC_OR:
        return old | value;
    case SL_IR_ATOMIC_XOR:
        return old ^ value;
    case SL_IR_ATOMIC_CMP_STORE:
        return old == compare ? value : old;
    case SL_IR_ATOMIC_ADD:
        return old + value;
    case SL_IR_ATOMIC_IMAX:
        return is_less_signed(old, value) ? value : old;
    case SL_IR_ATOMIC_IMIN:
        return is_less_signed(value, old) ? value : old;
    case SL_IR_ATOMIC_UMAX:
        return old < value ? value : old;
    case SL_IR_ATOMIC_UMIN:
        return value < old ? value : old;
    case SL_IR_ATOMIC_EXCHANGE:
        return value;
    }
    return old;
}

/* Lanes without effects read only. */
static void execute_atomic(struct sl_machine *machine, const struct sl_ir_insn *insn)
{
    struct window window = find_window(machine, insn);
    sl_interp_lanes in[4];
    for (unsigned i = 0; i < 4; i++) {
        sl_interp_read(machine, insn, i, 0, in[i]);
    }
    sl_interp_lanes results[4] = {{0}};
    for (unsigned lane = 0; lane < machine->lane_count; lane++) {
        uint64_t address = address_of(insn, &window, in[0][lane], in[1][lane]);
        uint32_t old = load_word(&window, address);
        if (window.write && is_inside(&window, address) && has_effect(machine, lane)) {
            uint32_t now = combine((enum sl_ir_atomic)insn->atomic, old, in[2][lane], in[3][lane]);
            sl_put_le32(window.write + address, now);
        }
        for (unsigned c = 0; c < 4; c++) {
            results[c][lane] = old;
        }
    }
    sl_interp_write(machine, &insn->dst[0], (const sl_interp_lanes *)results);
}

/* ---- the rest ---- */

static void write_same(struct sl_machine *machine, const struct sl_ir_insn *insn,
                       const sl_interp_lanes values)
{
    sl_interp_lanes results[4];
    for (unsigned c = 0; c < 4; c++) {
        memcpy(results[c], values, sizeof(results[c]));
    }
    sl_interp_write(machine, &insn->dst[0], (const sl_interp_lanes *)results);
}

/* Bytes of raw, elements of structured and typed buffers. */
static void execute_info(struct sl_machine *machine, const struct sl_ir_insn *insn)
{
    struct window window = find_window(machine, insn);
    uint64_t size = window.size_bytes;
    if (insn->flags & SL_IR_FLAG_STRUCTURED) {
        size = window.stride_bytes ? size / window.stride_bytes : 0;
    } else if (insn->flags & SL_IR_FLAG_TYPED) {
        size = size / 4;
    }
    sl_interp_lanes values;
    for (unsigned lane = 0; lane < SL_LANES; lane++) {
        values[lane] = size < UINT32_MAX ? (uint32_t)size : UINT32_MAX;
    }
    write_same(machine, insn, values);
}

/* ALLOC gives the count before, CONSUME the one after. */
static void execute_counter(struct sl_machine *machine, const struct sl_ir_insn *insn)
{
    struct window window = find_window(machine, insn);
    bool consume = insn->op == SL_IR_COUNTER_CONSUME;
    sl_interp_lanes values = {0};
    for (unsigned lane = 0; window.counter && lane < machine->lane_count; lane++) {
        uint32_t old = *window.counter;
        values[lane] = consume ? old - 1 : old;
        if (has_effect(machine, lane)) {
            *window.counter = consume ? old - 1 : old + 1;
        }
    }
    write_same(machine, insn, values);
}

void sl_interp_memory(struct sl_machine *machine, const struct sl_ir_insn *insn)
{
    static void (*const executors[SL_IR_OP_COUNT])(struct sl_machine *,
                                                   const struct sl_ir_insn *) = {
        [SL_IR_LOAD] = execute_load,
        [SL_IR_STORE] = execute_store,
        [SL_IR_ATOMIC] = execute_atomic,
        [SL_IR_BUFINFO] = execute_info,
        [SL_IR_COUNTER_ALLOC] = execute_counter,
        [SL_IR_COUNTER_CONSUME] = execute_counter,
    };
    executors[insn->op](machine, insn);
}
