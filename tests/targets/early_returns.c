// A thread for each call that a signal can cut short (EINTR, a part moved). Each checks that the
// call came back when and with what it should have. Prints the calls that did not.
// usage: early_returns [SECONDS] [plain|signals|masked] [figures]
//   signals: the program has its own, counted, in a thread that waits for them; also the highest
//            real-time one, which it asks for half way
//   masked:  a thread blocks every signal past libc, and burns
#define _GNU_SOURCE
#include <fcntl.h>
#include <mqueue.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/random.h>
#include <sys/select.h>
#include <sys/sem.h>
#include <sys/sendfile.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <linux/futex.h>
#include <unistd.h>

// clang-format off
#include "early_returns.inc"
#include "ticks_signal.h"
#include "early_returns_calls.inc"
// clang-format on

// The sockets' times are counted in jiffies.
#define TIMED(call, setup, early) {#call, kTimed, early, wait_##call, setup, 0, 0}
#define FED(call, setup, prepare, feed) {#call, kFedOnce, 0, wait_##call, setup, prepare, feed}
#define UNTIL_OVER(call, setup, prepare, feed) {#call, kFedUntilOver, 0, wait_##call, setup, prepare, feed}
#define WHOLE(call, setup) {#call, kWhole, 0, wait_##call, setup, 0, 0}
static const struct Case cases[] = {
    TIMED(poll, 0, 0), TIMED(ppoll, 0, 0), TIMED(select, 0, 0), TIMED(pselect, 0, 0),
    TIMED(epoll_wait, setup_epoll, 0), TIMED(epoll_pwait2, setup_epoll, 0), TIMED(nanosleep, 0, 0),
    TIMED(clock_nanosleep, 0, 0), TIMED(clock_nanosleep_until, 0, 0), TIMED(usleep, 0, 0), TIMED(sleep, 0, 0),
    UNTIL_OVER(pause, 0, 0, feed_signal), FED(sigsuspend, 0, 0, feed_signal), TIMED(sigtimedwait, 0, 0),
    FED(sigwaitinfo, 0, 0, feed_blocked_signal), FED(sigwait, 0, 0, feed_blocked_signal),
    TIMED(semtimedop, setup_semaphore_set, 10), FED(semop, setup_semaphore_set, 0, feed_semop),
    FED(msgrcv, setup_queue, 0, feed_msgrcv), FED(msgsnd, setup_queue, fill_queue, feed_msgsnd),
    TIMED(io_getevents, setup_io, 0), TIMED(recv_with_end, setup_socket_with_end, 10),
    TIMED(recvmmsg_with_end, setup_socket_with_end, 10), TIMED(accept_with_end, setup_listener, 10),
    TIMED(send_with_end, setup_full_socket_with_end, 10), TIMED(connect_with_end, setup_full_listener, 10),
    TIMED(futex_with_end, 0, 0), TIMED(futex_until, 0, 0), TIMED(sem_timedwait, 0, 0), TIMED(sem_clockwait, 0, 0),
    TIMED(cond_timedwait, 0, 0), TIMED(mq_timedreceive, setup_mq, 0), TIMED(read_timer, setup_timer, 0),
    FED(read_pipe, setup_pipe, 0, feed_byte), FED(readv, setup_pipe, 0, feed_byte), FED(recv, setup_socket, 0, feed_byte),
    FED(recvfrom, setup_socket, 0, feed_byte), FED(recvmsg, setup_socket, 0, feed_byte),
    FED(poll_fed, setup_pipe, 0, feed_byte), FED(read_event, setup_event, 0, feed_byte),
    FED(read_signal, setup_signalfd, 0, feed_blocked_signal), FED(read_inotify, setup_inotify, 0, feed_inotify),
    UNTIL_OVER(open_fifo, setup_fifo, 0, feed_fifo), FED(waitpid, setup_child, go_on, stop_child),
    FED(waitid, setup_child, go_on, stop_child), FED(flock, setup_two_files, lock_file, unlock_file),
    FED(fcntl_lock, setup_two_files, hold_record, free_record), FED(accept, setup_listener_without_end, 0, feed_connection),
    FED(connect, setup_full_listener, 0, take_connection), FED(send, setup_full_socket, refill, drain),
    UNTIL_OVER(futex, 0, 0, feed_futex), FED(sem_wait, 0, 0, feed_sem), FED(mutex_lock, 0, hold_mutex, free_mutex),
    FED(mutex_timedlock, 0, hold_mutex, free_mutex), FED(rwlock_rdlock, 0, hold_rwlock, free_rwlock),
    FED(rwlock_wrlock, 0, hold_rwlock, free_rwlock), FED(barrier, setup_barrier, 0, feed_barrier),
    FED(cond_wait, 0, 0, feed_cond), FED(join, 0, begin_thread, feed_sem), FED(mq_receive, setup_mq, 0, feed_mq),
    FED(mq_send, setup_mq, feed_mq, empty_mq), WHOLE(getrandom, 0), WHOLE(write, setup_taken_pipe),
    WHOLE(send_all, setup_taken_socket), WHOLE(sendmsg, setup_taken_socket), WHOLE(writev, setup_taken_pipe),
    WHOLE(recv_all, setup_given_socket), WHOLE(sendfile, setup_from_file), WHOLE(splice, setup_through_pipe),
    WHOLE(recvmmsg, setup_datagrams)};

static _Atomic long got[kOwnSignals + 1], sent[kOwnSignals + 1], strange;

static void on_own(int number, siginfo_t* info, void* unused) {
  (void)unused;
  int which = number == SIGRTMAX ? kOwnSignals : number - SIGRTMIN;
  if (info->si_code != SI_QUEUE || info->si_value.sival_int != 4711) strange++;
  else got[which]++;
}
static void on_wanted(int number) {
  (void)number;
}

static void* receiving(void* unused) {
  sigset_t s;
  sigemptyset(&s), sigaddset(&s, SIGRTMAX);
  for (int i = 0; i < kOwnSignals; i++) sigaddset(&s, SIGRTMIN + i);
  pthread_sigmask(SIG_UNBLOCK, &s, 0);
  while (!all_over) {
    burn_iterations(200000);
    struct timespec t = {0, 1000000};
    nanosleep(&t, 0);
  }
  return unused;
}

static void send_one(pthread_t to, int which, int to_process) {
  union sigval value = {.sival_int = 4711};
  int number = which == kOwnSignals ? SIGRTMAX : SIGRTMIN + which;
  int error = to_process ? sigqueue(getpid(), number, value) : pthread_sigqueue(to, number, value);
  if (error == 0) sent[which]++;
}

static void own_signals(double seconds) {
  ticks_signal("realtime");  // which queues
  struct sigaction action = {.sa_sigaction = on_own, .sa_flags = SA_SIGINFO | SA_RESTART};
  for (int i = 0; i < kOwnSignals; i++) sigaction(SIGRTMIN + i, &action, 0);
  pthread_t receiver;
  pthread_create(&receiver, 0, receiving, 0);
  int64_t start = now_ns();
  int takes = 0;
  for (long i = 0; now_ns() - start < seconds * 1e9; i++) {
    if (!takes && now_ns() - start > seconds * 5e8) takes = sigaction(SIGRTMAX, &action, 0) == 0;
    send_one(receiver, (int)(i % kOwnSignals), i % 2 == 0);
    if (takes) send_one(receiver, kOwnSignals, 0);
    usleep(1000);
  }
  // On a busy machine the receiver comes late.
  for (int tries = 0; tries < 100; tries++) {
    int missing = 0;
    for (int i = 0; i <= kOwnSignals; i++) missing += got[i] < sent[i];
    usleep(100000);
    if (!missing) break;
  }
  over = 1;
  for (int i = 0; i <= kOwnSignals; i++) {
    if (got[i] != sent[i] || sent[i] == 0) printf("of its own signal %d: %ld of %ld\n", i, got[i], sent[i]);
  }
  if (strange) printf("%ld signals that are not its own\n", strange);
}

static void* masked(void* unused) {
  uint64_t all = ~(uint64_t)0;
  syscall(SYS_rt_sigprocmask, 0, &all, 0, sizeof all);
  while (!over) {
    burn_iterations(3000000);
    sched_yield();
  }
  return unused;
}

static struct Worker* begin(const struct Case* is, int id) {
  struct Worker* w = calloc(1, sizeof *w);
  w->is = is, w->id = id;
  w->bytes = mmap(0, kWholeSize, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  sem_init(&w->sem, 0, 0), sem_init(&w->ready, 0, 0);
  pthread_mutex_init(&w->mutex, 0), pthread_cond_init(&w->cond, 0), pthread_rwlock_init(&w->rwlock, 0);
  if (is->setup && !is->setup(w)) {
    printf("%s: not to be had here: %s\n", is->name, strerror(errno));
    return 0;
  }
  return w;
}

int main(int argc, char** argv) {
  double seconds = argc > 1 ? atof(argv[1]) : 3;
  const char* how = argc > 2 ? argv[2] : "plain";
  sigset_t all;
  sigfillset(&all), sigdelset(&all, SIGTERM), sigdelset(&all, SIGINT);
  pthread_sigmask(SIG_BLOCK, &all, 0);
  struct sigaction action = {.sa_handler = on_wanted, .sa_flags = SA_RESTART};
  sigaction(SIGUSR1, &action, 0);
  for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct Worker* w = begin(&cases[i], (int)i);
    if (w) workers[worker_count++] = w;
  }
  pthread_t feeder, burner;
  pthread_create(&feeder, 0, feeding, 0);
  if (strcmp(how, "masked") == 0) pthread_create(&burner, 0, masked, 0);
  for (int i = 0; i < worker_count; i++) pthread_create(&workers[i]->thread, 0, working, workers[i]);
  if (strcmp(how, "signals") == 0) own_signals(seconds);
  else usleep((useconds_t)(seconds * 1e6));
  over = 1;
  for (int i = 0; i < worker_count; i++) pthread_join(workers[i]->thread, 0);
  all_over = 1;
  long wrong = report(argc > 3);
  for (int i = 0; i < worker_count; i++) {
    struct Worker* w = workers[i];
    if (w->path[0]) unlink(w->path);
    if (w->is->setup == setup_child) kill(w->fd[0], SIGKILL), waitpid(w->fd[0], 0, 0);
    if (w->is->setup == setup_queue) msgctl(w->fd[0], IPC_RMID, 0);
    if (w->is->setup == setup_semaphore_set) semctl(w->fd[0], 0, IPC_RMID);
  }
  printf("%d calls, %ld wrong\n", worker_count, wrong);
  return wrong != 0;
}
