#include "collectors/threads/thread_pointers.h"

#include <sys/auxv.h>

#include <catch2/catch.hpp>

#include "env/sys/arch.h"

TEST_CASE("a thread pointer is a thread's own while its thread is there") {
  const bool can_be_told = (getauxval(AT_HWCAP2) & 2) != 0;
  const uint64_t own = arch::thread_pointer();
  thread_pointers::add(own);
  thread_pointers::add(own);
  CHECK(thread_pointers::is_own_here());
  thread_pointers::remove(own);
  CHECK(thread_pointers::is_own_here() == !can_be_told);
  thread_pointers::add(own);
  CHECK(thread_pointers::is_own_here());
  thread_pointers::remove(own);
}

TEST_CASE("where there is no room for more threads every pointer may be one's own") {
  for (uint64_t i = 1; i < 20000; i++) thread_pointers::add(i << 12);
  CHECK(thread_pointers::is_own_here());
}
