// Closes all descriptors, by closefrom and one by one, and opens a file, over and over again among
// threads that nap: no other thread may read from that file, or close it.
// usage: closes_beside SECONDS FILE
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { kNapping = 4, kDescriptors = 12 };
static volatile int after;

static void* naps(void* none) {
  for (;;) usleep(30);
  return none;
}

static void close_all(int one_by_one) {
  if (!one_by_one) closefrom(3);
  for (int i = 3; one_by_one && i < kDescriptors; i++) close(i);
}

int main(int argc, char** argv) {
  pthread_t thread;
  for (int i = 0; i < kNapping; i++) pthread_create(&thread, NULL, naps, NULL);
  long was_read = 0, was_closed = 0;
  const time_t end = time(NULL) + atoi(argv[1]);
  for (int round = 0; time(NULL) < end; round++) {
    close_all(round % 2);
    const int file = open(argv[argc - 1], O_RDONLY);
    for (int i = 0; i < 2000; i++) after++;
    const off_t at = lseek(file, 0, SEEK_CUR);
    was_read += at > 0;
    was_closed += at < 0;
    close(file);
  }
  printf("%ld read, %ld closed by another\n", was_read, was_closed);
  return 0;
}
