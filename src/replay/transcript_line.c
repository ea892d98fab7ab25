#include "replay/transcript_line.h"

#include <string.h>

/* What is left of a line. A piece that does not fit sets failed, and nothing fits from then on. */
struct scan {
    const char *at;
    size_t left;
    bool failed;
};

static bool starts(const struct scan *scan, const char *text)
{
    size_t size = strlen(text);
    return !scan->failed && scan->left >= size && memcmp(scan->at, text, size) == 0;
}

static bool take_if(struct scan *scan, const char *text)
{
    if (!starts(scan, text)) {
        return false;
    }
    scan->at += strlen(text);
    scan->left -= strlen(text);
    return true;
}

static void take(struct scan *scan, const char *text)
{
    scan->failed |= !take_if(scan, text);
}

static int digit_of(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 16;
}

/* Digits without leading zeros; what does not fit into limit fails. */
static uint64_t take_digits(struct scan *scan, unsigned base, uint64_t limit)
{
    uint64_t value = 0;
    size_t size = 0;
    bool zero = scan->left > 0 && *scan->at == '0';
    while (!scan->failed && size < scan->left) {
        unsigned digit = (unsigned)digit_of(scan->at[size]);
        if (digit >= base) {
            break;
        }
        if (value > (limit - digit) / base) {
            scan->failed = true;
            return 0;
        }
        value = value * base + digit;
        size++;
    }
    if (size == 0 || (zero && size > 1)) {
        scan->failed = true;
        return 0;
    }
    scan->at += size;
    scan->left -= size;
    return value;
}

static uint64_t take_number(struct scan *scan, const char *before)
{
    take(scan, before);
    return take_digits(scan, 10, UINT64_MAX);
}

static uint32_t take_u32(struct scan *scan, const char *before)
{
    take(scan, before);
    return (uint32_t)take_digits(scan, 10, UINT32_MAX);
}

static uint64_t take_hex(struct scan *scan, const char *before)
{
    take(scan, before);
    take(scan, "0x");
    return take_digits(scan, 16, UINT64_MAX);
}

/* One or more characters that are none of those in end. */
static struct sl_transcript_word take_word(struct scan *scan, const char *end)
{
    struct sl_transcript_word word = {.at = scan->at};
    while (!scan->failed && word.size < scan->left && !strchr(end, word.at[word.size])) {
        word.size++;
    }
    scan->failed |= word.size == 0;
    scan->at += word.size;
    scan->left -= word.size;
    return word;
}

static bool is_word(struct sl_transcript_word word, const char *text)
{
    return word.size == strlen(text) && memcmp(word.at, text, word.size) == 0;
}

static struct sl_transcript_word take_rest(struct scan *scan)
{
    return take_word(scan, "");
}

/* A device's name for something, or the number of what has none. */
static struct sl_transcript_word take_name(struct scan *scan)
{
    struct sl_transcript_word word = take_word(scan, " :");
    bool number = word.size > 2 && memcmp(word.at, "0x", 2) == 0;
    for (size_t i = number ? 2 : 0; i < word.size; i++) {
        char c = word.at[i];
        bool letter = (c >= 'A' && c <= 'Z') || c == '_';
        bool digit = c >= '0' && c <= '9';
        bool good = number ? digit_of(c) < 16 : letter || (digit && i > 0);
        scan->failed |= !good;
    }
    return word;
}

static void parse_read(struct scan *scan, struct sl_transcript_line *line)
{
    static const char *const spaces[] = {"bar0", "bar1",   "bar2", "bar3", "bar4",
                                         "bar5", "config", "vga",  "vbe"};
    static const unsigned sizes[] = {8, 16, 32, 64};
    bool known = false;
    line->space = take_word(scan, "+");
    for (size_t i = 0; i < sizeof(spaces) / sizeof(spaces[0]); i++) {
        known |= is_word(line->space, spaces[i]);
    }
    line->address = take_hex(scan, "+");
    line->bits = take_u32(scan, " u");
    take(scan, " ");
    if (!starts(scan, "0x")) {
        line->name = take_word(scan, " =");
        take(scan, "=");
    }
    line->value = take_hex(scan, "");
    bool sized = false;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        sized |= line->bits == sizes[i];
    }
    bool fits = sized && (line->bits == 64 || line->value >> line->bits == 0);
    scan->failed |= !known || !fits;
}

static void parse_chain(struct scan *scan, struct sl_transcript_line *line)
{
    line->queue = take_u32(scan, "queue=");
    line->head = take_u32(scan, " head=");
    line->length = take_number(scan, " len=");
}

static void parse_response(struct scan *scan, struct sl_transcript_line *line)
{
    parse_chain(scan, line);
    take(scan, " ");
    if (take_if(scan, "dropped: ")) {
        line->reason = take_rest(scan);
        return;
    }
    line->command = take_name(scan);
    take(scan, " -> ");
    if (starts(scan, "nothing")) {
        line->answer = take_word(scan, " ");
        scan->failed |= !is_word(line->answer, "nothing");
    } else {
        line->answer = take_name(scan);
    }
    if (scan->left) {
        line->fenced = true;
        line->fence = take_number(scan, " fence=");
        line->context = take_u32(scan, " ctx=");
    }
}

static void parse_irq(struct scan *scan, struct sl_transcript_line *line)
{
    line->intx = starts(scan, "intx=");
    line->value = take_u32(scan, line->intx ? "intx=" : "vector=");
    scan->failed |= line->intx && line->value > 1;
    if (scan->left && line->intx) {
        take(scan, " IRQ_STATUS=");
        line->status = take_word(scan, " ");
        scan->failed |= line->value == 0;
    } else if (scan->left) {
        take(scan, " ");
        line->status = take_rest(scan);
        scan->failed |= !is_word(line->status, "MSI-X") && !is_word(line->status, "call");
    }
}

static void parse_fence(struct scan *scan, struct sl_transcript_line *line)
{
    line->value = take_number(scan, "value=");
    scan->failed |= take_number(scan, " COMPLETED_FENCE=") != line->value;
}

/* virtio-gpu gives a reason; AeroGPU a code, a class, a place, and a reason. */
static void parse_error(struct scan *scan, struct sl_transcript_line *line)
{
    line->value = take_number(scan, "code=");
    take(scan, " ");
    struct scan words = *scan;
    struct sl_transcript_word code = take_name(&words);
    if (!take_if(&words, " class=")) {
        line->reason = take_rest(scan);
        return;
    }
    *scan = words;
    line->code = code;
    line->class_ = take_name(scan);
    line->fence = take_number(scan, " fence=");
    if (starts(scan, " ")) {
        line->in_packet = true;
        line->packet = take_number(scan, " packet=");
        line->address = take_hex(scan, " offset=");
        take(scan, " ");
        line->command = take_name(scan);
    }
    take(scan, ": ");
    line->reason = take_rest(scan);
}

static void parse_frame(struct scan *scan, struct sl_transcript_line *line)
{
    line->name = take_word(scan, " ");
    for (size_t i = 0; i < line->name.size; i++) {
        unsigned char c = (unsigned char)line->name.at[i];
        bool letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
        bool other = (c >= '0' && c <= '9') || c == '_' || c == '-' || (c == '.' && i > 0);
        scan->failed |= !letter && !other;
    }
    take(scan, " ");
    if (!take_if(scan, "none")) {
        line->width = take_u32(scan, "");
        line->height = take_u32(scan, "x");
        scan->failed |= line->width == 0 || line->height == 0;
    }
}

static void parse_write(struct scan *scan, struct sl_transcript_line *line)
{
    line->address = take_hex(scan, "gpa=");
    line->length = take_number(scan, " len=");
    take(scan, " xxh3=");
    line->hash = take_word(scan, " ");
    scan->failed |= line->hash.size != 32 || line->length == 0;
    for (size_t i = 0; i < line->hash.size; i++) {
        scan->failed |= digit_of(line->hash.at[i]) > 15;
    }
}

static const struct {
    const char *word;
    void (*parse)(struct scan *scan, struct sl_transcript_line *line);
} kinds[] = {
    [SL_TRANSCRIPT_READ] = {"read", parse_read},
    [SL_TRANSCRIPT_RESPONSE] = {"response", parse_response},
    [SL_TRANSCRIPT_USED] = {"used", parse_chain},
    [SL_TRANSCRIPT_IRQ] = {"irq", parse_irq},
    [SL_TRANSCRIPT_FENCE] = {"fence", parse_fence},
    [SL_TRANSCRIPT_ERROR] = {"error", parse_error},
    [SL_TRANSCRIPT_FRAME] = {"frame", parse_frame},
    [SL_TRANSCRIPT_WRITE] = {"write", parse_write},
};

enum { KIND_COUNT = sizeof(kinds) / sizeof(kinds[0]) };

const char *sl_transcript_kind_name(enum sl_transcript_kind kind)
{
    return kinds[kind].word;
}

/* No control character gets into a transcript. */
static bool is_clean(const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c < 0x20 || c == 0x7F) {
            return false;
        }
    }
    return true;
}

bool sl_transcript_parse_header(const char *text, size_t size, uint64_t *version,
                                struct sl_transcript_word *device)
{
    struct scan scan = {.at = text, .left = size, .failed = !is_clean(text, size)};
    *version = take_number(&scan, "scanlock-transcript ");
    take(&scan, " device=");
    *device = take_word(&scan, " ");
    return !scan.failed && scan.left == 0;
}

bool sl_transcript_parse_line(const char *text, size_t size, struct sl_transcript_line *line)
{
    struct scan scan = {.at = text, .left = size, .failed = !is_clean(text, size)};
    *line = (struct sl_transcript_line){0};
    line->event = take_number(&scan, "");
    take(&scan, " ");
    struct sl_transcript_word word = take_word(&scan, " ");
    take(&scan, " ");
    for (unsigned i = 0; !scan.failed && i < KIND_COUNT; i++) {
        if (is_word(word, kinds[i].word)) {
            line->kind = (enum sl_transcript_kind)i;
            kinds[i].parse(&scan, line);
            return !scan.failed && scan.left == 0;
        }
    }
    return false;
}
