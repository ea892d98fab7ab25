/* What the assembler complains about: the rule, and the line. */
#include "trace/yaml.h"
#include "yaml_fixture.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct bad {
    const char *text;
    const char *rule;
    uint32_t line;
    enum sl_status status;
};

static void assert_bad(const struct bad *bad)
{
    struct sl_trace *trace = NULL;
    struct sl_error err = {0};
    enum sl_status status = yaml_try(bad->text, &trace, &err);
    cr_assert_eq(status, bad->status, "%s: %s", bad->text, err.message);
    cr_assert_eq(err.status, bad->status);
    cr_assert_null(trace);
    cr_assert(err.rule && strcmp(err.rule, bad->rule) == 0, "%s: %s [%s]", bad->text, err.message,
              err.rule ? err.rule : "");
    cr_assert_eq(err.line, bad->line, "%s: line %u: %s", bad->text, err.line, err.message);
    cr_assert_str_eq(err.file, "tests/unit/test.yaml");
}

#define HEAD "scanlock: 1\ndevice: virtio-gpu\n"

Test(yaml_error, of_the_file)
{
    static const struct bad cases[] = {
        {"", "yaml.syntax", 1, SL_ERR_DAMAGED},
        {"- 1\n", "yaml.syntax", 1, SL_ERR_DAMAGED},
        {"a: [1\nb", "yaml.syntax", 3, SL_ERR_DAMAGED},
        {HEAD "events: []\n---\na: 1\n", "yaml.syntax", 4, SL_ERR_DAMAGED},
        {HEAD "events: &x\n- *x\n", "yaml.syntax", 4, SL_ERR_DAMAGED},
        {HEAD "? [a]\n: 1\n", "yaml.syntax", 3, SL_ERR_DAMAGED},
        {HEAD, "yaml.key", 1, SL_ERR_DAMAGED},
        {HEAD "colour: red\nevents: []\n", "yaml.key", 3, SL_ERR_DAMAGED},
        {HEAD "events: []\nevents: []\n", "yaml.key", 4, SL_ERR_DAMAGED},
        {HEAD "events: {}\n", "yaml.value", 3, SL_ERR_DAMAGED},
        {"scanlock: one\n", "yaml.value", 1, SL_ERR_DAMAGED},
        {"scanlock: 2\n", "yaml.version", 1, SL_ERR_UNSUPPORTED},
        {"scanlock: 1\ndevice: toaster\n", "yaml.device", 2, SL_ERR_DAMAGED},
        {HEAD "abi: 1\nevents: []\n", "yaml.value", 3, SL_ERR_DAMAGED},
        {HEAD "abi: 1.70000\nevents: []\n", "yaml.value", 3, SL_ERR_DAMAGED},
        {HEAD "about: [x]\nevents: []\n", "yaml.value", 3, SL_ERR_DAMAGED},
        {HEAD "options: [x]\nevents: []\n", "yaml.value", 3, SL_ERR_DAMAGED},
        {HEAD "options: {a: {}}\nevents: []\n", "yaml.value", 3, SL_ERR_DAMAGED},
        {HEAD "options: {a: 1, a: 2}\nevents: []\n", "yaml.key", 3, SL_ERR_DAMAGED},
        {HEAD "ram: {}\nevents: []\n", "yaml.value", 3, SL_ERR_DAMAGED},
        {HEAD "ram:\n- {start: 0}\nevents: []\n", "yaml.key", 4, SL_ERR_DAMAGED},
        {HEAD "ram: [{base: 1, size: 4K}]\nevents: []\n", "mem.region", 0, SL_ERR_DAMAGED},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_bad(&cases[i]);
    }
}

/* Each event stands in line 5, behind a driver that is started. */
static void assert_bad_event(const char *event, const char *rule, uint32_t line,
                             enum sl_status status)
{
    struct sl_buf text = {0};
    sl_buf_printf(&text, HEAD "events:\n- start: {queue1: 0}\n%s\n", event);
    struct bad bad = {.text = sl_buf_cstr(&text), .rule = rule, .line = line, .status = status};
    assert_bad(&bad);
    sl_buf_finish(&text);
}

Test(yaml_error, of_events)
{
    static const struct {
        const char *event, *rule;
        uint32_t line;
    } cases[] = {
        {"- 7", "yaml.event", 5},
        {"- {}", "yaml.event", 5},
        {"- boil: 1", "yaml.event", 5},
        {"- frame: a\n  note: b", "yaml.key", 6},
        {"- frame: [a]", "yaml.value", 5},
        {"- frame: \"a\\0b\"", "yaml.value", 5},
        {"- reset: {hard: true}", "yaml.key", 5},
        {"- vblank: many", "yaml.name", 5},
        {"- vblank: 4294967296", "yaml.value", 5},
        {"- vblank: {periods: 1}", "yaml.key", 5},
        {"- display: {scanout: 0, size: 1}", "yaml.key", 5},
        {"- write: {offset: 0, value: 1}", "yaml.key", 5},
        {"- write: {space: bar0, register: STATUS, value: 1}", "yaml.key", 5},
        {"- write: {space: bar0, value: 1}", "yaml.key", 5},
        {"- write: {space: bar9, offset: 0, value: 1}", "yaml.value", 5},
        {"- write: {register: NONE, value: 1}", "yaml.value", 5},
        {"- write: {register: STATUS}", "yaml.key", 5},
        {"- write: {register: STATUS, value: READY}", "yaml.value", 5},
        {"- write: {register: STATUS, value: 256}", "yaml.value", 5},
        {"- write: {register: STATUS, size: 3, value: 1}", "yaml.value", 5},
        {"- read: {register: STATUS, value: 1}", "yaml.key", 5},
        {"- vring: {queue: 0, base: 65536}", "yaml.value", 5},
        {"- attach: {hex: '00'}", "yaml.key", 5},
        {"- expect: {queue: 0}", "yaml.key", 5},
        {"- expect: {kind: guess}", "yaml.value", 5},
        {"- expect: {kind: irq, hex: '00'}", "slt.event.field", 5},
        {"- repeat: {count: 1}", "yaml.key", 5},
        {"- repeat: {count: 2, events:\n  [{boil: 1}]}", "yaml.event", 6},
        {"- memory: {at: 0x1000}", "yaml.key", 5},
        {"- memory: {hex: '00'}", "yaml.key", 5},
        {"- memory: {at: 0, hex: '00', fill: 1, size: 1}", "yaml.key", 5},
        {"- memory: {at: 0, hex: '0'}", "yaml.value", 5},
        {"- memory: {at: 0, hex: 'zz'}", "yaml.value", 5},
        {"- memory: {at: 0, hex: ''}", "slt.event.field", 5},
        {"- memory: {at: 0, hex: '0011', size: 1}", "yaml.value", 5},
        {"- memory: {at: 0, words: [1], unit: 3}", "yaml.value", 5},
        {"- memory: {at: 0, words: 1}", "yaml.value", 5},
        {"- memory: {at: 0, floats: [x]}", "yaml.value", 5},
        {"- memory: {at: 0, fill: 1}", "yaml.key", 5},
        {"- memory: {at: 0, fill: 256, size: 1}", "yaml.value", 5},
        {"- memory: {at: 0, ramp: 256, size: 1}", "yaml.value", 5},
        {"- memory: {at: 0, parts: 1}", "yaml.value", 5},
        {"- memory: {at: 0, parts: [{parts: []}]}", "yaml.key", 5},
        {"- memory: {at: 0, gradient: {}}", "yaml.key", 5},
        {"- memory: {at: 0, gradient: {}, format: 1, width: 1}", "yaml.key", 5},
        {"- memory: {at: 0, gradient: {}, format: 999, width: 1, height: 1}", "yaml.value", 5},
        {"- memory: {at: 0, gradient: {along: z}, format: 1, width: 1, height: 1}", "yaml.value",
         5},
        {"- memory: {at: 0, fill: pink, format: 1, width: 1, height: 1}", "yaml.value", 5},
        {"- memory: {at: 0, fill: '#12', format: 1, width: 1, height: 1}", "yaml.value", 5},
        {"- memory: {at: 0, fill: [1, 2], format: 1, width: 1, height: 1}", "yaml.value", 5},
        {"- memory: {at: 0, fill: red, format: 1, width: 16385, height: 1}", "yaml.value", 5},
        {"- memory: {at: 0, fill: red, format: 1, width: 2, height: 1, pitch: 7}", "yaml.value", 5},
        {"- memory: {at: 0, checker: {cell: 0}, format: 1, width: 2, height: 1}", "yaml.value", 5},
        {"- memory: {at: 0, image: ../fuzz/corpus/png/rgba, format: 1, width: 9}", "yaml.value", 5},
        {"- memory: {at: 0, file: /etc/passwd}", "yaml.file", 5},
        {"- memory: {at: 0, file: ../unit}", "yaml.file", 5},
        {"- memory: {at: 0, file: ../../LICENSE, offset: 1G}", "yaml.file", 5},
        {"- memory: {name: 1a, size: 1}", "yaml.name", 5},
        {"- memory: {name: a, size: 1}\n- memory: {name: a, size: 1}", "yaml.name", 6},
        {"- memory: {at: b, hex: '00'}", "yaml.name", 5},
        {"- memory: {name: a, size: 33M}", "yaml.memory", 5},
        {"- memory: {name: a, size: 0}", "yaml.memory", 5},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_bad_event(cases[i].event, cases[i].rule, cases[i].line, SL_ERR_DAMAGED);
    }
    assert_bad_event("- memory: {at: 0, file: none}", "host.file", 5, SL_ERR_ENVIRONMENT);
}

Test(yaml_error, of_a_file_that_is_named)
{
    struct sl_trace *trace = NULL;
    struct sl_error err = {0};
    cr_assert_eq(yaml_try(HEAD "events:\n- memory: {at: 0, image: ../../LICENSE, format: 1}\n",
                          &trace, &err),
                 SL_ERR_DAMAGED);
    cr_assert_str_eq(err.rule, "png.signature");
    cr_assert_str_eq(err.file, "tests/unit/../../LICENSE");
    cr_assert_eq(err.line, 0);
}

Test(yaml_error, of_virtio_gpu)
{
    static const struct {
        const char *event, *rule;
        uint32_t line;
    } cases[] = {
        {"- start: {transport: usb}", "yaml.value", 5},
        {"- start: {transport: aero, msix: true}", "yaml.value", 5},
        {"- start: {indirect: maybe}", "yaml.value", 5},
        {"- start: {features: [MAGIC]}", "yaml.value", 5},
        {"- start: {queue0: 32769}", "yaml.value", 5},
        {"- start: {queue2: 1}", "yaml.key", 5},
        {"- cmd: MAKE_COFFEE", "yaml.value", 5},
        {"- cmd: RESOURCE_UNREF\n  id: 1", "yaml.key", 6},
        {"- cmd: RESOURCE_UNREF\n  resource_id: 1\n  resource_id: 2", "yaml.key", 7},
        {"- cmd: RESOURCE_CREATE_2D\n  format: PINK", "yaml.value", 6},
        {"- cmd: SET_SCANOUT\n  r: [1, 2, 3, 4, 5]", "yaml.value", 6},
        {"- cmd: SET_SCANOUT\n  r: {w: 1}", "yaml.key", 6},
        {"- cmd: SET_SCANOUT\n  r: 1", "yaml.value", 6},
        {"- cmd: SET_SCANOUT_BLOB\n  strides: [1, 2, 3, 4, 5]", "yaml.value", 6},
        {"- cmd: CTX_CREATE\n  debug_name: '0'", "yaml.value", 6},
        {"- cmd: RESOURCE_UNREF\n  split: [33]", "yaml.value", 6},
        {"- cmd: RESOURCE_UNREF\n  response: lots", "yaml.name", 6},
        {"- cmd: RESOURCE_UNREF\n  bytes: 17M", "yaml.value", 6},
        {"- cmd: RESOURCE_UNREF\n  raw: 0", "yaml.value", 6},
        {"- cmd: RESOURCE_UNREF\n  bytes: 0\n  response: none", "yaml.queue", 5},
        {"- cmd: MOVE_CURSOR", "yaml.queue", 5},
        {"- cmd: RESOURCE_UNREF\n  queue: 2", "yaml.value", 6},
        {"- repeat: {count: 33, events: [{cmd: RESOURCE_UNREF, notify: false}]}", "yaml.queue", 5},
        {"- chain: 1", "yaml.value", 5},
        {"- chain: []\n  queue: cursor", "yaml.queue", 5},
        {"- chain: [{address: 1}]", "yaml.key", 5},
        {"- chain: [{flags: LAST}]", "yaml.value", 5},
        {"- descriptors: {entries: []}", "yaml.key", 5},
        {"- descriptors: {at: 0}", "yaml.key", 5},
        {"- avail: {queue: 1}", "yaml.queue", 5},
        {"- avail: {idx: 65536}", "yaml.value", 5},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_bad_event(cases[i].event, cases[i].rule, cases[i].line, SL_ERR_DAMAGED);
    }
    struct bad early = {HEAD "events:\n- notify: 0\n", "yaml.queue", 4, SL_ERR_DAMAGED};
    assert_bad(&early);
}

Test(yaml_error, limits_are_named)
{
    static const struct {
        const char *event;
    } cases[] = {
        {"- memory: {at: 0, fill: 0, size: 257M}"},
        {"- memory: {at: 0, parts: [{fill: 0, size: 200M}, {fill: 0, size: 100M}]}"},
        {"- memory: {at: 0, fill: red, format: 1, width: 16384, height: 16384}"},
        {"- repeat: {count: 0xFFFFFFFF, events: []}"},
        {"- repeat: {count: 0xFFFFFFFF, events: [{reset: }]}"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_bad_event(cases[i].event, "host.limit", 5, SL_ERR_UNSUPPORTED);
    }
}

/* A sparse file of 5 GiB: the assembler looks at the size before it reads. */
Test(yaml_error, reading_is_bounded)
{
    static const char text[] = HEAD "events:\n- memory: {at: 0, file: big, size: 1}\n";
    char folder[] = "/tmp/scanlock-yaml-XXXXXX";
    cr_assert_not_null(mkdtemp(folder));
    char big[64];
    char path[64];
    snprintf(big, sizeof(big), "%s/big", folder);
    snprintf(path, sizeof(path), "%s/t.yaml", folder);
    FILE *sparse = fopen(big, "wb");
    int grown = sparse ? ftruncate(fileno(sparse), INT64_C(5) << 30) : -1;
    if (sparse) {
        fclose(sparse);
    }
    struct sl_trace *trace = NULL;
    struct sl_error err = {0};
    enum sl_status status =
        sl_yaml_open_memory((const uint8_t *)text, strlen(text), path, NULL, &trace, &err);
    unlink(big);
    rmdir(folder);
    cr_assert_eq(grown, 0);
    cr_assert_eq(status, SL_ERR_UNSUPPORTED, "%s", err.message);
    cr_assert_str_eq(err.rule, "host.limit");
    cr_assert_eq(err.line, 4);
}

Test(yaml_error, repeats_and_documents_are_only_so_deep)
{
    struct sl_buf deep = {0};
    for (int i = 0; i < 9; i++) {
        sl_buf_text(&deep, i == 0 ? "- repeat: {events: [" : "{repeat: {events: [");
    }
    sl_buf_text(&deep, "{reset: }");
    for (int i = 0; i < 9; i++) {
        sl_buf_text(&deep, i == 8 ? "]}" : "]}}");
    }
    assert_bad_event(sl_buf_cstr(&deep), "yaml.value", 5, SL_ERR_DAMAGED);
    sl_buf_clear(&deep);
    sl_buf_text(&deep, "- note: ");
    for (int i = 0; i < 64; i++) {
        sl_buf_u8(&deep, '[');
    }
    assert_bad_event(sl_buf_cstr(&deep), "yaml.syntax", 5, SL_ERR_DAMAGED);
    sl_buf_finish(&deep);
}
