/* Refresh rates (XR_FB_display_refresh_rate), and the room behind the pictures (XR_FB_passthrough, blend modes). */
#include "double.h"

static const float rates[] = {72, 80, 90, 120};
#define RATES (sizeof rates / sizeof *rates)

static XrResult xrEnumerateDisplayRefreshRatesFB(XrHandle session, uint32_t capacity, uint32_t *count, float *out) {
    NEED(session, SESSION);
    *count = RATES;
    if (capacity == 0) return XR_SUCCESS;
    if (capacity < RATES) return XR_SIZE_INSUFFICIENT;
    memcpy(out, rates, sizeof rates);
    return XR_SUCCESS;
}

static XrResult xrGetDisplayRefreshRateFB(XrHandle session, float *rate) {
    NEED(session, SESSION);
    *rate = the.rate;
    return XR_SUCCESS;
}

static XrResult xrRequestDisplayRefreshRateFB(XrHandle session, float rate) {
    NEED(session, SESSION);
    for (size_t i = 0; i < RATES; i++)
        if (rates[i] == rate) {
            the.rate = rate;
            return XR_SUCCESS;
        }
    return refuse(XR_REFRESH_RATE_UNSUPPORTED, "%g Hz", rate);
}

static XrResult xrCreatePassthroughFB(XrHandle session, const XrPassthroughCreateInfo *info, XrHandle *feature) {
    NEED(session, SESSION);
    NEED_TYPE(info, T_PASSTHROUGH_CREATE_INFO);
    if (!enabled("XR_FB_passthrough")) return refuse(XR_FUNCTION_UNSUPPORTED, "XR_FB_passthrough is off");
    if (!the.cameras) return XR_FEATURE_UNSUPPORTED;
    *feature = object_new(PASSTHROUGH, session);
    return XR_SUCCESS;
}

static XrResult xrDestroyPassthroughFB(XrHandle feature) {
    NEED(feature, PASSTHROUGH);
    object_free(feature);
    return XR_SUCCESS;
}

static XrResult xrCreatePassthroughLayerFB(XrHandle session, const XrPassthroughLayerCreateInfo *info, XrHandle *layer) {
    NEED(session, SESSION);
    NEED_TYPE(info, T_PASSTHROUGH_LAYER_CREATE_INFO);
    if (!object_is(info->passthrough, PASSTHROUGH)) return refuse(XR_HANDLE_INVALID, "a layer of no passthrough");
    *layer = object_new(PASSTHROUGH_LAYER, info->passthrough);
    return XR_SUCCESS;
}

static XrResult xrDestroyPassthroughLayerFB(XrHandle layer) {
    NEED(layer, PASSTHROUGH_LAYER);
    object_free(layer);
    return XR_SUCCESS;
}

/* What there is: the first rate is in use at first; modes: bit 1 alpha blending, bit 2 additive. */
EXPORT void double_display(bool cameras, int modes) { the.cameras = cameras, the.blendModes = modes; }
EXPORT float double_rate(void) { return the.rate; }
EXPORT int double_blend(void) { return the.lastBlend; }
EXPORT int double_layers(void) { return the.lastLayers; }

#define FUNCTION(name) if (!strcmp(wanted, #name)) return (PFN_xrVoidFunction)name
PFN_xrVoidFunction display_function(const char *wanted) {
    FUNCTION(xrEnumerateDisplayRefreshRatesFB); FUNCTION(xrGetDisplayRefreshRateFB);
    FUNCTION(xrRequestDisplayRefreshRateFB); FUNCTION(xrCreatePassthroughFB); FUNCTION(xrDestroyPassthroughFB);
    FUNCTION(xrCreatePassthroughLayerFB); FUNCTION(xrDestroyPassthroughLayerFB);
    return NULL;
}
