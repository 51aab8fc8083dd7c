// Forks again and again while another thread ends the process. How many children there were stands
// in its first argument's file.
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

void* volatile sink;
__attribute__((noinline)) void site_of_child(void) {
  sink = malloc(3011);
}

static void* end(void* unused) {
  usleep(5000);
  exit(7);
  return unused;
}

int main(int argc, char** argv) {
  const int fd = argc > 1 ? open(argv[1], O_RDWR | O_CREAT, 0600) : -1;
  if (fd < 0 || ftruncate(fd, sizeof(int)) != 0) return 1;
  _Atomic int* children = mmap(0, sizeof *children, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  close(fd);
  *children = 0;
  pthread_t ender;
  pthread_create(&ender, 0, end, 0);
  for (int i = 0; i < 16; i++) {
    if (fork() == 0) {
      atomic_fetch_add(children, 1);
      site_of_child();
      _exit(0);
    }
    usleep(1000);
  }
  pause();
  return 0;
}
