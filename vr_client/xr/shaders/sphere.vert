// A square that just covers a sphere, however near; the fragment shader finds the sphere in it.
in vec2 corner;
in vec4 ball;      // centre (room), radius
in vec4 paint;     // colour (linear), glow
out vec3 ray;
flat out vec4 sphere;
flat out vec4 tint;

void main() {
    vec3 centre = (view * vec4(ball.xyz, 1.0)).xyz;
    float radius = ball.w, squared = dot(centre, centre);
    sphere = vec4(centre, radius);
    tint = paint;
    if (squared <= radius * radius * 1.02) {   // the eye is inside
        gl_Position = vec4(2.0, 2.0, 2.0, 1.0);
        ray = vec3(0.0);
        return;
    }
    float shrink = 1.0 - radius * radius / squared;
    vec3 ahead = normalize(centre);
    vec3 right = normalize(cross(ahead, abs(ahead.y) < 0.9 ? vec3(0, 1, 0) : vec3(1, 0, 0)));
    float reach = radius * sqrt(shrink) * 1.08;
    ray = centre * shrink + reach * (corner.x * right + corner.y * cross(right, ahead));
    gl_Position = projection * vec4(ray, 1.0);
}
