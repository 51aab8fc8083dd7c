// Threads that load a plugin of their own each, wait in it and unload it, over and over again.
// usage: unloads_beside SECONDS PLUGIN...
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static atomic_int is_over;

static void* loads(void* path) {
  unsigned seed = (unsigned)(size_t)path;
  while (!is_over) {
    void* plugin = dlopen(path, RTLD_NOW);
    if (plugin == NULL) abort();
    void (*naps)(unsigned);
    *(void**)&naps = dlsym(plugin, "naps_in_plugin");
    naps((unsigned)rand_r(&seed) % 60);
    dlclose(plugin);
    usleep(100);
  }
  return NULL;
}
static void* spins(void* none) {
  while (!is_over) __asm__ volatile("");
  return none;
}

int main(int argc, char** argv) {
  pthread_t threads[64];
  int count = 0;
  pthread_create(&threads[count++], NULL, spins, NULL);
  for (int i = 2; i < argc && count < 64; i++) pthread_create(&threads[count++], NULL, loads, argv[i]);
  sleep((unsigned)atoi(argv[1]));
  is_over = 1;
  while (count > 0) pthread_join(threads[--count], NULL);
  puts("unloaded");
  return 0;
}
