/*
 * The vblank clock. Device time is virtual time since the last device reset. While the scanout is
 * enabled an edge is due every period, the first one period after the enabling.
 */
#include "device/aerogpu/front.h"

#include "base/checked.h"

static uint64_t now_ns(const struct sl_agpu *dev)
{
    return dev->vblank.virtual_ns - dev->vblank.base_ns;
}

static uint64_t period_ns(const struct sl_agpu *dev)
{
    return sl_agpu_get(dev, AEROGPU_MMIO_REG_SCANOUT0_VBLANK_PERIOD_NS);
}

/* A deadline past the end of 64-bit time never comes. */
static void schedule(struct sl_agpu *dev, uint64_t from_ns)
{
    struct sl_agpu_vblank *vblank = &dev->vblank;
    vblank->running = sl_add_u64(from_ns, period_ns(dev), &vblank->deadline_ns);
}

void sl_agpu_vblank_start(struct sl_agpu *dev)
{
    if (dev->options.features & AEROGPU_FEATURE_VBLANK) {
        schedule(dev, now_ns(dev));
    }
}

void sl_agpu_vblank_stop(struct sl_agpu *dev)
{
    dev->vblank.running = false;
    sl_agpu_irq_write_ack(dev, AEROGPU_IRQ_SCANOUT_VBLANK);
    sl_agpu_fences_ungate(dev);
}

static void count_edges(struct sl_agpu *dev, uint64_t edges, uint64_t last_ns)
{
    uint64_t seq = sl_agpu_get64(dev, AEROGPU_MMIO_REG_SCANOUT0_VBLANK_SEQ_LO);
    sl_agpu_set64(dev, AEROGPU_MMIO_REG_SCANOUT0_VBLANK_SEQ_LO, seq + edges);
    sl_agpu_set64(dev, AEROGPU_MMIO_REG_SCANOUT0_VBLANK_TIME_NS_LO, last_ns);
}

void sl_agpu_vblank_run(struct sl_agpu *dev)
{
    struct sl_agpu_vblank *vblank = &dev->vblank;
    uint64_t now = now_ns(dev);
    for (unsigned edges = 0; vblank->running && vblank->deadline_ns <= now; edges++) {
        if (edges == AEROGPU_LIMIT_VBLANK_CATCH_UP_MAX_TICKS) {
            schedule(dev, now);
            return;
        }
        count_edges(dev, 1, vblank->deadline_ns);
        schedule(dev, vblank->deadline_ns);
        sl_agpu_irq_raise(dev, AEROGPU_IRQ_SCANOUT_VBLANK);
        sl_agpu_fences_edge(dev);
        sl_agpu_fences_complete(dev);
    }
}

/* Stands at its limit instead of wrapping around. */
static void move_time(struct sl_agpu *dev, uint64_t by_ns)
{
    if (!sl_add_u64(dev->vblank.virtual_ns, by_ns, &dev->vblank.virtual_ns)) {
        dev->vblank.virtual_ns = UINT64_MAX;
    }
}

/*
 * count further periods in one go, after a step in which nothing else was left to do: each would
 * only count one edge and latch a bit that is latched already.
 */
static void skip_periods(struct sl_agpu *dev, uint64_t count)
{
    struct sl_agpu_vblank *vblank = &dev->vblank;
    uint64_t period = period_ns(dev);
    uint64_t until;
    if (!sl_mul_u64(count, period, &until) || !sl_add_u64(until, vblank->virtual_ns, &until)) {
        until = UINT64_MAX;
    }
    vblank->virtual_ns = until;
    uint64_t now = now_ns(dev);
    if (vblank->running && vblank->deadline_ns <= now) {
        uint64_t more = (now - vblank->deadline_ns) / period;
        uint64_t last = vblank->deadline_ns + more * period;
        count_edges(dev, more + 1, last);
        schedule(dev, last);
        sl_agpu_irq_raise(dev, AEROGPU_IRQ_SCANOUT_VBLANK);
    }
}

void sl_agpu_vblank_advance(struct sl_agpu *dev, const struct sl_vblank_event *event)
{
    if (event->time_ns > dev->vblank.virtual_ns) {
        dev->vblank.virtual_ns = event->time_ns;
        sl_agpu_step(dev);
    }
    uint64_t period = period_ns(dev);
    for (uint32_t done = 0; period != 0 && done < event->count; done++) {
        if (dev->fences.count == dev->fences.ready_count && done > 0) {
            skip_periods(dev, event->count - done);
            return;
        }
        move_time(dev, period);
        sl_agpu_step(dev);
    }
}
