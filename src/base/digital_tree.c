#include "base/digital_tree.h"

#include <assert.h>

enum { KEY_BITS = 64 };

static struct sl_digital_node **find_link(struct sl_digital_node **link, uint64_t key)
{
    uint64_t bits = key;
    while (*link && (*link)->key != key) {
        link = &(*link)->child[bits & 1];
        bits >>= 1;
    }
    return link;
}

struct sl_digital_node *sl_digital_find(const struct sl_digital_tree *tree, uint64_t key)
{
    struct sl_digital_node *node = tree->root;
    uint64_t bits = key;
    while (node && node->key != key) {
        node = node->child[bits & 1];
        bits >>= 1;
    }
    return node;
}

void sl_digital_insert(struct sl_digital_tree *tree, struct sl_digital_node *node)
{
    struct sl_digital_node **link = find_link(&tree->root, node->key);
    assert(!*link);
    node->child[0] = NULL;
    node->child[1] = NULL;
    *link = node;
    tree->count++;
}

/* Any leaf below the node shares its prefix and may stand in its place. */
void sl_digital_remove(struct sl_digital_tree *tree, struct sl_digital_node *node)
{
    struct sl_digital_node **link = find_link(&tree->root, node->key);
    assert(*link == node);
    struct sl_digital_node **leaf = link;
    while ((*leaf)->child[0] || (*leaf)->child[1]) {
        leaf = (*leaf)->child[0] ? &(*leaf)->child[0] : &(*leaf)->child[1];
    }
    struct sl_digital_node *heir = *leaf;
    *leaf = NULL;
    if (heir != node) {
        heir->child[0] = node->child[0];
        heir->child[1] = node->child[1];
        *link = heir;
    }
    tree->count--;
}

void sl_digital_visit(const struct sl_digital_tree *tree, void *data,
                      void (*visit)(void *data, struct sl_digital_node *node))
{
    struct sl_digital_node *stack[KEY_BITS + 2];
    size_t depth = 0;
    if (tree->root) {
        stack[depth++] = tree->root;
    }
    while (depth > 0) {
        struct sl_digital_node *node = stack[--depth];
        struct sl_digital_node *first = node->child[0];
        struct sl_digital_node *second = node->child[1];
        visit(data, node);
        if (second) {
            stack[depth++] = second;
        }
        if (first) {
            stack[depth++] = first;
        }
    }
}
