#include "tests/unit/program/workshop.h"

#include <elf.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "program/symbols/object_files.h"
#include "program/symbols/symbolizer.h"

using program::Frame;
using program::Profile;

Workshop::Workshop() {
  std::string name = std::filesystem::temp_directory_path() / "profiler-test-XXXXXX";
  if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary directory");
  directory_ = name;
}

Workshop::~Workshop() {
  std::filesystem::remove_all(directory_);
}

std::string Workshop::shell(const std::string& command) const {
  FILE* pipe = popen(("cd " + directory_ + " && " + command).c_str(), "r");
  if (pipe == nullptr) throw std::runtime_error("no shell");
  std::string output;
  for (int c = 0; (c = fgetc(pipe)) != EOF;) output += static_cast<char>(c);
  if (pclose(pipe) != 0) throw std::runtime_error("failed: " + command);
  return output;
}

std::string Workshop::write(const std::string& name, const std::string& text) const {
  std::ofstream(path(name), std::ios::binary) << text;
  return path(name);
}

std::string Workshop::read(const std::string& name) const {
  std::ostringstream text;
  text << std::ifstream(path(name), std::ios::binary).rdbuf();
  return text.str();
}

uint64_t Workshop::address(const std::string& file, const std::string& symbol) const {
  const std::string line = shell("nm " + file + " | grep ' " + symbol + "$'");
  return std::stoull(line, nullptr, 16);
}

int64_t add_text(Profile* profile, const std::string& text) {
  if (profile->string_table_size() == 0) profile->add_string_table("");
  profile->add_string_table(text);
  return profile->string_table_size() - 1;
}

namespace {

std::string bytes_of(const std::string& file) {
  std::ostringstream text;
  text << std::ifstream(file, std::ios::binary).rdbuf();
  return text.str();
}

std::string build_id_of(const std::string& file) {
  const std::string command = "readelf -n " + file + " 2>/dev/null | sed -n 's/.*Build ID: //p'";
  FILE* pipe = popen(command.c_str(), "r");
  char text[128] = "";
  if (fscanf(pipe, "%127s", text) != 1) text[0] = '\0';
  pclose(pipe);
  return text;
}

// As the kernel maps a segment: whole pages.
program::pprof::Mapping* add_mapping(Profile* profile, const Elf64_Phdr& segment, uint64_t base) {
  constexpr uint64_t kPage = 4096;
  program::pprof::Mapping* mapping = profile->add_mapping();
  mapping->set_id(static_cast<uint64_t>(profile->mapping_size()));
  mapping->set_memory_start(base + segment.p_vaddr / kPage * kPage);
  mapping->set_memory_limit(base + (segment.p_vaddr + segment.p_memsz + kPage - 1) / kPage * kPage);
  mapping->set_file_offset(segment.p_offset / kPage * kPage);
  return mapping;
}

void add_sample(Profile* profile, uint64_t mapping, uint64_t address) {
  auto* location = profile->add_location();
  location->set_id(static_cast<uint64_t>(profile->location_size()));
  location->set_mapping_id(mapping);
  location->set_address(address);
  auto* sample = profile->add_sample();
  sample->add_location_id(location->id());
  sample->add_value(1);
}

}  // namespace

Profile profile_of(const std::string& file, const std::vector<uint64_t>& addresses, uint64_t base) {
  Profile profile;
  auto* type = profile.add_sample_type();
  type->set_type(add_text(&profile, "samples"));
  type->set_unit(add_text(&profile, "count"));
  const int64_t name = add_text(&profile, file);
  const int64_t build_id = add_text(&profile, build_id_of(file));
  const std::string bytes = bytes_of(file);
  const auto* header = reinterpret_cast<const Elf64_Ehdr*>(bytes.data());
  const auto* segments = reinterpret_cast<const Elf64_Phdr*>(bytes.data() + header->e_phoff);
  if (header->e_type == ET_EXEC) base = 0;
  for (int i = 0; i < header->e_phnum; i++) {
    const Elf64_Phdr& segment = segments[i];
    if (segment.p_type != PT_LOAD || !(segment.p_flags & PF_X)) continue;
    auto* mapping = add_mapping(&profile, segment, base);
    mapping->set_filename(name);
    mapping->set_build_id(build_id);
    for (const uint64_t address : addresses) {
      if (address < segment.p_vaddr || address >= segment.p_vaddr + segment.p_memsz) continue;
      add_sample(&profile, mapping->id(), base + address);
    }
  }
  return profile;
}

std::vector<Frame> frames_of(const Profile& profile, int location) {
  const auto text = [&](int64_t index) { return profile.string_table(static_cast<int>(index)); };
  std::vector<Frame> frames;
  for (const auto& line : profile.location(location).line()) {
    for (const auto& function : profile.function()) {
      if (function.id() != line.function_id()) continue;
      frames.push_back({text(function.name()), text(function.system_name()),
                        text(function.filename()), line.line(), function.start_line()});
    }
  }
  return frames;
}

std::string names_of(const Profile& profile, int location) {
  std::string names;
  for (const Frame& frame : frames_of(profile, location)) {
    names += (names.empty() ? "" : " < ") + frame.name;
  }
  return names;
}

bool add_names(Profile* profile, const std::string& perf_map) {
  program::ObjectFiles files({.perf_map = perf_map});
  return program::Symbolizer(&files).add_names(profile);
}
