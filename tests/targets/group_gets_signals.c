// Ends while its process group gets SIGTERM again and again, which it ignores itself (as a child of
// a server that stops may).
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

__attribute__((noinline)) static void *site_of_group(void) {
  void *volatile block = malloc(5003);
  return block;
}

int main(void) {
  setpgid(0, 0);
  signal(SIGTERM, SIG_IGN);
  const pid_t group = getpid();
  if (fork() == 0) {
    const struct timespec pause = {0, 1000000};
    setpgid(0, 0);
    // While the symbolizer works too, and not for ever.
    for (int i = 0; i < 3000 && kill(group, 0) == 0; i++) {
      kill(-group, SIGTERM);
      nanosleep(&pause, NULL);
    }
    _exit(0);
  }
  return site_of_group() == NULL;
}
