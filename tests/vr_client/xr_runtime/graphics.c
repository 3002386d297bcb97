/* Frames: images for the client to draw into (OpenGL, by EGL or GLX), pacing, and what it handed over at the end. */
#include "double.h"

#include <dlfcn.h>
#include <time.h>

#define GL_TEXTURE_2D 0x0DE1
#define GL_RGBA 0x1908
#define GL_UNSIGNED_BYTE 0x1401
#define GL_RGBA8 0x8058
#define GL_SRGB8_ALPHA8 0x8C43
#define EYE_SIZE 256

static void (*glGenTextures)(int, uint32_t *);
static void (*glDeleteTextures)(int, const uint32_t *);
static void (*glBindTexture)(uint32_t, uint32_t);
static void (*glTexStorage2D)(uint32_t, int, uint32_t, int, int);
static void (*glGetTexImage)(uint32_t, int, uint32_t, uint32_t, void *);
static void (*glFinish)(void);

/* How the client's OpenGL is reached; NULL where the binding has gaps. */
static void *(*loader_of(const Any *binding))(const char *) {
    if (binding->type == T_BINDING_EGL && enabled("XR_MNDX_egl_enable")) {
        const XrBindingEGL *egl = (const XrBindingEGL *)binding;
        return egl->display && egl->context && egl->config ? egl->getProcAddress : NULL;
    }
    const XrBindingXlib *xlib = (const XrBindingXlib *)binding;
    if (binding->type != T_BINDING_XLIB || !xlib->display || !xlib->context || !xlib->config || !xlib->drawable)
        return NULL;
    void *library = dlopen("libGL.so.1", RTLD_LAZY);
    return library ? (void *(*)(const char *))dlsym(library, "glXGetProcAddressARB") : NULL;
}

XrResult graphics_begin(const void *next) {
    if (!the.requirementsAsked) return refuse(XR_REQUIREMENTS_CALL_MISSING, "xrGetOpenGLGraphicsRequirementsKHR first");
    void *(*load)(const char *) = loader_of(next);
    if (load == NULL) return refuse(XR_GRAPHICS_DEVICE_INVALID, "graphics binding %d", ((const Any *)next)->type);
#define LOAD(name) *(void **)&name = load(#name)
    LOAD(glGenTextures); LOAD(glDeleteTextures); LOAD(glBindTexture); LOAD(glTexStorage2D); LOAD(glGetTexImage);
    LOAD(glFinish);
    return glTexStorage2D ? XR_SUCCESS : refuse(XR_GRAPHICS_DEVICE_INVALID, "no OpenGL 4.2");
}

static XrResult xrGetOpenGLGraphicsRequirementsKHR(XrHandle instance, XrSystemId system, XrRequirementsOpenGL *needs) {
    NEED(instance, INSTANCE);
    NEED_TYPE(needs, T_REQUIREMENTS_OPENGL);
    if (!enabled("XR_KHR_opengl_enable")) return refuse(XR_FUNCTION_UNSUPPORTED, "XR_KHR_opengl_enable is off");
    if (system != 1) return refuse(XR_SYSTEM_INVALID, "there is no such system");
    needs->minimum = XR_MAKE_VERSION(3, 3, 0), needs->maximum = XR_MAKE_VERSION(5, 0, 0);
    the.requirementsAsked = true;
    return XR_SUCCESS;
}

static XrResult xrEnumerateViewConfigurations(XrHandle instance, XrSystemId system, uint32_t capacity, uint32_t *count,
                                              XrEnum *types) {
    NEED(instance, INSTANCE);
    if (system != 1) return refuse(XR_SYSTEM_INVALID, "there is no such system");
    *count = 1;
    if (capacity > 0) types[0] = VIEWS_STEREO;
    return XR_SUCCESS;
}

static XrResult xrEnumerateViewConfigurationViews(XrHandle instance, XrSystemId system, XrEnum type, uint32_t capacity,
                                                  uint32_t *count, XrViewConfigurationView *views) {
    NEED(instance, INSTANCE);
    if (system != 1 || type != VIEWS_STEREO) return refuse(XR_VIEW_TYPE_UNSUPPORTED, "view configuration %d", type);
    *count = 2;
    if (capacity == 0) return XR_SUCCESS;
    if (capacity < 2) return XR_SIZE_INSUFFICIENT;
    for (int i = 0; i < 2; i++) {
        NEED_TYPE(&views[i], T_VIEW_CONFIGURATION_VIEW);
        views[i].width = views[i].height = EYE_SIZE, views[i].maxWidth = views[i].maxHeight = 4096;
        views[i].samples = 1, views[i].maxSamples = 4;
    }
    return XR_SUCCESS;
}

static XrResult xrEnumerateEnvironmentBlendModes(XrHandle instance, XrSystemId system, XrEnum type, uint32_t capacity,
                                                 uint32_t *count, XrEnum *modes) {
    NEED(instance, INSTANCE);
    if (system != 1 || type != VIEWS_STEREO) return refuse(XR_VIEW_TYPE_UNSUPPORTED, "view configuration %d", type);
    XrEnum offered[3] = {BLEND_OPAQUE};
    *count = 1;
    if (the.blendModes & 1) offered[(*count)++] = BLEND_ALPHA;
    if (the.blendModes & 2) offered[(*count)++] = BLEND_ADDITIVE;
    if (capacity > 0) memcpy(modes, offered, *count * sizeof *modes);
    return XR_SUCCESS;
}

static XrResult xrEnumerateSwapchainFormats(XrHandle session, uint32_t capacity, uint32_t *count, int64_t *formats) {
    NEED(session, SESSION);
    *count = 2;
    if (capacity == 0) return XR_SUCCESS;
    if (capacity < 2) return XR_SIZE_INSUFFICIENT;
    formats[0] = GL_RGBA8, formats[1] = GL_SRGB8_ALPHA8;
    return XR_SUCCESS;
}

static XrResult xrCreateSwapchain(XrHandle session, const XrSwapchainCreateInfo *info, XrHandle *swapchain) {
    NEED(session, SESSION);
    NEED_TYPE(info, T_SWAPCHAIN_CREATE_INFO);
    if (the.headlessSession) return refuse(XR_CALL_ORDER_INVALID, "a swapchain in a headless session");
    if (info->format != GL_RGBA8 && info->format != GL_SRGB8_ALPHA8)
        return refuse(XR_SWAPCHAIN_FORMAT_UNSUPPORTED, "format %#llx", (long long)info->format);
    if (info->samples != 1 || info->array != 1 || info->faces != 1 || info->mips != 1 || !info->width || !info->height)
        return refuse(XR_VALIDATION_FAILURE, "a swapchain of odd numbers");
    *swapchain = object_new(SWAPCHAIN, session);
    (*swapchain)->width = info->width, (*swapchain)->height = info->height, (*swapchain)->format = info->format;
    (*swapchain)->acquired = (*swapchain)->waited = (*swapchain)->released = -1;
    glGenTextures(3, (*swapchain)->images);
    for (int i = 0; i < 3; i++) {
        glBindTexture(GL_TEXTURE_2D, (*swapchain)->images[i]);
        glTexStorage2D(GL_TEXTURE_2D, 1, (uint32_t)info->format, info->width, info->height);
    }
    glBindTexture(GL_TEXTURE_2D, 0);
    return XR_SUCCESS;
}

static XrResult xrDestroySwapchain(XrHandle swapchain) {
    NEED(swapchain, SWAPCHAIN);
    glDeleteTextures(3, swapchain->images);
    object_free(swapchain);
    return XR_SUCCESS;
}

static XrResult xrEnumerateSwapchainImages(XrHandle swapchain, uint32_t capacity, uint32_t *count, XrSwapchainImageOpenGL *images) {
    NEED(swapchain, SWAPCHAIN);
    *count = 3;
    if (capacity == 0) return XR_SUCCESS;
    if (capacity < 3) return XR_SIZE_INSUFFICIENT;
    for (int i = 0; i < 3; i++) {
        NEED_TYPE(&images[i], T_SWAPCHAIN_IMAGE_OPENGL);
        images[i].image = swapchain->images[i];
    }
    return XR_SUCCESS;
}

static XrResult xrAcquireSwapchainImage(XrHandle swapchain, const Any *info, uint32_t *index) {
    (void)info;
    NEED(swapchain, SWAPCHAIN);
    if (swapchain->acquired >= 0) return refuse(XR_CALL_ORDER_INVALID, "xrAcquireSwapchainImage twice");
    *index = swapchain->acquired = swapchain->next++ % 3;
    return XR_SUCCESS;
}

static XrResult xrWaitSwapchainImage(XrHandle swapchain, const XrSwapchainImageWaitInfo *info) {
    NEED(swapchain, SWAPCHAIN);
    if (swapchain->acquired < 0 || swapchain->waited >= 0 || info == NULL)
        return refuse(XR_CALL_ORDER_INVALID, "xrWaitSwapchainImage of no image");
    swapchain->waited = swapchain->acquired;
    return XR_SUCCESS;
}

static XrResult xrReleaseSwapchainImage(XrHandle swapchain, const Any *info) {
    (void)info;
    NEED(swapchain, SWAPCHAIN);
    if (swapchain->waited < 0) return refuse(XR_CALL_ORDER_INVALID, "xrReleaseSwapchainImage before its wait");
    swapchain->released = swapchain->waited;
    swapchain->acquired = swapchain->waited = -1;
    return XR_SUCCESS;
}

#define NEED_FRAMES(session)                                                                                    \
    NEED(session, SESSION);                                                                                     \
    if (the.headlessSession) return refuse(XR_CALL_ORDER_INVALID, "%s in a headless session", __func__);       \
    if (!the.running) return refuse(XR_SESSION_NOT_RUNNING, "%s: the session does not run", __func__)

static XrResult xrWaitFrame(XrHandle session, const Any *info, XrFrameState *state) {
    (void)info;
    NEED_FRAMES(session);
    NEED_TYPE(state, T_FRAME_STATE);
    XrTime next = the.frameTime + the.period;
    if (next < now()) next = now();
    struct timespec until = {next / 1000000000LL, next % 1000000000LL};
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
    the.frameTime = next;
    the.frameWaited = true;
    state->time = next + the.period, state->period = the.period;
    state->shouldRender = the.state == STATE_VISIBLE || the.state == STATE_FOCUSED;
    return XR_SUCCESS;
}

static XrResult xrBeginFrame(XrHandle session, const Any *info) {
    (void)info;
    NEED_FRAMES(session);
    if (!the.frameWaited) return refuse(XR_CALL_ORDER_INVALID, "xrBeginFrame before xrWaitFrame");
    bool discarded = the.frameBegun;
    the.frameWaited = false, the.frameBegun = true;
    return discarded ? XR_FRAME_DISCARDED : XR_SUCCESS;
}

static XrResult take_picture(const XrLayerProjection *layer) {
    if (layer->type != T_LAYER_PROJECTION || layer->count != 2 || !object_is(layer->space, SPACE))
        return refuse(XR_LAYER_INVALID, "a layer of type %d with %u views", layer->type, layer->count);
    for (int eye = 0; eye < 2; eye++) {
        const XrProjectionView *view = &layer->views[eye];
        XrHandle swapchain = view->image.swapchain;
        if (view->type != T_PROJECTION_VIEW || !object_is(swapchain, SWAPCHAIN) || swapchain->released < 0)
            return refuse(XR_LAYER_INVALID, "a view of nothing that was released");
        if (!pose_valid(&view->pose)) return refuse(XR_POSE_INVALID, "a view's pose");
        if (view->image.width <= 0 || view->image.x + view->image.width > (int)swapchain->width ||
            view->image.height <= 0 || view->image.y + view->image.height > (int)swapchain->height)
            return refuse(XR_SWAPCHAIN_RECT_INVALID, "a view that is not in its image");
        if (!the.keepPictures) continue;
        the.pixelWidth = swapchain->width, the.pixelHeight = swapchain->height;
        the.pixels[eye] = realloc(the.pixels[eye], 4 * swapchain->width * swapchain->height);
        glFinish();
        glBindTexture(GL_TEXTURE_2D, swapchain->images[swapchain->released]);
        glGetTexImage(GL_TEXTURE_2D, 0, GL_RGBA, GL_UNSIGNED_BYTE, the.pixels[eye]);
        glBindTexture(GL_TEXTURE_2D, 0);
    }
    the.framesSubmitted++;
    return XR_SUCCESS;
}

static XrResult xrEndFrame(XrHandle session, const XrFrameEndInfo *info) {
    NEED_FRAMES(session);
    NEED_TYPE(info, T_FRAME_END_INFO);
    if (!the.frameBegun) return refuse(XR_CALL_ORDER_INVALID, "xrEndFrame before xrBeginFrame");
    if (info->blend != BLEND_OPAQUE && !(info->blend == BLEND_ALPHA && the.blendModes & 1) &&
        !(info->blend == BLEND_ADDITIVE && the.blendModes & 2))
        return refuse(XR_BLEND_MODE_UNSUPPORTED, "blend mode %d", info->blend);
    if (info->time <= 0) return refuse(XR_TIME_INVALID, "xrEndFrame at %lld", (long long)info->time);
    the.frameBegun = false;
    the.lastBlend = info->blend, the.lastLayers = info->count;
    for (uint32_t i = 0; i < info->count; i++) {
        const XrLayerPassthrough *room = (const XrLayerPassthrough *)info->layers[i];
        if (room->type == T_LAYER_PASSTHROUGH) {
            if (i != 0 || !object_is(room->layer, PASSTHROUGH_LAYER)) return refuse(XR_LAYER_INVALID, "passthrough");
            continue;
        }
        XrResult result = take_picture((const XrLayerProjection *)info->layers[i]);
        if (result != XR_SUCCESS) return result;
    }
    /* As in a real one, the session is seen once it has shown that it draws. */
    if (the.framesEnded++ >= 0 && the.state == STATE_SYNCHRONIZED) enter_state(STATE_VISIBLE), enter_state(STATE_FOCUSED);
    return XR_SUCCESS;
}

static XrResult xrLocateViews(XrHandle session, const XrViewLocateInfo *info, XrViewState *state, uint32_t capacity,
                              uint32_t *count, XrView *views) {
    NEED(session, SESSION);
    NEED_TYPE(info, T_VIEW_LOCATE_INFO);
    NEED_TYPE(state, T_VIEW_STATE);
    if (!object_is(info->space, SPACE)) return refuse(XR_HANDLE_INVALID, "xrLocateViews in no space");
    if (info->viewConfiguration != VIEWS_STEREO) return refuse(XR_VIEW_TYPE_UNSUPPORTED, "xrLocateViews");
    if (info->time <= 0) return refuse(XR_TIME_INVALID, "xrLocateViews at %lld", (long long)info->time);
    *count = 2;
    if (capacity == 0) return XR_SUCCESS;
    if (capacity < 2) return XR_SIZE_INSUFFICIENT;
    XrPosef base = pose_times(reference_origin(info->space->reference), info->space->pose);
    state->flags = 0xF;
    for (int eye = 0; eye < 2; eye++) {
        NEED_TYPE(&views[eye], T_VIEW);
        XrPosef aside = {{0, 0, 0, 1}, {eye ? 0.032f : -0.032f, 0, 0}};
        views[eye].pose = pose_times(pose_inverse(base), pose_times(the.head, aside));
        views[eye].fov = (XrFovf){-0.8f, 0.8f, 0.8f, -0.8f};
    }
    return XR_SUCCESS;
}

#define FUNCTION(name) if (!strcmp(wanted, #name)) return (PFN_xrVoidFunction)name
PFN_xrVoidFunction graphics_function(const char *wanted) {
    FUNCTION(xrGetOpenGLGraphicsRequirementsKHR); FUNCTION(xrEnumerateViewConfigurations);
    FUNCTION(xrEnumerateViewConfigurationViews); FUNCTION(xrEnumerateEnvironmentBlendModes);
    FUNCTION(xrEnumerateSwapchainFormats); FUNCTION(xrCreateSwapchain); FUNCTION(xrDestroySwapchain);
    FUNCTION(xrEnumerateSwapchainImages); FUNCTION(xrAcquireSwapchainImage); FUNCTION(xrWaitSwapchainImage);
    FUNCTION(xrReleaseSwapchainImage); FUNCTION(xrWaitFrame); FUNCTION(xrBeginFrame); FUNCTION(xrEndFrame);
    FUNCTION(xrLocateViews);
    return NULL;
}
