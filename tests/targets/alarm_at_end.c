// A timer that is still armed when the process ends: it would go off 0.3 s later, when there is no
// process. usage: alarm_at_end return|_exit|quick_exit|beside|handled
//   beside: another thread would take the signal; handled: a handler would end with another status
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

static void on_alarm(int number) {
  (void)number;
  _exit(5);
}

static void* idles(void* none) {
  for (;;) pause();
  return none;
}

int main(int argc, char** argv) {
  const char* how = argc > 1 ? argv[1] : "return";
  const struct itimerval once = {{0, 0}, {0, 300000}};
  pthread_t thread;
  if (strcmp(how, "beside") == 0 && pthread_create(&thread, NULL, idles, NULL) != 0) return 1;
  if (strcmp(how, "handled") == 0) signal(SIGALRM, on_alarm);
  puts("done");
  fflush(stdout);
  setitimer(ITIMER_REAL, &once, NULL);
  if (strcmp(how, "quick_exit") == 0) quick_exit(3);
  if (strcmp(how, "_exit") == 0 || strcmp(how, "handled") == 0) _exit(3);
  return 3;
}
