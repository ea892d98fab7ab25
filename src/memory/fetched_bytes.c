#include "memory/fetched_bytes.h"

#include "memory/memory.h"

#include <stdlib.h>
#include <string.h>

enum { WORD_BITS = 64, WORDS = SL_MEM_PAGE_SIZE / WORD_BITS };

struct page {
    struct sl_digital_node node; /* first; the key is gpa / SL_MEM_PAGE_SIZE */
    uint64_t step;               /* that the bits are of */
    uint64_t fetched[WORDS];     /* a bit for each byte */
};

void sl_fetched_finish(struct sl_fetched *fetched)
{
    while (fetched->pages.root) {
        struct page *page = (struct page *)fetched->pages.root;
        sl_digital_remove(&fetched->pages, &page->node);
        free(page);
    }
}

/* The page with the bits of this step; NULL without memory. */
static struct page *get_page(struct sl_fetched *fetched, uint64_t gpa)
{
    uint64_t number = gpa / SL_MEM_PAGE_SIZE;
    struct page *page = (struct page *)sl_digital_find(&fetched->pages, number);
    if (!page) {
        page = calloc(1, sizeof(*page));
        if (!page) {
            return NULL;
        }
        page->node.key = number;
        page->step = fetched->step;
        sl_digital_insert(&fetched->pages, &page->node);
    }
    if (page->step != fetched->step) {
        memset(page->fetched, 0, sizeof(page->fetched));
        page->step = fetched->step;
    }
    return page;
}

/* Position of the first bit in [begin, end) that is value, or end. */
static size_t find_bit(const struct page *page, size_t begin, size_t end, bool value)
{
    while (begin < end) {
        uint64_t word = page->fetched[begin / WORD_BITS];
        word = (value ? word : ~word) >> begin % WORD_BITS;
        if (word) {
            size_t at = begin + (size_t)__builtin_ctzll(word);
            return at < end ? at : end;
        }
        begin = (begin / WORD_BITS + 1) * WORD_BITS;
    }
    return end;
}

static void set_bits(struct page *page, size_t begin, size_t end)
{
    while (begin < end) {
        size_t word = begin / WORD_BITS;
        size_t stop = (word + 1) * WORD_BITS < end ? (word + 1) * WORD_BITS : end;
        uint64_t mask = ~UINT64_C(0) >> (WORD_BITS - (stop - begin));
        page->fetched[word] |= mask << begin % WORD_BITS;
        begin = stop;
    }
}

size_t sl_fetched_claim(struct sl_fetched *fetched, uint64_t gpa, size_t size, uint64_t *at,
                        bool *kept)
{
    struct page *page = get_page(fetched, gpa);
    *kept = page != NULL;
    if (!page) {
        return 0;
    }
    size_t begin = (size_t)(gpa % SL_MEM_PAGE_SIZE);
    size_t end = begin + size;
    size_t first = find_bit(page, begin, end, false);
    size_t last = find_bit(page, first, end, true);
    set_bits(page, first, last);
    *at = gpa - begin + first;
    return last - first;
}

bool sl_fetched_mark(struct sl_fetched *fetched, uint64_t gpa, size_t size)
{
    struct page *page = get_page(fetched, gpa);
    if (!page) {
        return false;
    }
    size_t begin = (size_t)(gpa % SL_MEM_PAGE_SIZE);
    set_bits(page, begin, begin + size);
    return true;
}
