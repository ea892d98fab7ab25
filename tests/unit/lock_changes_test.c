/* The list of changes: docs/abi-lock.md has the same, and every one happens in a test. */
#include "base/file.h"
#include "lock/lock_diff.h"

#include <criterion/criterion.h>
#include <string.h>

static void read_text(const char *path, struct sl_buf *text)
{
    cr_assert_eq(sl_file_read(path, 1 << 20, text, NULL), SL_OK, "%s", path);
    sl_buf_u8(text, '\0');
}

static size_t occurrences(const char *text, const char *what)
{
    size_t count = 0;
    for (const char *p = text; (p = strstr(p, what)); p += strlen(what)) {
        count++;
    }
    return count;
}

Test(lock_changes, page_has_every_change_with_its_class)
{
    struct sl_buf text = {0};
    read_text("docs/abi-lock.md", &text);
    const char *page = (const char *)text.data;
    size_t rows = occurrences(page, "` | patch |") + occurrences(page, "` | minor |") +
                  occurrences(page, "` | major |");
    cr_assert_eq(rows, SL_LOCK_CHANGE_COUNT);
    for (size_t i = 0; i < SL_LOCK_CHANGE_COUNT; i++) {
        enum sl_lock_change_id id = (enum sl_lock_change_id)i;
        struct sl_buf row = {0};
        sl_buf_printf(&row, "\n| `%s` | %s |", sl_lock_change_word(id),
                      sl_lock_class_name(sl_lock_change_class(id)));
        cr_assert_eq(occurrences(page, sl_buf_cstr(&row)), 1, "%s", sl_lock_change_word(id));
        sl_buf_finish(&row);
    }
    sl_buf_finish(&text);
}

/* The cases of tests/cli/abi_diff.test show each change, in a line that ends with its word. */
Test(lock_changes, every_change_has_a_case)
{
    struct sl_buf text = {0};
    read_text("tests/cli/abi_diff.test", &text);
    for (size_t i = 0; i < SL_LOCK_CHANGE_COUNT; i++) {
        struct sl_buf end = {0};
        sl_buf_printf(&end, " [%s]\n", sl_lock_change_word((enum sl_lock_change_id)i));
        cr_assert_gt(occurrences((const char *)text.data, sl_buf_cstr(&end)), 0, "%s",
                     sl_lock_change_word((enum sl_lock_change_id)i));
        sl_buf_finish(&end);
    }
    sl_buf_finish(&text);
}

Test(lock_changes, words_are_unique_and_sorted_by_class)
{
    for (size_t i = 0; i < SL_LOCK_CHANGE_COUNT; i++) {
        enum sl_lock_change_id id = (enum sl_lock_change_id)i;
        cr_assert_str_not_empty(sl_lock_change_sentence(id));
        if (i == 0) {
            continue;
        }
        enum sl_lock_change_id before = (enum sl_lock_change_id)(i - 1);
        enum sl_lock_class class = sl_lock_change_class(id);
        cr_assert_geq(class, sl_lock_change_class(before));
        cr_assert(class > sl_lock_change_class(before) ||
                      strcmp(sl_lock_change_word(before), sl_lock_change_word(id)) < 0,
                  "%s", sl_lock_change_word(id));
    }
}
