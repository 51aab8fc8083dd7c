#include "program/profiles/profile_process.h"

#include <charconv>

namespace program {

std::optional<int64_t> positive_number(std::string_view text) {
  int64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || at != end || value <= 0) return std::nullopt;
  return value;
}

ProfileProcess process_of(const Profile& profile) {
  constexpr std::string_view kPidComment = "# pid: ";
  std::optional<int64_t> pid;
  for (const int64_t index : profile.comment()) {
    const std::string_view comment = text_of(profile, index);
    if (!comment.starts_with(kPidComment)) continue;
    const auto here = positive_number(comment.substr(kPidComment.size()));
    if (!here || (pid && *pid != *here)) return {0, profile.time_nanos()};
    pid = here;
  }
  return {pid.value_or(0), profile.time_nanos()};
}

}  // namespace program
