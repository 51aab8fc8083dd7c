// Allocates as many blocks as asked, and some more that do not change. usage: builds_index N
#include <stdio.h>
#include <stdlib.h>

static void* volatile kept;

__attribute__((noinline)) static void add_entry(int i) {
  kept = malloc((size_t)(16 + i % 48));
}
__attribute__((noinline)) void build_index(int entries) {
  for (int i = 0; i < entries; i++) add_entry(i);
  __asm__ volatile("");
}
__attribute__((noinline)) void read_input(void) {
  for (int i = 0; i < 100; i++) kept = malloc(100);
  __asm__ volatile("");
}

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  read_input();
  build_index(atoi(argv[1]));
  puts("built");
  return 0;
}
