/* The map from keys to nodes that objects, contexts, tokens and memory blocks share. */
#include "base/digital_tree.h"

#include <criterion/criterion.h>
#include <stdbool.h>

TestSuite(digital_tree);

enum { COUNT = 300 };

/* Keys of every kind: dense, sparse, and such that differ in high bits only. */
static uint64_t key_of(size_t i)
{
    switch (i % 3) {
    case 0:
        return i;
    case 1:
        return (uint64_t)i << 55 | 5;
    default:
        return i * UINT64_C(0x9E3779B97F4A7C15);
    }
}

static void count_node(void *data, struct sl_digital_node *node)
{
    uint64_t *sum = data;
    sum[0]++;
    sum[1] ^= node->key;
}

Test(digital_tree, finds_what_is_in_and_nothing_else)
{
    static struct sl_digital_node nodes[COUNT];
    struct sl_digital_tree tree = {0};
    uint64_t keys = 0;
    for (size_t i = 0; i < COUNT; i++) {
        nodes[i].key = key_of(i);
        cr_assert_null(sl_digital_find(&tree, nodes[i].key), "key %zu is new", i);
        sl_digital_insert(&tree, &nodes[i]);
        keys ^= nodes[i].key;
    }
    uint64_t seen[2] = {0};
    sl_digital_visit(&tree, seen, count_node);
    cr_assert_eq(seen[0], COUNT);
    cr_assert_eq(seen[1], keys);
    for (size_t i = 0; i < COUNT; i++) {
        size_t victim = i * 7 % COUNT;
        cr_assert_eq(sl_digital_find(&tree, key_of(victim)), &nodes[victim]);
        sl_digital_remove(&tree, &nodes[victim]);
        cr_assert_null(sl_digital_find(&tree, key_of(victim)));
        for (size_t j = 0; j < COUNT; j += 11) {
            bool gone = false;
            for (size_t k = 0; k <= i; k++) {
                gone = gone || k * 7 % COUNT == j;
            }
            cr_assert_eq(sl_digital_find(&tree, key_of(j)) == NULL, gone, "key %zu", j);
        }
    }
    cr_assert_null(tree.root);
    cr_assert_eq(tree.count, 0);
}
