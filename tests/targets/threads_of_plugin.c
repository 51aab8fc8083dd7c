// A program that makes one thread and loads a plugin that makes two. usage: threads_of_plugin [libc]
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>

static void* ends_at_once(void* none) { return none; }

int main(int argc, char** argv) {
  (void)argv;
  pthread_t thread;
  pthread_create(&thread, NULL, ends_at_once, NULL);
  pthread_join(thread, NULL);
  void* plugin = dlopen("target_threads_by_name.so", RTLD_NOW | RTLD_LOCAL);
  if (plugin == NULL) return puts(dlerror()), 2;
  int (*make)(int);
  *(void**)&make = dlsym(plugin, "make_threads_by_name");
  printf("made %d\n", make(argc > 1));
  printf("no such name: %s\n", dlsym(plugin, "no_such_name") == NULL ? dlerror() : "found");
  return 0;
}
