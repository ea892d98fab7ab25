#include "raster/tile_bins.h"

#include <stdlib.h>
#include <string.h>

/* Every tile of the largest target (16384 x 16384) can have one shape that fills it. */
#define NODES (1u << 17)

/* A shape in the list of a tile. Node 0 is none. */
struct node {
    uint32_t shape;
    uint32_t next;
};

struct bin {
    uint32_t first, last; /* nodes */
};

struct sl_tile_bins {
    struct sl_shape *shapes;
    uint32_t shape_count;
    struct node *nodes;
    uint32_t node_count;
    struct bin *bins; /* rows of columns tiles */
    uint32_t columns, rows;
    uint32_t capacity; /* of bins and touched */
    uint32_t *touched; /* bins that are not empty */
    uint32_t touched_count;
};

struct sl_tile_bins *sl_tile_bins_create(void)
{
    struct sl_tile_bins *bins = calloc(1, sizeof(*bins));
    if (!bins) {
        return NULL;
    }
    bins->shapes = malloc(SL_BIN_SHAPES * sizeof(*bins->shapes));
    bins->nodes = malloc(NODES * sizeof(*bins->nodes));
    if (!bins->shapes || !bins->nodes) {
        sl_tile_bins_destroy(bins);
        return NULL;
    }
    bins->node_count = 1;
    return bins;
}

void sl_tile_bins_destroy(struct sl_tile_bins *bins)
{
    if (bins) {
        free(bins->shapes);
        free(bins->nodes);
        free(bins->bins);
        free(bins->touched);
        free(bins);
    }
}

bool sl_tile_bins_begin(struct sl_tile_bins *bins, uint32_t width, uint32_t height)
{
    uint32_t columns = width / SL_TILE + (width % SL_TILE != 0);
    uint32_t rows = height / SL_TILE + (height % SL_TILE != 0);
    sl_tile_bins_clear(bins);
    uint64_t count = (uint64_t)columns * rows;
    if (count >= NODES) {
        return false;
    }
    if (count > bins->capacity) {
        free(bins->bins);
        free(bins->touched);
        bins->bins = calloc(count, sizeof(*bins->bins));
        bins->touched = calloc(count, sizeof(*bins->touched));
        bins->capacity = bins->bins && bins->touched ? (uint32_t)count : 0;
        if (bins->capacity == 0) {
            return false;
        }
    }
    bins->columns = columns;
    bins->rows = rows;
    return true;
}

struct sl_shape *sl_tile_bins_next(struct sl_tile_bins *bins)
{
    return bins->shape_count < SL_BIN_SHAPES ? &bins->shapes[bins->shape_count] : NULL;
}

static void append(struct sl_tile_bins *bins, uint32_t index)
{
    struct bin *bin = &bins->bins[index];
    uint32_t node = bins->node_count++;
    bins->nodes[node] = (struct node){.shape = bins->shape_count, .next = 0};
    if (bin->first == 0) {
        bin->first = node;
        bins->touched[bins->touched_count++] = index;
    } else {
        bins->nodes[bin->last].next = node;
    }
    bin->last = node;
}

bool sl_tile_bins_add(struct sl_tile_bins *bins)
{
    const struct sl_shape *shape = &bins->shapes[bins->shape_count];
    uint32_t left = (uint32_t)shape->box.left / SL_TILE;
    uint32_t top = (uint32_t)shape->box.top / SL_TILE;
    uint32_t right = (uint32_t)(shape->box.right - 1) / SL_TILE;
    uint32_t bottom = (uint32_t)(shape->box.bottom - 1) / SL_TILE;
    uint64_t needed = (uint64_t)(right - left + 1) * (bottom - top + 1);
    if (needed > NODES - bins->node_count) {
        return false;
    }
    bool single = needed == 1;
    for (uint32_t row = top; row <= bottom; row++) {
        for (uint32_t column = left; column <= right; column++) {
            if (single ||
                sl_shape_touches(shape, (int32_t)(column * SL_TILE), (int32_t)(row * SL_TILE))) {
                append(bins, row * bins->columns + column);
            }
        }
    }
    bins->shape_count++;
    return true;
}

uint32_t sl_tile_bins_shape_count(const struct sl_tile_bins *bins)
{
    return bins->shape_count;
}

const struct sl_shape *sl_tile_bins_shape(const struct sl_tile_bins *bins, uint32_t index)
{
    return &bins->shapes[index];
}

uint32_t sl_tile_bins_tile_count(const struct sl_tile_bins *bins)
{
    return bins->touched_count;
}

const struct sl_shape *sl_tile_bins_walk(const struct sl_tile_bins *bins, uint32_t tile,
                                         uint32_t *cursor)
{
    uint32_t node =
        *cursor == 0 ? bins->bins[bins->touched[tile]].first : bins->nodes[*cursor].next;
    *cursor = node;
    return node == 0 ? NULL : &bins->shapes[bins->nodes[node].shape];
}

void sl_tile_bins_place(const struct sl_tile_bins *bins, uint32_t tile, int32_t *x, int32_t *y)
{
    uint32_t index = bins->touched[tile];
    *x = (int32_t)(index % bins->columns * SL_TILE);
    *y = (int32_t)(index / bins->columns * SL_TILE);
}

void sl_tile_bins_clear(struct sl_tile_bins *bins)
{
    for (uint32_t i = 0; i < bins->touched_count; i++) {
        bins->bins[bins->touched[i]] = (struct bin){0};
    }
    bins->touched_count = 0;
    bins->node_count = 1;
    bins->shape_count = 0;
}
