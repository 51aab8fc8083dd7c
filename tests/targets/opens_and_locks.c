// Waits of 60 ms in the calls that open, close and lock files, each in a function of its own.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SITE __attribute__((noinline, noclone)) static void
static const struct timespec kWait = {0, 60000000};
static char fifo[64], locked[64];
static struct sockaddr_un address = {.sun_family = AF_UNIX};
static int listener, file;
static volatile int after;

static int64_t now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000ll + t.tv_nsec;
}

static void open_other_end(void) { if (open(fifo, O_WRONLY) < 0) abort(); }
static void go_to(void) { int s = socket(AF_UNIX, SOCK_STREAM, 0); if (connect(s, (struct sockaddr*)&address, sizeof address) != 0) abort(); }
// Holds the lock from before the child is known until it ends.
static int gate[2];
static void hold_lock(void) {
  struct flock lock = {.l_type = F_WRLCK};
  int mine = open(locked, O_RDWR);
  if (fcntl(mine, F_SETLK, &lock) != 0 || write(gate[1], "x", 1) != 1) abort();
}

SITE site_open(void) { close(open(fifo, O_RDONLY)); after++; }
SITE site_openat(void) { close(openat(AT_FDCWD, fifo, O_RDONLY)); after++; }
SITE site_fopen(void) { FILE* f = fopen(fifo, "r"); fclose(f); after++; }
SITE site_accept(void) { close(accept(listener, NULL, NULL)); after++; }
SITE site_accept4(void) { close(accept4(listener, NULL, NULL, SOCK_CLOEXEC)); after++; }
SITE site_fcntl(void) { struct flock lock = {.l_type = F_WRLCK}; if (fcntl(file, F_SETLKW, &lock) != 0) abort(); after++; }
SITE site_pclose(FILE* f) { pclose(f); after++; }

static void measure(const char* name, void (*wait)(void), void (*what)(void), int holds) {
  int64_t sum = 0;
  for (int i = 0; i < 2; i++) {
    const pid_t child = fork();
    if (child == 0) {
      if (holds) what();
      nanosleep(&kWait, NULL);
      if (!holds) what();
      _exit(0);
    }
    char c;
    if (holds && read(gate[0], &c, 1) != 1) abort();
    const int64_t start = now_ns();
    wait();
    sum += now_ns() - start;
    waitpid(child, NULL, 0);
    struct flock free = {.l_type = F_UNLCK};
    fcntl(file, F_SETLK, &free);
  }
  printf("wait %s %lld\n", name, (long long)sum);
}

int main(void) {
  char directory[] = "/tmp/opens-XXXXXX";
  if (!mkdtemp(directory) || pipe(gate) != 0) return 1;
  snprintf(fifo, sizeof fifo, "%s/fifo", directory);
  snprintf(locked, sizeof locked, "%s/locked", directory);
  snprintf(address.sun_path, sizeof address.sun_path, "%s/socket", directory);
  listener = socket(AF_UNIX, SOCK_STREAM, 0);
  file = open(locked, O_RDWR | O_CREAT, 0600);
  if (mkfifo(fifo, 0600) != 0 || bind(listener, (struct sockaddr*)&address, sizeof address) != 0 || listen(listener, 1) != 0) return 1;
  measure("site_open", site_open, open_other_end, 0);
  measure("site_openat", site_openat, open_other_end, 0);
  measure("site_fopen", site_fopen, open_other_end, 0);
  measure("site_accept", site_accept, go_to, 0);
  measure("site_accept4", site_accept4, go_to, 0);
  measure("site_fcntl", site_fcntl, hold_lock, 1);
  int64_t sum = 0;
  for (int i = 0; i < 2; i++) {
    FILE* f = popen("sleep 0.06", "r");
    const int64_t start = now_ns();
    site_pclose(f);
    sum += now_ns() - start;
  }
  printf("wait site_pclose %lld\n", (long long)sum);
  unlink(fifo);
  unlink(locked);
  unlink(address.sun_path);
  rmdir(directory);
  return 0;
}
