/* Takes the signals that ticks may use, one after the other, while threads begin and end. */
#include <pthread.h>
#include <signal.h>
#include <time.h>

enum { kMakers = 4, kThreads = 20, kSignals = 12 };
static volatile int stop;

static void nap(long ns) {
  const struct timespec t = {0, ns};
  nanosleep(&t, NULL);
}

static void *lives_shortly(void *none) {
  nap(1000000);
  return none;
}

static void *makes_threads(void *none) {
  while (!stop) {
    pthread_t threads[kThreads];
    int made = 0;
    for (int i = 0; i < kThreads; i++) {
      made += pthread_create(&threads[made], NULL, lives_shortly, NULL) == 0;
    }
    for (int i = 0; i < made; i++) pthread_join(threads[i], NULL);
  }
  return none;
}

static void on_signal(int number) { (void)number; }

int main(void) {
  pthread_t makers[kMakers];
  struct sigaction action = {0};
  action.sa_handler = on_signal;
  for (int i = 0; i < kMakers; i++) pthread_create(&makers[i], NULL, makes_threads, NULL);
  nap(100000000);
  for (int i = 0; i < kSignals; i++) {
    sigaction(i == 0 ? SIGURG : SIGRTMAX + 1 - i, &action, NULL);
    nap(30000000);
  }
  stop = 1;
  for (int i = 0; i < kMakers; i++) pthread_join(makers[i], NULL);
  return 0;
}
