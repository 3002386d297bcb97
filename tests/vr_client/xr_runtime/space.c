/* Spaces: where the head and the controllers are, in relation to each other. */
#include "double.h"

#include <math.h>

static XrQuaternionf quaternion_times(XrQuaternionf a, XrQuaternionf b) {
    return (XrQuaternionf){a.w * b.x + a.x * b.w + a.y * b.z - a.z * b.y, a.w * b.y - a.x * b.z + a.y * b.w + a.z * b.x,
                           a.w * b.z + a.x * b.y - a.y * b.x + a.z * b.w, a.w * b.w - a.x * b.x - a.y * b.y - a.z * b.z};
}

static XrVector3f rotated(XrQuaternionf q, XrVector3f v) {
    XrQuaternionf pure = {v.x, v.y, v.z, 0}, back = {-q.x, -q.y, -q.z, q.w};
    XrQuaternionf turned = quaternion_times(quaternion_times(q, pure), back);
    return (XrVector3f){turned.x, turned.y, turned.z};
}

XrPosef pose_times(XrPosef a, XrPosef b) {
    XrVector3f arm = rotated(a.orientation, b.position);
    return (XrPosef){quaternion_times(a.orientation, b.orientation),
                     {a.position.x + arm.x, a.position.y + arm.y, a.position.z + arm.z}};
}

XrPosef pose_inverse(XrPosef a) {
    XrQuaternionf back = {-a.orientation.x, -a.orientation.y, -a.orientation.z, a.orientation.w};
    XrVector3f arm = rotated(back, a.position);
    return (XrPosef){back, {-arm.x, -arm.y, -arm.z}};
}

XrPosef aim_of(const Controller *controller) {
    XrPosef ahead = {{0, 0, 0, 1}, {0, 0, -0.05f}}; /* the tip of the controller */
    return pose_times(controller->pose, ahead);
}

bool pose_valid(const XrPosef *pose) {
    const XrQuaternionf *q = &pose->orientation;
    float length = sqrtf(q->x * q->x + q->y * q->y + q->z * q->z + q->w * q->w);
    return fabsf(length - 1) < 0.01f && isfinite(pose->position.x + pose->position.y + pose->position.z);
}

static XrResult xrEnumerateReferenceSpaces(XrHandle session, uint32_t capacity, uint32_t *count, XrEnum *spaces) {
    NEED(session, SESSION);
    *count = the.stage ? 3 : 2;
    if (capacity == 0) return XR_SUCCESS;
    if (capacity < *count) return XR_SIZE_INSUFFICIENT;
    for (uint32_t i = 0; i < *count; i++) spaces[i] = SPACE_VIEW + i;
    return XR_SUCCESS;
}

static XrResult xrCreateReferenceSpace(XrHandle session, const XrReferenceSpaceCreateInfo *info, XrHandle *space) {
    NEED(session, SESSION);
    NEED_TYPE(info, T_REFERENCE_SPACE_CREATE_INFO);
    if (!pose_valid(&info->pose)) return refuse(XR_POSE_INVALID, "a reference space's pose");
    if (info->referenceType < SPACE_VIEW || info->referenceType > (the.stage ? SPACE_STAGE : SPACE_LOCAL))
        return refuse(XR_REFERENCE_SPACE_UNSUPPORTED, "reference space %d", info->referenceType);
    *space = object_new(SPACE, session);
    (*space)->reference = info->referenceType;
    (*space)->pose = info->pose;
    return XR_SUCCESS;
}

static XrResult xrCreateActionSpace(XrHandle session, const XrActionSpaceCreateInfo *info, XrHandle *space) {
    NEED(session, SESSION);
    NEED_TYPE(info, T_ACTION_SPACE_CREATE_INFO);
    if (!object_is(info->action, ACTION) || info->action->type != TYPE_POSE)
        return refuse(XR_ACTION_TYPE_MISMATCH, "a space of an action that is no pose");
    if (!pose_valid(&info->pose)) return refuse(XR_POSE_INVALID, "an action space's pose");
    int hand = hand_of(info->subaction);
    if (hand < 0 || !info->action->hands[hand]) return refuse(XR_PATH_UNSUPPORTED, "a space of neither hand");
    *space = object_new(SPACE, session);
    (*space)->action = info->action;
    (*space)->hand = hand;
    (*space)->pose = info->pose;
    for (int i = 0; i < the.bindingCount; i++) /* which of the two poses it is bound to */
        if (the.bindings[i].action == info->action) (*space)->aim = strstr(path_text(the.bindings[i].path), "/aim/") != NULL;
    return XR_SUCCESS;
}

static XrResult xrDestroySpace(XrHandle space) {
    NEED(space, SPACE);
    object_free(space);
    return XR_SUCCESS;
}

/* The local space is at eye height above the stage's origin. */
XrPosef reference_origin(XrEnum reference) {
    XrPosef eyes = {{0, 0, 0, 1}, {0, 1.6f, 0}};
    if (reference == SPACE_VIEW) return the.head;
    return reference == SPACE_LOCAL ? pose_times(the.stage_origin, eyes) : the.stage_origin;
}

/* Where a space is in the double's room; false: nobody knows. */
static bool on_stage(XrHandle space, XrPosef *pose) {
    const Controller *controller = &the.hands[space->hand];
    XrPosef origin = reference_origin(space->reference);
    if (space->reference == 0) {
        if (!controller->tracked || !space->action->states[space->hand].active) return false;
        origin = space->aim ? aim_of(controller) : controller->pose;
    }
    *pose = pose_times(origin, space->pose);
    return true;
}

static XrResult xrLocateSpace(XrHandle space, XrHandle base, XrTime time, XrSpaceLocation *location) {
    XrPosef here, there;
    NEED(space, SPACE);
    NEED_TOO(base, SPACE);
    NEED_TYPE(location, T_SPACE_LOCATION);
    if (time <= 0) return refuse(XR_TIME_INVALID, "xrLocateSpace at %lld", (long long)time);
    pthread_mutex_lock(&the.lock);
    bool known = on_stage(space, &here) && on_stage(base, &there);
    pthread_mutex_unlock(&the.lock);
    location->flags = known ? 0xF : 0;
    location->pose = known ? pose_times(pose_inverse(there), here) : (XrPosef){{0, 0, 0, 0}, {0, 0, 0}};
    return XR_SUCCESS;
}

#define FUNCTION(name) if (!strcmp(wanted, #name)) return (PFN_xrVoidFunction)name
PFN_xrVoidFunction space_function(const char *wanted) {
    FUNCTION(xrEnumerateReferenceSpaces); FUNCTION(xrCreateReferenceSpace); FUNCTION(xrCreateActionSpace);
    FUNCTION(xrDestroySpace); FUNCTION(xrLocateSpace);
    return NULL;
}
