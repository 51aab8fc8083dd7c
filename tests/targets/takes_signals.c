// Takes the signal of the ticks for itself, and gives it back, then the next one, while four threads
// burn: its handler must never be called, for it sends none. Thirty of them, in turn. Many idle ones, so that it takes
// a while until no timer is left.
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "burn.h"

static _Atomic int over, called;

static void on_own(int number) {
  (void)number;
  called++;
}

static void* burning(void* unused) {
  while (!over) burn_iterations(100000);
  return unused;
}

static void* idling(void* unused) {
  pause();
  return unused;
}

int main(int argc, char** argv) {
  int turns = argc > 1 ? atoi(argv[1]) : 1000;
  pthread_t threads[4], idle;
  for (int i = 0; i < 400; i++) pthread_create(&idle, 0, idling, 0);
  for (int i = 0; i < 4; i++) pthread_create(&threads[i], 0, burning, 0);
  struct sigaction mine = {.sa_handler = on_own}, none = {.sa_handler = SIG_DFL}, before;
  int taken = 0;
  for (int i = 0; i < turns; i++) {
    int number = i % 30 == 0 ? SIGURG : SIGRTMAX + 1 - i % 30;
    sigaction(number, &mine, &before);
    taken += before.sa_handler != SIG_DFL;
    burn_iterations(300000);
    sigaction(number, &none, &before);
    taken += before.sa_handler != on_own;
  }
  over = 1;
  for (int i = 0; i < 4; i++) pthread_join(threads[i], 0);
  printf("%d strange calls, %d strange actions\n", called, taken);
  return 0;
}
