// Changes words of its own tables at random, and allocates and burns CPU time meanwhile.
// usage: scribbles FILE busy    until the file is there
//        scribbles FILE idle    the same, but in a child that has become user 65534
//        scribbles - ends|killed SEED    some thousand words
#define _GNU_SOURCE
#include <grp.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "own_tables.h"

static uint64_t state = 0x9e3779b97f4a7c15u;

static uint64_t next_random(void) {
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return state;
}

__attribute__((noinline)) void* site_of_scribbles(size_t size) {
  return malloc(size);
}

__attribute__((noinline)) long burn_of_scribbles(void) {
  volatile long sum = 0;
  for (long i = 0; i < 20000; i++) sum += i;
  return sum;
}

// A small number, a large one, a place in the tables, or what another word is.
static uint32_t value_from(const char* tables) {
  const uint64_t random = next_random();
  switch (random % 6) {
    case 0:
      return 0;
    case 1:
      return (uint32_t)(random >> 32) % 64;
    case 2:
      return ~(uint32_t)(random >> 60);
    case 3:
      return (uint32_t)(random >> 32) % (1 << 20);
    case 4:
      return tables != NULL ? *(const uint32_t*)(tables + (random >> 20) % (1 << 16) * 4) : 1;
    default:
      return (uint32_t)(random >> 32);
  }
}

// One word in 64 stays changed, none of the header: most of the time the tables are nearly good.
static void scribble(int (*is_over)(void), long most) {
  enum { kHeader = 1 << 13, kSigns = 64, kAll = 1 << 18 };
  char* tables = own_tables();
  void* kept[64] = {0};
  for (long i = 0; i < most && (i % 64 != 0 || !is_over()); i++) {
    const uint64_t random = next_random();
    const uint64_t at = random % 4 == 0 ? kSigns + (random >> 16) % (kHeader - kSigns)
                                        : kHeader + (random >> 16) % (kAll - kHeader);
    uint32_t unused = 0;
    uint32_t* word = tables != NULL ? (uint32_t*)(tables + at / 4 * 4) : &unused;
    const uint32_t before = *word;
    *word = value_from(tables);
    void** place = &kept[next_random() % 64];
    free(*place);
    *place = site_of_scribbles(next_random() % 5000);
    if (i % 16 == 0) burn_of_scribbles();
    if (i % 64 != 1 || at < kHeader) *word = before;
  }
}

static const char* until;
static volatile int* is_told;

static int is_there(void) {
  return access(until, F_OK) == 0;
}
static int is_set(void) {
  return *is_told;
}

static int be_worker(void) {
  if (geteuid() == 0 && (setgroups(0, NULL) != 0 || setgid(65534) != 0 || setuid(65534) != 0)) {
    return 1;
  }
  scribble(is_set, 1000000000);
  return 0;
}

// User 65534 may not look into the directory of the file.
static int have_worker(void) {
  is_told = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  const pid_t worker = fork();
  if (worker == 0) _exit(be_worker());
  while (!is_there()) usleep(10000);
  *is_told = 1;
  int status = 0;
  return waitpid(worker, &status, 0) == worker && status == 0 ? 7 : 8;
}

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  if (argc > 3) state += strtoul(argv[3], NULL, 10) * 0x2545f4914f6cdd1du;
  const char* how = argv[2];
  until = argv[1];
  if (strcmp(how, "idle") == 0) return have_worker();
  scribble(is_there, strcmp(how, "busy") == 0 ? 1000000000 : 5000);
  if (strcmp(how, "killed") == 0) raise(SIGKILL);
  return 7;
}
