// One thread becomes another program while main ends.
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

void* volatile sink;
__attribute__((noinline)) void site_before_exec(void) {
  sink = malloc(7013);
}

static pthread_barrier_t together;
static void* become(void* arguments) {
  pthread_barrier_wait(&together);
  execv(*(char**)arguments, arguments);
  return 0;
}

int main(int argc, char** argv) {
  if (argc < 2) return 1;
  pthread_t thread;
  site_before_exec();
  pthread_barrier_init(&together, 0, 2);
  pthread_create(&thread, 0, become, argv + 1);
  pthread_barrier_wait(&together);
  return 7;
}
