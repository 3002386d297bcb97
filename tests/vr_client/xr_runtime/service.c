/* What a real runtime's calls do under way: they wait for another process, and what they belong to may be gone by then.
 *
 * A call that is to be interrupted asks a thread over a socket and blocks in recv(). The thread waits until the client
 * sleeps there, sends it the signal, waits until the signal is taken, and only then answers. So a client whose signals
 * interrupt system calls gets EINTR every time; like a real runtime's, the connection does not survive that. */
#include "double.h"

#include <errno.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static struct {
    int signal, left; /* which signal, and at which call of that name from now */
    char call[64];
    pthread_t thread;
    pid_t caller;
    int ours, theirs; /* the two ends of the socket */
} interrupt;
static struct { char call[64]; bool instance; } loss;

static void nap(void) { nanosleep(&(struct timespec){0, 200000}, NULL); }

/* A field of /proc/self/task/TID/FILE that begins with a name; empty where the thread is gone. */
static void read_task(const char *file, const char *name, char *value, size_t size) {
    char path[64], line[512];
    value[0] = 0;
    snprintf(path, sizeof path, "/proc/self/task/%d/%s", interrupt.caller, file);
    FILE *stream = fopen(path, "r");
    while (stream != NULL && fgets(line, sizeof line, stream) != NULL)
        if (!strncmp(line, name, strlen(name))) snprintf(value, size, "%s", line + strlen(name));
    if (stream != NULL) fclose(stream);
}

static bool asleep(void) {
    char state[128];
    read_task("status", "State:\t", state, sizeof state);
    return state[0] == 'S';
}

static bool signal_taken(void) {
    char pending[128];
    read_task("status", "SigPnd:\t", pending, sizeof pending);
    return ((strtoull(pending, NULL, 16) >> (interrupt.signal - 1)) & 1) == 0;
}

static void *serve(void *unused) {
    char letter;
    (void)unused;
    while (recv(interrupt.theirs, &letter, 1, 0) < 0 && errno == EINTR) {}
    while (!asleep()) nap();
    syscall(SYS_tgkill, getpid(), interrupt.caller, interrupt.signal);
    while (!signal_taken()) nap();
    send(interrupt.theirs, &letter, 1, MSG_NOSIGNAL);
    return NULL;
}

/* One call by way of the other thread; whether the connection is still good afterwards. */
static bool ask(void) {
    int ends[2];
    char letter = 'x';
    sigset_t all, before;
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends)) return false;
    interrupt.ours = ends[0], interrupt.theirs = ends[1];
    interrupt.caller = (pid_t)syscall(SYS_gettid);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before); /* the signal is for the client's thread */
    pthread_create(&interrupt.thread, NULL, serve, NULL);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    bool good = send(ends[0], &letter, 1, MSG_NOSIGNAL) == 1 && recv(ends[0], &letter, 1, 0) == 1;
    pthread_join(interrupt.thread, NULL);
    close(ends[0]);
    close(ends[1]);
    return good;
}

void service_reset(void) {
    const char *wanted = getenv("ATOMTUG_XR_DOUBLE_INTERRUPT"); /* for clients in other processes */
    memset(&interrupt, 0, sizeof interrupt);
    memset(&loss, 0, sizeof loss);
    the.broken = the.sessionLost = false;
    if (wanted != NULL) sscanf(wanted, "%d %63s %d", &interrupt.signal, interrupt.call, &interrupt.left);
}

EXPORT void double_lose_at(const char *call, bool instance) {
    pthread_mutex_lock(&the.lock);
    snprintf(loss.call, sizeof loss.call, "%s", call);
    loss.instance = instance;
    pthread_mutex_unlock(&the.lock);
}

XrResult call_begins(const char *name, Kind kind) {
    pthread_mutex_lock(&the.lock);
    if (loss.call[0] && !strcmp(loss.call, name)) {
        *(loss.instance ? &the.lost : &the.sessionLost) = true;
        loss.call[0] = 0;
    }
    pthread_mutex_unlock(&the.lock);
    if (interrupt.left > 0 && !strcmp(interrupt.call, name) && --interrupt.left == 0) the.broken = !ask();
    if (the.broken) return XR_RUNTIME_FAILURE;
    if (the.lost) return XR_INSTANCE_LOST;
    return the.sessionLost && kind != INSTANCE && strncmp(name, "xrDestroy", 9) ? XR_SESSION_LOST : XR_SUCCESS;
}
