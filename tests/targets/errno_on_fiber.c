// Allocates on a fiber, whose stack no call announced, and sees that errno stays.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <ucontext.h>

static ucontext_t main_context, fiber;
static long changed;

static void on_fiber(void) {
  for (int i = 0; i < 2000; i++) {
    errno = 1234;
    void* volatile block = malloc((size_t)i);
    changed += errno != 1234;
    free(block);
    changed += errno != 1234;
  }
  swapcontext(&fiber, &main_context);
}

int main(void) {
  getcontext(&fiber);
  fiber.uc_stack.ss_size = 256 * 1024;
  fiber.uc_stack.ss_sp = malloc(fiber.uc_stack.ss_size);
  fiber.uc_link = 0;
  makecontext(&fiber, on_fiber, 0);
  swapcontext(&main_context, &fiber);
  printf("errno changed %ld times\n", changed);
  return 0;
}
