// Forks in a signal handler that interrupts malloc or free; the child only returns and ends.
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile pid_t child = -1;

static void on_alarm(int number) {
  (void)number;
  if (child > 0) return;
  child = fork();
}

int main(void) {
  int died = 0;
  for (int round = 0; round < 100; round++) {
    child = -1;
    signal(SIGALRM, on_alarm);
    struct itimerval timer = {{0, 0}, {0, 200 + round * 17}};
    setitimer(ITIMER_REAL, &timer, 0);
    while (child == -1) {
      void* volatile block = malloc(100);
      if (child == -1) free(block);
    }
    if (child == 0) _exit(0);
    int status;
    waitpid(child, &status, 0);
    died += WIFSIGNALED(status);
  }
  printf("%d children died\n", died);
  return 0;
}
