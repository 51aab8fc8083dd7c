// A host with profiles of its own, whose names are hostile to files and pages, and which adds and
// opens more than it keeps. It runs until a file is there, for at most 300 s.
#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include "include/profiler.h"

// usage: agent_custom FILE
int main(int argc, char** argv) {
  static const char* const kNames[] = {"sessions", "javascript:alert(1)", "a/b?c#d&e=\"<b>"};
  static int key;
  for (int i = 0; i < 3; i++) profiler_custom_add(profiler_custom(kNames[i]), &key, 0);
  for (int i = 0; i < 100; i++) {
    static int passing;
    profiler_custom_add(profiler_custom(kNames[0]), &passing, 0);
    profiler_custom_remove(profiler_custom(kNames[0]), &passing);
    close(open("/dev/null", O_RDONLY));
  }
  const time_t end = time(NULL) + 300;
  while (argc > 1 && access(argv[1], F_OK) != 0 && time(NULL) < end) usleep(10000);
  return 7;
}
