#include "program/system/console.h"

#include <unistd.h>

#include <string_view>

namespace program {
namespace {

Level current_level = Level::kError;
bool progress_shown = false;
void (*line_sink)(Level, const std::string&) = nullptr;

void write_all(const std::string& text) {
  size_t done = 0;
  while (done < text.size()) {
    const ssize_t n = write(STDERR_FILENO, text.data() + done, text.size() - done);
    if (n <= 0) return;  // no reader
    done += static_cast<size_t>(n);
  }
}

}  // namespace

std::string printable(const std::string& text) {
  std::string out = text;
  const auto byte = [&](size_t at) { return static_cast<unsigned char>(out[at]); };
  for (size_t i = 0; i < out.size(); i++) {
    // U+0080 to U+009F, which terminals obey too, in UTF-8.
    const bool is_second_half = i > 0 && byte(i - 1) == 0xc2 && byte(i) >= 0x80 && byte(i) < 0xa0;
    if (is_second_half) out[i - 1] = '?';
    if (is_second_half || byte(i) < 0x20 || byte(i) == 0x7f) out[i] = '?';
    // U+202A to U+202E and U+2066 to U+2069 turn the direction of what follows.
    const bool is_third = i > 1 && byte(i - 2) == 0xe2;
    const bool turns = (is_third && byte(i - 1) == 0x80 && byte(i) >= 0xaa && byte(i) <= 0xae) ||
                       (is_third && byte(i - 1) == 0x81 && byte(i) >= 0xa6 && byte(i) <= 0xa9);
    if (turns) out.replace(i - 2, 3, "???");
  }
  return out;
}

Level level_of(const char* value) {
  const std::string_view name = value == nullptr ? "" : value;
  if (name == "quiet") return Level::kQuiet;
  if (name == "error") return Level::kError;
  if (name == "info") return Level::kInfo;
  if (name == "debug") return Level::kDebug;
  return isatty(STDERR_FILENO) ? Level::kInfo : Level::kError;
}

void set_level(Level level) {
  current_level = level;
}

Level level() {
  return current_level;
}

void send_lines_to(void (*sink)(Level level, const std::string& line)) {
  line_sink = sink;
}

bool says(Level level) {
  return level <= current_level;
}

void say(Level level, const std::string& line) {
  if (!says(level)) return;
  if (line_sink != nullptr) return line_sink(level, line);
  show_progress("");
  write_all("profiler: " + printable(line) + "\n");
}

void show_progress(const std::string& text) {
  if (text.empty() && !progress_shown) return;
  if (!says(Level::kInfo) || !isatty(STDERR_FILENO)) return;
  constexpr const char* kWipeLine = "\r\x1b[K";
  write_all(kWipeLine + printable(text));
  progress_shown = !text.empty();
}

}  // namespace program
