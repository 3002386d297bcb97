/* What OpenXR 1.0 says structures look like in memory: those parts that the double needs, written down from the
 * specification, so that the tests need gcc and no headers. pyopenxr has declarations of its own (in ctypes); where
 * the two disagree, nothing works. */
#ifndef ATOMTUG_XR_ABI_H
#define ATOMTUG_XR_ABI_H

#include <stddef.h>
#include <stdint.h>

typedef int32_t XrResult, XrEnum;
typedef uint32_t XrBool32;
typedef uint64_t XrVersion, XrPath, XrSystemId, XrFlags64;
typedef int64_t XrTime, XrDuration;
typedef struct Object *XrHandle;
typedef void (*PFN_xrVoidFunction)(void);

#define XR_MAKE_VERSION(a, b, c) ((((uint64_t)(a)) << 48) | (((uint64_t)(b)) << 32) | (c))

enum { /* XrResult */
    XR_SUCCESS = 0, XR_SESSION_LOSS_PENDING = 3, XR_EVENT_UNAVAILABLE = 4, XR_SESSION_NOT_FOCUSED = 8,
    XR_FRAME_DISCARDED = 9, XR_VALIDATION_FAILURE = -1, XR_RUNTIME_FAILURE = -2, XR_FUNCTION_UNSUPPORTED = -7,
    XR_EXTENSION_NOT_PRESENT = -9, XR_LIMIT_REACHED = -10, XR_SIZE_INSUFFICIENT = -11, XR_HANDLE_INVALID = -12,
    XR_INSTANCE_LOST = -13, XR_SESSION_RUNNING = -14, XR_SESSION_NOT_RUNNING = -16, XR_SESSION_LOST = -17, XR_SYSTEM_INVALID = -18,
    XR_PATH_INVALID = -19, XR_PATH_FORMAT_INVALID = -21, XR_PATH_UNSUPPORTED = -22, XR_LAYER_INVALID = -23,
    XR_SWAPCHAIN_RECT_INVALID = -25, XR_SWAPCHAIN_FORMAT_UNSUPPORTED = -26, XR_ACTION_TYPE_MISMATCH = -27,
    XR_SESSION_NOT_READY = -28, XR_SESSION_NOT_STOPPING = -29, XR_TIME_INVALID = -30, XR_FEATURE_UNSUPPORTED = -8, XR_REFRESH_RATE_UNSUPPORTED = -1000101000,
    XR_REFERENCE_SPACE_UNSUPPORTED = -31, XR_FORM_FACTOR_UNAVAILABLE = -35, XR_CALL_ORDER_INVALID = -37,
    XR_GRAPHICS_DEVICE_INVALID = -38, XR_POSE_INVALID = -39, XR_VIEW_TYPE_UNSUPPORTED = -41,
    XR_BLEND_MODE_UNSUPPORTED = -42, XR_NAME_DUPLICATED = -44, XR_NAME_INVALID = -45,
    XR_ACTIONSET_NOT_ATTACHED = -46, XR_ACTIONSETS_ALREADY_ATTACHED = -47, XR_REQUIREMENTS_CALL_MISSING = -50,
};

enum { /* XrStructureType */
    T_EXTENSION_PROPERTIES = 2, T_INSTANCE_CREATE_INFO = 3, T_SYSTEM_GET_INFO = 4, T_SYSTEM_PROPERTIES = 5,
    T_VIEW_LOCATE_INFO = 6, T_VIEW = 7, T_SESSION_CREATE_INFO = 8, T_SWAPCHAIN_CREATE_INFO = 9,
    T_SESSION_BEGIN_INFO = 10, T_VIEW_STATE = 11, T_FRAME_END_INFO = 12, T_HAPTIC_VIBRATION = 13,
    T_EVENT_BUFFER = 16, T_EVENT_INSTANCE_LOSS_PENDING = 17, T_EVENT_SESSION_STATE_CHANGED = 18,
    T_STATE_BOOLEAN = 23, T_STATE_FLOAT = 24, T_STATE_VECTOR2F = 25, T_STATE_POSE = 27,
    T_ACTION_SET_CREATE_INFO = 28, T_ACTION_CREATE_INFO = 29, T_INSTANCE_PROPERTIES = 32,
    T_LAYER_PROJECTION = 35, T_REFERENCE_SPACE_CREATE_INFO = 37, T_ACTION_SPACE_CREATE_INFO = 38,
    T_EVENT_SPACE_CHANGE = 40, T_VIEW_CONFIGURATION_VIEW = 41, T_SPACE_LOCATION = 42, T_FRAME_STATE = 44, T_PROJECTION_VIEW = 48,
    T_SUGGESTED_BINDING = 51, T_EVENT_PROFILE_CHANGED = 52, T_PROFILE_STATE = 53, T_STATE_GET_INFO = 58,
    T_HAPTIC_ACTION_INFO = 59, T_ATTACH_INFO = 60, T_SYNC_INFO = 61, T_BINDING_XLIB = 1000023001,
    T_SWAPCHAIN_IMAGE_OPENGL = 1000023004, T_REQUIREMENTS_OPENGL = 1000023005, T_BINDING_EGL = 1000048004,
    T_HAND_TRACKER_CREATE_INFO = 1000051001, T_HAND_JOINTS_LOCATE_INFO = 1000051002, T_HAND_JOINT_LOCATIONS = 1000051003,
    T_PASSTHROUGH_CREATE_INFO = 1000118001, T_PASSTHROUGH_LAYER_CREATE_INFO = 1000118002,
    T_LAYER_PASSTHROUGH = 1000118003,
};

enum { STATE_IDLE = 1, STATE_READY, STATE_SYNCHRONIZED, STATE_VISIBLE, STATE_FOCUSED, STATE_STOPPING,
       STATE_LOSS_PENDING, STATE_EXITING };
enum { TYPE_BOOLEAN = 1, TYPE_FLOAT = 2, TYPE_VECTOR2F = 3, TYPE_POSE = 4, TYPE_VIBRATION = 100 };
enum { SPACE_VIEW = 1, SPACE_LOCAL = 2, SPACE_STAGE = 3 };
enum { FORM_HEAD_MOUNTED = 1, VIEWS_STEREO = 2, BLEND_OPAQUE = 1, BLEND_ADDITIVE = 2, BLEND_ALPHA = 3 };

#define HEAD XrEnum type; void *next; /* how every structure begins */

typedef struct { HEAD } Any;
typedef struct { float x, y; } XrVector2f;
typedef struct { float x, y, z; } XrVector3f;
typedef struct { float x, y, z, w; } XrQuaternionf;
typedef struct { XrQuaternionf orientation; XrVector3f position; } XrPosef;
typedef struct { float left, right, up, down; } XrFovf;

typedef struct { char application[128]; uint32_t applicationVersion; char engine[128]; uint32_t engineVersion;
                 XrVersion apiVersion; } XrApplicationInfo;
typedef struct { HEAD XrFlags64 flags; XrApplicationInfo application; uint32_t layerCount; const char *const *layers;
                 uint32_t extensionCount; const char *const *extensions; } XrInstanceCreateInfo;
typedef struct { HEAD char name[128]; uint32_t version; } XrExtensionProperties;
typedef struct { HEAD XrVersion version; char name[128]; } XrInstanceProperties;
typedef struct { HEAD XrEnum formFactor; } XrSystemGetInfo;
typedef struct { HEAD XrSystemId id; uint32_t vendor; char name[256]; uint32_t maxHeight, maxWidth, maxLayers;
                 XrBool32 orientationTracking, positionTracking; } XrSystemProperties;
typedef struct { HEAD uint32_t width, maxWidth, height, maxHeight, samples, maxSamples; } XrViewConfigurationView;

typedef struct { HEAD XrFlags64 flags; XrSystemId system; } XrSessionCreateInfo;
typedef struct { HEAD XrEnum viewConfiguration; } XrSessionBeginInfo;
typedef struct { HEAD XrHandle session; XrEnum state; XrTime time; } XrEventSessionStateChanged;
typedef struct { HEAD XrTime lossTime; } XrEventInstanceLossPending;
typedef struct { HEAD XrHandle session; } XrEventProfileChanged;
typedef struct { HEAD XrHandle session; XrEnum space; XrTime changeTime; XrBool32 poseValid;
                 XrPosef poseInPreviousSpace; } XrEventSpaceChange;
typedef struct { HEAD uint8_t varying[4000]; } XrEventDataBuffer;

typedef struct { HEAD char name[64], localized[128]; uint32_t priority; } XrActionSetCreateInfo;
typedef struct { HEAD char name[64]; XrEnum actionType; uint32_t count; const XrPath *subactions;
                 char localized[128]; } XrActionCreateInfo;
typedef struct { XrHandle action; XrPath binding; } XrActionSuggestedBinding;
typedef struct { HEAD XrPath profile; uint32_t count; const XrActionSuggestedBinding *bindings; } XrSuggestedBinding;
typedef struct { HEAD uint32_t count; const XrHandle *sets; } XrAttachInfo;
typedef struct { XrHandle set; XrPath subaction; } XrActiveActionSet;
typedef struct { HEAD uint32_t count; const XrActiveActionSet *sets; } XrActionsSyncInfo;
typedef struct { HEAD XrHandle action; XrPath subaction; } XrActionStateGetInfo; /* XrHapticActionInfo too */
typedef struct { HEAD XrBool32 state, changed; XrTime time; XrBool32 active; } XrActionStateBoolean;
typedef struct { HEAD float state; XrBool32 changed; XrTime time; XrBool32 active; } XrActionStateFloat;
typedef struct { HEAD XrVector2f state; XrBool32 changed; XrTime time; XrBool32 active; } XrActionStateVector2f;
typedef struct { HEAD XrBool32 active; } XrActionStatePose;
typedef struct { HEAD XrPath profile; } XrInteractionProfileState;
typedef struct { HEAD XrDuration duration; float frequency, amplitude; } XrHapticVibration;

typedef struct { HEAD XrHandle action; XrPath subaction; XrPosef pose; } XrActionSpaceCreateInfo;
typedef struct { HEAD XrEnum referenceType; XrPosef pose; } XrReferenceSpaceCreateInfo;
typedef struct { HEAD XrFlags64 flags; XrPosef pose; } XrSpaceLocation;

typedef struct { HEAD XrFlags64 flags; } XrPassthroughCreateInfo;
typedef struct { HEAD XrHandle passthrough; XrFlags64 flags; XrEnum purpose; } XrPassthroughLayerCreateInfo;
typedef struct { HEAD XrFlags64 flags; XrHandle space, layer; } XrLayerPassthrough;

#define JOINTS 26
typedef struct { HEAD XrEnum hand, jointSet; } XrHandTrackerCreateInfo;
typedef struct { HEAD XrHandle base; XrTime time; } XrHandJointsLocateInfo;
typedef struct { XrFlags64 flags; XrPosef pose; float radius; } XrHandJointLocation;
typedef struct { HEAD XrBool32 active; uint32_t count; XrHandJointLocation *joints; } XrHandJointLocations;

typedef struct { HEAD XrVersion minimum, maximum; } XrRequirementsOpenGL;
typedef struct { HEAD void *(*getProcAddress)(const char *); void *display, *config, *context; } XrBindingEGL;
typedef struct { HEAD void *display; uint32_t visual; void *config; unsigned long drawable; void *context; } XrBindingXlib;
typedef struct { HEAD XrFlags64 flags, usage; int64_t format; uint32_t samples, width, height, faces, array, mips;
} XrSwapchainCreateInfo;
typedef struct { HEAD uint32_t image; } XrSwapchainImageOpenGL;
typedef struct { HEAD XrDuration timeout; } XrSwapchainImageWaitInfo;
typedef struct { HEAD XrTime time; XrDuration period; XrBool32 shouldRender; } XrFrameState;
typedef struct { HEAD XrEnum viewConfiguration; XrTime time; XrHandle space; } XrViewLocateInfo;
typedef struct { HEAD XrFlags64 flags; } XrViewState;
typedef struct { HEAD XrPosef pose; XrFovf fov; } XrView;
typedef struct { XrHandle swapchain; int32_t x, y, width, height; uint32_t arrayIndex; } XrSwapchainSubImage;
typedef struct { HEAD XrPosef pose; XrFovf fov; XrSwapchainSubImage image; } XrProjectionView;
typedef struct { HEAD XrFlags64 flags; XrHandle space; uint32_t count; const XrProjectionView *views; } XrLayerProjection;
typedef struct { HEAD XrTime time; XrEnum blend; uint32_t count; const Any *const *layers; } XrFrameEndInfo;

/* How the loader and a runtime meet. */
typedef XrResult (*GetProcAddress)(XrHandle, const char *, PFN_xrVoidFunction *);
typedef struct { XrEnum kind; uint32_t version; size_t size; uint32_t minInterface, maxInterface;
                 XrVersion minApi, maxApi; } LoaderInfo;
typedef struct { XrEnum kind; uint32_t version; size_t size; uint32_t interface; XrVersion api;
                 GetProcAddress getInstanceProcAddr; } RuntimeRequest;

#endif
