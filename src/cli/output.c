#include "cli/cli.h"

#include "base/buf.h"
#include "base/status.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum sl_status sl_cli_write_whole(const char *path, sl_cli_write_fn *write, void *data,
                                  struct sl_error *err)
{
    struct sl_buf temporary = {0};
    sl_buf_printf(&temporary, "%s.tmp.%ld", path, (long)getpid());
    const char *name = sl_buf_cstr(&temporary);
    enum sl_status status = name ? write(data, name, err) : sl_fail_memory(err, 0);
    if (status == SL_OK && rename(name, path) != 0) {
        status = sl_fail_errno(err, path, "replace");
    }
    if (status != SL_OK && name) {
        unlink(name);
        if (err && strcmp(err->file, name) == 0) {
            err->file[0] = '\0';
            sl_error_set_file(err, path);
        }
    }
    sl_buf_finish(&temporary);
    return status;
}
