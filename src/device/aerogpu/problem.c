#include "device/aerogpu/problem.h"

#include <stdarg.h>
#include <stdio.h>

bool sl_agpu_problem_note(struct sl_agpu_problem *problem, enum sl_agpu_class class_,
                          const char *format, ...)
{
    bool first = problem->class_ == SL_AGPU_OK;
    bool wins = class_ == SL_AGPU_OUT_OF_BOUNDS && problem->class_ != SL_AGPU_OUT_OF_BOUNDS;
    if (first || wins) {
        va_list args;
        va_start(args, format);
        problem->class_ = class_;
        vsnprintf(problem->detail, sizeof(problem->detail), format, args);
        va_end(args);
    }
    return false;
}
