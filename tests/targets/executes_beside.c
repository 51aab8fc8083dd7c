// Naps five times, executes what is no program, naps three times, and has a program executed in a
// vfork child.
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void nap(int times) {
  const struct timespec t = {0, 2000000};
  while (times-- > 0) nanosleep(&t, NULL);
}

// usage: executes_beside FILE_TO_BE
int main(int argc, char** argv) {
  char* none[] = {argv[argc - 1], NULL};
  char* truth[] = {"/bin/true", NULL};
  FILE* file = fopen(argv[1], "w");
  fputs("no program", file);
  fclose(file);
  chmod(argv[1], 0700);
  nap(5);
  execv(argv[1], none);
  nap(3);
  const pid_t child = vfork();
  if (child == 0) {
    execv(truth[0], truth);
    _exit(127);
  }
  int status = -1;
  waitpid(child, &status, 0);
  printf("%d\n", status);
  return 0;
}
