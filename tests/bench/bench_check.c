/*
 * Checking the bundled traces.
 *
 * First row: whole processes of `scanlock check --jobs 1 traces/suite.yaml`, milliseconds per
 * trace; the reference is the target of 1 ms. Second row: PNG files decoded by a check in which
 * every frame equals its golden; there shall be none.
 *
 * Prints rows: name, ours, reference, ratio, target.
 */
#include "image/png.h"
#include "suite/runner.h"
#include "suite/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { ROUNDS = 7 };

static const char suite_path[] = "traces/suite.yaml";

static double now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* One whole process, its output thrown away. */
static double run_process(const char *program)
{
    double start = now_ms();
    pid_t child = fork();
    if (child == 0) {
        if (!freopen("/dev/null", "w", stdout)) {
            _exit(127);
        }
        execl(program, "scanlock", "check", "--jobs", "1", suite_path, (char *)NULL);
        _exit(127);
    }
    int status = 0;
    if (child < 0 || waitpid(child, &status, 0) != child || status != 0) {
        fprintf(stderr, "bench_check: %s check %s failed\n", program, suite_path);
        exit(1);
    }
    return now_ms() - start;
}

static void count_decodes(const struct sl_suite *suite)
{
    uint64_t before = sl_png_decode_count();
    uint64_t frames = 0;
    for (size_t i = 0; i < suite->test_count; i++) {
        const struct sl_suite_test *test = &suite->tests[i];
        if (test->rule_count || test->expected != SL_OK) {
            continue;
        }
        struct sl_test_options options = {0};
        struct sl_result result = {0};
        sl_test_run(suite, test, &options, &result);
        if (result.outcome != SL_OUTCOME_PASS) {
            fprintf(stderr, "bench_check: %s fails\n", test->name);
            exit(1);
        }
        frames += result.frames;
        sl_result_finish(&result);
    }
    printf("check-decodes  %llu PNGs  %llu frames  -  0\n",
           (unsigned long long)(sl_png_decode_count() - before), (unsigned long long)frames);
}

int main(int argc, char **argv)
{
    char program[4096];
    (void)argc;
    snprintf(program, sizeof(program), "%s", argv[0]);
    char *cut = strstr(program, "/tests/bench/");
    if (!cut) {
        return 2;
    }
    strcpy(cut, "/scanlock");
    struct sl_suite suite;
    struct sl_error err = {0};
    if (sl_suite_load(suite_path, &suite, &err) != SL_OK || suite.test_count == 0) {
        fprintf(stderr, "bench_check: %s: %s\n", suite_path, err.message);
        return 1;
    }
    double best = run_process(program);
    for (int i = 1; i < ROUNDS; i++) {
        double time = run_process(program);
        best = time < best ? time : best;
    }
    double each = best / (double)suite.test_count;
    printf("check-process  %.3f ms/trace  1 ms/trace  %.2f  <= 1\n", each, each);
    count_decodes(&suite);
    sl_suite_finish(&suite);
    return 0;
}
