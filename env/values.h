// The kinds of values that a PROFILER_* variable can have: how each is read, checked and described.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "env/sys/text.h"

namespace options {

enum class Kind {
  kModes,
  kText,
  kDirectory,
  kTemplate,
  kInteger,
  kOctal,
  kSize,
  kDuration,
  kChoice,
  kFlag,
  kSignal,
  kAddress,
  kUrl,
  kLabels,
  kGlobs,
};

// What a variable accepts; a column of options.def.
struct Check {
  Kind kind;
  std::string_view low = {}, high = {};  // bounds, written as a user would
  std::string_view words = {};  // choices, also beside a directory; what kText says it accepts
  size_t text_bytes = 0;        // longest text
};

constexpr Check mode_list() {
  return {Kind::kModes};
}
constexpr Check flag() {
  return {Kind::kFlag};
}
constexpr Check signal_name() {
  return {Kind::kSignal};
}
constexpr Check integer(std::string_view low, std::string_view high) {
  return {Kind::kInteger, low, high};
}
constexpr Check octal(std::string_view low, std::string_view high) {
  return {Kind::kOctal, low, high};
}
constexpr Check size(std::string_view low, std::string_view high) {
  return {Kind::kSize, low, high};
}
constexpr Check duration(std::string_view low, std::string_view high) {
  return {Kind::kDuration, low, high};
}
constexpr Check choice(std::string_view words) {
  return {Kind::kChoice, {}, {}, words};
}
constexpr Check any_text(size_t bytes, std::string_view accepted) {
  return {Kind::kText, {}, {}, accepted, bytes};
}
// A directory by its path from the root: a relative one would begin elsewhere in each process.
constexpr Check directory(size_t bytes, std::string_view words) {
  return {Kind::kDirectory, {}, {}, words, bytes};
}
constexpr Check file_template(size_t bytes) {
  return {Kind::kTemplate, {}, {}, {}, bytes};
}
constexpr Check address(size_t bytes) {
  return {Kind::kAddress, {}, {}, {}, bytes};
}
constexpr Check url(size_t bytes) {
  return {Kind::kUrl, {}, {}, {}, bytes};
}
constexpr Check label_list(size_t bytes) {
  return {Kind::kLabels, {}, {}, {}, bytes};
}
constexpr Check program_globs(size_t bytes) {
  return {Kind::kGlobs, {}, {}, {}, bytes};
}

// A value as read: a number (also a choice's index, a flag, a set of modes) or a text.
struct Value {
  uint64_t number = 0;
  std::string_view text;
};

// kPartly: a list with bad items; `value` is what is left of it.
enum class Verdict { kGood, kPartly, kBad };

// `problem` gets what is wrong where that is not plain from describe_accepted().
Verdict read_value(const Check& check, std::string_view given, Value& value,
                   text::Builder& problem);
void describe_accepted(const Check& check, text::Builder& out);

}  // namespace options
