// A symbol's name for people.
//
// pprof leaves a name alone that differs from the system name, so what stands here is what
// `pprof -top` prints. It is what pprof itself would have made of the symbol: C++ without
// parameters, return type and template arguments (`std::vector::push_back`), since a full libstdc++
// name fills the screen and hides the one word that is looked for. Nothing is lost: system_name
// stays mangled, and `-symbolize=demangle=full` or `=templates` builds the long names from it. Rust
// likewise without generic arguments, and without the empty `::<>` that pprof leaves.
#pragma once

#include <string>
#include <string_view>

namespace program {

// C++, Rust (legacy without its hash, and v0) and D. Anything else stays as it is, and so does a
// name that is too long to read when it is demangled.
std::string readable_name(const std::string& system_name);

// "a<b>::f(int) [clone .cold]" -> "a::f"; a name whose brackets do not match stays.
std::string without_arguments(std::string_view name);

// "<a::B<C> as d::E<F>>::f::<G>" -> "<a::B as d::E>::f"; likewise.
std::string without_generics(std::string_view name);

// "a.b!(int).f(int) const" -> "a.b.f"; likewise.
std::string without_d_arguments(std::string_view name);

}  // namespace program
