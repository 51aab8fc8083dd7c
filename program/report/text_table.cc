#include "program/report/text_table.h"
#include "program/system/console.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace program {
namespace {

std::string formatted(const char* format, double value, const char* unit) {
  char text[64];
  snprintf(text, sizeof text, format, value);
  return std::string(text) + unit;
}

std::string duration_text(double ns) {
  struct Unit {
    double size;
    const char* name;
  };
  static constexpr Unit kUnits[] = {
      {3600e9, " h"}, {60e9, " min"}, {1e9, " s"}, {1e6, " ms"}, {1e3, " us"}};
  for (const Unit& unit : kUnits) {
    if (std::fabs(ns) < unit.size) continue;
    const double value = ns / unit.size;
    return formatted(std::fabs(value) >= 100 ? "%.0f" : "%.2f", value, unit.name);
  }
  return formatted("%.0f", ns, " ns");
}

std::string bytes_text(double bytes) {
  static constexpr const char* kNames[] = {" B", " KiB", " MiB", " GiB", " TiB"};
  size_t i = 0;
  while (std::fabs(bytes) >= 1024 && i + 1 < std::size(kNames)) bytes /= 1024, i++;
  return formatted(i == 0 || std::fabs(bytes) >= 100 ? "%.0f" : "%.2f", bytes, kNames[i]);
}

std::string count_text(double count) {
  std::string text = formatted("%.0f", std::fabs(count), "");
  for (size_t i = text.size(); i > 3;) text.insert(i -= 3, ",");
  return (count < 0 && text != "0" ? "-" : "") + text;
}

// Of UTF-8: what does not continue a character begins one.
size_t width_of(const std::string& text) {
  return static_cast<size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

std::string cut(const std::string& text, size_t width) {
  if (width_of(text) <= width) return text;
  std::string kept;
  size_t count = 0;
  for (const char c : text) {
    if ((c & 0xc0) != 0x80 && ++count > width - 1) break;
    kept += c;
  }
  return kept + "…";
}

const char* code_of(Colour colour) {
  static constexpr std::array<const char*, 5> kCodes = {"", "\033[31m", "\033[32m", "\033[1m",
                                                        "\033[2m"};
  return kCodes[static_cast<size_t>(colour)];
}

}  // namespace

std::string unit_text(double value, const std::string& unit) {
  if (unit == "nanoseconds") return duration_text(value);
  if (unit == "bytes") return bytes_text(value);
  return count_text(value);
}

std::string percent_text(double part, double whole) {
  return whole == 0 ? "" : formatted("%.1f", 100 * part / whole, " %");
}

std::string change_text(double ratio) {
  if (!std::isfinite(ratio)) return "new";
  const double percent = 100 * (ratio - 1);
  return formatted(std::fabs(percent) >= 100 ? "%+.0f" : "%+.1f", percent == 0 ? 0 : percent, " %");
}

bool stdout_has_colours() {
  const char* terminal = getenv("TERM");
  return isatty(STDOUT_FILENO) != 0 && getenv("NO_COLOR") == nullptr && terminal != nullptr &&
         strcmp(terminal, "dumb") != 0;
}

size_t stdout_columns() {
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0) return 0;
  return size.ws_col;
}

std::string TextTable::text(size_t columns, bool has_colours) const {
  std::vector<size_t> widths;
  for (const Column& column : columns_) widths.push_back(width_of(column.title));
  for (const Row& row : rows_) {
    for (size_t i = 0; i < row.cells.size(); i++) {
      widths[i] = std::max(widths[i], width_of(row.cells[i]));
    }
  }
  size_t used = 0;
  for (size_t i = 0; i + 1 < widths.size(); i++) used += widths[i] + 2;
  if (columns > used + 8) widths.back() = std::min(widths.back(), columns - used);
  const auto line = [&](const std::vector<std::string>& cells, Colour colour) {
    std::string text;
    for (size_t i = 0; i < cells.size(); i++) {
      const bool is_last = i + 1 == cells.size();
      const std::string cell = is_last ? cut(cells[i], widths[i]) : cells[i];
      const std::string room(widths[i] - std::min(widths[i], width_of(cell)), ' ');
      text +=
          (i > 0 ? "  " : "") + (columns_[i].is_left ? cell + (is_last ? "" : room) : room + cell);
    }
    const bool is_coloured = has_colours && colour != Colour::kNone;
    return (is_coloured ? code_of(colour) + text + "\033[0m" : text) + "\n";
  };
  std::vector<std::string> titles;
  for (const Column& column : columns_) titles.push_back(column.title);
  std::string all = line(titles, Colour::kBold);
  for (const Row& row : rows_) all += line(row.cells, row.colour);
  return all;
}

std::string markdown_text(const std::string& text) {
  std::string out = printable(text);
  for (size_t at = 0; (at = out.find_first_of("\\`*_[]<>|~@&#$", at)) != std::string::npos;
       at += 2) {
    out.insert(at, "\\");
  }
  // Otherwise services make links of it.
  for (size_t at = 0; (at = out.find("://", at)) != std::string::npos; at += 2)
    out.insert(at, "\\");
  for (size_t at = 0; (at = out.find("www.", at)) != std::string::npos; at += 5) {
    out.insert(at + 3, "\\");
  }
  return out;
}

std::string TextTable::markdown() const {
  std::string titles = "|", rule = "|", all;
  for (const Column& column : columns_) {
    titles += " " + column.title + " |";
    rule += column.is_left ? " :-- |" : " --: |";
  }
  for (const Row& row : rows_) {
    all += "|";
    for (const std::string& cell : row.cells) all += " " + markdown_text(cell) + " |";
    all += "\n";
  }
  return titles + "\n" + rule + "\n" + all;
}

}  // namespace program
