in vec3 far_point;
out vec4 colour;

float lines(vec2 place, float spacing, float width) {
    vec2 cell = place / spacing, wide = fwidth(cell);
    vec2 line = smoothstep(width / spacing + wide, vec2(width / spacing), abs(fract(cell - 0.5) - 0.5));
    return max(line.x, line.y) * clamp(1.0 - 2.0 * max(wide.x, wide.y), 0.0, 1.0);
}

void main() {
    vec3 along = normalize(far_point - eye);
    vec3 sky = mix(haze, vec3(0.003, 0.004, 0.009), smoothstep(0.0, 0.7, along.y));
    colour = vec4(sky, 1.0);
    if (along.y < -1e-4 && eye.y > 0.0) {
        vec2 place = eye.xz - along.xz * (eye.y / along.y);
        float away = length(place - eye.xz);
        vec3 ground = mix(vec3(0.011, 0.014, 0.022), haze, smoothstep(0.0, 9.0, away));
        float mesh = 0.55 * lines(place, 0.5, 0.002) + 0.9 * lines(place, 2.0, 0.004);
        colour.rgb = mix(ground, vec3(0.07, 0.10, 0.16), mesh * (1.0 - smoothstep(1.0, 9.0, away)));
    }
}
