#include "env/globs.h"

#include "env/sys/text.h"

namespace globs {

namespace {

// The set at the front of a glob, `[...]` with both brackets; empty if it has no end. A `]` that
// comes first, also behind `!`, is one of the set.
std::string_view set_at_front(std::string_view glob) {
  size_t at = 1;
  const auto byte = [&](size_t i) { return i < glob.size() ? glob.data()[i] : '\0'; };
  if (byte(at) == '!' || byte(at) == '^') at++;
  if (byte(at) == ']') at++;
  const size_t end = text::find(text::part(glob, at), "]");
  return end == text::kNowhere ? std::string_view() : text::part(glob, 0, at + end + 1);
}

bool is_in_set(std::string_view set, char c) {
  const std::string_view inner = text::part(set, 1, set.size() - 2);
  const char* const bytes = inner.data();
  size_t at = bytes[0] == '!' || bytes[0] == '^' ? 1 : 0;
  const bool negated = at == 1;
  const auto code = [](char byte) { return static_cast<unsigned char>(byte); };
  while (at < inner.size()) {
    const bool range = at + 2 < inner.size() && bytes[at + 1] == '-';
    const char last = bytes[range ? at + 2 : at];
    if (code(c) >= code(bytes[at]) && code(c) <= code(last)) return !negated;
    at += range ? 3 : 1;
  }
  return negated;
}

// Bytes of the glob that match the name's byte, 0: they do not.
size_t match_one(std::string_view glob, char c) {
  if (glob.empty()) return 0;
  const char first = glob.data()[0];
  if (first == '?') return 1;
  if (first != '[') return first == c ? 1 : 0;
  const std::string_view set = set_at_front(glob);
  return !set.empty() && is_in_set(set, c) ? set.size() : 0;
}

}  // namespace

bool valid(std::string_view glob) {
  if (text::find(glob, "/") != text::kNowhere) return false;
  while (!glob.empty()) {
    const bool opens = glob.data()[0] == '[';
    const size_t size = opens ? set_at_front(glob).size() : 1;
    if (size == 0) return false;
    glob = text::part(glob, size);
  }
  return true;
}

// A star takes as little as it can; where that leads nowhere, the last star takes one byte more. An
// earlier one never has to.
bool matches(std::string_view glob, std::string_view name) {
  std::string_view after_star, rest;
  bool starred = false;
  for (;;) {
    if (text::starts_with(glob, "*")) {
      after_star = glob = text::part(glob, 1);
      rest = name;
      starred = true;
      continue;
    }
    if (name.empty() && glob.empty()) return true;
    const size_t size = name.empty() ? 0 : match_one(glob, name.data()[0]);
    if (size != 0) {
      glob = text::part(glob, size);
      name = text::part(name, 1);
      continue;
    }
    if (!starred || rest.empty()) return false;
    rest = text::part(rest, 1);
    name = rest;
    glob = after_star;
  }
}

bool any_matches(std::string_view list, std::string_view name) {
  std::string_view glob;
  while (text::next_item(list, glob)) {
    if (!glob.empty() && matches(glob, name)) return true;
  }
  return false;
}

}  // namespace globs
