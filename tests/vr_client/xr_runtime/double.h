/* What the files of the double share: its objects, its devices, its complaints. */
#ifndef ATOMTUG_XR_DOUBLE_H
#define ATOMTUG_XR_DOUBLE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "abi.h"

#define EXPORT __attribute__((visibility("default")))
#define MAX_OBJECTS 256
#define MAX_PATHS 512
#define MAX_BINDINGS 512
#define MAX_EXTENSIONS 16

typedef enum { INSTANCE = 1, SESSION, ACTION_SET, ACTION, SPACE, SWAPCHAIN, HAND_TRACKER, PASSTHROUGH, PASSTHROUGH_LAYER } Kind;

typedef struct { /* what an action said at the last two synchronisations, for one hand */
    XrVector2f value;
    bool active, changed;
    XrTime time;
} ActionState;

struct Object {
    Kind kind;
    struct Object *parent;
    char name[64];
    /* action */
    XrEnum type;
    bool hands[2]; /* whether it was declared for the left and the right hand */
    ActionState states[2];
    bool attached;
    /* space */
    XrEnum reference; /* 0: of an action */
    struct Object *action;
    int hand;
    bool aim;
    XrPosef pose;
    /* swapchain */
    uint32_t images[3], width, height;
    int64_t format;
    int acquired, waited, released; /* indices of images, -1: none */
    uint32_t next;
};

typedef struct { XrHandle action; XrPath profile, path; } Binding;

typedef struct { /* what the tests do to a controller */
    XrPosef pose;
    bool tracked;
    char inputs[16][48]; /* e.g. "/input/trigger/value" */
    XrVector2f values[16];
    int inputCount;
    float amplitude; /* the last vibration */
    XrDuration duration;
    int vibrations;
    bool bare; /* whether the hand is seen without a controller, and where its joints are */
    XrPosef joints[JOINTS];
} Controller;

typedef struct {
    pthread_mutex_t lock; /* the tests' thread is another one than the client's */
    /* set by tests */
    int blendModes, lastBlend, lastLayers; /* modes: see double_display */
    float rate;
    bool cameras, bareHands, keepPictures, headset, stage, egl, headless, lost;
    char profile[96];
    XrPosef head, stage_origin; /* the latter moves when the person recentres */
    Controller hands[2];
    /* the client's */
    XrHandle instance, session;
    char enabled[MAX_EXTENSIONS][128];
    uint32_t enabledCount;
    bool systemAsked, requirementsAsked, headlessSession, running, exitWanted;
    bool broken, sessionLost; /* the connection to the runtime; the session */
    XrEnum state;
    XrDuration period;
    bool frameWaited, frameBegun;
    XrTime frameTime;
    int framesEnded, framesSubmitted, syncs, creations;
    Binding bindings[MAX_BINDINGS];
    int bindingCount;
    bool attached;
    XrEventDataBuffer events[32];
    int eventCount;
    char complaint[512];
    unsigned char *pixels[2]; /* of the last frame submitted: RGBA, bottom row first */
    uint32_t pixelWidth, pixelHeight;
} Double;

extern Double the;
extern const XrPosef IDENTITY;

/* Refuse, and keep why, so that a test can ask: a client has no business in being refused. */
XrResult refuse(XrResult result, const char *format, ...);
XrHandle object_new(Kind kind, XrHandle parent);
bool object_is(XrHandle object, Kind kind);
void object_free(XrHandle object); /* with its children */
int objects_alive(void);
XrTime now(void);
bool enabled(const char *extension);
void push_event(const void *event, size_t size);
void enter_state(XrEnum state);
const char *path_text(XrPath path); /* NULL: there is no such path */
XrPath path_of(const char *text);
int hand_of(XrPath path); /* 0 left, 1 right, -1 neither */
bool pose_valid(const XrPosef *pose);
XrPosef pose_times(XrPosef a, XrPosef b);
XrPosef pose_inverse(XrPosef a);
XrPosef reference_origin(XrEnum reference);
XrPosef aim_of(const Controller *controller);
PFN_xrVoidFunction input_function(const char *name);
PFN_xrVoidFunction space_function(const char *name);
PFN_xrVoidFunction hands_function(const char *name);
PFN_xrVoidFunction display_function(const char *name);
PFN_xrVoidFunction graphics_function(const char *name);
XrResult graphics_begin(const void *binding); /* xrCreateSession's next */
void service_reset(void);
/* What is to happen in this call before it does its work; XR_SUCCESS: nothing that hinders it. */
XrResult call_begins(const char *name, Kind kind);

/* Whether this call may be made at all. */
#define NEED(object, kind)                                                                     \
    do {                                                                                       \
        XrResult begun = call_begins(__func__, kind);                                          \
        if (begun != XR_SUCCESS) return begun;                                                 \
        NEED_TOO(object, kind);                                                                \
    } while (0)
#define NEED_TOO(object, kind)                                                                 \
    do {                                                                                       \
        if (!object_is(object, kind)) return refuse(XR_HANDLE_INVALID, "%s: no such handle", __func__); \
    } while (0)
#define NEED_TYPE(structure, wanted)                                                           \
    do {                                                                                       \
        if ((structure) == NULL || (structure)->type != (wanted))                              \
            return refuse(XR_VALIDATION_FAILURE, "%s: a structure of another type", __func__); \
    } while (0)

#endif
