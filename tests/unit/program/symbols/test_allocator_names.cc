#include "program/symbols/allocator_names.h"

#include <catch2/catch.hpp>
#include <string>

using program::is_allocator;

TEST_CASE("malloc and its kin, operator new and Rust's shims are allocators") {
  for (const char* name : {"malloc",
                           "calloc",
                           "realloc",
                           "reallocarray",
                           "memalign",
                           "posix_memalign",
                           "aligned_alloc",
                           "valloc",
                           "pvalloc",
                           "__libc_malloc",
                           "__GI___libc_malloc",
                           "operator new",
                           "operator new[]",
                           "__rust_alloc",
                           "__rust_realloc",
                           "__rust_alloc_zeroed",
                           "__rdl_alloc",
                           "__rg_realloc",
                           "__rustc::__rust_alloc",
                           "alloc::alloc::alloc",
                           "alloc::alloc::Global::alloc_impl",
                           "alloc::alloc::exchange_malloc",
                           "<alloc::alloc::Global as core::alloc::Allocator>::allocate",
                           "<alloc::alloc::Global>::alloc_impl_runtime",
                           "<std::alloc::System as core::alloc::global::GlobalAlloc>::realloc"}) {
    CHECK(is_allocator(name, name));
  }
  const std::string owner = "<impl core::alloc::global::GlobalAlloc for std::alloc::System>";
  CHECK(is_allocator("std::sys::alloc::unix::" + owner + "::alloc", ""));
  CHECK(is_allocator("operator new(unsigned long)", "_Znwm"));
  CHECK(is_allocator("operator new[](unsigned long, std::align_val_t)", "_ZnamSt11align_val_t"));
}

TEST_CASE("what only passes memory on is no allocator") {
  for (const char* name :
       {"strdup", "main", "my_malloc", "zmalloc", "A::operator new", "std::vector::push_back",
        "alloc::vec::Vec<T>::push", "free", "__rust_dealloc", "_int_malloc", "",
        "alloc::alloc::dealloc", "alloc::alloc::handle_alloc_error", "my::alloc::alloc", "alloc"}) {
    CHECK_FALSE(is_allocator(name, name));
  }
  CHECK_FALSE(is_allocator("A::operator new", "_ZN1AnwEm"));
}

TEST_CASE("an allocator that is linked in is known by the name of its malloc") {
  for (const char* name : {"_rjem_malloc", "je_malloc", "duckdb_je_malloc", "je_arrow_malloc",
                           "mi_malloc", "_mi_malloc", "tc_malloc", "rpmalloc", "scalable_malloc"}) {
    INFO(name);
    CHECK(program::is_own_malloc(name));
  }
  for (const char* name : {"malloc", "xmalloc", "demi_malloc", "g_malloc", "_rjem_mallocx",
                           "__libc_malloc", "mi_malloc_stats", ""}) {
    INFO(name);
    CHECK_FALSE(program::is_own_malloc(name));
  }
}
