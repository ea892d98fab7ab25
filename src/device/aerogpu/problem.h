/*
 * What is wrong with a submission before it executes. A submission may have several problems and
 * reports one: out-of-bounds problems win (AeroGPU ABI, "Descriptor"), then the earliest.
 */
#ifndef SL_DEVICE_AEROGPU_PROBLEM_H
#define SL_DEVICE_AEROGPU_PROBLEM_H

#include "device/aerogpu/executor.h"

/* Zeroed is "no problem". */
struct sl_agpu_problem {
    enum sl_agpu_class class_;
    char detail[96];
};

/* Notes a problem, unless one that wins over it is there. Always false, for returning. */
bool sl_agpu_problem_note(struct sl_agpu_problem *problem, enum sl_agpu_class class_,
                          const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif
