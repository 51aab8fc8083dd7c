// The calls of early_returns.c: those that the kernel begins anew after a handler, those that it ends
// with EINTR, those that it ends with a part moved.
#pragma once

#define WAIT(name, ...)                        \
  static int wait_##name(struct Worker* w) {   \
    (void)w;                                   \
    __VA_ARGS__                                \
  }
#define STEP(name, ...)                        \
  static void name(struct Worker* w) {         \
    __VA_ARGS__                                \
  }
#define SETUP(name, ...)                       \
  static int setup_##name(struct Worker* w) {  \
    __VA_ARGS__                                \
  }

enum { kWholeSize = 1 << 20, kOwnSignals = 3 };
static const struct timeval nap_timeval = {0, kNapMs * 1000};

static void done(long result) {
  (void)result;
}

SETUP(pipe, return pipe(w->fd) == 0;)
SETUP(socket, return socketpair(AF_UNIX, SOCK_STREAM, 0, w->fd) == 0;)
SETUP(event, w->fd[0] = w->fd[1] = eventfd(0, 0); return w->fd[0] >= 0;)
STEP(feed_byte, done(write(w->fd[1], "12345678", 8));)

static struct sockaddr_un address_of(struct Worker* w) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  snprintf(address.sun_path + 1, 90, "early_returns.%d.%d", (int)getpid(), w->id);
  return address;
}
SETUP(listener, struct sockaddr_un a = address_of(w); w->fd[0] = socket(AF_UNIX, SOCK_STREAM, 0);
      setsockopt(w->fd[0], SOL_SOCKET, SO_RCVTIMEO, &nap_timeval, sizeof nap_timeval);
      return bind(w->fd[0], (struct sockaddr*)&a, sizeof a) == 0 && listen(w->fd[0], 0) == 0;)
SETUP(listener_without_end, struct timeval none = {0, 0};
      return setup_listener(w) && setsockopt(w->fd[0], SOL_SOCKET, SO_RCVTIMEO, &none, sizeof none) == 0;)
static int connected(struct Worker* w, int flags, int has_end) {
  struct sockaddr_un a = address_of(w);
  int fd = socket(AF_UNIX, SOCK_STREAM | flags, 0);
  if (has_end) setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &nap_timeval, sizeof nap_timeval);
  int result = connect(fd, (struct sockaddr*)&a, sizeof a), error = errno;
  close(fd);
  errno = error;
  return result;
}
SETUP(full_listener, return setup_listener_without_end(w) && connected(w, SOCK_NONBLOCK, 0) == 0;)
STEP(feed_connection, done(connected(w, SOCK_NONBLOCK, 0));)
STEP(take_connection, int fd = accept4(w->fd[0], 0, 0, SOCK_NONBLOCK); close(fd);)
SETUP(socket_with_end, if (!setup_socket(w)) return 0;
      return setsockopt(w->fd[0], SOL_SOCKET, SO_RCVTIMEO, &nap_timeval, sizeof nap_timeval) == 0;)
SETUP(full_socket, if (!setup_socket(w)) return 0; char byte = 0;
      while (send(w->fd[0], &byte, 1, MSG_DONTWAIT) == 1) continue;
      return 1;)
SETUP(full_socket_with_end, return setup_full_socket(w) &&
      setsockopt(w->fd[0], SOL_SOCKET, SO_SNDTIMEO, &nap_timeval, sizeof nap_timeval) == 0;)
STEP(refill, char byte = 0; while (send(w->fd[0], &byte, 1, MSG_DONTWAIT) == 1) continue;)
STEP(drain, char bytes[4096]; while (recv(w->fd[1], bytes, sizeof bytes, MSG_DONTWAIT) > 0) continue;)

// E: a time of their own, and EINTR after any handler.
WAIT(poll, return poll(0, 0, kNapMs) == 0;)
WAIT(ppoll, struct timespec t = nap(); return ppoll(0, 0, &t, 0) == 0;)
WAIT(select, struct timeval t = nap_timeval; return select(0, 0, 0, 0, &t) == 0;)
WAIT(pselect, struct timespec t = nap(); return pselect(0, 0, 0, 0, &t, 0) == 0;)
SETUP(epoll, w->fd[0] = epoll_create1(0); return w->fd[0] >= 0;)
WAIT(epoll_wait, struct epoll_event e; return epoll_wait(w->fd[0], &e, 1, kNapMs) == 0;)
WAIT(epoll_pwait2, struct epoll_event e; struct timespec t = nap(); return epoll_pwait2(w->fd[0], &e, 1, &t, 0) == 0;)
WAIT(nanosleep, struct timespec t = nap(); return nanosleep(&t, 0) == 0;)
WAIT(clock_nanosleep, struct timespec t = nap(); return clock_nanosleep(CLOCK_MONOTONIC, 0, &t, 0) == 0;)
WAIT(clock_nanosleep_until, struct timespec t = until(CLOCK_MONOTONIC); return clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, 0) == 0;)
WAIT(usleep, return usleep(kNapMs * 1000) == 0;)
WAIT(sleep, return sleep(1) == 0;)
WAIT(pause, sigset_t s, before; sigemptyset(&s), sigaddset(&s, SIGUSR1); pthread_sigmask(SIG_UNBLOCK, &s, &before);
     int right = pause() == -1 && errno == EINTR && w->fed_ns != 0; pthread_sigmask(SIG_SETMASK, &before, 0); return right;)
WAIT(sigsuspend, sigset_t s; sigfillset(&s); sigdelset(&s, SIGUSR1); return sigsuspend(&s) == -1 && errno == EINTR && w->fed_ns != 0;)
STEP(feed_signal, pthread_kill(w->thread, SIGUSR1);)
STEP(feed_blocked_signal, pthread_kill(w->thread, SIGUSR2);)
static sigset_t only_usr2(void) {
  sigset_t s;
  sigemptyset(&s), sigaddset(&s, SIGUSR2);
  return s;
}
// Every signal: also the one that ticks come by.
static sigset_t every_signal(void) {
  sigset_t s;
  sigfillset(&s), sigdelset(&s, SIGUSR1), sigdelset(&s, SIGCHLD);
  for (int i = 0; i < kOwnSignals; i++) sigdelset(&s, SIGRTMIN + i);
  return s;
}
WAIT(sigtimedwait, sigset_t s = every_signal(); struct timespec t = nap(); return sigtimedwait(&s, 0, &t) == -1 && errno == EAGAIN;)
WAIT(sigwaitinfo, sigset_t s = every_signal(); return sigwaitinfo(&s, 0) == SIGUSR2;)
WAIT(sigwait, sigset_t s = every_signal(); int n; return sigwait(&s, &n) == 0 && n == SIGUSR2;)
SETUP(semaphore_set, w->fd[0] = semget(IPC_PRIVATE, 1, 0600); return w->fd[0] >= 0;)
WAIT(semtimedop, struct sembuf b = {0, -1, 0}; struct timespec t = nap(); return semtimedop(w->fd[0], &b, 1, &t) == -1 && errno == EAGAIN;)
WAIT(semop, struct sembuf b = {0, -1, 0}; return semop(w->fd[0], &b, 1) == 0;)
STEP(feed_semop, struct sembuf b = {0, 1, 0}; done(semop(w->fd[0], &b, 1));)
struct Message {
  long type;
  char text[512];
};
SETUP(queue, w->fd[0] = msgget(IPC_PRIVATE, 0600); return w->fd[0] >= 0;)
WAIT(msgrcv, struct Message m; return msgrcv(w->fd[0], &m, 512, 0, 0) == 512;)
STEP(feed_msgrcv, struct Message m = {.type = 1}; done(msgsnd(w->fd[0], &m, 512, IPC_NOWAIT));)
WAIT(msgsnd, struct Message m = {.type = 1}; return msgsnd(w->fd[0], &m, 512, 0) == 0;)
STEP(fill_queue, struct Message m = {.type = 1}; while (msgsnd(w->fd[0], &m, 512, IPC_NOWAIT) == 0) continue;)
STEP(feed_msgsnd, struct Message m; done(msgrcv(w->fd[0], &m, 512, 0, IPC_NOWAIT));)
SETUP(io, unsigned long context = 0; int got = (int)syscall(SYS_io_setup, 4, &context); w->bytes = (char*)context; return got == 0;)
WAIT(io_getevents, char events[128]; struct timespec t = nap(); return syscall(SYS_io_getevents, (unsigned long)w->bytes, 1, 1, events, &t) == 0;)
WAIT(recv_with_end, char b; return recv(w->fd[0], &b, 1, 0) == -1 && errno == EAGAIN;)
WAIT(accept_with_end, return accept(w->fd[0], 0, 0) == -1 && errno == EAGAIN;)
WAIT(send_with_end, char b = 0; return send(w->fd[0], &b, 1, 0) == -1 && errno == EAGAIN;)
WAIT(connect_with_end, return connected(w, 0, 1) == -1 && errno == EAGAIN;)
WAIT(recvmmsg_with_end, char b; struct iovec part = {&b, 1}; struct mmsghdr m = {.msg_hdr = {.msg_iov = &part, .msg_iovlen = 1}};
     struct timespec t = nap(); return recvmmsg(w->fd[0], &m, 1, 0, &t) == -1 && errno == EAGAIN;)
WAIT(futex_with_end, struct timespec t = nap(); return syscall(SYS_futex, &w->word, FUTEX_WAIT_PRIVATE, 0, &t, 0, 0) == -1 && errno == ETIMEDOUT;)
WAIT(futex_until, struct timespec t = until(CLOCK_MONOTONIC); return syscall(SYS_futex, &w->word, FUTEX_WAIT_BITSET_PRIVATE, 0, &t, 0, -1) == -1 && errno == ETIMEDOUT;)
WAIT(sem_timedwait, struct timespec t = until(CLOCK_REALTIME); return sem_timedwait(&w->sem, &t) == -1 && errno == ETIMEDOUT;)
WAIT(sem_clockwait, struct timespec t = until(CLOCK_MONOTONIC); return sem_clockwait(&w->sem, CLOCK_MONOTONIC, &t) == -1 && errno == ETIMEDOUT;)

// R: glibc or the kernel begins them anew.
WAIT(read_pipe, char b[8]; return read(w->fd[0], b, 8) == 8;)
WAIT(readv, char b[8]; struct iovec v = {b, 8}; return readv(w->fd[0], &v, 1) == 8;)
WAIT(recv, char b[8]; return recv(w->fd[0], b, 8, 0) == 8;)
WAIT(recvfrom, char b[8]; return recvfrom(w->fd[0], b, 8, 0, 0, 0) == 8;)
WAIT(recvmsg, char b[8]; struct iovec v = {b, 8}; struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1}; return recvmsg(w->fd[0], &m, 0) == 8;)
WAIT(poll_fed, struct pollfd p = {w->fd[0], POLLIN, 0}; int got = poll(&p, 1, -1); char b[8]; done(read(w->fd[0], b, 8)); return got == 1;)
WAIT(read_event, uint64_t n; return read(w->fd[0], &n, 8) == 8;)
SETUP(timer, w->fd[0] = timerfd_create(CLOCK_MONOTONIC, 0); return w->fd[0] >= 0;)
WAIT(read_timer, struct itimerspec t = {{0, 0}, nap()}; timerfd_settime(w->fd[0], 0, &t, 0); uint64_t n; return read(w->fd[0], &n, 8) == 8 && n == 1;)
SETUP(signalfd, sigset_t s = only_usr2(); w->fd[0] = signalfd(-1, &s, 0); return w->fd[0] >= 0;)
WAIT(read_signal, struct signalfd_siginfo i; return read(w->fd[0], &i, sizeof i) == sizeof i && i.ssi_signo == SIGUSR2;)
SETUP(path, snprintf(w->path, sizeof w->path, "early_returns.%d.%d", (int)getpid(), w->id); return 1;)
SETUP(inotify, setup_path(w); w->fd[1] = open(w->path, O_CREAT | O_RDWR, 0600); w->fd[0] = inotify_init();
      int got = inotify_add_watch(w->fd[0], w->path, IN_ATTRIB); return got >= 0;)
WAIT(read_inotify, char b[512]; return read(w->fd[0], b, sizeof b) > 0;)
STEP(feed_inotify, static int turn; done(fchmod(w->fd[1], turn++ % 2 ? 0600 : 0640));)
SETUP(fifo, setup_path(w); return mkfifo(w->path, 0600) == 0;)
WAIT(open_fifo, int fd = open(w->path, O_RDONLY); int right = fd >= 0; if (right) close(fd); return right;)
STEP(feed_fifo, int fd = open(w->path, O_WRONLY | O_NONBLOCK); if (fd >= 0) close(fd);)
SETUP(child, int child = fork(); if (child == 0) for (kill(getpid(), SIGSTOP);;) pause();
      int status; w->fd[0] = child; return child > 0 && waitpid(child, &status, WUNTRACED) == child;)
WAIT(waitpid, int status; return waitpid(w->fd[0], &status, WUNTRACED) == w->fd[0];)
WAIT(waitid, siginfo_t i; return waitid(P_PID, (id_t)w->fd[0], &i, WSTOPPED) == 0;)
STEP(go_on, int status; kill(w->fd[0], SIGCONT); waitpid(w->fd[0], &status, WCONTINUED);)
STEP(stop_child, kill(w->fd[0], SIGSTOP);)
SETUP(two_files, setup_path(w); w->fd[0] = open(w->path, O_CREAT | O_RDWR, 0600); w->fd[1] = open(w->path, O_RDWR); return w->fd[1] >= 0;)
WAIT(flock, int got = flock(w->fd[0], LOCK_EX); flock(w->fd[0], LOCK_UN); return got == 0;)
STEP(lock_file, flock(w->fd[1], LOCK_EX);)
STEP(unlock_file, flock(w->fd[1], LOCK_UN);)
static int lock_record(int fd, int what, int how) {
  struct flock lock = {.l_type = (short)what, .l_whence = SEEK_SET, .l_len = 1};
  return fcntl(fd, how, &lock);
}
WAIT(fcntl_lock, int got = lock_record(w->fd[0], F_WRLCK, F_OFD_SETLKW); lock_record(w->fd[0], F_UNLCK, F_OFD_SETLK); return got == 0;)
STEP(hold_record, lock_record(w->fd[1], F_WRLCK, F_OFD_SETLKW);)
STEP(free_record, lock_record(w->fd[1], F_UNLCK, F_OFD_SETLK);)
WAIT(accept, int fd = accept(w->fd[0], 0, 0); int right = fd >= 0; if (right) close(fd); return right;)
WAIT(connect, return connected(w, 0, 0) == 0;)
WAIT(send, char b = 0; return send(w->fd[0], &b, 1, 0) == 1;)
WAIT(futex, return syscall(SYS_futex, &w->word, FUTEX_WAIT_PRIVATE, 0, 0, 0, 0) == 0;)
STEP(feed_futex, syscall(SYS_futex, &w->word, FUTEX_WAKE_PRIVATE, 1, 0, 0, 0);)
WAIT(sem_wait, return sem_wait(&w->sem) == 0;)
STEP(feed_sem, sem_post(&w->sem);)
WAIT(mutex_lock, int got = pthread_mutex_lock(&w->mutex); pthread_mutex_unlock(&w->mutex); return got == 0;)
WAIT(mutex_timedlock, struct timespec t = until(CLOCK_REALTIME); t.tv_sec += 30;
     int got = pthread_mutex_timedlock(&w->mutex, &t); pthread_mutex_unlock(&w->mutex); return got == 0;)
STEP(hold_mutex, pthread_mutex_lock(&w->mutex);)
STEP(free_mutex, pthread_mutex_unlock(&w->mutex);)
WAIT(rwlock_rdlock, int got = pthread_rwlock_rdlock(&w->rwlock); pthread_rwlock_unlock(&w->rwlock); return got == 0;)
WAIT(rwlock_wrlock, int got = pthread_rwlock_wrlock(&w->rwlock); pthread_rwlock_unlock(&w->rwlock); return got == 0;)
STEP(hold_rwlock, pthread_rwlock_wrlock(&w->rwlock);)
STEP(free_rwlock, pthread_rwlock_unlock(&w->rwlock);)
SETUP(barrier, return pthread_barrier_init(&w->barrier, 0, 2) == 0;)
WAIT(barrier, int got = pthread_barrier_wait(&w->barrier); return got == 0 || got == PTHREAD_BARRIER_SERIAL_THREAD;)
STEP(feed_barrier, pthread_barrier_wait(&w->barrier);)
WAIT(cond_timedwait, struct timespec t = until(CLOCK_REALTIME); pthread_mutex_lock(&w->mutex); int got;
     do got = pthread_cond_timedwait(&w->cond, &w->mutex, &t); while (got == 0);
     pthread_mutex_unlock(&w->mutex); return got == ETIMEDOUT;)
WAIT(cond_wait, pthread_mutex_lock(&w->mutex); int got = 0; while (!w->word && got == 0) got = pthread_cond_wait(&w->cond, &w->mutex);
     w->word = 0; pthread_mutex_unlock(&w->mutex); return got == 0;)
STEP(feed_cond, pthread_mutex_lock(&w->mutex); w->word = 1; pthread_cond_signal(&w->cond); pthread_mutex_unlock(&w->mutex);)
static void* until_posted(void* sem) {
  sem_wait(sem);
  return 0;
}
STEP(begin_thread, pthread_create(&w->other, 0, until_posted, &w->sem);)
WAIT(join, return pthread_join(w->other, 0) == 0;)
SETUP(mq, char name[48]; snprintf(name, sizeof name, "/early_returns.%d.%d", (int)getpid(), w->id);
      struct mq_attr a = {.mq_maxmsg = 1, .mq_msgsize = 8}; w->fd[0] = mq_open(name, O_CREAT | O_RDWR, 0600, &a);
      mq_unlink(name); return w->fd[0] >= 0;)
static const struct timespec long_ago = {0, 0};
WAIT(mq_receive, char b[8]; return mq_receive(w->fd[0], b, 8, 0) == 8;)
STEP(feed_mq, mq_timedsend(w->fd[0], "12345678", 8, 0, &long_ago);)
WAIT(mq_send, return mq_send(w->fd[0], "12345678", 8, 0) == 0;)
STEP(empty_mq, char b[8]; done(mq_timedreceive(w->fd[0], b, 8, 0, &long_ago));)
WAIT(mq_timedreceive, char b[8]; struct timespec t = until(CLOCK_REALTIME); return mq_timedreceive(w->fd[0], b, 8, 0, &t) == -1 && errno == ETIMEDOUT;)
WAIT(getrandom, return getrandom(w->bytes, kWholeSize, 0) == kWholeSize;)

// S: all that was asked for is moved.
static void* taking(void* argument) {
  struct Worker* w = argument;
  static __thread char bytes[1 << 16];
  while (read(w->fd[1], bytes, sizeof bytes) > 0) continue;
  return 0;
}
static void* giving(void* argument) {
  struct Worker* w = argument;
  static char bytes[10000];
  while (send(w->fd[1], bytes, sizeof bytes, MSG_NOSIGNAL) > 0) continue;
  return 0;
}
SETUP(taken_pipe, int fd[2]; if (pipe(fd)) return 0; w->fd[0] = fd[1], w->fd[1] = fd[0]; return pthread_create(&w->other, 0, taking, w) == 0;)
SETUP(taken_socket, return setup_socket(w) && pthread_create(&w->other, 0, taking, w) == 0;)
SETUP(given_socket, return setup_socket(w) && pthread_create(&w->other, 0, giving, w) == 0;)
WAIT(write, return write(w->fd[0], w->bytes, kWholeSize) == kWholeSize;)
WAIT(send_all, return send(w->fd[0], w->bytes, kWholeSize, 0) == kWholeSize;)
WAIT(sendmsg, struct iovec v = {w->bytes, kWholeSize}; struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1}; return sendmsg(w->fd[0], &m, 0) == kWholeSize;)
WAIT(writev, struct iovec v[2] = {{w->bytes, kWholeSize / 2}, {w->bytes, kWholeSize / 2}}; return writev(w->fd[0], v, 2) == kWholeSize;)
WAIT(recv_all, return recv(w->fd[0], w->bytes, kWholeSize, MSG_WAITALL) == kWholeSize;)
SETUP(from_file, setup_path(w); w->fd[2] = open(w->path, O_CREAT | O_RDWR, 0600); return setup_taken_socket(w) && ftruncate(w->fd[2], kWholeSize) == 0;)
WAIT(sendfile, off_t at = 0; return sendfile(w->fd[0], w->fd[2], &at, kWholeSize) == kWholeSize;)
// What lies in a pipe goes at once; a page at a time would be a short one.
SETUP(through_pipe, int fd[2]; if (!setup_taken_socket(w) || pipe(fd)) return 0; w->fd[2] = fd[0], w->fd[3] = fd[1]; return 1;)
WAIT(splice, return write(w->fd[3], w->bytes, 65536) == 65536 && splice(w->fd[2], 0, w->fd[0], 0, 65536, 0) == 65536;)
SETUP(datagrams, return socketpair(AF_UNIX, SOCK_DGRAM, 0, w->fd) == 0 && pthread_create(&w->other, 0, giving, w) == 0;)
WAIT(recvmmsg, struct iovec part = {w->bytes, 10000}; struct mmsghdr m[16]; memset(m, 0, sizeof m);
     for (int i = 0; i < 16; i++) m[i].msg_hdr.msg_iov = &part, m[i].msg_hdr.msg_iovlen = 1;
     return recvmmsg(w->fd[0], m, 16, 0, 0) == 16;)
