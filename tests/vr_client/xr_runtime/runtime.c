/* A small OpenXR runtime without a device: the loader's entry, the instance, the system, the session and its events.
 * It is as strict as a real one, and does what the tests tell it (control.c). One client at a time. */
#include "double.h"

#include <stdarg.h>
#include <time.h>

Double the = {.lock = PTHREAD_MUTEX_INITIALIZER};
const XrPosef IDENTITY = {{0, 0, 0, 1}, {0, 0, 0}};
static struct Object *objects[MAX_OBJECTS];
static char *paths[MAX_PATHS];

XrResult refuse(XrResult result, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    if (!the.complaint[0]) { /* the first tells most */
        int length = vsnprintf(the.complaint, sizeof the.complaint - 16, format, arguments);
        if (length > (int)sizeof the.complaint - 17) length = sizeof the.complaint - 17;
        snprintf(the.complaint + length, 16, " (%d)", result);
    }
    va_end(arguments);
    return result;
}

XrHandle object_new(Kind kind, XrHandle parent) {
    for (int i = 0; i < MAX_OBJECTS; i++)
        if (objects[i] == NULL) {
            objects[i] = calloc(1, sizeof *objects[i]);
            objects[i]->kind = kind;
            objects[i]->parent = parent;
            return objects[i];
        }
    return NULL;
}

bool object_is(XrHandle object, Kind kind) {
    for (int i = 0; i < MAX_OBJECTS; i++)
        if (object != NULL && objects[i] == object) return object->kind == kind;
    return false;
}

void object_free(XrHandle object) {
    for (int i = 0; i < MAX_OBJECTS; i++)
        if (objects[i] != NULL && objects[i]->parent == object) object_free(objects[i]);
    for (int i = 0; i < MAX_OBJECTS; i++)
        if (objects[i] == object) objects[i] = NULL;
    free(object);
}

int objects_alive(void) {
    int alive = 0;
    for (int i = 0; i < MAX_OBJECTS; i++) alive += objects[i] != NULL;
    return alive;
}

XrTime now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000LL + time.tv_nsec;
}

bool enabled(const char *extension) {
    for (uint32_t i = 0; i < the.enabledCount; i++)
        if (!strcmp(the.enabled[i], extension)) return true;
    return false;
}

void push_event(const void *event, size_t size) {
    pthread_mutex_lock(&the.lock);
    if (the.eventCount < 32) memcpy(&the.events[the.eventCount++], event, size);
    pthread_mutex_unlock(&the.lock);
}

void enter_state(XrEnum state) {
    XrEventSessionStateChanged event = {T_EVENT_SESSION_STATE_CHANGED, NULL, the.session, state, now()};
    the.state = state;
    push_event(&event, sizeof event);
}

const char *path_text(XrPath path) { return path > 0 && path < MAX_PATHS ? paths[path] : NULL; }

XrPath path_of(const char *text) {
    for (XrPath path = 1; path < MAX_PATHS; path++) {
        if (paths[path] == NULL) paths[path] = strdup(text);
        if (!strcmp(paths[path], text)) return path;
    }
    return 0;
}

int hand_of(XrPath path) {
    const char *text = path_text(path);
    if (text == NULL) return -1;
    return !strncmp(text, "/user/hand/left", 15) ? 0 : !strncmp(text, "/user/hand/right", 16) ? 1 : -1;
}

/* Instance ------------------------------------------------------------------------------------------------ */

static int offered(const char *names[MAX_EXTENSIONS]) {
    int count = 0;
    if (the.headless) names[count++] = "XR_MND_headless";
    names[count++] = "XR_KHR_convert_timespec_time";
    names[count++] = "XR_META_touch_controller_plus";
    names[count++] = "XR_FB_touch_controller_pro";
    names[count++] = "XR_KHR_generic_controller";
    names[count++] = "XR_EXT_hand_tracking";
    names[count++] = "XR_FB_display_refresh_rate";
    names[count++] = "XR_FB_passthrough";
    if (the.egl) names[count++] = "XR_MNDX_egl_enable", names[count++] = "XR_KHR_opengl_enable";
    return count;
}

static XrResult xrEnumerateInstanceExtensionProperties(const char *layer, uint32_t capacity, uint32_t *count,
                                                       XrExtensionProperties *properties) {
    const char *names[MAX_EXTENSIONS];
    (void)layer;
    *count = offered(names);
    if (capacity == 0) return XR_SUCCESS;
    if (capacity < *count) return XR_SIZE_INSUFFICIENT;
    for (uint32_t i = 0; i < *count; i++) {
        NEED_TYPE(&properties[i], T_EXTENSION_PROPERTIES);
        snprintf(properties[i].name, 128, "%s", names[i]);
        properties[i].version = 1;
    }
    return XR_SUCCESS;
}

static XrResult xrCreateInstance(const XrInstanceCreateInfo *info, XrHandle *instance) {
    const char *names[MAX_EXTENSIONS];
    NEED_TYPE(info, T_INSTANCE_CREATE_INFO);
    if (the.instance != NULL) return refuse(XR_LIMIT_REACHED, "a second instance");
    if (info->application.application[0] == 0) return refuse(XR_NAME_INVALID, "an application without a name");
    int count = offered(names);
    the.enabledCount = 0;
    for (uint32_t i = 0; i < info->extensionCount && i < MAX_EXTENSIONS; i++) {
        bool known = !strcmp(info->extensions[i], "XR_EXT_debug_utils"); /* the loader's */
        for (int k = 0; k < count; k++) known |= !strcmp(info->extensions[i], names[k]);
        if (!known) return refuse(XR_EXTENSION_NOT_PRESENT, "there is no %s", info->extensions[i]);
        snprintf(the.enabled[the.enabledCount++], 128, "%s", info->extensions[i]);
    }
    *instance = the.instance = object_new(INSTANCE, NULL);
    the.bindingCount = the.eventCount = 0;
    the.attached = the.systemAsked = the.requirementsAsked = the.lost = the.broken = the.sessionLost = false;
    the.creations++;
    return XR_SUCCESS;
}

static XrResult xrDestroyInstance(XrHandle instance) {
    if (!object_is(instance, INSTANCE)) return refuse(XR_HANDLE_INVALID, "xrDestroyInstance: no such handle");
    object_free(instance);
    the.instance = the.session = NULL;
    the.running = false;
    return XR_SUCCESS;
}

static XrResult xrGetInstanceProperties(XrHandle instance, XrInstanceProperties *properties) {
    NEED(instance, INSTANCE);
    NEED_TYPE(properties, T_INSTANCE_PROPERTIES);
    properties->version = XR_MAKE_VERSION(1, 2, 3);
    snprintf(properties->name, 128, "atomtug's double");
    return XR_SUCCESS;
}

static XrResult xrGetSystem(XrHandle instance, const XrSystemGetInfo *info, XrSystemId *system) {
    NEED(instance, INSTANCE);
    NEED_TYPE(info, T_SYSTEM_GET_INFO);
    if (info->formFactor != FORM_HEAD_MOUNTED || !the.headset) return XR_FORM_FACTOR_UNAVAILABLE;
    the.systemAsked = true;
    *system = 1;
    return XR_SUCCESS;
}

static XrResult xrGetSystemProperties(XrHandle instance, XrSystemId system, XrSystemProperties *properties) {
    NEED(instance, INSTANCE);
    NEED_TYPE(properties, T_SYSTEM_PROPERTIES);
    if (system != 1) return refuse(XR_SYSTEM_INVALID, "there is no such system");
    properties->id = 1, properties->vendor = 42;
    snprintf(properties->name, 256, "no headset at all");
    properties->maxHeight = properties->maxWidth = 4096, properties->maxLayers = 16;
    properties->orientationTracking = properties->positionTracking = 1;
    return XR_SUCCESS;
}

static XrResult xrStringToPath(XrHandle instance, const char *text, XrPath *path) {
    NEED(instance, INSTANCE);
    if (text[0] != '/' || strspn(text, "/abcdefghijklmnopqrstuvwxyz0123456789-_.") != strlen(text))
        return refuse(XR_PATH_FORMAT_INVALID, "%s is no path", text);
    *path = path_of(text);
    return XR_SUCCESS;
}

static XrResult xrPathToString(XrHandle instance, XrPath path, uint32_t capacity, uint32_t *count, char *text) {
    NEED(instance, INSTANCE);
    if (path_text(path) == NULL) return refuse(XR_PATH_INVALID, "xrPathToString: no such path");
    *count = strlen(path_text(path)) + 1;
    if (capacity == 0) return XR_SUCCESS;
    if (capacity < *count) return XR_SIZE_INSUFFICIENT;
    memcpy(text, path_text(path), *count);
    return XR_SUCCESS;
}

static XrResult xrPollEvent(XrHandle instance, XrEventDataBuffer *event) {
    NEED(instance, INSTANCE);
    NEED_TYPE(event, T_EVENT_BUFFER);
    pthread_mutex_lock(&the.lock);
    bool any = the.eventCount > 0;
    if (any) {
        *event = the.events[0];
        memmove(the.events, the.events + 1, --the.eventCount * sizeof *the.events);
    }
    pthread_mutex_unlock(&the.lock);
    return any ? XR_SUCCESS : XR_EVENT_UNAVAILABLE;
}

typedef struct { int64_t seconds, nanoseconds; } Timespec;

static XrResult xrConvertTimespecTimeToTimeKHR(XrHandle instance, const Timespec *spec, XrTime *time) {
    NEED(instance, INSTANCE);
    *time = spec->seconds * 1000000000LL + spec->nanoseconds;
    return *time > 0 ? XR_SUCCESS : refuse(XR_TIME_INVALID, "time %lld", (long long)*time);
}

/* Session ------------------------------------------------------------------------------------------------- */

static XrResult xrCreateSession(XrHandle instance, const XrSessionCreateInfo *info, XrHandle *session) {
    NEED(instance, INSTANCE);
    NEED_TYPE(info, T_SESSION_CREATE_INFO);
    if (!the.systemAsked || info->system != 1) return refuse(XR_SYSTEM_INVALID, "xrCreateSession before xrGetSystem");
    if (the.session != NULL) return refuse(XR_LIMIT_REACHED, "a second session");
    if (info->next == NULL && !enabled("XR_MND_headless"))
        return refuse(XR_GRAPHICS_DEVICE_INVALID, "neither graphics nor XR_MND_headless");
    the.headlessSession = info->next == NULL;
    XrResult result = the.headlessSession ? XR_SUCCESS : graphics_begin(info->next);
    if (result != XR_SUCCESS) return result;
    *session = the.session = object_new(SESSION, instance);
    the.sessionLost = false;
    the.running = the.attached = the.exitWanted = the.frameWaited = the.frameBegun = false;
    enter_state(STATE_IDLE);
    enter_state(STATE_READY);
    return XR_SUCCESS;
}

static XrResult xrDestroySession(XrHandle session) {
    if (!object_is(session, SESSION)) return refuse(XR_HANDLE_INVALID, "xrDestroySession: no such handle");
    object_free(session);
    the.session = NULL;
    the.running = false;
    return XR_SUCCESS;
}

static XrResult xrBeginSession(XrHandle session, const XrSessionBeginInfo *info) {
    NEED(session, SESSION);
    NEED_TYPE(info, T_SESSION_BEGIN_INFO);
    if (the.running) return refuse(XR_SESSION_RUNNING, "xrBeginSession twice");
    if (the.state != STATE_READY) return refuse(XR_SESSION_NOT_READY, "xrBeginSession in state %d", the.state);
    if (info->viewConfiguration != VIEWS_STEREO && !the.headlessSession)
        return refuse(XR_VIEW_TYPE_UNSUPPORTED, "view configuration %d", info->viewConfiguration);
    the.running = true;
    enter_state(STATE_SYNCHRONIZED);
    if (the.headlessSession) enter_state(STATE_VISIBLE), enter_state(STATE_FOCUSED);
    return XR_SUCCESS;
}

static XrResult xrEndSession(XrHandle session) {
    NEED(session, SESSION);
    if (!the.running) return refuse(XR_SESSION_NOT_RUNNING, "xrEndSession twice");
    if (the.state != STATE_STOPPING) return refuse(XR_SESSION_NOT_STOPPING, "xrEndSession in state %d", the.state);
    the.running = false;
    enter_state(STATE_IDLE);
    enter_state(the.exitWanted ? STATE_EXITING : STATE_READY);
    return XR_SUCCESS;
}

static XrResult xrRequestExitSession(XrHandle session) {
    NEED(session, SESSION);
    if (!the.running) return refuse(XR_SESSION_NOT_RUNNING, "xrRequestExitSession of a session that does not run");
    the.exitWanted = true;
    enter_state(STATE_STOPPING);
    return XR_SUCCESS;
}

/* The loader's entry -------------------------------------------------------------------------------------- */

#define FUNCTION(name) {#name, (PFN_xrVoidFunction)name}
static const struct { const char *name; PFN_xrVoidFunction function; } functions[] = {
    FUNCTION(xrEnumerateInstanceExtensionProperties), FUNCTION(xrCreateInstance), FUNCTION(xrDestroyInstance),
    FUNCTION(xrGetInstanceProperties), FUNCTION(xrGetSystem), FUNCTION(xrGetSystemProperties),
    FUNCTION(xrStringToPath), FUNCTION(xrPathToString), FUNCTION(xrPollEvent), FUNCTION(xrCreateSession),
    FUNCTION(xrDestroySession), FUNCTION(xrBeginSession), FUNCTION(xrEndSession), FUNCTION(xrRequestExitSession),
    FUNCTION(xrConvertTimespecTimeToTimeKHR),
};

static XrResult xrGetInstanceProcAddr(XrHandle instance, const char *name, PFN_xrVoidFunction *function) {
    (void)instance;
    *function = !strcmp(name, "xrGetInstanceProcAddr") ? (PFN_xrVoidFunction)xrGetInstanceProcAddr : NULL;
    for (size_t i = 0; i < sizeof functions / sizeof *functions && *function == NULL; i++)
        if (!strcmp(name, functions[i].name)) *function = functions[i].function;
    if (*function == NULL) *function = input_function(name);
    if (*function == NULL) *function = space_function(name);
    if (*function == NULL) *function = hands_function(name);
    if (*function == NULL) *function = display_function(name);
    if (*function == NULL) *function = graphics_function(name);
    return *function == NULL ? XR_FUNCTION_UNSUPPORTED : XR_SUCCESS;
}

EXPORT XrResult xrNegotiateLoaderRuntimeInterface(const LoaderInfo *loader, RuntimeRequest *request) {
    if (loader->minInterface > 1 || loader->maxInterface < 1) return -6;
    request->interface = 1;
    request->api = XR_MAKE_VERSION(1, 0, 34);
    request->getInstanceProcAddr = xrGetInstanceProcAddr;
    return XR_SUCCESS;
}
