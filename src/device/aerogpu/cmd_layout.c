/* Input layouts: the blob is parsed when it is created. */
#include "device/aerogpu/exec.h"

enum sl_agpu_class sl_agpu_cmd_create_input_layout(struct sl_agpu_run *run,
                                                   const struct sl_agpu_packet *packet)
{
    struct aerogpu_cmd_create_input_layout cmd;
    sl_abi_decode(packet->opcode->layout, packet->bytes, packet->size, &cmd);
    enum sl_agpu_class class_ = sl_agpu_check_free_handle(run, cmd.input_layout_handle);
    if (class_ != SL_AGPU_OK) {
        return class_;
    }
    const char *why;
    struct sl_agpu_layout parsed;
    if (!sl_agpu_layout_parse(packet->bytes + sizeof(cmd), cmd.blob_size_bytes, &parsed, &why)) {
        return sl_agpu_fail(run, SL_AGPU_BAD_VALUE, "%s", why);
    }
    struct sl_agpu_layout *layout = sl_agpu_alloc(run->exec, sizeof(*layout));
    struct sl_agpu_object *object =
        layout ? sl_agpu_add(run->exec, cmd.input_layout_handle, SL_AGPU_LAYOUT) : NULL;
    if (!object) {
        sl_agpu_free(run->exec, layout, sizeof(*layout));
        return sl_agpu_fail_host_memory(run, sizeof(*layout));
    }
    *layout = parsed;
    object->u.layout = layout;
    sl_agpu_context_decide(run->context,
                           layout->is_ilay ? SL_AGPU_FLAVOUR_D3D11 : SL_AGPU_FLAVOUR_D3D9);
    return SL_AGPU_OK;
}

enum sl_agpu_class sl_agpu_cmd_destroy_input_layout(struct sl_agpu_run *run,
                                                    const struct sl_agpu_packet *packet)
{
    struct aerogpu_cmd_destroy_input_layout cmd;
    sl_abi_decode(packet->opcode->layout, packet->bytes, packet->size, &cmd);
    return sl_agpu_destroy(run, cmd.input_layout_handle, SL_AGPU_LAYOUT, "input layout");
}

enum sl_agpu_class sl_agpu_cmd_set_input_layout(struct sl_agpu_run *run,
                                                const struct sl_agpu_packet *packet)
{
    struct aerogpu_cmd_set_input_layout cmd;
    sl_abi_decode(packet->opcode->layout, packet->bytes, packet->size, &cmd);
    enum sl_agpu_class class_ = sl_agpu_check_bindable(run, cmd.input_layout_handle);
    if (class_ == SL_AGPU_OK) {
        run->context->input_layout = cmd.input_layout_handle;
    }
    return class_;
}
