#include "program/symbols/perf_map.h"

#include <algorithm>
#include <charconv>
#include <numeric>

namespace program {
namespace {

bool take_hex(std::string_view* text, uint64_t* value) {
  if (text->starts_with("0x") || text->starts_with("0X")) text->remove_prefix(2);
  const char* end = text->data() + text->size();
  const auto [at, error] = std::from_chars(text->data(), end, *value, 16);
  if (error != std::errc()) return false;
  text->remove_prefix(static_cast<size_t>(at - text->data()));
  return true;
}

bool take_blanks(std::string_view* text) {
  const size_t count = std::min(text->find_first_not_of(" \t"), text->size());
  text->remove_prefix(count);
  return count > 0;
}

std::string_view take_last_line(std::string_view* text) {
  const size_t newline = text->rfind('\n');
  const size_t start = newline == std::string_view::npos ? 0 : newline + 1;
  const std::string_view line = text->substr(start);
  text->remove_suffix(text->size() - (start == 0 ? 0 : newline));
  return line;
}

// Indices, each of which is taken once: those taken are never looked at again, so that lines which
// all cover everything cost no more than others.
class Untaken {
 public:
  explicit Untaken(size_t count) : next_(count + 1) {
    std::iota(next_.begin(), next_.end(), size_t{0});
  }
  size_t from(size_t index) {
    while (next_[index] != index) {
      next_[index] = next_[next_[index]];
      index = next_[index];
    }
    return index;
  }
  void take(size_t index) { next_[index] = index + 1; }

 private:
  std::vector<size_t> next_;
};

}  // namespace

bool parse_perf_map_line(std::string_view line, PerfMapLine* out) {
  uint64_t size = 0;
  if (!take_hex(&line, &out->begin) || !take_blanks(&line)) return false;
  if (!take_hex(&line, &size) || !take_blanks(&line)) return false;
  while (!line.empty() && (line.back() == ' ' || line.back() == '\r')) line.remove_suffix(1);
  out->end = out->begin + std::min(size, UINT64_MAX - out->begin);
  out->name = line;
  return !line.empty();
}

PerfMapNames find_in_perf_map(std::string_view text, const std::vector<uint64_t>& addresses) {
  PerfMapNames found;
  found.names.resize(addresses.size());
  Untaken untaken(addresses.size());
  size_t left = addresses.size();
  // Backwards: the first line that is met is the one that holds.
  while (!text.empty() && left > 0) {
    const std::string_view text_line = take_last_line(&text);
    if (text_line.empty()) continue;
    PerfMapLine line;
    if (!parse_perf_map_line(text_line, &line)) {
      found.bad_lines++;
      continue;
    }
    const auto first = std::lower_bound(addresses.begin(), addresses.end(), line.begin);
    size_t i = untaken.from(static_cast<size_t>(first - addresses.begin()));
    for (; i < addresses.size() && addresses[i] < line.end; i = untaken.from(i)) {
      found.names[i] = line.name;
      untaken.take(i);
      left--;
    }
  }
  return found;
}

}  // namespace program
