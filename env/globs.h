// Globs of program names: `*`, `?`, `[a-z]`, `[!a-z]`, and every other byte for itself.
//
// Our own and not fnmatch(3): that one reads the locale, which a host sets and changes, and
// allocates for long patterns, from an allocator that may not be ready at start.
#pragma once

#include <string_view>

namespace globs {

// False for one that would match nothing: a `[` without its end, or a `/`, which no name holds.
bool valid(std::string_view glob);

// Time: at most the product of both lengths.
bool matches(std::string_view glob, std::string_view name);

// One of a comma list does.
bool any_matches(std::string_view list, std::string_view name);

}  // namespace globs
