in vec3 ray;
flat in vec4 from;
flat in vec4 to;
flat in vec3 tint_a;
flat in vec3 tint_b;
out vec4 colour;

// Where a ray from the eye enters a ball; `fallback` where it does not.
float enters(vec3 along, vec3 centre, float radius, float fallback) {
    float nearest = dot(along, centre), inside = nearest * nearest - dot(centre, centre) + radius * radius;
    return inside > 0.0 ? nearest - sqrt(inside) : fallback;
}

void main() {
    vec3 along = normalize(ray), a = from.xyz, axis = to.xyz - a;
    float radius = from.w, span = dot(axis, axis), slant = dot(along, axis);
    // The point of the axis that the ray passes nearest, as a part of its length.
    float parallel = max(span - slant * slant, 1e-12 * max(span, 1e-12));
    float part = clamp((dot(along, a) * slant - dot(a, axis)) / parallel, 0.0, 1.0);
    vec3 nearest = a + part * axis;
    float reach = dot(along, nearest);
    float miss = sqrt(max(dot(nearest, nearest) - reach * reach, 0.0));
    float covered = clamp((radius - miss) / max(fwidth(miss), 1e-7) + 0.5, 0.0, 1.0);
    if (covered <= 0.0) discard;

    // Seen across the axis, the shaft is a circle.
    vec3 flat_ray = along - axis * (slant / span), flat_a = a - axis * (dot(a, axis) / span);
    float length2 = dot(flat_ray, flat_ray), half_b = dot(flat_ray, flat_a);
    float inside = half_b * half_b - length2 * (dot(flat_a, flat_a) - radius * radius);
    float t = reach;
    if (inside > 0.0 && length2 > 1e-12) {
        t = (half_b - sqrt(inside)) / length2;
        float where = dot(along * t - a, axis);
        if (where < 0.0) t = enters(along, a, radius, reach);
        else if (where > span) t = enters(along, to.xyz, radius, reach);
    } else {
        t = enters(along, slant > 0.0 ? a : to.xyz, radius, reach);
    }
    vec3 point = along * t;
    float place = clamp(dot(point - a, axis) / max(span, 1e-12), 0.0, 1.0);
    vec3 normal = normalize(point - (a + place * axis));
    float edge = max(fwidth(place), 1e-5);
    vec3 tint = mix(tint_a, tint_b, smoothstep(0.5 - edge, 0.5 + edge, place));
    gl_FragDepth = depth_of(point);
    colour = vec4(lit(tint, to.w, normal, point), covered);
}
