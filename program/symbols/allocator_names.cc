#include "program/symbols/allocator_names.h"

#include <algorithm>
#include <iterator>

namespace program {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view kNames[] = {
    "malloc",         "calloc",         "realloc",         "reallocarray", "memalign",
    "posix_memalign", "aligned_alloc",  "valloc",          "pvalloc",      "__libc_malloc",
    "__libc_calloc",  "__libc_realloc", "__libc_memalign", "operator new", "operator new[]"};

// Rust's allocators and what the standard library wraps around them, in both manglings.
constexpr std::string_view kRustOwners[] = {
    "alloc::alloc",
    "alloc::alloc::Global",
    "<alloc::alloc::Global>",
    "<alloc::alloc::Global as core::alloc::Allocator>",
    "std::alloc::System",
    "<std::alloc::System>",
    "<std::alloc::System as core::alloc::Allocator>",
    "<std::alloc::System as core::alloc::global::GlobalAlloc>",
    "std::sys::alloc::unix",
    "std::sys::alloc"};
constexpr std::string_view kRustVerbs[] = {"alloc",
                                           "alloc_zeroed",
                                           "realloc",
                                           "allocate",
                                           "allocate_zeroed",
                                           "grow",
                                           "grow_zeroed",
                                           "shrink",
                                           "exchange_malloc",
                                           "alloc_impl",
                                           "alloc_impl_runtime",
                                           "grow_impl",
                                           "grow_impl_runtime",
                                           "shrink_impl",
                                           "shrink_impl_runtime",
                                           "aligned_malloc",
                                           "realloc_fallback"};

template <size_t n>
bool is_among(const std::string_view (&names)[n], std::string_view name) {
  return std::find(std::begin(names), std::end(names), name) != std::end(names);
}

// __rust_alloc, __rdl_realloc, __rg_alloc_zeroed ...
bool is_rust_shim(std::string_view name) {
  for (const auto prefix : {"__rust_"sv, "__rdl_"sv, "__rg_"sv}) {
    if (!name.starts_with(prefix)) continue;
    name.remove_prefix(prefix.size());
    return name == "alloc" || name == "realloc" || name == "alloc_zeroed";
  }
  return false;
}

bool is_rust(std::string_view name) {
  const size_t separator = name.rfind("::");
  if (separator == std::string_view::npos) return is_rust_shim(name);
  const std::string_view owner = name.substr(0, separator);
  const std::string_view verb = name.substr(separator + 2);
  if (is_rust_shim(verb)) return true;  // "__rustc::__rust_alloc"
  constexpr auto kLegacySystem = "<impl core::alloc::global::GlobalAlloc for std::alloc::System>"sv;
  const bool owned = is_among(kRustOwners, owner) || owner.ends_with(kLegacySystem);
  return owned && is_among(kRustVerbs, verb);
}

}  // namespace

bool is_own_malloc(std::string_view name) {
  constexpr std::string_view kMalloc = "malloc";
  if (!name.ends_with(kMalloc)) return false;
  name.remove_suffix(kMalloc.size());
  constexpr std::string_view kPrefixes[] = {"je_", "jem_", "rjem_", "je_arrow_", "mi_",
                                            "tc_", "rp",   "sn_",   "scalable_"};
  return std::any_of(std::begin(kPrefixes), std::end(kPrefixes), [name](std::string_view prefix) {
    if (!name.ends_with(prefix)) return false;
    // As a word: "demi_malloc" is none.
    return name.size() == prefix.size() || name[name.size() - prefix.size() - 1] == '_';
  });
}

bool is_allocator(std::string_view name, std::string_view system_name) {
  // A class's own operator new, "A::operator new", is the program's code.
  if (system_name.starts_with("_Znw") || system_name.starts_with("_Zna")) return true;
  if (name.starts_with("__GI_")) name.remove_prefix(5);  // glibc's names for its own calls
  return is_among(kNames, name) || is_rust(name);
}

}  // namespace program
