// Names to demangle, lines to find and two inlined levels; the test knows the marked lines.
#include <cstdio>
#include <cstdlib>

#include "burn.h"

static void* volatile sink;

namespace shapes {

template <typename T>
class Area {
 public:
  __attribute__((noinline)) void grow(int count) {
    for (int i = 0; i < count; i++) middle(i);
  }
  __attribute__((noinline)) void spin(int ms);

 private:
  [[gnu::always_inline]] inline void innermost(int) {
    sink = malloc(6007 * sizeof(T));  // line: innermost
  }
  [[gnu::always_inline]] inline void middle(int i) {
    innermost(i);  // line: middle
  }
};

template <typename T>
void Area<T>::spin(int ms) {
  const int64_t start = thread_cpu_ns();
  while (thread_cpu_ns() - start < ms * int64_t{1000000}) burn_iterations(kSeldom);
}

}  // namespace shapes

int main() {
  shapes::Area<char> area;
  area.grow(11);
  area.spin(300);
  return sink == nullptr;
}
