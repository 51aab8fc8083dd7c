// Three waits of 40 ms in each kind of call that may wait, each kind in a function of its own and
// measured by itself; then 200 turns of 3 ms work and 7 ms sleep on a thread of its own.
#define _GNU_SOURCE
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/select.h>
#include <sys/sem.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SITE __attribute__((noinline, noclone)) static void
static const struct timespec kWait = {0, 40000000};
static int ends[2], pair[2], epoll, queue, set;
static volatile int after;

static int64_t now_ns(clockid_t clock) {
  struct timespec t;
  clock_gettime(clock, &t);
  return t.tv_sec * 1000000000ll + t.tv_nsec;
}

// What is waited for comes 40 ms later, from a child: another thread would be in the profile.
static pid_t in_a_while(void (*what)(void)) {
  const pid_t child = fork();
  if (child == 0) {
    nanosleep(&kWait, NULL);
    if (what) what();
    _exit(0);
  }
  return child;
}
static void fill_pipe(void) { if (write(ends[1], "x", 1) != 1) abort(); }
static void fill_pair(void) { if (send(pair[1], "x", 1, 0) != 1) abort(); }
static void signal_parent(void) { kill(getppid(), SIGUSR1); }
static void fill_queue(void) { struct { long type; char text[1]; } m = {1, "x"}; if (msgsnd(queue, &m, 1, 0) != 0) abort(); }
static void raise_set(void) { struct sembuf up = {0, 1, 0}; if (semop(set, &up, 1) != 0) abort(); }
static void drain_pipe(void) { char c; if (read(ends[0], &c, 1) != 1) abort(); }

SITE site_nanosleep(void) { nanosleep(&kWait, NULL); after++; }
SITE site_clock_nanosleep(void) { clock_nanosleep(CLOCK_MONOTONIC, 0, &kWait, NULL); after++; }
SITE site_usleep(void) { usleep(40000); after++; }
SITE site_poll(void) { poll(NULL, 0, 40); after++; }
SITE site_select(void) { struct timeval t = {0, 40000}; select(0, NULL, NULL, NULL, &t); after++; }
SITE site_epoll_wait(void) { struct epoll_event e; epoll_wait(epoll, &e, 1, -1); after++; }
SITE site_read(void) { char c; if (read(ends[0], &c, 1) != 1) abort(); }
SITE site_readv(void) { char c; struct iovec v = {&c, 1}; if (readv(ends[0], &v, 1) != 1) abort(); }
SITE site_recv(void) { char c; if (recv(pair[0], &c, 1, 0) != 1) abort(); }
SITE site_recvmsg(void) { char c; struct iovec v = {&c, 1}; struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1}; if (recvmsg(pair[0], &m, 0) != 1) abort(); }
SITE site_msgrcv(void) { struct { long type; char text[1]; } m; if (msgrcv(queue, &m, 1, 0, 0) != 1) abort(); }
SITE site_semop(void) { struct sembuf down = {0, -1, 0}; if (semop(set, &down, 1) != 0) abort(); }
SITE site_waitpid(void) { int status; waitpid(-1, &status, 0); after++; }
SITE site_sigwait(void) { sigset_t s; int number; sigemptyset(&s); sigaddset(&s, SIGUSR1); sigwait(&s, &number); }

static void three(const char* name, void (*site)(void), void (*cause)(void), int has_child, void (*end)(void)) {
  int64_t total = 0;
  for (int i = 0; i < 3; i++) {
    const pid_t child = has_child ? in_a_while(cause) : 0;
    const int64_t start = now_ns(CLOCK_MONOTONIC);
    site();
    total += now_ns(CLOCK_MONOTONIC) - start;
    if (end) end();
    if (child > 0 && site != site_waitpid) {
      // Gone already, or nearly: not a wait of this length.
      int status;
      while (waitpid(child, &status, WNOHANG) == 0) sched_yield();
    }
  }
  printf("wait %s %lld\n", name, (long long)total);
}

__attribute__((noinline)) static void works(void) {
  const int64_t end = now_ns(CLOCK_THREAD_CPUTIME_ID) + 3000000;
  while (now_ns(CLOCK_THREAD_CPUTIME_ID) < end) after++;
}
__attribute__((noinline)) static void naps(void) { struct timespec t = {0, 7000000}; nanosleep(&t, NULL); after++; }

static void* turns(void* none) {
  pthread_setname_np(pthread_self(), "turns");
  const int64_t start = now_ns(CLOCK_MONOTONIC);
  int64_t napped = 0;
  for (int i = 0; i < 200; i++) {
    works();
    const int64_t nap = now_ns(CLOCK_MONOTONIC);
    naps();
    napped += now_ns(CLOCK_MONOTONIC) - nap;
  }
  printf("turns %lld %lld %lld\n", (long long)(now_ns(CLOCK_MONOTONIC) - start),
         (long long)now_ns(CLOCK_THREAD_CPUTIME_ID), (long long)napped);
  return none;
}

int main(void) {
  sigset_t usr1;
  sigemptyset(&usr1);
  sigaddset(&usr1, SIGUSR1);
  sigprocmask(SIG_BLOCK, &usr1, NULL);
  if (pipe(ends) != 0 || socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) != 0) return 1;
  epoll = epoll_create1(0);
  struct epoll_event e = {.events = EPOLLIN};
  epoll_ctl(epoll, EPOLL_CTL_ADD, ends[0], &e);
  queue = msgget(IPC_PRIVATE, 0600);
  set = semget(IPC_PRIVATE, 1, 0600);
  semctl(set, 0, SETVAL, 0);
  three("site_nanosleep", site_nanosleep, NULL, 0, NULL);
  three("site_clock_nanosleep", site_clock_nanosleep, NULL, 0, NULL);
  three("site_usleep", site_usleep, NULL, 0, NULL);
  three("site_poll", site_poll, NULL, 0, NULL);
  three("site_select", site_select, NULL, 0, NULL);
  three("site_epoll_wait", site_epoll_wait, fill_pipe, 1, drain_pipe);
  three("site_read", site_read, fill_pipe, 1, NULL);
  three("site_readv", site_readv, fill_pipe, 1, NULL);
  three("site_recv", site_recv, fill_pair, 1, NULL);
  three("site_recvmsg", site_recvmsg, fill_pair, 1, NULL);
  three("site_msgrcv", site_msgrcv, fill_queue, 1, NULL);
  three("site_semop", site_semop, raise_set, 1, NULL);
  three("site_waitpid", site_waitpid, NULL, 1, NULL);
  three("site_sigwait", site_sigwait, signal_parent, 1, NULL);
  msgctl(queue, IPC_RMID, NULL);
  semctl(set, 0, IPC_RMID);
  pthread_t thread;
  pthread_create(&thread, NULL, turns, NULL);
  pthread_join(thread, NULL);
  return 0;
}
