/* What the tables of an ABI say about the fields of a struct, against what a guest wrote there. */
#ifndef SL_LINT_LINT_FIELDS_H
#define SL_LINT_LINT_FIELDS_H

#include "lint/lint_checker.h"

/* The rules of one device, and what the fields belong to. */
struct sl_lint_fields {
    enum sl_lint_rule reserved;
    enum sl_lint_rule flag;
    enum sl_lint_rule value;
    enum sl_lint_rule newer; /* SL_LINT_RULE_COUNT: versions are not looked at */
    uint16_t minor;          /* that the guest says it writes */
    const char *what;        /* "descriptor", "alloc table entry 3"; in front of field names */
    uint64_t gpa;            /* of the struct, or SL_LINT_NONE */
};

/* All fields that fit in size, trailing ones included, framing and stage_ex ones not. */
void sl_lint_check_fields(struct sl_lint *lint, const struct sl_lint_fields *rules,
                          const struct sl_abi_struct *layout, const uint8_t *wire, size_t size);

/* A value of an enum or flags, wherever it stands. */
void sl_lint_check_value(struct sl_lint *lint, const struct sl_lint_fields *rules,
                         const struct sl_abi_enum *names, const char *field, uint64_t value,
                         uint64_t gpa);

/* A little-endian scalar field of a wire struct; 0 if it does not fit in size. */
uint64_t sl_lint_field(const struct sl_abi_field *field, const uint8_t *wire, size_t size);

#endif
