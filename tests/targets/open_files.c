// Opens and closes descriptors in every way, and prints what is open at its end ("open NUMBER").
// usage: open_files WHAT
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <poll.h>
#include <pthread.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define SITE __attribute__((noinline)) void

static volatile int sink;

// Without a library function that we see: by the kernel alone.
static void print_open(void) {
  char line[64];
  for (int n = 0; n < 4096; n++) {
    if (syscall(SYS_fcntl, n, F_GETFD) < 0) continue;
    const int size = snprintf(line, sizeof line, "open %d\n", n);
    if (write(1, line, size) != size) _exit(9);
  }
}

SITE site_open(void) { sink = open("/etc/passwd", O_RDONLY); }
SITE site_openat(void) { sink = openat(AT_FDCWD, "/etc/passwd", O_RDONLY); }
SITE site_creat(const char* path) { sink = creat(path, 0600); }
SITE site_socket(void) { sink = socket(AF_UNIX, SOCK_STREAM, 0); }
SITE site_socketpair(void) { int p[2]; sink = socketpair(AF_UNIX, SOCK_STREAM, 0, p); }
SITE site_pipe(void) { int p[2]; sink = pipe(p); }
SITE site_pipe2(void) { int p[2]; sink = pipe2(p, O_CLOEXEC); }
SITE site_dup(void) { sink = dup(0); }
SITE site_dup2(void) { sink = dup2(0, 77); }
SITE site_dup3(void) { sink = dup3(0, 78, O_CLOEXEC); }
SITE site_fcntl(void) { sink = fcntl(0, F_DUPFD_CLOEXEC, 90); }
SITE site_eventfd(void) { sink = eventfd(0, 0); }
SITE site_epoll(void) { sink = epoll_create1(0); }
SITE site_timerfd(void) { sink = timerfd_create(CLOCK_MONOTONIC, 0); }
SITE site_signalfd(void) {
  sigset_t none;
  sigemptyset(&none);
  sink = signalfd(-1, &none, 0);
  signalfd(sink, &none, 0);
}
SITE site_inotify(void) { sink = inotify_init1(0); }
SITE site_memfd(void) { sink = memfd_create("some", 0); }
SITE site_fopen(void) { sink = fopen("/etc/passwd", "r") != NULL; }
SITE site_freopen(FILE* file) { sink = freopen("/etc/group", "r", file) != NULL; }
SITE site_opendir(void) { sink = opendir("/etc") != NULL; }
SITE site_popen(void) { sink = popen("cat", "w") != NULL; }
SITE site_mkstemp(void) {
  char path[] = "/tmp/open_files_XXXXXX";
  sink = mkstemp(path);
  unlink(path);
}
SITE site_tmpfile(void) { sink = tmpfile() != NULL; }
SITE site_openpty(void) { int a, b; sink = openpty(&a, &b, NULL, NULL, NULL); }
SITE site_shm_open(void) {
  sink = shm_open("/open_files_test", O_CREAT | O_RDWR, 0600);
  shm_unlink("/open_files_test");
}
SITE site_mq_open(void) {
  sink = mq_open("/open_files_test", O_CREAT | O_RDWR, 0600, NULL);
  mq_unlink("/open_files_test");
}
SITE site_accept(void) {
  struct sockaddr_un name = {.sun_family = AF_UNIX};
  const int server = socket(AF_UNIX, SOCK_STREAM, 0), client = socket(AF_UNIX, SOCK_STREAM, 0);
  memcpy(name.sun_path + 1, "open_files", 10);
  snprintf(name.sun_path + 11, 20, "%d", getpid());
  bind(server, (struct sockaddr*)&name, sizeof name);
  listen(server, 1);
  connect(client, (struct sockaddr*)&name, sizeof name);
  sink = accept(server, NULL, NULL);
  close(client);
  close(server);
}
SITE site_raw(void) { sink = syscall(SYS_openat, AT_FDCWD, "/etc/group", O_RDONLY, 0); }

static void open_all(const char* directory) {
  char path[4096];
  snprintf(path, sizeof path, "%s/created", directory);
  site_open(); site_openat(); site_creat(path); site_socket(); site_socketpair(); site_pipe();
  site_pipe2(); site_dup(); site_dup2(); site_dup3(); site_fcntl(); site_eventfd(); site_epoll();
  site_timerfd(); site_signalfd(); site_inotify(); site_memfd(); site_fopen(); site_opendir();
  site_popen(); site_mkstemp(); site_tmpfile(); site_openpty(); site_shm_open(); site_mq_open();
  site_accept(); site_raw();
  FILE* file = fopen("/etc/passwd", "r");
  site_freopen(file);
}

// Each is opened at a leaking site and closed, in a way of its own.
SITE site_closed(int how) {
  int fd = open("/etc/passwd", O_RDONLY);
  if (how == 0) close(fd);
  if (how == 1) fclose(fdopen(fd, "r"));
  if (how == 2) closedir(fdopendir(open("/etc", O_RDONLY))), close(fd);
  if (how == 3) close_range(fd, fd, 0);
  if (how == 4) closefrom(fd);
  if (how == 5) syscall(SYS_close, fd);
  if (how == 6) pclose(popen("true", "r")), close(fd);
  if (how == 7) { int p[2]; if (pipe(p) == 0) dup2(p[0], fd), close(p[0]), close(p[1]), close(fd); }
  if (how == 8) mq_close(mq_open("/open_files_test", O_CREAT | O_RDWR, 0600, NULL)),
      mq_unlink("/open_files_test"), close(fd);
  if (how == 9) fclose(tmpfile()), close(fd);
}

// A raw close and a raw open of another file under the same number.
SITE site_swapped(void) {
  const int fd = open("/etc/passwd", O_RDONLY);
  syscall(SYS_close, fd);
  if (syscall(SYS_openat, AT_FDCWD, "/etc/group", O_RDONLY, 0) != fd) _exit(8);
}

static int kept;

// A child that shares this memory closes and opens, as one does before an exec.
static void vfork_child(void) {
  site_open();
  kept = sink;
  const pid_t pid = vfork();
  if (pid == 0) {
    close(kept);
    dup2(0, 200);
    open("/etc/group", O_RDONLY);
    close_range(3, ~0u, 0);
    _exit(0);
  }
  waitpid(pid, NULL, 0);
}

static void forked_child(void) {
  site_open();
  site_pipe();
  const pid_t pid = fork();
  if (pid == 0) {
    site_socket();
    print_open();
    exit(0);
  }
  close(sink);
  site_eventfd();
  waitpid(pid, NULL, 0);
}

static void on_signal(int number) {
  (void)number;
  close(open("/etc/passwd", O_RDONLY));
}

static void* open_and_close(void* unused) {
  for (int i = 0; i < 20000; i++) {
    const int fd = open("/dev/null", O_RDONLY);
    close(dup(fd));
    close(fd);
  }
  return unused;
}

static void threads_and_signals(void) {
  struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
  sigaction(SIGALRM, &action, NULL);
  struct itimerval often = {{0, 300}, {0, 300}}, never = {{0, 0}, {0, 0}};
  setitimer(ITIMER_REAL, &often, NULL);
  pthread_t thread[4];
  for (int i = 0; i < 4; i++) pthread_create(&thread[i], NULL, open_and_close, NULL);
  for (int i = 0; i < 4; i++) pthread_join(thread[i], NULL);
  setitimer(ITIMER_REAL, &never, NULL);
}

static void up_to_the_limit(void) {
  struct rlimit limit = {64, 4096};
  setrlimit(RLIMIT_NOFILE, &limit);
  do site_open(); while (sink >= 0);
}

int main(int argc, char** argv) {
  const char* what = argc > 1 ? argv[1] : "";
  signal(SIGPIPE, SIG_IGN);
  if (!strcmp(what, "all")) open_all(argv[2]);
  if (!strcmp(what, "closed")) for (int how = 0; how < 10; how++) site_closed(how);
  if (!strcmp(what, "swapped")) site_swapped();
  if (!strcmp(what, "vfork")) vfork_child();
  if (!strcmp(what, "fork")) forked_child();
  if (!strcmp(what, "threads")) threads_and_signals();
  if (!strcmp(what, "limit")) up_to_the_limit();
  if (!strcmp(what, "killed")) site_open(), site_socket(), raise(SIGKILL);
  if (!strcmp(what, "exec")) site_open(), execlp("true", "true", NULL);
  print_open();
  return 0;
}
