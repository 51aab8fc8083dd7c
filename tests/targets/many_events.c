// So many logged lines, each with its number, from some threads at once.
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "include/profiler.h"

static long each;

static void* write_lines(void* unused) {
  (void)unused;
  for (long i = 0; i < each; i++) {
    char number[24];
    char* at = number + sizeof number - 1;
    long n = i;
    *at = 0;
    do *--at = (char)('0' + n % 10);
    while ((n /= 10) > 0);
    profiler_log("n", at);
  }
  return NULL;
}

int main(int argc, char** argv) {
  const int threads = argc > 2 ? atoi(argv[2]) : 1;
  pthread_t t[64];
  each = argc > 1 ? atol(argv[1]) / threads : 1000;
  for (int i = 1; i < threads; i++) pthread_create(&t[i], NULL, write_lines, NULL);
  write_lines(NULL);
  for (int i = 1; i < threads; i++) pthread_join(t[i], NULL);
  return 0;
}
