// Threads that wait and do nothing else for some seconds; prints what the process cost in them: CPU
// microseconds, and how often the kernel switched to one of its threads.
#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

static void* idling(void*) {
  sleep(1000);
  return nullptr;
}

static void used(double* cpu_us, long* switches) {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  *cpu_us = static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e6 +
            static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
  *switches = usage.ru_nvcsw + usage.ru_nivcsw;
}

int main(int argc, char** argv) {
  const int count = argc > 1 ? atoi(argv[1]) : 10000;
  const unsigned seconds = argc > 2 ? static_cast<unsigned>(atoi(argv[2])) : 5;
  pthread_attr_t small;
  pthread_attr_init(&small);
  pthread_attr_setstacksize(&small, 65536);
  int made = 0;
  for (pthread_t thread; made < count; made++) {
    if (pthread_create(&thread, &small, idling, nullptr) != 0) break;
  }
  sleep(2);  // until the last of them waits
  double cpu_us[2];
  long switches[2];
  used(&cpu_us[0], &switches[0]);
  sleep(seconds);
  used(&cpu_us[1], &switches[1]);
  printf("%.0f %ld %d\n", cpu_us[1] - cpu_us[0], switches[1] - switches[0], made);
  fflush(stdout);
  exit(made == count ? 0 : 1);
}
