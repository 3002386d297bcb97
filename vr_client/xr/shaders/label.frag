uniform sampler2D picture;
in vec2 spot;
out vec4 colour;

void main() {
    colour = texture(picture, spot);
}
