/*
 * Writes a capture for Wireshark to stdout, of link type LINKTYPE. Frames are the lines of stdin,
 * in hexadecimal with blanks anywhere; or, with traces, the AeroGPU command streams in them: each
 * piece of memory a guest wrote that starts with the magic of a stream and holds all of it.
 */
#include "base/buf.h"
#include "base/bytes.h"

#include <scanlock/aerogpu_abi.h>
#include <scanlock/trace.h>

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void write_frame(const void *bytes, size_t size)
{
    struct sl_buf head = {0};
    sl_buf_u64(&head, 0); /* seconds, microseconds */
    sl_buf_u32(&head, (uint32_t)size);
    sl_buf_u32(&head, (uint32_t)size);
    fwrite(head.data, 1, head.size, stdout);
    fwrite(bytes, 1, size, stdout);
    sl_buf_finish(&head);
}

static void write_head(uint32_t link_type)
{
    struct sl_buf head = {0};
    sl_buf_u32(&head, 0xA1B2C3D4u);
    sl_buf_u16(&head, 2);
    sl_buf_u16(&head, 4);
    sl_buf_u64(&head, 0);
    sl_buf_u32(&head, 1u << 20);
    sl_buf_u32(&head, link_type);
    fwrite(head.data, 1, head.size, stdout);
    sl_buf_finish(&head);
}

static int digit(int c)
{
    return isdigit(c) ? c - '0' : tolower(c) - 'a' + 10;
}

static int write_lines(void)
{
    char *line = NULL;
    size_t room = 0;
    while (getline(&line, &room, stdin) >= 0) {
        struct sl_buf frame = {0};
        int high = -1;
        for (const char *p = line; *p; p++) {
            if (!isxdigit((unsigned char)*p)) {
                continue;
            }
            if (high >= 0) {
                sl_buf_u8(&frame, (uint8_t)(high << 4 | digit(*p)));
            }
            high = high >= 0 ? -1 : digit(*p);
        }
        write_frame(frame.size ? (const void *)frame.data : "", frame.size);
        sl_buf_finish(&frame);
    }
    free(line);
    return EXIT_SUCCESS;
}

static void write_stream(const struct sl_mem_event *mem)
{
    if (mem->size >= sizeof(struct aerogpu_cmd_stream_header) &&
        sl_get_le32(mem->bytes) == AEROGPU_CMD_STREAM_MAGIC &&
        sl_get_le32(mem->bytes + 8) <= mem->size) {
        write_frame(mem->bytes, sl_get_le32(mem->bytes + 8));
    }
}

static int write_streams(const char *path)
{
    struct sl_trace *trace;
    struct sl_event event = {0};
    enum sl_status status = sl_trace_open(path, &trace, NULL);
    while (status == SL_OK && (status = sl_trace_next(trace, &event, NULL)) == SL_OK &&
           event.type != 0) {
        if (event.type == SL_EVENT_MEM) {
            write_stream(&event.u.mem);
        }
    }
    sl_trace_close(trace);
    return status == SL_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        fprintf(stderr, "usage: make-pcap LINKTYPE [TRACE]...\n");
        return 2;
    }
    write_head((uint32_t)strtoul(argv[1], NULL, 10));
    int status = argc == 2 ? write_lines() : EXIT_SUCCESS;
    for (int i = 2; i < argc && status == EXIT_SUCCESS; i++) {
        status = write_streams(argv[i]);
    }
    return status;
}
