// Shared by what has a surface: a light from above, a weaker one from below, a rim, a haze towards the background.

vec3 lit(vec3 colour, float glow, vec3 normal, vec3 point) {
    vec3 eye = normalize(-point);
    float sky = 0.5 + 0.5 * dot(normal, up);
    float sun = max(dot(normal, light), 0.0);
    float shine = pow(max(dot(normal, normalize(light + eye)), 0.0), 48.0);
    float rim = pow(1.0 - max(dot(normal, eye), 0.0), 3.0);
    vec3 shade = colour * (mix(vec3(0.10, 0.10, 0.13), vec3(0.36, 0.39, 0.46), sky) + 0.75 * sun)
        + 0.28 * shine + 0.06 * rim * vec3(0.55, 0.70, 1.0);
    shade += glow * (vec3(0.030, 0.018, 0.004) + rim * rim * vec3(2.2, 1.2, 0.2));
    return mix(shade, haze, 1.0 - exp(-0.05 * max(length(point) - 1.5, 0.0)));
}

float depth_of(vec3 point) {
    vec4 clip = projection * vec4(point, 1.0);
    return clamp(0.5 + 0.5 * clip.z / clip.w, 0.0, 1.0);
}
