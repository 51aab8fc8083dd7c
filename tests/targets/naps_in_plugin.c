// A plugin that waits: a thread's stack leads through it.
#include <unistd.h>

void naps_in_plugin(unsigned us);

static volatile int after;
void naps_in_plugin(unsigned us) {
  usleep(us);
  after++;
}
