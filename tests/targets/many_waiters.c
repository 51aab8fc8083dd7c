// As many threads as are asked for, all of which wait when the program ends. Prints how many there
// are, the first one with them.
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t never = PTHREAD_COND_INITIALIZER;
static int waiting;

static void* wait_for_ever(void* unused) {
  (void)unused;
  pthread_mutex_lock(&lock);
  waiting++;
  while (waiting > 0) pthread_cond_wait(&never, &lock);
  return NULL;
}

int main(int count, char** arguments) {
  const int wanted = count > 1 ? atoi(arguments[1]) : 100;
  pthread_attr_t small;
  pthread_attr_init(&small);
  pthread_attr_setstacksize(&small, 65536);
  pthread_t thread;
  int made = 0;
  while (made < wanted && pthread_create(&thread, &small, wait_for_ever, NULL) == 0) made++;
  for (int all = 0; !all; usleep(1000)) {
    pthread_mutex_lock(&lock);
    all = waiting == made;
    pthread_mutex_unlock(&lock);
  }
  printf("%d\n", made + 1);
  return 0;
}
