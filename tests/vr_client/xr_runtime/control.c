/* What the tests do with the double, by ctypes: hands and head, buttons, focus, loss; and what they ask it. */
#include "double.h"

/* As when it is loaded: a headset with two Index controllers, tracked. */
__attribute__((constructor)) EXPORT void double_reset(void) {
    for (int hand = 0; hand < 2; hand++) {
        Controller *controller = &the.hands[hand];
        memset(controller, 0, sizeof *controller);
        controller->tracked = true;
        controller->pose = (XrPosef){{0, 0, 0, 1}, {hand ? 0.2f : -0.2f, 1.0f, -0.3f}};
    }
    the.head = (XrPosef){{0, 0, 0, 1}, {0, 1.6f, 0}};
    the.stage_origin = IDENTITY;
    the.rate = 72, the.blendModes = 0;
    the.cameras = the.bareHands = the.keepPictures = the.headset = the.stage = the.headless = the.egl = true;
    the.lost = false;
    the.period = 11111111;
    snprintf(the.profile, sizeof the.profile, "/interaction_profiles/valve/index_controller");
    the.framesEnded = the.framesSubmitted = the.syncs = the.creations = the.eventCount = 0;
    the.complaint[0] = 0;
    service_reset();
}

EXPORT void double_offer(bool headset, bool stage, bool headless, bool egl) {
    the.headset = headset, the.stage = stage, the.headless = headless, the.egl = egl;
}

EXPORT void double_profile(const char *profile) {
    snprintf(the.profile, sizeof the.profile, "%s", profile);
    XrEventProfileChanged event = {T_EVENT_PROFILE_CHANGED, NULL, the.session};
    if (the.session != NULL) push_event(&event, sizeof event);
}

/* hand: 0 left, 1 right, 2 the head; pose: x y z, qx qy qz qw */
EXPORT void double_pose(int hand, const float pose[7]) {
    pthread_mutex_lock(&the.lock);
    *(hand == 2 ? &the.head : &the.hands[hand].pose) =
        (XrPosef){{pose[3], pose[4], pose[5], pose[6]}, {pose[0], pose[1], pose[2]}};
    pthread_mutex_unlock(&the.lock);
}

EXPORT void double_track(int hand, bool tracked) { the.hands[hand].tracked = tracked; }

EXPORT void double_input(int hand, const char *control, float x, float y) {
    Controller *controller = &the.hands[hand];
    int i = 0;
    while (i < controller->inputCount && strcmp(controller->inputs[i], control)) i++;
    if (i == 16) return;
    controller->values[i] = (XrVector2f){x, y};
    if (i == controller->inputCount) {
        snprintf(controller->inputs[i], sizeof controller->inputs[i], "%s", control);
        controller->inputCount++;
    }
}

EXPORT void double_bare_hands(bool there) { the.bareHands = there; }
EXPORT void double_keep_pictures(bool keep) { the.keepPictures = keep; }

EXPORT void double_focus(bool focused) {
    if (the.session != NULL && the.running) enter_state(focused ? STATE_FOCUSED : STATE_VISIBLE);
}

EXPORT void double_stop(bool for_good) { /* the headset is taken off, or the person quits */
    the.exitWanted = for_good;
    if (the.running) enter_state(STATE_STOPPING);
}

/* The person asks for it: from now on the room's origin is there. */
EXPORT void double_recentre(const float pose[7]) {
    pthread_mutex_lock(&the.lock);
    the.stage_origin = (XrPosef){{pose[3], pose[4], pose[5], pose[6]}, {pose[0], pose[1], pose[2]}};
    pthread_mutex_unlock(&the.lock);
    for (XrEnum space = SPACE_LOCAL; space <= SPACE_STAGE; space++) {
        XrEventSpaceChange event = {T_EVENT_SPACE_CHANGE, NULL, the.session, space, now(), 0, IDENTITY};
        push_event(&event, sizeof event);
    }
}

EXPORT void double_lose_session(void) { enter_state(STATE_LOSS_PENDING); }

EXPORT void double_lose_instance(bool at_once) { /* with notice, or at once */
    XrEventInstanceLossPending event = {T_EVENT_INSTANCE_LOSS_PENDING, NULL, now()};
    push_event(&event, sizeof event);
    the.lost = at_once;
}

EXPORT void double_haptic(int hand, float *amplitude, double *seconds, int *count) {
    *amplitude = the.hands[hand].amplitude;
    *seconds = the.hands[hand].duration * 1e-9;
    *count = the.hands[hand].vibrations;
}

EXPORT int double_state(void) { return the.session == NULL ? 0 : the.state; }
EXPORT int double_objects(void) { return objects_alive(); }
EXPORT int double_syncs(void) { return the.syncs; }
EXPORT int double_creations(void) { return the.creations; }
EXPORT int double_frames(void) { return the.framesSubmitted; }
EXPORT void double_period(double seconds) { the.period = (XrDuration)(seconds * 1e9); }
EXPORT const char *double_complaint(void) { return the.complaint; }

/* The last picture of an eye: RGBA, bottom row first; NULL if there is none. */
EXPORT const unsigned char *double_pixels(int eye, int *width, int *height) {
    *width = (int)the.pixelWidth, *height = (int)the.pixelHeight;
    return the.pixels[eye];
}
