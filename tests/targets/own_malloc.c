// A program with an allocator of its own, as one that links it statically has. With a library, it
// prints of a block that the library allocates; its segments have a hole between them.
#include <stdio.h>
#include <string.h>

static char memory[1 << 20];
static size_t used;

void* malloc(size_t size) {
  used = (used + 31) & ~(size_t)15;
  if (size > sizeof memory - used) return NULL;
  memcpy(memory + used - sizeof size, &size, sizeof size);
  void* p = memory + used;
  used += size;
  return p;
}

void free(void* p) { (void)p; }

void* calloc(size_t count, size_t each) {
  void* p = malloc(count * each);
  return p == NULL ? NULL : memset(p, 0, count * each);
}

void* realloc(void* p, size_t size) {
  void* q = malloc(size);
  size_t before;
  if (p == NULL || q == NULL) return q;
  memcpy(&before, (char*)p - sizeof before, sizeof before);
  return memcpy(q, p, before < size ? before : size);
}

#ifdef WITH_LIBRARY
char* allocated_by_library(size_t size);
#endif

int main(void) {
#ifdef WITH_LIBRARY
  char* text = strcpy(allocated_by_library(5), "mine");
#else
  char* text = strdup("mine");
#endif
  printf("%s %d\n", text, text > memory && text < memory + sizeof memory);
  return 0;
}
