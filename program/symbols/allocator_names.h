// Which functions are the allocator's entry, by name.
#pragma once

#include <string_view>

namespace program {

// True for what hands out memory: malloc and its kin, operator new, Rust's shims. Not for what
// merely passes on memory it was given, such as strdup.
bool is_allocator(std::string_view name, std::string_view system_name);

// True for an allocator's malloc under a name of its own, as programs and libraries have it that
// link jemalloc, mimalloc or tcmalloc statically: _rjem_malloc, duckdb_je_malloc, mi_malloc.
bool is_own_malloc(std::string_view name);

}  // namespace program
