in vec3 ray;
flat in vec4 sphere;
flat in vec4 tint;
out vec4 colour;

void main() {
    vec3 along = normalize(ray), centre = sphere.xyz;
    float nearest = dot(along, centre);
    float miss = sqrt(max(dot(centre, centre) - nearest * nearest, 0.0));
    // How much of the pixel the sphere covers; multisampling makes a smooth edge of it.
    float covered = clamp((sphere.w - miss) / max(fwidth(miss), 1e-7) + 0.5, 0.0, 1.0);
    if (covered <= 0.0) discard;
    vec3 point = along * (nearest - sqrt(max(sphere.w * sphere.w - miss * miss, 0.0)));
    gl_FragDepth = depth_of(point);
    colour = vec4(lit(tint.rgb, tint.a, normalize(point - centre), point), covered);
}
