// What all shaders know of the eye that is drawn. A block of 256 bytes: vec3 are padded to vec4.
layout(std140) uniform Eye {
    mat4 view, projection;
    mat4 unproject;  // clip space -> room
    vec3 light;      // direction to it, eye space
    vec3 up;         // eye space
    vec3 haze;       // the background's colour, linear
    vec3 eye;        // room
};
