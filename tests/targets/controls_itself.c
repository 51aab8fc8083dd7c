/* Stops, starts and dumps its own profiles, and prints what each call gave.
 * usage: target_controls_itself DIRECTORY */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "include/profiler.h"

#define SITE(name, size)                     \
  __attribute__((noinline)) static void name(void) { \
    void *volatile block = malloc(size);     \
    (void)block;                             \
  }
SITE(site_at_first, 1001)
SITE(site_while_stopped, 1002)
SITE(site_while_started, 1003)
SITE(site_after_dump, 1004)

static void said(const char *what, int error) {
  printf("%s: %s\n", what, error == 0 ? "ok" : strerror(error));
}

int main(int argc, char **argv) {
  char path[4096];
  int key = 0;
  void *mine = profiler_custom("my things");
  setvbuf(stdout, 0, _IOLBF, 4096);
  site_at_first();
  said("stop heap", profiler_stop("heap"));
  site_while_stopped();
  said("start", profiler_start(NULL));
  site_while_started();
  snprintf(path, sizeof path, "%s/asked.pb.gz", argc > 1 ? argv[1] : ".");
  said("dump heap", profiler_dump("heap", path));
  profiler_custom_add(mine, &key, 0);
  snprintf(path, sizeof path, "%s/mine.pb.gz", argc > 1 ? argv[1] : ".");
  said("dump my things", profiler_dump("my things", path));
  said("dump all", profiler_dump(NULL, NULL));
  said("dump cpu", profiler_dump("cpu", path));
  said("dump all to one", profiler_dump(NULL, path));
  said("start nonsense", profiler_start("nonsense"));
  said("stop cpu", profiler_stop("heap,cpu"));
  said("dump to nowhere", profiler_dump("heap", "/does/not/exist/at.pb.gz"));
  site_after_dump();
  return 0;
}
