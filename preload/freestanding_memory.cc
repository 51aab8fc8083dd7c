// libc's functions on bytes and sets of signals, for this library alone: compilers call them
// unasked, and the host's may be a sanitizer's, which is not there yet when we start
// (ThreadSanitizer: a jump to null) and later takes our tables for the host's data (races that are
// none, another exit status).
//
// An empty asm in a loop keeps the compiler from making a call of the very function of it.
#include <signal.h>

#include <cstddef>
#include <cstdint>

// Local by the list of exported names.
#define OWN extern "C"
#define STAYS_A_LOOP() asm volatile("")

namespace {

uint64_t word_at(const char* p) {
  struct __attribute__((packed)) Word {
    uint64_t value;
  };
  return reinterpret_cast<const Word*>(p)->value;
}

int difference(char a, char b) {
  return static_cast<unsigned char>(a) - static_cast<unsigned char>(b);
}

}  // namespace

OWN void* memcpy(void* __restrict to, const void* __restrict from, size_t size) {
  void* at = to;
  asm volatile("rep movsb" : "+D"(at), "+S"(from), "+c"(size) : : "memory");
  return to;
}

OWN void* memmove(void* to, const void* from, size_t size) {
  auto* t = static_cast<char*>(to);
  const auto* f = static_cast<const char*>(from);
  if (reinterpret_cast<uint64_t>(t) - reinterpret_cast<uint64_t>(f) >= size) {
    void* at = to;
    asm volatile("rep movsb" : "+D"(at), "+S"(from), "+c"(size) : : "memory");
    return to;
  }
  while (size-- > 0) {
    t[size] = f[size];
    STAYS_A_LOOP();
  }
  return to;
}

OWN void* memset(void* to, int value, size_t size) {
  void* at = to;
  asm volatile("rep stosb" : "+D"(at), "+c"(size) : "a"(value) : "memory");
  return to;
}

OWN int memcmp(const void* a, const void* b, size_t size) {
  const auto* x = static_cast<const char*>(a);
  const auto* y = static_cast<const char*>(b);
  for (; size >= 8 && word_at(x) == word_at(y); size -= 8) {
    x += 8;
    y += 8;
  }
  for (; size > 0; size--, x++, y++) {
    if (*x != *y) return difference(*x, *y);
    STAYS_A_LOOP();
  }
  return 0;
}

OWN void* memchr(const void* bytes, int value, size_t size) {
  const auto* p = static_cast<const char*>(bytes);
  for (; size > 0; size--, p++) {
    if (*p == static_cast<char>(value)) return const_cast<char*>(p);
    STAYS_A_LOOP();
  }
  return nullptr;
}

OWN size_t strlen(const char* text) {
  size_t size = 0;
  for (; text[size] != 0; size++) STAYS_A_LOOP();
  return size;
}

OWN int strncmp(const char* a, const char* b, size_t most) {
  for (; most > 0; most--, a++, b++) {
    if (*a != *b || *a == 0) return difference(*a, *b);
    STAYS_A_LOOP();
  }
  return 0;
}

OWN int strcmp(const char* a, const char* b) {
  return strncmp(a, b, ~size_t{0});
}

OWN char* strncpy(char* __restrict to, const char* __restrict from, size_t size) {
  size_t i = 0;
  for (; i < size && from[i] != 0; i++) {
    to[i] = from[i];
    STAYS_A_LOOP();
  }
  for (; i < size; i++) {
    to[i] = 0;
    STAYS_A_LOOP();
  }
  return to;
}

namespace {

unsigned long bit_of(int number) {
  return 1ul << (number - 1);
}

}  // namespace

// Without the two that libc keeps for itself.
OWN int sigfillset(sigset_t* set) noexcept {
  memset(set, 0xff, sizeof *set);
  set->__val[0] &= ~(bit_of(32) | bit_of(33));
  return 0;
}

OWN int sigaddset(sigset_t* set, int number) noexcept {
  set->__val[0] |= bit_of(number);
  return 0;
}

OWN int sigdelset(sigset_t* set, int number) noexcept {
  set->__val[0] &= ~bit_of(number);
  return 0;
}

OWN int sigismember(const sigset_t* set, int number) noexcept {
  return (set->__val[0] & bit_of(number)) != 0;
}
