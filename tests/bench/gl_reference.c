/*
 * Draws the scenes of draw_scenes.h with OpenGL ES 3 on a surfaceless EGL display, glFinish() after
 * every draw, and prints for each scene its name and how many millions of pixels (or triangles) a
 * second the best draw made. Meant for Mesa's llvmpipe: LIBGL_ALWAYS_SOFTWARE=1, LP_NUM_THREADS.
 */
#include "draw_scenes.h"

#include <EGL/egl.h>
#include <EGL/eglext.h>
#include <GLES3/gl3.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { DRAWS = 12 };

static const char vertex_shader[] = "#version 300 es\n"
                                    "layout(location = 0) in vec4 position;\n"
                                    "layout(location = 1) in vec4 color;\n"
                                    "layout(location = 2) in vec2 coord;\n"
                                    "out vec4 c;\n"
                                    "out vec2 t;\n"
                                    "void main() { gl_Position = position; c = color; t = coord; }\n";

#define FRAGMENT                                                                                   \
    "#version 300 es\n"                                                                            \
    "precision highp float;\n"                                                                     \
    "in vec4 c;\n"                                                                                 \
    "in vec2 t;\n"                                                                                 \
    "uniform vec4 k;\n"                                                                            \
    "uniform sampler2D s;\n"                                                                       \
    "out vec4 o;\n"

static const char *const fragment_shaders[SCENE_COUNT] = {
    [SCENE_CONSTANT] = FRAGMENT "void main() { o = k; }\n",
    [SCENE_INTERPOLATED] = FRAGMENT "void main() { o = c; }\n",
    [SCENE_BILINEAR] = FRAGMENT "void main() { o = texture(s, t); }\n",
    [SCENE_BLENDED] = FRAGMENT "void main() { o = texture(s, t); }\n",
    [SCENE_SMALL_TRIANGLES] = FRAGMENT "void main() { o = c; }\n",
    [SCENE_HEAVY] = FRAGMENT
    "void main() {\n"
    "    vec2 p = t * 6.0 + k.xy;\n"
    "    vec3 r = c.rgb;\n"
    "    vec2 q = p;\n"
    "    for (int i = 0; i < 5; i++) {\n"
    "        q = vec2(q.x * 0.8 - q.y * 0.6, q.x * 0.6 + q.y * 0.8);\n"
    "        vec2 f = fract(q) - 0.5;\n"
    "        float d = dot(f, f) * 2.0 + 0.05;\n"
    "        r = r * (1.0 - d * 0.25) + vec3(f.x * f.x, f.y * f.y, d) * inversesqrt(d) * 0.2;\n"
    "        q = q * 1.3 + f * k.z;\n"
    "    }\n"
    "    o = vec4(clamp(r, 0.0, 1.0), c.a);\n"
    "}\n",
};

static void die(const char *what)
{
    fprintf(stderr, "gl_reference: %s\n", what);
    exit(1);
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void make_context(void)
{
    EGLDisplay display = eglGetPlatformDisplay(EGL_PLATFORM_SURFACELESS_MESA, NULL, NULL);
    EGLint count = 0;
    EGLConfig config;
    const EGLint wanted[] = {EGL_SURFACE_TYPE, 0, EGL_RENDERABLE_TYPE, EGL_OPENGL_ES3_BIT, EGL_NONE};
    const EGLint version[] = {EGL_CONTEXT_MAJOR_VERSION, 3, EGL_NONE};
    if (!eglInitialize(display, NULL, NULL) || !eglBindAPI(EGL_OPENGL_ES_API) ||
        !eglChooseConfig(display, wanted, &config, 1, &count) || count == 0) {
        die("no surfaceless display");
    }
    EGLContext context = eglCreateContext(display, config, EGL_NO_CONTEXT, version);
    if (!eglMakeCurrent(display, EGL_NO_SURFACE, EGL_NO_SURFACE, context)) {
        die("no context");
    }
}

static GLuint compile(GLenum type, const char *text)
{
    GLuint shader = glCreateShader(type);
    glShaderSource(shader, 1, &text, NULL);
    glCompileShader(shader);
    GLint good;
    glGetShaderiv(shader, GL_COMPILE_STATUS, &good);
    if (!good) {
        die("a shader does not compile");
    }
    return shader;
}

static void use_program(enum scene scene)
{
    GLuint program = glCreateProgram();
    glAttachShader(program, compile(GL_VERTEX_SHADER, vertex_shader));
    glAttachShader(program, compile(GL_FRAGMENT_SHADER, fragment_shaders[scene]));
    glLinkProgram(program);
    glUseProgram(program);
    glUniform4f(glGetUniformLocation(program, "k"), 0.3f, 0.4f, 0.5f, 0.6f);
}

static void make_target(void)
{
    GLuint buffer, frame;
    glGenRenderbuffers(1, &buffer);
    glBindRenderbuffer(GL_RENDERBUFFER, buffer);
    glRenderbufferStorage(GL_RENDERBUFFER, GL_RGBA8, SCENE_WIDTH, SCENE_HEIGHT);
    glGenFramebuffers(1, &frame);
    glBindFramebuffer(GL_FRAMEBUFFER, frame);
    glFramebufferRenderbuffer(GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_RENDERBUFFER, buffer);
    glViewport(0, 0, SCENE_WIDTH, SCENE_HEIGHT);
}

static void make_texture(void)
{
    static unsigned texels[SCENE_TEXTURE * SCENE_TEXTURE];
    for (unsigned i = 0; i < SCENE_TEXTURE * SCENE_TEXTURE; i++) {
        texels[i] = scene_texel(i % SCENE_TEXTURE, i / SCENE_TEXTURE);
    }
    GLuint texture;
    glGenTextures(1, &texture);
    glBindTexture(GL_TEXTURE_2D, texture);
    glTexImage2D(GL_TEXTURE_2D, 0, GL_RGBA8, SCENE_TEXTURE, SCENE_TEXTURE, 0, GL_RGBA,
                 GL_UNSIGNED_BYTE, texels);
    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MIN_FILTER, GL_LINEAR);
    glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MAG_FILTER, GL_LINEAR);
}

static void make_vertices(enum scene scene)
{
    size_t count = scene_vertex_count(scene);
    float *vertices = malloc(count * SCENE_VERTEX_FLOATS * sizeof(float));
    if (!vertices) {
        die("no memory");
    }
    scene_vertices(scene, vertices);
    GLuint buffer;
    glGenBuffers(1, &buffer);
    glBindBuffer(GL_ARRAY_BUFFER, buffer);
    glBufferData(GL_ARRAY_BUFFER, (GLsizeiptr)(count * SCENE_VERTEX_FLOATS * sizeof(float)), vertices,
                 GL_STATIC_DRAW);
    free(vertices);
    const struct {
        GLint size;
        size_t offset;
    } attributes[] = {{4, 0}, {4, 16}, {2, 32}};
    for (GLuint i = 0; i < 3; i++) {
        glEnableVertexAttribArray(i);
        glVertexAttribPointer(i, attributes[i].size, GL_FLOAT, GL_FALSE,
                              SCENE_VERTEX_FLOATS * sizeof(float), (const char *)0 + attributes[i].offset);
    }
}

static double best_draw(enum scene scene)
{
    double best = 1e9;
    for (int i = 0; i < DRAWS; i++) {
        double start = now();
        glDrawArrays(GL_TRIANGLES, 0, (GLsizei)scene_vertex_count(scene));
        glFinish();
        double took = now() - start;
        best = took < best ? took : best;
    }
    return best;
}

int main(void)
{
    make_context();
    make_target();
    make_texture();
    for (int scene = 0; scene < SCENE_COUNT; scene++) {
        make_vertices((enum scene)scene);
        use_program((enum scene)scene);
        if (scene == SCENE_BLENDED) {
            glEnable(GL_BLEND);
            glBlendFunc(GL_SRC_ALPHA, GL_ONE_MINUS_SRC_ALPHA);
        } else {
            glDisable(GL_BLEND);
        }
        printf("%s %.3f\n", scene_names[scene],
               scene_millions((enum scene)scene) / best_draw((enum scene)scene));
    }
    return glGetError() == GL_NO_ERROR ? 0 : 1;
}
