#include "program/symbols/jit_names.h"

#include <unistd.h>

#include <algorithm>
#include <optional>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "encoder/pprof/pseudo_frames.h"
#include "program/profiles/profile_process.h"
#include "program/symbols/perf_map.h"
#include "program/symbols/perf_map_file.h"
#include "program/symbols/readable_name.h"
#include "program/system/console.h"

namespace program {
namespace {

constexpr std::string_view kJit = encoder::name_of(encoder::Pseudo::kJit);
// Far longer than any name that people read.
constexpr size_t kMaxNameBytes = 4 << 10;

using Locations = std::vector<pprof::Location*>;

Locations jit_locations(Profile* profile) {
  std::unordered_set<uint64_t> pseudo_functions;
  for (const auto& function : profile->function()) {
    if (text_of(*profile, function.name()) == kJit) pseudo_functions.insert(function.id());
  }
  Locations found;
  for (auto& location : *profile->mutable_location()) {
    if (location.mapping_id() == 0 && location.line_size() == 1 &&
        pseudo_functions.contains(location.line(0).function_id())) {
      found.push_back(&location);
    }
  }
  std::sort(found.begin(), found.end(),
            [](const auto* a, const auto* b) { return a->address() < b->address(); });
  return found;
}

// Cuts ":NUMBER" off the end.
std::optional<int64_t> take_number(std::string_view* text) {
  const size_t colon = text->rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto value = positive_number(text->substr(colon + 1));
  if (value) text->remove_suffix(text->size() - colon);
  return value;
}

std::string printable(std::string_view name) {
  std::string clean(name.substr(0, kMaxNameBytes));
  for (char& c : clean) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  }
  return clean;
}

bool read(FileSource* files, const FileRequest& request, std::string* text, std::string* path) {
  OpenedFile map = files->open(request);
  *path = map.path;
  if (map.fd < 0) {
    const bool absent = map.problem.empty();
    say(absent ? Level::kDebug : Level::kError, map.path + ": " +
                                                    (absent ? "not there" : map.problem) +
                                                    "; code made at run time stays [jit]");
    return false;
  }
  const bool is_read = read_perf_map(map.fd, text);
  close(map.fd);
  if (!is_read)
    say(Level::kError, map.path + ": it cannot be read; code made at run time stays [jit]");
  return is_read;
}

}  // namespace

Frame jit_frame(const std::string& name) {
  Frame frame;
  frame.system_name = name;
  frame.name = readable_name(name);
  std::string_view front = name;
  auto line = take_number(&front);
  if (const auto before = take_number(&front)) line = before;  // and the last one is the column
  // A path may have blanks, and so may a name: the path begins at the first slash behind a blank.
  const size_t slash = front.find(" /");
  const size_t blank = slash != std::string_view::npos ? slash : front.rfind(' ');
  if (!line || blank == std::string_view::npos) return frame;
  const std::string_view file = front.substr(blank + 1);
  if (file.find_first_of("/.:[") == std::string_view::npos) return frame;  // "Handler 10:30"
  frame.file = file;
  frame.line = frame.start_line = *line;
  front = front.substr(0, blank);
  // V8 writes a mark of the compiler in front of the name: "JS:*" is a function without one.
  const bool nameless = front.empty() || front.find_last_of(":*~+^") == front.size() - 1;
  if (!nameless) frame.name = front;
  return frame;
}

bool name_jit_code(FileSource* files, Profile* profile, ProfileEditor* editor) {
  const Locations locations = jit_locations(profile);
  if (locations.empty()) return false;
  const ProfileProcess process = process_of(*profile);
  std::string text, path;
  const FileRequest request{FileKind::kPerfMap, "",
                            process.pid != 0 ? std::to_string(process.pid) : "", process.seen_ns};
  if (!read(files, request, &text, &path)) return false;

  std::vector<uint64_t> addresses;
  for (const auto* location : locations) addresses.push_back(location->address());
  const PerfMapNames found = find_in_perf_map(text, addresses);
  if (found.bad_lines > 0) {
    say(Level::kInfo, path + ": lines skipped that are not START SIZE NAME, in hexadecimal: " +
                          std::to_string(found.bad_lines));
  }
  bool changed = false;
  for (size_t i = 0; i < locations.size(); i++) {
    if (found.names[i].empty()) continue;
    editor->set_lines(locations[i], {jit_frame(printable(found.names[i]))});
    changed = true;
  }
  return changed;
}

}  // namespace program
