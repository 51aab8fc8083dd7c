// Threads of libc's own that call the program while its only thread sleeps. usage: notified KIND
//   timer  a timer whose notification is a thread; it burns 0.3 s of its own CPU time
//   aio    a read that is over
//   names  getaddrinfo_a
#define _GNU_SOURCE
#include <aio.h>
#include <fcntl.h>
#include <netdb.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "burn.h"

static sem_t over;

__attribute__((noinline)) void burn_notified(void) {
  const int64_t until = thread_cpu_ns() + 300000000;
  while (thread_cpu_ns() < until) burn_iterations(kSeldom);
  __asm__ volatile("");
}
static void notified(union sigval value) {
  if (value.sival_int != 42) return;
  burn_notified();
  sem_post(&over);
}

static int start(const char* kind, struct sigevent* event) {
  static char byte;
  static struct aiocb read_one;
  static struct gaicb ask;
  static struct gaicb* list[] = {&ask};
  if (strcmp(kind, "aio") == 0) {
    read_one.aio_fildes = open("/dev/zero", O_RDONLY);
    read_one.aio_buf = &byte;
    read_one.aio_nbytes = 1;
    read_one.aio_sigevent = *event;
    return aio_read(&read_one);
  }
  if (strcmp(kind, "names") == 0) {
    static const struct addrinfo numeric = {.ai_flags = AI_NUMERICHOST};
    ask.ar_name = "127.0.0.1";
    ask.ar_request = &numeric;
    return getaddrinfo_a(GAI_NOWAIT, list, 1, event);
  }
  timer_t timer;
  const struct itimerspec when = {.it_value = {0, 1000000}};
  return timer_create(CLOCK_MONOTONIC, event, &timer) || timer_settime(timer, 0, &when, NULL);
}

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  sem_init(&over, 0, 0);
  struct sigevent event = {.sigev_notify = SIGEV_THREAD, .sigev_value.sival_int = 42};
  event.sigev_notify_function = notified;
  if (start(argv[1], &event) != 0) return 1;
  while (sem_wait(&over) != 0) continue;
  puts("notified");
  return 0;
}
