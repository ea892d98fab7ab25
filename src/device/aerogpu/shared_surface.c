/*
 * Shared surfaces: a token made by the guest's kernel driver names a texture, so that another
 * process can open it under a handle of its own. A token is unknown, live or retired, and never
 * live again after that.
 */
#include "device/aerogpu/exec.h"

#include "abi_aerogpu.h"

#include <inttypes.h>

static struct sl_agpu_token *find_token(const struct sl_agpu_exec *exec, uint64_t key)
{
    return (struct sl_agpu_token *)sl_digital_find(&exec->tokens, key);
}

void sl_agpu_tokens_retire(struct sl_agpu_storage *storage)
{
    for (struct sl_agpu_token *token = storage->tokens; token; token = token->next) {
        token->storage = NULL;
    }
    storage->tokens = NULL;
}

void sl_agpu_tokens_clear(struct sl_agpu_exec *exec)
{
    while (exec->tokens.root) {
        struct sl_agpu_token *token = (struct sl_agpu_token *)exec->tokens.root;
        sl_digital_remove(&exec->tokens, &token->node);
        sl_agpu_free(exec, token, sizeof(*token));
    }
}

enum sl_agpu_class sl_agpu_cmd_export_shared_surface(struct sl_agpu_run *run,
                                                     const struct sl_agpu_packet *packet)
{
    struct aerogpu_cmd_export_shared_surface cmd;
    sl_abi_decode(packet->opcode->layout, packet->bytes, packet->size, &cmd);
    struct sl_agpu_object *object =
        sl_agpu_find_kind(run->exec, cmd.resource_handle, SL_AGPU_TEXTURE);
    if (!object) {
        return sl_agpu_fail(run, SL_AGPU_BAD_HANDLE, "handle %" PRIu32 " is no texture",
                            cmd.resource_handle);
    }
    struct sl_agpu_token *token = find_token(run->exec, cmd.share_token);
    if (token && token->storage == object->storage) {
        return SL_AGPU_OK;
    }
    if (cmd.share_token == 0 || token) {
        return sl_agpu_fail(run, SL_AGPU_BAD_TOKEN, "token 0x%" PRIx64 " is %s",
                            (uint64_t)cmd.share_token,
                            !token           ? "0"
                            : token->storage ? "another resource's"
                                             : "retired");
    }
    token = sl_agpu_alloc(run->exec, sizeof(*token));
    if (!token) {
        return sl_agpu_fail_host_memory(run, sizeof(*token));
    }
    token->node.key = cmd.share_token;
    token->storage = object->storage;
    token->next = object->storage->tokens;
    object->storage->tokens = token;
    sl_digital_insert(&run->exec->tokens, &token->node);
    return SL_AGPU_OK;
}

enum sl_agpu_class sl_agpu_cmd_import_shared_surface(struct sl_agpu_run *run,
                                                     const struct sl_agpu_packet *packet)
{
    struct aerogpu_cmd_import_shared_surface cmd;
    sl_abi_decode(packet->opcode->layout, packet->bytes, packet->size, &cmd);
    if (cmd.out_resource_handle == 0) {
        return sl_agpu_check_free_handle(run, 0);
    }
    struct sl_agpu_token *token = find_token(run->exec, cmd.share_token);
    if (!token || !token->storage) {
        return sl_agpu_fail(run, SL_AGPU_BAD_TOKEN, "token 0x%" PRIx64 " names nothing",
                            (uint64_t)cmd.share_token);
    }
    struct sl_agpu_storage *storage = token->storage;
    struct sl_agpu_object *object = sl_agpu_find(run->exec, cmd.out_resource_handle);
    bool is_alias = object && object->kind == SL_AGPU_TEXTURE && object->storage == storage &&
                    storage->original != cmd.out_resource_handle;
    if (is_alias) {
        return SL_AGPU_OK;
    }
    enum sl_agpu_class class_ = sl_agpu_check_free_handle(run, cmd.out_resource_handle);
    if (class_ != SL_AGPU_OK) {
        return class_;
    }
    object = sl_agpu_add(run->exec, cmd.out_resource_handle, SL_AGPU_TEXTURE);
    if (!object) {
        return sl_agpu_fail_host_memory(run, sizeof(*object));
    }
    object->storage = storage;
    storage->handle_count++;
    return SL_AGPU_OK;
}

enum sl_agpu_class sl_agpu_cmd_release_shared_surface(struct sl_agpu_run *run,
                                                      const struct sl_agpu_packet *packet)
{
    struct aerogpu_cmd_release_shared_surface cmd;
    sl_abi_decode(packet->opcode->layout, packet->bytes, packet->size, &cmd);
    struct sl_agpu_token *token = find_token(run->exec, cmd.share_token);
    if (!token || !token->storage) {
        return SL_AGPU_OK;
    }
    struct sl_agpu_token **link = &token->storage->tokens;
    while (*link != token) {
        link = &(*link)->next;
        sl_agpu_work(run, sizeof(*token));
    }
    *link = token->next;
    token->storage = NULL;
    return SL_AGPU_OK;
}
