// The older calls for signals, on the one of the ticks; prints what each gave and what the mask
// and the action are afterwards. Then it executes itself, three ways, and prints the mask that came
// with it. usage: older_signals calls|HOW [realtime]
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ticks_signal.h"

typedef void (*handler)(int);
handler bsd_signal(int, handler);
handler sysv_signal(int, handler);
static volatile int handled;
static int ticks;

static void on_signal(int number) {
  (void)number;
  handled++;
}

static const char* name_of(handler h) {
  return h == SIG_DFL ? "default" : h == SIG_IGN ? "ignore" : h == SIG_HOLD ? "hold" : h == SIG_ERR ? "error" : "handler";
}

static void state(const char* what, const char* gave) {
  sigset_t mask;
  struct sigaction action;
  sigprocmask(SIG_BLOCK, NULL, &mask);
  sigaction(ticks, NULL, &action);
  printf("%s: %s, %s, %s, restart %d reset %d, handled %d\n", what, gave, sigismember(&mask, ticks) ? "blocked" : "open",
         name_of(action.sa_handler), (action.sa_flags & SA_RESTART) != 0, (action.sa_flags & SA_RESETHAND) != 0, handled);
}

static void* with_mask(void* what) {
  state(what, "");
  return NULL;
}

static void in_thread(const char* what, int blocks) {
  pthread_attr_t attributes;
  pthread_t thread;
  sigset_t mask;
  if (blocks) sigfillset(&mask);
  else sigemptyset(&mask);
  pthread_attr_init(&attributes);
  pthread_attr_setsigmask_np(&attributes, &mask);
  pthread_create(&thread, &attributes, with_mask, (void*)what);
  pthread_join(thread, NULL);
}

static void calls(void) {
  state("at first", "");
  sigsetmask(-1);
  state("sigsetmask", "");
  sigsetmask(0);
  sigset_t all;
  sigfillset(&all);
  sigprocmask(SIG_BLOCK, &all, NULL);
  in_thread("a thread of no mask", 0);
  sigsetmask(0);
  state("sigsetmask 0", "");
  in_thread("a thread of a full mask", 1);
  if (sigblock(sigmask(SIGUSR1)) != 0) puts("sigblock was wrong");
  if ((unsigned)siggetmask() != (unsigned)sigmask(SIGUSR1)) puts("siggetmask was wrong");
  sigsetmask(0);
  state("siginterrupt", siginterrupt(ticks, 1) == 0 ? "0" : "error");
  state("sysv_signal", name_of(sysv_signal(ticks, on_signal)));
  raise(ticks);
  state("raised", "");
  sigprocmask(SIG_BLOCK, &all, NULL);
  state("bsd_signal", name_of(bsd_signal(ticks, on_signal)));
  raise(ticks);
  state("raised, blocked", "");
  state("sigrelse", sigrelse(ticks) == 0 ? "0" : "error");
  state("sighold", sighold(ticks) == 0 ? "0" : "error");
  state("sigset", name_of(sigset(ticks, SIG_IGN)));
  state("sigset hold", name_of(sigset(ticks, SIG_HOLD)));
  state("sigignore", sigignore(ticks) == 0 ? "0" : "error");
  state("ssignal", name_of(ssignal(ticks, SIG_DFL)));
}

// What the kernel says: nothing stands between.
static void mask_that_came(void) {
  char line[256];
  FILE* status = fopen("/proc/self/status", "r");
  while (fgets(line, sizeof line, status))
    if (strncmp(line, "SigBlk", 6) == 0) fputs(line, stdout);
  fclose(status);
}

int main(int argc, char** argv) {
  ticks = ticks_signal(argc > 2 ? argv[2] : NULL);
  if (argv[1] && strcmp(argv[1], "calls") == 0) {
    calls();
    return 0;
  }
  if (argv[1]) {
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, NULL);
    fflush(stdout);
    execl("/no/such/program", "x", (char*)NULL);
    state("exec failed", "");
    fflush(stdout);
    const pid_t child = strcmp(argv[1], "vfork") == 0 ? vfork() : strcmp(argv[1], "fork") == 0 ? fork() : 0;
    if (child == 0) {
      execl("/bin/grep", "grep", "SigBlk", "/proc/self/status", (char*)NULL);
      _exit(1);
    }
    int status;
    waitpid(child, &status, 0);
    state("after it", "");
    return status;
  }
  mask_that_came();
  return 0;
}
