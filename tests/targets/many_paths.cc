// Allocates from some thousand stacks, so that their profile is large, and keeps what it allocated
// until a file is there, for at most 300 s.
#include <cstdlib>
#include <ctime>

#include <unistd.h>

namespace {

constexpr unsigned kDepth = 10;

using Step = void (*)(unsigned, unsigned);
extern const Step steps[8];

template <int kNumber>
__attribute__((noinline)) void step(unsigned turns, unsigned depth) {
  if (depth == 0) {
    volatile char* kept = static_cast<char*>(malloc(16));
    kept[0] = kNumber;
  } else {
    steps[turns & 7](turns >> 3 | turns << 29, depth - 1);
  }
  asm volatile("" ::: "memory");  // a call that is no jump
}

const Step steps[8] = {step<0>, step<1>, step<2>, step<3>, step<4>, step<5>, step<6>, step<7>};

}  // namespace

// usage: many_paths FILE [STACKS]
int main(int argc, char** argv) {
  const char* number = argc > 2 ? argv[2] : "";
  const unsigned stacks =
      *number >= '1' && *number <= '9' ? static_cast<unsigned>(atoi(number)) : 12000;
  for (unsigned i = 0; i < stacks; i++) steps[i & 7](i * 2654435761u, kDepth);
  const time_t end = time(nullptr) + 300;
  while (argc > 1 && access(argv[1], F_OK) != 0 && time(nullptr) < end) usleep(10000);
  return 7;
}
