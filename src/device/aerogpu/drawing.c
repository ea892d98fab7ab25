/* What draws leave behind for the next: threads, the rasteriser, memory. */
#include "device/aerogpu/draw.h"

#include "base/fast_path.h"

#include <stdlib.h>

struct sl_agpu_drawing *sl_agpu_drawing_get(struct sl_agpu_exec *exec)
{
    if (exec->drawing) {
        return exec->drawing;
    }
    struct sl_agpu_drawing *drawing = calloc(1, sizeof(*drawing));
    if (!drawing) {
        return NULL;
    }
    unsigned threads = sl_fast_path(SL_FAST_THREADS) ? exec->config.thread_count : 1;
    if (threads > 1) {
        drawing->pool = sl_worker_pool_create(threads);
    }
    drawing->raster = sl_raster_create(drawing->pool);
    if (!drawing->raster || (threads > 1 && !drawing->pool)) {
        sl_agpu_drawing_destroy(drawing);
        return NULL;
    }
    exec->drawing = drawing;
    return drawing;
}

void sl_agpu_drawing_destroy(struct sl_agpu_drawing *drawing)
{
    if (drawing) {
        for (size_t i = 0; i < SL_AGPU_STAGE_COUNT; i++) {
            free(drawing->stages[i].constants);
        }
        sl_raster_destroy(drawing->raster);
        sl_worker_pool_destroy(drawing->pool);
        free(drawing);
    }
}
