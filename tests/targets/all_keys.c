// Takes every key for thread-specific data that there is.
#include <pthread.h>
#include <stdio.h>

int main(void) {
  pthread_key_t key;
  int count = 0;
  while (pthread_key_create(&key, NULL) == 0) count++;
  printf("%d keys\n", count);
  return 0;
}
