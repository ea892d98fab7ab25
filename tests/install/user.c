/* A program that only sees what is installed: hashes a picture and fails to open a trace. */
#include <scanlock/image.h>
#include <scanlock/replay.h>

#include <stdio.h>

int main(void)
{
    struct sl_image image;
    char digest[65];
    struct sl_error err = {0};
    struct sl_trace *trace;
    struct sl_replay_options options;
    sl_replay_options_defaults(&options);
    if (sl_image_init(&image, 4, 4, &err) != SL_OK || options.until_event != UINT64_MAX) {
        return 1;
    }
    sl_image_digest(&image, digest);
    sl_image_finish(&image);
    enum sl_status status = sl_trace_open("/nonexistent.slt", &trace, &err);
    return status == SL_ERR_ENVIRONMENT && digest[63] != '\0' ? 0 : 1;
}
