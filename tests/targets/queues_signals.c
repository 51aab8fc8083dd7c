// With two hundred threads queues as many signals as half of the limit has room for: each is queued.
// usage: queues_signals COUNT [one after another]
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static volatile int over;

static void* waits(void* unused) {
  while (!over) usleep(20000);
  return unused;
}

static void* returns(void* unused) { return unused; }

int main(int argc, char** argv) {
  const int wanted = argc > 1 ? atoi(argv[1]) : 40;
  pthread_t threads[200];
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGRTMIN + 1);
  sigprocmask(SIG_BLOCK, &set, NULL);
  for (int i = 0; i < 200; i++) {
    if (pthread_create(&threads[i], NULL, argc > 2 ? returns : waits, NULL) != 0) return 2;
    if (argc > 2) pthread_join(threads[i], NULL);
  }
  int queued = 0;
  for (int i = 0; i < wanted; i++) queued += sigqueue(getpid(), SIGRTMIN + 1, (union sigval){i}) == 0;
  printf("%d queued\n", queued);
  over = 1;
  for (int i = 0; i < 200 && argc <= 2; i++) pthread_join(threads[i], NULL);
  return 0;
}
