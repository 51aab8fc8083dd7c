// Asks for a thread's attributes again and again, which libc answers under a lock, and allocating.
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>

static void* asks(void* unused) {
  for (int i = 0; i < 300; i++) {
    pthread_attr_t attributes;
    pthread_getattr_np(pthread_self(), &attributes);
    pthread_attr_destroy(&attributes);
  }
  return unused;
}

int main(void) {
  pthread_t thread;
  pthread_create(&thread, NULL, asks, NULL);
  asks(NULL);
  pthread_join(thread, NULL);
  puts("asked");
  return 0;
}
