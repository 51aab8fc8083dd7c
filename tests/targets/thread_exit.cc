// A thread that allocates after all its frames are gone: in the destructors of thread_local objects
// and of keys, those as often as libc runs them; meanwhile another thread has begun.
#include <pthread.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>

static pthread_key_t key;
static std::atomic<int> leaving, second_began;
static void* volatile sink;

extern "C" __attribute__((noinline)) void site_of_key() {
  sink = malloc(301);
  free(sink);
}
extern "C" __attribute__((noinline)) void site_of_object() {
  sink = malloc(302);
  free(sink);
}

struct Object {
  ~Object() { site_of_object(); }
  int used = 0;
};
static thread_local Object object;

static void destroy(void* turn) {
  leaving = 1;
  while (second_began == 0) usleep(1000);
  site_of_key();
  const auto next = reinterpret_cast<long>(turn) + 1;
  if (next <= 4) pthread_setspecific(key, reinterpret_cast<void*>(next));
}

static void* first(void* none) {
  pthread_setname_np(pthread_self(), "first");
  object.used = 1;
  pthread_setspecific(key, reinterpret_cast<void*>(1));
  return none;
}

static void* second(void* none) {
  pthread_setname_np(pthread_self(), "second");
  second_began = 1;
  return none;
}

int main() {
  pthread_t a, b;
  pthread_key_create(&key, destroy);
  pthread_create(&a, nullptr, first, nullptr);
  while (leaving == 0) usleep(1000);
  pthread_create(&b, nullptr, second, nullptr);
  pthread_join(a, nullptr);
  pthread_join(b, nullptr);
  puts("done");
  return 0;
}
