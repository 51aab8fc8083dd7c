/* Uses profiler.h: what the document of Go's runtime/pprof says of Add, Remove and labels, and what
 * a program may do wrong. C89: as old a program may include it. Runs alike without the profiler. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "include/profiler.h"

#define NOINLINE __attribute__((noinline))

static void* clients;
static char objects[64];
static volatile int sink;

/* Go's own example: with skip 0 the stack begins in rpc.NewClient, with 1 in its caller. */
NOINLINE void new_client(int which, int skip) {
  profiler_custom_add(clients, &objects[which], skip);
  sink++;
}
NOINLINE void run_skipping_none(int which) {
  new_client(which, 0);
  sink++;
}
NOINLINE void run_skipping_one(int which) {
  new_client(which, 1);
  sink++;
}

/* Large blocks: each is a sample of the heap. */
static NOINLINE void* allocate_labelled(void) {
  void* p = malloc(1 << 20);
  sink++;
  return p;
}

static void* child(void* name) {
  void* jobs = profiler_custom("jobs");
  profiler_custom_add(jobs, name, 0);
  profiler_label_set("job", "own");
  profiler_custom_add(jobs, (char*)name + 1, 0);
  return allocate_labelled();
}

static void labels(void) {
  pthread_t thread;
  static char first[2], second[2];
  profiler_label_set("job", "early");
  profiler_label_set("job", "late"); /* the later value wins */
  profiler_label_set("color", "blue");
  profiler_label_set("color", NULL);
  pthread_create(&thread, NULL, child, first); /* inherits job=late */
  pthread_join(thread, NULL);
  profiler_custom_add(profiler_custom("jobs"), first + 1, 0); /* again: the thread had added it */
  profiler_label_clear("job");
  profiler_custom_add(profiler_custom("jobs"), second, 0);
  printf("labels: %d %d %d %d\n", profiler_label_set("thread", "x"), profiler_label_set("", "x"),
         profiler_label_set(NULL, "x"), profiler_label_clear("never set"));
}

static void wrong_use(void) {
  int i;
  char name[200];
  printf("same handle: %d\n", profiler_custom("clients") == clients);
  memset(name, 'x', sizeof name);
  name[150] = 0;
  printf("no handle: %d\n", profiler_custom(name) == NULL && profiler_custom("") == NULL &&
                                profiler_custom("heap") == NULL && profiler_custom(NULL) == NULL &&
                                profiler_custom("two\nlines") == NULL);
  printf("null handle: %d %d\n", profiler_custom_add(NULL, name, 0),
         profiler_custom_remove(NULL, name));
  i = profiler_custom_add(name, name, 0) == profiler_custom_remove(name, name);
  printf("foreign handle: %d\n", i);
  printf("trace: %d %d %lu %d %d\n", profiler_region_begin("r"), profiler_region_end(),
         profiler_task_begin("t"), profiler_task_end(7), profiler_log("c", "m"));
}

int main(void) {
  int i;
  clients = profiler_custom("clients");
  for (i = 0; i < 5; i++) run_skipping_none(i);
  for (i = 5; i < 8; i++) run_skipping_one(i);
  run_skipping_one(0); /* Go panics; here it moves to the new stack */
  profiler_custom_remove(clients, &objects[1]);
  profiler_custom_remove(clients, &objects[1]); /* nothing */
  profiler_custom_remove(clients, &objects[40]);
  profiler_custom_add(clients, NULL, 0); /* a key like any other */
  profiler_custom_remove(clients, NULL);
  labels();
  wrong_use();
  return 0;
}
