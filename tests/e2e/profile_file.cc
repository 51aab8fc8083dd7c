#include "tests/e2e/profile_file.h"

#include <zlib.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <stdexcept>
#include <unordered_map>

#include "tests/unit/encoder/pprof_rules.h"

namespace e2e {

std::string gunzip(const std::string& path) {
  gzFile file = gzopen(path.c_str(), "rb");
  if (file == nullptr) throw std::runtime_error("cannot open " + path);
  const bool plain = gzdirect(file) != 0;
  std::string bytes;
  char buffer[65536];
  int size;
  while ((size = gzread(file, buffer, sizeof buffer)) > 0) {
    bytes.append(buffer, static_cast<size_t>(size));
  }
  gzclose(file);
  if (size < 0 || plain) throw std::runtime_error("not a whole gzip file: " + path);
  return bytes;
}

ProfileFile::ProfileFile(const std::string& path) {
  INFO("profile: " << path);
  if (!proto_.ParseFromString(gunzip(path))) throw std::runtime_error("not a profile: " + path);
  for (const std::string& rule : pprof_rules::broken_rules(proto_))
    FAIL_CHECK("broken rule: " << rule);
  std::unordered_map<uint64_t, const perftools::profiles::Function*> functions;
  for (const auto& f : proto_.function()) functions[f.id()] = &f;
  std::unordered_map<uint64_t, int> position;
  for (const auto& location : proto_.location()) {
    position[location.id()] = static_cast<int>(frames_of_location_.size());
    std::vector<Frame>& frames = frames_of_location_.emplace_back();
    for (const auto& line : location.line()) {
      const auto* f = functions.at(line.function_id());
      frames.push_back({text(f->name()), text(f->system_name()), text(f->filename()), line.line()});
    }
  }
  for (const auto& sample : proto_.sample()) {
    std::vector<int>& positions = positions_.emplace_back();
    for (const uint64_t id : sample.location_id()) positions.push_back(position.at(id));
  }
}

const std::string& ProfileFile::text(int64_t index) const {
  return proto_.string_table(static_cast<int>(index));
}

std::vector<std::string> ProfileFile::comments() const {
  std::vector<std::string> result;
  for (const int64_t index : proto_.comment()) result.push_back(text(index));
  return result;
}

std::string ProfileFile::all_comments() const {
  std::string result;
  for (const std::string& line : comments()) result += line + "\n";
  return result;
}

int ProfileFile::value_index(const std::string& type) const {
  for (int i = 0; i < proto_.sample_type_size(); i++) {
    if (text(proto_.sample_type(i).type()) == type) return i;
  }
  throw std::runtime_error("no sample type " + type);
}

int64_t ProfileFile::total(const std::string& type) const {
  const int index = value_index(type);
  int64_t sum = 0;
  for (const auto& sample : proto_.sample()) sum += sample.value(index);
  return sum;
}

int64_t ProfileFile::containing(const std::string& type, const std::string& function) const {
  const int index = value_index(type);
  int64_t sum = 0;
  for (int i = 0; i < proto_.sample_size(); i++) {
    const bool found =
        std::any_of(positions_[i].begin(), positions_[i].end(), [&](const int position) {
          const auto& frames = frames_of_location_[position];
          return std::any_of(frames.begin(), frames.end(),
                             [&](const Frame& frame) { return frame.function == function; });
        });
    if (found) sum += proto_.sample(i).value(index);
  }
  return sum;
}

int64_t ProfileFile::at_leaf(const std::string& type, const std::string& function) const {
  const int index = value_index(type);
  int64_t sum = 0;
  for (int i = 0; i < proto_.sample_size(); i++) {
    if (positions_[i].empty()) continue;
    const auto& frames = frames_of_location_[positions_[i].front()];
    const bool found = std::any_of(frames.begin(), frames.end(),
                                   [&](const Frame& frame) { return frame.function == function; });
    if (found) sum += proto_.sample(i).value(index);
  }
  return sum;
}

double ProfileFile::share(const std::string& type, const std::string& function) const {
  return static_cast<double>(at_leaf(type, function)) / static_cast<double>(total(type));
}

double ProfileFile::named_share(const std::string& type) const {
  const int index = value_index(type);
  int64_t named = 0;
  for (int i = 0; i < proto_.sample_size(); i++) {
    const std::vector<Frame> all = frames(i);
    const std::string name = all.empty() ? "" : all.front().function;
    if (name.empty() || name == "[unknown]" || name == "[lost]" || name == "[jit]") continue;
    if (name.find("0x") == 0) continue;
    named += proto_.sample(i).value(index);
  }
  return static_cast<double>(named) / static_cast<double>(std::max<int64_t>(1, total(type)));
}

std::vector<std::string> ProfileFile::sample_types() const {
  std::vector<std::string> result;
  for (const auto& type : proto_.sample_type()) {
    result.push_back(text(type.type()) + "/" + text(type.unit()));
  }
  return result;
}

std::string ProfileFile::default_sample_type() const {
  return text(proto_.default_sample_type());
}

std::vector<Frame> ProfileFile::frames(int sample) const {
  std::vector<Frame> result;
  for (const int position : positions_[sample]) {
    const auto& frames = frames_of_location_[position];
    result.insert(result.end(), frames.begin(), frames.end());
  }
  return result;
}

std::vector<std::string> ProfileFile::function_names() const {
  std::vector<std::string> names;
  for (const auto& f : proto_.function()) names.push_back(text(f.name()));
  std::sort(names.begin(), names.end());
  return names;
}

bool ProfileFile::has_function(const std::string& function) const {
  const std::vector<std::string> names = function_names();
  return std::find(names.begin(), names.end(), function) != names.end();
}

std::string ProfileFile::stack_below(const std::string& type, const std::string& function) const {
  const int index = value_index(type);
  int64_t largest = -1;
  std::string result;
  for (int i = 0; i < proto_.sample_size(); i++) {
    const std::vector<Frame> all = frames(i);
    const int64_t value = proto_.sample(i).value(index);
    if (all.empty() || all.front().function != function || value <= largest) continue;
    largest = value;
    result.clear();
    for (const Frame& frame : all) result += (result.empty() ? "" : " < ") + frame.function;
  }
  return result;
}

std::string ProfileFile::string_label(const perftools::profiles::Sample& sample,
                                      const std::string& key) const {
  for (const auto& label : sample.label()) {
    if (text(label.key()) == key) return text(label.str());
  }
  return "";
}

int64_t ProfileFile::number_label(const perftools::profiles::Sample& sample,
                                  const std::string& key) const {
  for (const auto& label : sample.label()) {
    if (text(label.key()) == key) return label.num();
  }
  return 0;
}

std::string only(const std::vector<std::string>& paths) {
  REQUIRE(paths.size() == 1);
  return paths.front();
}

void check_rules(const std::string& path) {
  INFO("file: " << path);
  CHECK(path.size() > 6);
  CHECK(path.compare(path.size() - 6, 6, ".pb.gz") == 0);
  CHECK_NOTHROW(ProfileFile(path));
}

}  // namespace e2e
