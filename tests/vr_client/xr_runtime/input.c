/* Actions: declared, bound to the controls of eight kinds of controller, attached, synchronised, read; vibrations. */
#include "double.h"

/* The controls each kind has, by the specification; {hand} stands for either. '<' and '>' mark one hand only. */
#define TOUCH                                                                                                 \
    " </input/x/click </input/x/touch </input/y/click </input/y/touch </input/menu/click >/input/a/click "    \
    ">/input/a/touch >/input/b/click >/input/b/touch >/input/system/click /input/squeeze/value "              \
    "/input/trigger/value /input/trigger/touch /input/thumbstick /input/thumbstick/x /input/thumbstick/y "    \
    "/input/thumbstick/click /input/thumbstick/touch /input/thumbrest/touch /input/grip/pose /input/aim/pose " \
    "/output/haptic "
static const struct { const char *profile, *inputs, *extension; } profiles[] = {
    {"/interaction_profiles/khr/simple_controller",
     " /input/select/click /input/menu/click /input/grip/pose /input/aim/pose /output/haptic ", NULL},
    {"/interaction_profiles/oculus/touch_controller", TOUCH, NULL},
    {"/interaction_profiles/meta/touch_controller_plus", TOUCH, "XR_META_touch_controller_plus"},
    {"/interaction_profiles/facebook/touch_controller_pro", TOUCH, "XR_FB_touch_controller_pro"},
    {"/interaction_profiles/khr/generic_controller",
     " /input/primary/click /input/secondary/click /input/squeeze/value /input/trigger/value /input/thumbstick "
     "/input/thumbstick/x /input/thumbstick/y /input/thumbstick/click /input/grip/pose /input/aim/pose "
     "/output/haptic ",
     "XR_KHR_generic_controller"},
    {"/interaction_profiles/valve/index_controller",
     " /input/system/click /input/system/touch /input/a/click /input/a/touch /input/b/click /input/b/touch "
     "/input/squeeze/value /input/squeeze/force /input/trigger/click /input/trigger/value /input/trigger/touch "
     "/input/thumbstick /input/thumbstick/x /input/thumbstick/y /input/thumbstick/click /input/thumbstick/touch "
     "/input/trackpad /input/trackpad/x /input/trackpad/y /input/trackpad/force /input/trackpad/touch "
     "/input/grip/pose /input/aim/pose /output/haptic ", NULL},
    {"/interaction_profiles/microsoft/motion_controller",
     " /input/menu/click /input/squeeze/click /input/trigger/value /input/thumbstick /input/thumbstick/x "
     "/input/thumbstick/y /input/thumbstick/click /input/trackpad /input/trackpad/x /input/trackpad/y "
     "/input/trackpad/click /input/trackpad/touch /input/grip/pose /input/aim/pose /output/haptic ", NULL},
    {"/interaction_profiles/htc/vive_controller",
     " /input/system/click /input/squeeze/click /input/menu/click /input/trigger/click /input/trigger/value "
     "/input/trackpad /input/trackpad/x /input/trackpad/y /input/trackpad/click /input/trackpad/touch "
     "/input/grip/pose /input/aim/pose /output/haptic ", NULL},
};

static bool has_control(const char *profile, const char *path) {
    int hand = hand_of(path_of(path));
    if (hand < 0) return false;
    const char *control = path + (hand == 0 ? 15 : 16);
    char any[128], one[128];
    snprintf(any, sizeof any, " %s ", control);
    snprintf(one, sizeof one, " %c%s ", hand == 0 ? '<' : '>', control);
    for (size_t i = 0; i < sizeof profiles / sizeof *profiles; i++)
        if (!strcmp(profile, profiles[i].profile) && (!profiles[i].extension || enabled(profiles[i].extension)))
            return strstr(profiles[i].inputs, any) != NULL || strstr(profiles[i].inputs, one) != NULL;
    return false;
}

static bool fits(XrEnum type, const char *path) {
    const char *last = strrchr(path, '/');
    if (!strcmp(last, "/pose")) return type == TYPE_POSE;
    if (!strcmp(last, "/haptic")) return type == TYPE_VIBRATION;
    if (!strcmp(last, "/thumbstick") || !strcmp(last, "/trackpad")) return type == TYPE_VECTOR2F;
    return type == TYPE_FLOAT || type == TYPE_BOOLEAN;
}

static bool name_valid(const char *name) {
    return name[0] && strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-_.") == strlen(name);
}

static XrResult xrCreateActionSet(XrHandle instance, const XrActionSetCreateInfo *info, XrHandle *set) {
    NEED(instance, INSTANCE);
    NEED_TYPE(info, T_ACTION_SET_CREATE_INFO);
    if (!name_valid(info->name) || !info->localized[0]) return refuse(XR_NAME_INVALID, "action set '%s'", info->name);
    *set = object_new(ACTION_SET, instance);
    snprintf((*set)->name, sizeof (*set)->name, "%.63s", info->name);
    return XR_SUCCESS;
}

static XrResult xrDestroyActionSet(XrHandle set) {
    NEED(set, ACTION_SET);
    object_free(set);
    return XR_SUCCESS;
}

static XrResult xrCreateAction(XrHandle set, const XrActionCreateInfo *info, XrHandle *action) {
    NEED(set, ACTION_SET);
    NEED_TYPE(info, T_ACTION_CREATE_INFO);
    if (set->attached) return refuse(XR_ACTIONSETS_ALREADY_ATTACHED, "action '%s' comes too late", info->name);
    if (!name_valid(info->name) || !info->localized[0]) return refuse(XR_NAME_INVALID, "action '%s'", info->name);
    *action = object_new(ACTION, set);
    snprintf((*action)->name, sizeof (*action)->name, "%.63s", info->name);
    (*action)->type = info->actionType;
    for (uint32_t i = 0; i < info->count; i++) {
        int hand = hand_of(info->subactions[i]);
        if (hand < 0) return refuse(XR_PATH_UNSUPPORTED, "action '%s' for neither hand", info->name);
        (*action)->hands[hand] = true;
    }
    return XR_SUCCESS;
}

static XrResult xrDestroyAction(XrHandle action) {
    NEED(action, ACTION);
    object_free(action);
    return XR_SUCCESS;
}

static XrResult xrSuggestInteractionProfileBindings(XrHandle instance, const XrSuggestedBinding *info) {
    NEED(instance, INSTANCE);
    NEED_TYPE(info, T_SUGGESTED_BINDING);
    if (the.attached) return refuse(XR_ACTIONSETS_ALREADY_ATTACHED, "bindings come too late");
    const char *profile = path_text(info->profile);
    if (profile == NULL || info->count == 0) return refuse(XR_PATH_UNSUPPORTED, "bindings for nothing");
    for (int i = the.bindingCount - 1; i >= 0; i--) /* the last suggestion for a profile counts */
        if (the.bindings[i].profile == info->profile) the.bindings[i] = the.bindings[--the.bindingCount];
    for (uint32_t i = 0; i < info->count; i++) {
        XrHandle action = info->bindings[i].action;
        const char *path = path_text(info->bindings[i].binding);
        if (!object_is(action, ACTION)) return refuse(XR_HANDLE_INVALID, "a binding of no action");
        if (path == NULL || !has_control(profile, path))
            return refuse(XR_PATH_UNSUPPORTED, "%s has no %s", profile, path ? path : "such path");
        if (!fits(action->type, path))
            return refuse(XR_ACTION_TYPE_MISMATCH, "%s can't be of type %d", path, action->type);
        if (the.bindingCount == MAX_BINDINGS) return refuse(XR_LIMIT_REACHED, "too many bindings");
        the.bindings[the.bindingCount++] = (Binding){action, info->profile, info->bindings[i].binding};
    }
    return XR_SUCCESS;
}

static XrResult xrAttachSessionActionSets(XrHandle session, const XrAttachInfo *info) {
    NEED(session, SESSION);
    NEED_TYPE(info, T_ATTACH_INFO);
    if (the.attached) return refuse(XR_ACTIONSETS_ALREADY_ATTACHED, "xrAttachSessionActionSets twice");
    for (uint32_t i = 0; i < info->count; i++) {
        if (!object_is(info->sets[i], ACTION_SET)) return refuse(XR_HANDLE_INVALID, "no action set");
        info->sets[i]->attached = true;
    }
    the.attached = true;
    XrEventProfileChanged event = {T_EVENT_PROFILE_CHANGED, NULL, session};
    push_event(&event, sizeof event);
    return XR_SUCCESS;
}

static XrResult xrGetCurrentInteractionProfile(XrHandle session, XrPath user, XrInteractionProfileState *state) {
    NEED(session, SESSION);
    NEED_TYPE(state, T_PROFILE_STATE);
    if (!the.attached) return refuse(XR_ACTIONSET_NOT_ATTACHED, "xrGetCurrentInteractionProfile: nothing attached");
    if (hand_of(user) < 0) return refuse(XR_PATH_UNSUPPORTED, "no such user path");
    state->profile = the.profile[0] ? path_of(the.profile) : 0;
    return XR_SUCCESS;
}

static XrVector2f control(int hand, const char *path) {
    const Controller *controller = &the.hands[hand];
    const char *name = path + (hand == 0 ? 15 : 16);
    for (int i = 0; i < controller->inputCount; i++)
        if (!strcmp(controller->inputs[i], name)) return controller->values[i];
    return (XrVector2f){0, 0};
}

static void synchronise(XrHandle action, int hand, XrPath profile, bool focused) {
    ActionState *state = &action->states[hand];
    XrVector2f value = {0, 0};
    bool active = false;
    for (int i = 0; i < the.bindingCount && focused && the.hands[hand].tracked; i++) {
        const Binding *binding = &the.bindings[i];
        if (binding->action != action || binding->profile != profile || hand_of(binding->path) != hand) continue;
        active = true;
        XrVector2f one = control(hand, path_text(binding->path));
        if (action->type == TYPE_BOOLEAN || strstr(path_text(binding->path), "/click")) one.x = one.x > 0.5f;
        if (one.x * one.x + one.y * one.y > value.x * value.x + value.y * value.y) value = one;
    }
    state->changed = active && (value.x != state->value.x || value.y != state->value.y);
    if (state->changed) state->time = now();
    state->active = active;
    state->value = value;
}

static XrResult xrSyncActions(XrHandle session, const XrActionsSyncInfo *info) {
    NEED(session, SESSION);
    NEED_TYPE(info, T_SYNC_INFO);
    if (!the.attached) return refuse(XR_ACTIONSET_NOT_ATTACHED, "xrSyncActions: nothing attached");
    bool focused = the.state == STATE_FOCUSED;
    XrPath profile = the.profile[0] ? path_of(the.profile) : 0;
    for (int i = 0; i < the.bindingCount; i++)
        for (int hand = 0; hand < 2; hand++) {
            bool first = true; /* an action may be bound to several controls */
            for (int k = 0; k < i; k++) first &= the.bindings[k].action != the.bindings[i].action;
            if (first) synchronise(the.bindings[i].action, hand, profile, focused);
        }
    the.syncs++;
    return focused ? XR_SUCCESS : XR_SESSION_NOT_FOCUSED;
}

#define find(session, info, type, state) find_for(__func__, session, info, type, state)
static XrResult find_for(const char *call, XrHandle session, const XrActionStateGetInfo *info, XrEnum type,
                         ActionState **state) {
    XrResult begun = call_begins(call, SESSION);
    if (begun != XR_SUCCESS) return begun;
    NEED_TOO(session, SESSION);
    NEED_TYPE(info, type == TYPE_VIBRATION ? T_HAPTIC_ACTION_INFO : T_STATE_GET_INFO);
    if (!object_is(info->action, ACTION)) return refuse(XR_HANDLE_INVALID, "no such action");
    if (info->action->type != type) return refuse(XR_ACTION_TYPE_MISMATCH, "%s is of another type", info->action->name);
    if (!info->action->parent->attached) return refuse(XR_ACTIONSET_NOT_ATTACHED, "%s: not attached", info->action->name);
    int hand = hand_of(info->subaction);
    if (hand < 0 || !info->action->hands[hand])
        return refuse(XR_PATH_UNSUPPORTED, "%s was not declared for this hand", info->action->name);
    *state = &info->action->states[hand];
    return XR_SUCCESS;
}

#define READER(function, structure, wire, kind, assignment)                                             \
    static XrResult function(XrHandle session, const XrActionStateGetInfo *info, structure *out) {      \
        ActionState *state;                                                                             \
        XrResult result = find(session, info, kind, &state);                                            \
        if (result != XR_SUCCESS) return result;                                                        \
        NEED_TYPE(out, wire);                                                                           \
        out->active = state->active;                                                                    \
        assignment;                                                                                     \
        return XR_SUCCESS;                                                                              \
    }
#define CHANGE out->changed = state->changed, out->time = state->time
READER(xrGetActionStateBoolean, XrActionStateBoolean, T_STATE_BOOLEAN, TYPE_BOOLEAN, out->state = state->value.x > 0.5f; CHANGE)
READER(xrGetActionStateFloat, XrActionStateFloat, T_STATE_FLOAT, TYPE_FLOAT, out->state = state->value.x; CHANGE)
READER(xrGetActionStateVector2f, XrActionStateVector2f, T_STATE_VECTOR2F, TYPE_VECTOR2F, out->state = state->value; CHANGE)
READER(xrGetActionStatePose, XrActionStatePose, T_STATE_POSE, TYPE_POSE, (void)0)

static XrResult xrApplyHapticFeedback(XrHandle session, const XrActionStateGetInfo *info, const XrHapticVibration *haptic) {
    ActionState *state;
    XrResult result = find(session, info, TYPE_VIBRATION, &state);
    if (result != XR_SUCCESS) return result;
    NEED_TYPE(haptic, T_HAPTIC_VIBRATION);
    if (the.state != STATE_FOCUSED) return XR_SESSION_NOT_FOCUSED;
    if (!(haptic->amplitude >= 0 && haptic->amplitude <= 1) || (haptic->duration <= 0 && haptic->duration != -1))
        return refuse(XR_VALIDATION_FAILURE, "amplitude %g, duration %lld", haptic->amplitude, (long long)haptic->duration);
    Controller *controller = &the.hands[hand_of(info->subaction)];
    controller->amplitude = haptic->amplitude;
    controller->duration = haptic->duration;
    controller->vibrations++;
    return XR_SUCCESS;
}

static XrResult xrStopHapticFeedback(XrHandle session, const XrActionStateGetInfo *info) {
    ActionState *state;
    XrResult result = find(session, info, TYPE_VIBRATION, &state);
    if (result == XR_SUCCESS) the.hands[hand_of(info->subaction)].amplitude = 0;
    return result;
}

#define FUNCTION(name) if (!strcmp(wanted, #name)) return (PFN_xrVoidFunction)name
PFN_xrVoidFunction input_function(const char *wanted) {
    FUNCTION(xrCreateActionSet); FUNCTION(xrDestroyActionSet); FUNCTION(xrCreateAction); FUNCTION(xrDestroyAction);
    FUNCTION(xrSuggestInteractionProfileBindings); FUNCTION(xrAttachSessionActionSets);
    FUNCTION(xrGetCurrentInteractionProfile); FUNCTION(xrSyncActions); FUNCTION(xrGetActionStateBoolean);
    FUNCTION(xrGetActionStateFloat); FUNCTION(xrGetActionStateVector2f); FUNCTION(xrGetActionStatePose);
    FUNCTION(xrApplyHapticFeedback); FUNCTION(xrStopHapticFeedback);
    return NULL;
}
