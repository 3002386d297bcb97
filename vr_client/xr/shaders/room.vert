// The whole picture: what is behind everything.
in vec2 corner;
out vec3 far_point;

void main() {
    vec4 point = unproject * vec4(corner, 1.0, 1.0);
    far_point = point.xyz / point.w;
    gl_Position = vec4(corner, 1.0, 1.0);
}
