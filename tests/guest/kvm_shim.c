/*
 * Preloaded into QEMU before 8.0, this lets it have a vhost-user-gpu device under TCG.
 *
 * Those versions end with "vhost initialization failed: requires kvm" in
 * vhost_user_backend_dev_init(), although nothing behind that test needs KVM; 8.0 dropped it. The
 * test reads two flags, and QEMU exports both and the function for its modules. So the function's
 * first instructions become a jump to with_flags(), which puts them back, sets the flags, calls,
 * restores the flags and the jump. Everything else in QEMU sees the flags as they are.
 *
 * A program without these symbols is left alone: the library is also loaded into QEMU's children.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#ifndef __x86_64__
#error "the jump is made of x86-64 instructions"
#endif

typedef int backend_init(void *backend, void *device, unsigned queues, void **error);

#define JUMP_SIZE 12

static struct {
    backend_init *function;
    bool *flags[2];
    uint8_t original[JUMP_SIZE];
    uint8_t jump[JUMP_SIZE];
} shim;

/* The function's code lies in one or two pages that are not writable. */
static void write_code(const uint8_t code[JUMP_SIZE])
{
    uintptr_t page_mask = ~((uintptr_t)sysconf(_SC_PAGESIZE) - 1);
    uintptr_t at = (uintptr_t)shim.function;
    uintptr_t first = at & page_mask;
    size_t size = ((at + JUMP_SIZE - 1) & page_mask) - first + ~page_mask + 1;

    if (mprotect((void *)first, size, PROT_READ | PROT_WRITE | PROT_EXEC) != 0) {
        perror("kvm_shim: mprotect");
        abort();
    }
    memcpy((void *)at, code, JUMP_SIZE);
    mprotect((void *)first, size, PROT_READ | PROT_EXEC);
}

static int with_flags(void *backend, void *device, unsigned queues, void **error)
{
    bool before[2] = {*shim.flags[0], *shim.flags[1]};
    int result;

    write_code(shim.original);
    *shim.flags[0] = true;
    *shim.flags[1] = true;
    result = shim.function(backend, device, queues, error);
    *shim.flags[0] = before[0];
    *shim.flags[1] = before[1];
    write_code(shim.jump);
    return result;
}

__attribute__((constructor)) static void install(void)
{
    static const char *const flag_names[2] = {"kvm_allowed", "kvm_eventfds_allowed"};
    uintptr_t target = (uintptr_t)with_flags;

    shim.function = (backend_init *)(uintptr_t)dlsym(RTLD_DEFAULT, "vhost_user_backend_dev_init");
    for (int i = 0; i < 2; i++) {
        shim.flags[i] = dlsym(RTLD_DEFAULT, flag_names[i]);
    }
    if (!shim.function || !shim.flags[0] || !shim.flags[1]) {
        return;
    }
    memcpy(shim.original, (const void *)(uintptr_t)shim.function, JUMP_SIZE);
    /* mov $with_flags, %rax; jmp *%rax */
    memcpy(shim.jump, (const uint8_t[]){0x48, 0xB8, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xE0}, JUMP_SIZE);
    memcpy(shim.jump + 2, &target, sizeof(target));
    write_code(shim.jump);
}
