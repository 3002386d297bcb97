/* Bare hands (XR_EXT_hand_tracking): joints where the tests put them. */
#include "double.h"

static XrResult xrCreateHandTrackerEXT(XrHandle session, const XrHandTrackerCreateInfo *info, XrHandle *tracker) {
    NEED(session, SESSION);
    NEED_TYPE(info, T_HAND_TRACKER_CREATE_INFO);
    if (!enabled("XR_EXT_hand_tracking")) return refuse(XR_FUNCTION_UNSUPPORTED, "XR_EXT_hand_tracking is off");
    if (!the.bareHands) return XR_FEATURE_UNSUPPORTED;
    if (info->hand < 1 || info->hand > 2 || info->jointSet != 0) return refuse(XR_VALIDATION_FAILURE, "a hand tracker");
    *tracker = object_new(HAND_TRACKER, session);
    (*tracker)->hand = info->hand - 1;
    return XR_SUCCESS;
}

static XrResult xrDestroyHandTrackerEXT(XrHandle tracker) {
    NEED(tracker, HAND_TRACKER);
    object_free(tracker);
    return XR_SUCCESS;
}

static XrResult xrLocateHandJointsEXT(XrHandle tracker, const XrHandJointsLocateInfo *info, XrHandJointLocations *found) {
    NEED(tracker, HAND_TRACKER);
    NEED_TYPE(info, T_HAND_JOINTS_LOCATE_INFO);
    NEED_TYPE(found, T_HAND_JOINT_LOCATIONS);
    if (found->count != JOINTS || found->joints == NULL) return refuse(XR_VALIDATION_FAILURE, "%u joints", found->count);
    if (!object_is(info->base, SPACE)) return refuse(XR_HANDLE_INVALID, "hand joints in no space");
    if (info->time <= 0) return refuse(XR_TIME_INVALID, "hand joints at %lld", (long long)info->time);
    XrPosef base = pose_inverse(pose_times(reference_origin(info->base->reference), info->base->pose));
    pthread_mutex_lock(&the.lock);
    found->active = the.hands[tracker->hand].bare;
    for (int i = 0; i < JOINTS; i++) {
        found->joints[i].flags = found->active ? 0xF : 0;
        found->joints[i].pose = pose_times(base, the.hands[tracker->hand].joints[i]);
        found->joints[i].radius = 0.01f;
    }
    pthread_mutex_unlock(&the.lock);
    return XR_SUCCESS;
}

/* joints: 26 times x y z, qx qy qz qw; NULL: the hand is not seen, or holds a controller. */
EXPORT void double_joints(int hand, const float *joints) {
    pthread_mutex_lock(&the.lock);
    the.hands[hand].bare = joints != NULL;
    for (int i = 0; i < JOINTS && joints != NULL; i++, joints += 7)
        the.hands[hand].joints[i] =
            (XrPosef){{joints[3], joints[4], joints[5], joints[6]}, {joints[0], joints[1], joints[2]}};
    pthread_mutex_unlock(&the.lock);
}

#define FUNCTION(name) if (!strcmp(wanted, #name)) return (PFN_xrVoidFunction)name
PFN_xrVoidFunction hands_function(const char *wanted) {
    FUNCTION(xrCreateHandTrackerEXT); FUNCTION(xrDestroyHandTrackerEXT); FUNCTION(xrLocateHandJointsEXT);
    return NULL;
}
