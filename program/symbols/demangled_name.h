// A mangled name in full, by libiberty. A few bytes of a mangled name can stand for gigabytes, so
// the output of one name is bounded, and with it the time.
#pragma once

#include <optional>
#include <string>

namespace program {

enum class Language { kCpp, kRust, kD };

// None if this is no mangled name of that language, or if its demangled form is too long to read.
std::optional<std::string> demangled_name(const std::string& mangled, Language language);

}  // namespace program
