// Forks again and again while another thread ends the process. How many children there were stands
// in its first argument's file, by the time that the slowest took from fork to end: two numbers.
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct Seen {
  _Atomic int children;
  _Atomic int slowest_ms;
};
void* volatile sink;
__attribute__((noinline)) void site_of_child(void) {
  sink = malloc(3011);
}

static int64_t now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void* end(void* unused) {
  usleep(5000);
  exit(7);
  return unused;
}

int main(int argc, char** argv) {
  const int fd = argc > 1 ? open(argv[1], O_RDWR | O_CREAT, 0600) : -1;
  if (fd < 0 || ftruncate(fd, sizeof(struct Seen)) != 0) return 1;
  struct Seen* seen = mmap(0, sizeof *seen, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  close(fd);
  pthread_t ender;
  pthread_create(&ender, 0, end, 0);
  for (int i = 0; i < 40; i++) {
    const int64_t start = now_ms();
    const pid_t child = fork();
    if (child == 0) {
      atomic_fetch_add(&seen->children, 1);
      site_of_child();
      _exit(0);
    }
    waitpid(child, 0, 0);
    const int ms = (int)(now_ms() - start);
    if (ms > seen->slowest_ms) seen->slowest_ms = ms;
  }
  pause();
  return 0;
}
