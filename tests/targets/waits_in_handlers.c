// A handler that waits itself, in the midst of a wait, and one that forks there, whose child never
// returns to that wait (as postgres' first process makes its others).
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static void on_alarm(int number) {
  (void)number;
  usleep(300000);
  if (fork() == 0) {
    for (int i = 0; i < 20; i++) usleep(20000);
    _exit(0);
  }
}

int main(void) {
  struct sigaction action = {.sa_handler = on_alarm, .sa_flags = SA_RESTART};
  sigaction(SIGALRM, &action, 0);
  ualarm(200000, 0);
  pause();
  while (wait(0) > 0) continue;
  return 0;
}
