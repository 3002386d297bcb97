// A box around a capsule (a cylinder with round ends); the fragment shader finds the capsule in it.
in vec3 corner;
in vec4 begin;      // one end (room), radius
in vec4 end;        // the other, glow
in vec3 paint_a, paint_b;
out vec3 ray;
flat out vec4 from;
flat out vec4 to;
flat out vec3 tint_a;
flat out vec3 tint_b;

void main() {
    vec3 a = (view * vec4(begin.xyz, 1.0)).xyz, b = (view * vec4(end.xyz, 1.0)).xyz;
    float radius = begin.w * 1.08, span = length(b - a);
    vec3 axis = span > 1e-6 ? (b - a) / span : vec3(0, 0, 1);
    vec3 across = normalize(cross(axis, abs(axis.y) < 0.9 ? vec3(0, 1, 0) : vec3(1, 0, 0)));
    from = vec4(a, begin.w);
    to = vec4(b, end.w);
    tint_a = paint_a;
    tint_b = paint_b;
    ray = 0.5 * (a + b) + corner.x * (0.5 * span + radius) * axis + corner.y * radius * across
        + corner.z * radius * cross(axis, across);
    gl_Position = projection * vec4(ray, 1.0);
}
