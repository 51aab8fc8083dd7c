#include "program/report/report_sources.h"

#include <algorithm>
#include <cstdlib>

namespace program {
namespace {

using nlohmann::json;

constexpr double kSmallestPart = 0.002;
constexpr size_t kMostPlaces = 1000;  // of each profile
constexpr int64_t kAround = 3;

void add_lines(const std::string& place, SourceFiles* files, json* sources) {
  const size_t colon = place.rfind(':');
  if (colon == std::string::npos) return;
  const std::string file = place.substr(0, colon);
  const int64_t line = atoll(place.c_str() + colon + 1);
  const std::vector<std::string>* text = line > 0 ? files->lines(file) : nullptr;
  if (text == nullptr) return;
  const auto count = static_cast<int64_t>(text->size());
  for (int64_t i = std::max<int64_t>(1, line - kAround); i <= std::min(count, line + kAround);
       i++) {
    (*sources)[file][std::to_string(i)] = (*text)[static_cast<size_t>(i - 1)];
  }
}

}  // namespace

json sources_of(const ReportInput& input, SourceFiles* files) {
  json sources = json::object();
  for (const ReportedProfile& profile : input.profiles) {
    const double total = profile.lines.total().value;
    size_t left = kMostPlaces;
    for (const FigureRow* row : profile.lines.sorted(true)) {
      if (left-- == 0 || row->cum.value < kSmallestPart * total) break;
      add_lines(row->place, files, &sources);
    }
  }
  return sources;
}

}  // namespace program
