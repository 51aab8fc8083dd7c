// Ends where the allocator cannot be asked: in a handler that interrupted it, while another thread
// stands in it for ever, after a jump out of it, with its lists damaged. Nothing here allocates
// between that and the end, so without a profiler it ends as it should.
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

static volatile int stopped;
static sigjmp_buf back;

static void* work_for_ever(void* unused) {
  for (;;) {
    void* volatile block = malloc(100000);
    free(block);
  }
  return unused;
}

static void on_alarm_exit(int number) {
  (void)number;
  exit(3);
}
static void on_alarm_jump(int number) {
  (void)number;
  siglongjmp(back, 1);
}
static void on_signal_stay(int number) {
  (void)number;
  stopped = 1;
  for (;;) pause();
}
static void on_fault(int number) {
  static const char said[] = "a handler of the host's ran\n";
  (void)number;
  (void)!write(1, said, sizeof said - 1);
  _exit(9);
}

static void set_alarm(int microseconds) {
  struct itimerval timer = {{0, 0}, {0, microseconds}};
  setitimer(ITIMER_REAL, &timer, 0);
}

// Large blocks lie in a list that the allocator walks when it counts; small ones in another, whose
// links it checks, and aborts.
static void damage(int small) {
  void* block[10];
  for (int i = 0; i < 10; i++) block[i] = malloc(small ? 40 : 3000);
  for (int i = 0; i < 9; i++) free(block[i]);
  for (int i = 0; i < 9; i++) ((void**)block[i])[0] = ((void**)block[i])[1] = (void*)0x5555;
}

int main(int argc, char** argv) {
  const char* how = argc > 1 ? argv[1] : "";
  const int microseconds = argc > 2 ? atoi(argv[2]) : 1000;
  signal(SIGSEGV, on_fault);
  signal(SIGABRT, on_fault);
  // With two threads the allocator locks. The alarm is for main alone.
  sigset_t alarm_only, none;
  sigemptyset(&none);
  sigemptyset(&alarm_only);
  sigaddset(&alarm_only, SIGALRM);
  pthread_sigmask(SIG_BLOCK, &alarm_only, 0);
  pthread_t thread;
  pthread_create(&thread, 0, work_for_ever, 0);
  pthread_sigmask(SIG_SETMASK, &none, 0);
  if (strcmp(how, "handler") == 0) {
    signal(SIGALRM, on_alarm_exit);
    set_alarm(microseconds);
    work_for_ever(0);
  } else if (strcmp(how, "jump") == 0) {
    signal(SIGALRM, on_alarm_jump);
    if (sigsetjmp(back, 1) == 0) {
      set_alarm(microseconds);
      work_for_ever(0);
    }
  } else if (strcmp(how, "thread") == 0) {
    signal(SIGUSR1, on_signal_stay);
    usleep((useconds_t)microseconds);
    pthread_kill(thread, SIGUSR1);
    while (!stopped) usleep(100);
  } else {
    damage(strcmp(how, "small") == 0);
  }
  _exit(4);
}
