/*
 * A map from 64-bit keys to structs that embed a node: a digital search tree. A node at depth d
 * shares the low d bits of its key with everything below it, so no operation takes more than 64
 * steps whatever keys somebody chooses, and nothing is ever rehashed or rebalanced. It allocates
 * nothing; the owner of the structs owns the nodes.
 */
#ifndef SL_BASE_DIGITAL_TREE_H
#define SL_BASE_DIGITAL_TREE_H

#include <stddef.h>
#include <stdint.h>

struct sl_digital_node {
    uint64_t key;
    struct sl_digital_node *child[2];
};

struct sl_digital_tree {
    struct sl_digital_node *root;
    size_t count;
};

/* NULL if there is no such key. */
struct sl_digital_node *sl_digital_find(const struct sl_digital_tree *tree, uint64_t key);

/* Adds a node whose key is set and not in the tree. */
void sl_digital_insert(struct sl_digital_tree *tree, struct sl_digital_node *node);

/* Removes a node that is in the tree. */
void sl_digital_remove(struct sl_digital_tree *tree, struct sl_digital_node *node);

/*
 * Calls visit for every node, parents first, in an order that depends on the keys and on the order
 * of insertion only. visit must not change the tree.
 */
void sl_digital_visit(const struct sl_digital_tree *tree, void *data,
                      void (*visit)(void *data, struct sl_digital_node *node));

#endif
