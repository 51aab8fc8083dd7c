// Children that get a signal to end soon after their fork, each a little later than the one before;
// the handler ends them at once.
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void end_now(int number) {
  (void)number;
  _exit(3);
}

static long now_us(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000l + t.tv_nsec / 1000;
}

int main(void) {
  int ended = 0;
  signal(SIGTERM, end_now);
  for (int i = 0; i < 300; i++) {
    const pid_t child = fork();
    if (child == 0) {
      for (;;) pause();
    }
    const long until = now_us() + 5 * i;
    while (now_us() < until) {
    }
    kill(child, SIGTERM);
    int status;
    ended += waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 3;
  }
  printf("%d children ended by their handler\n", ended);
  return 0;
}
