// Shuts itself into an empty directory, becomes nobody and ends. usage: shuts_itself_in DIRECTORY
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

__attribute__((noinline)) void* site_of_shut_in(void) { return malloc(4001); }

int main(int argc, char** argv) {
  void* volatile block = site_of_shut_in();
  (void)block;
  if (argc < 2 || chroot(argv[1]) != 0 || chdir("/") != 0) return 2;
  if (setgroups(0, NULL) != 0 || setgid(65534) != 0 || setuid(65534) != 0) return 3;
  puts("shut in");
  return 4;
}
