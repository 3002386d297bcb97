uniform mat4 place;   // the label's axes -> room, its size included
in vec2 corner;
out vec2 spot;

void main() {
    spot = vec2(0.5 + 0.5 * corner.x, 0.5 - 0.5 * corner.y);
    gl_Position = projection * view * place * vec4(0.5 * corner, 0.0, 1.0);
}
