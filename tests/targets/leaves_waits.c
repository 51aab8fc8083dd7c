// Leaves waits by cancellation and by siglongjmp out of a handler, many times; then waits once more.
// The signal comes when the kernel says that the thread sleeps: sem_wait may be left by a jump there,
// and nowhere else (in glibc's own lines before, a cleanup that is half entered is called later).
// usage: leaves_waits [TIMES]
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t held = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static sem_t sem;
static sigjmp_buf out;
static atomic_int wants_out;
static pthread_t main_thread;

static void unlock(void* m) { pthread_mutex_unlock(m); }

static void* cancelled(void* unused) {
  pthread_mutex_lock(&mutex);
  pthread_cleanup_push(unlock, &mutex);
  for (;;) pthread_cond_wait(&condition, &mutex);
  pthread_cleanup_pop(1);
  return unused;
}

static void jump(int number) {
  (void)number;
  siglongjmp(out, 1);
}

// The main thread's state is the process's.
static int main_sleeps(int file) {
  char content[256] = "";
  if (pread(file, content, sizeof content - 1, 0) <= 0) return 0;
  const char* end_of_name = strrchr(content, ')');
  return end_of_name != NULL && end_of_name[2] == 'S';
}

static void* interrupter(void* unused) {
  char path[64];
  snprintf(path, sizeof path, "/proc/self/task/%d/stat", (int)getpid());
  const int file = open(path, O_RDONLY);
  for (;;) {
    while (!wants_out || !main_sleeps(file)) usleep(20);
    wants_out = 0;
    pthread_kill(main_thread, SIGALRM);
  }
  return unused;
}

__attribute__((noinline)) void leave_sem(void) {
  if (sigsetjmp(out, 1) == 0) {
    wants_out = 1;
    for (;;) sem_wait(&sem);
  }
}

__attribute__((noinline)) void leave_mutex(void) {
  if (sigsetjmp(out, 1) == 0) {
    wants_out = 1;
    pthread_mutex_lock(&held);
  }
}

static void* holder(void* unused) {
  pthread_mutex_lock(&held);
  sem_post(&sem);
  pause();
  return unused;
}

__attribute__((noinline)) void last_wait(void) {
  struct timespec until;
  clock_gettime(CLOCK_REALTIME, &until);
  until.tv_nsec += 50000000;
  if (until.tv_nsec >= 1000000000) until.tv_sec++, until.tv_nsec -= 1000000000;
  sem_timedwait(&sem, &until);
}

int main(int argc, char** argv) {
  const int times = argc > 1 ? atoi(argv[1]) : 300;
  sem_init(&sem, 0, 0);
  signal(SIGALRM, jump);
  for (int i = 0; i < times; i++) {
    pthread_t thread;
    pthread_create(&thread, NULL, cancelled, NULL);
    pthread_cancel(thread);
    pthread_join(thread, NULL);
  }
  pthread_t thread;
  pthread_create(&thread, NULL, holder, NULL);
  sem_wait(&sem);
  main_thread = pthread_self();
  pthread_create(&thread, NULL, interrupter, NULL);
  for (int i = 0; i < times; i++) leave_sem(), leave_mutex();
  last_wait();
  puts("done");
  return 0;
}
