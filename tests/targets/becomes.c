// `becomes FAMILY PROGRAM [ARGUMENT]`: allocates at one site before it becomes another program, and
// at another site if it cannot. The family "killed" is execv, and SIGKILL if that fails.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

void* volatile sink;
__attribute__((noinline)) void site_before_exec(void) {
  sink = malloc(7013);
}
__attribute__((noinline)) void site_after_exec(void) {
  sink = malloc(7019);
}

extern char** environ;

int main(int argc, char** argv) {
  if (argc < 3) return 1;
  const char* how = argv[1];
  char** arguments = argv + 2;
  const char* path = arguments[0];
  const int fd = open(path, O_RDONLY | O_CLOEXEC);
  site_before_exec();
  const int is_killed = strcmp(how, "killed") == 0;
  if (strcmp(how, "execv") == 0 || is_killed) execv(path, arguments);
  if (strcmp(how, "execve") == 0) execve(path, arguments, environ);
  if (strcmp(how, "execvp") == 0) execvp(path, arguments);
  if (strcmp(how, "execvpe") == 0) execvpe(path, arguments, environ);
  if (strcmp(how, "execl") == 0) execl(path, path, arguments[1], (char*)0);
  if (strcmp(how, "execlp") == 0) execlp(path, path, arguments[1], (char*)0);
  if (strcmp(how, "execle") == 0) execle(path, path, arguments[1], (char*)0, environ);
  if (strcmp(how, "fexecve") == 0) fexecve(fd, arguments, environ);
  if (strcmp(how, "execveat") == 0) execveat(AT_FDCWD, path, arguments, environ, 0);
  if (strcmp(how, "syscall") == 0) syscall(SYS_execve, path, arguments, environ);
  const int error = errno;
  site_after_exec();
  printf("error %d\n", error);
  fflush(stdout);
  if (is_killed) raise(SIGKILL);
  return 3;
}
