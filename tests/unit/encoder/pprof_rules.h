// The rules that a pprof file must not break, as Go's and google's pprof read it: first those
// without which it is refused, then those that make it quietly wrong. For unit and e2e tests.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "encoder/profile.pb.h"

namespace pprof_rules {

using perftools::profiles::Profile;
using Broken = std::vector<std::string>;

class Checker {
 public:
  explicit Checker(const Profile& profile) : p_(profile) {}

  // What CheckValid of pprof refuses.
  void check_structure() {
    if (p_.string_table_size() == 0 || !p_.string_table(0).empty())
      tell("the first string is not empty");
    if (p_.sample_size() > 0 && p_.sample_type_size() == 0) tell("samples without sample types");
    for (const auto& t : p_.sample_type()) {
      string(t.type(), "sample type");
      string(t.unit(), "unit");
    }
    for (const auto& m : p_.mapping()) {
      id(mappings_, m.id(), "mapping");
      string(m.filename(), "file name");
      string(m.build_id(), "build id");
    }
    for (const auto& f : p_.function()) {
      id(functions_, f.id(), "function");
      string(f.name(), "function name");
      string(f.system_name(), "system name");
      string(f.filename(), "source file");
    }
    for (const auto& l : p_.location()) {
      id(locations_, l.id(), "location");
      if (l.mapping_id() != 0 && mappings_.count(l.mapping_id()) == 0)
        tell("a location of a mapping that is not there");
      for (const auto& line : l.line())
        if (functions_.count(line.function_id()) == 0)
          tell("a line of a function that is not there");
    }
    for (const auto& s : p_.sample()) {
      if (s.value_size() != p_.sample_type_size()) tell("a sample with too many or too few values");
      for (uint64_t l : s.location_id())
        if (locations_.count(l) == 0) tell("a sample with a location that is not there");
      for (const auto& l : s.label()) {
        string(l.key(), "label key");
        string(l.str(), "label text");
        string(l.num_unit(), "label unit");
      }
    }
    for (int64_t c : p_.comment()) string(c, "comment");
    for (int64_t i : {p_.drop_frames(), p_.keep_frames(), p_.default_sample_type(), p_.doc_url(),
                      p_.period_type().type(), p_.period_type().unit()})
      string(i, "head");
  }

  void check_head() {
    if (p_.time_nanos() <= 0) tell("no time");
    if (p_.duration_nanos() < 0) tell("a negative duration");
    if (p_.sample_type_size() == 0) return tell("no sample types");
    if (text(p_.sample_type(0).unit()) != "count") tell("the first value is no count");
    bool known = false;
    for (const auto& t : p_.sample_type()) known |= t.type() == p_.default_sample_type();
    if (!known) tell("the default sample type is none of the types");
    if (text(p_.period_type().type()).empty() || text(p_.period_type().unit()).empty())
      tell("no period type");
    if (p_.period() <= 0) tell("no period");
    if (p_.drop_frames() != 0 || p_.keep_frames() != 0) tell("frames are dropped behind our back");
    for (int64_t c : p_.comment())
      if (text(c).empty()) tell("an empty comment");
    const std::string url = text(p_.doc_url());
    if (!url.empty() && url.rfind("http://", 0) != 0 && url.rfind("https://", 0) != 0)
      tell("a documentation address that is none: " + url);
  }

  void check_mappings() {
    if (p_.mapping_size() == 0) return tell("no mapping for the main program");
    const std::string main = text(p_.mapping(0).filename());
    if (main.empty() || main[0] == '[' || main.find(".so") != std::string::npos)
      tell("the first mapping is not the main program: " + main);
    for (const auto& m : p_.mapping()) {
      const std::string name = text(m.filename());
      if (name.empty() || (name[0] != '/' && name[0] != '['))
        tell("a file name without directory: " + name);
      if (name.size() > 10 && name.rfind(" (deleted)") == name.size() - 10)
        tell("(deleted): " + name);
      if (text(m.build_id()).find_first_not_of("0123456789abcdef") != std::string::npos)
        tell("a build id that is not lower-case hexadecimal: " + text(m.build_id()));
    }
  }

  void check_locations() {
    std::map<uint64_t, const perftools::profiles::Mapping*> by_id;
    for (const auto& m : p_.mapping()) by_id[m.id()] = &m;
    std::set<std::pair<uint64_t, uint64_t>> seen;
    for (const auto& l : p_.location()) {
      const auto found = by_id.find(l.mapping_id());
      if (found == by_id.end()) {
        // pprof finds no name for it.
        if (l.line_size() == 0) tell("a location without mapping and without name");
        continue;
      }
      const auto& m = *found->second;
      if (l.address() < m.memory_start() || l.address() >= m.memory_limit())
        tell("an address outside of its mapping");
      if (!seen.insert({l.mapping_id(), l.address()}).second) tell("one address, two locations");
      if ((m.has_functions() || m.has_filenames() || m.has_line_numbers()) && l.line_size() == 0)
        tell("a location without name in a mapping that says it has all names");
    }
    for (const auto& f : p_.function())
      if (f.name() == 0 || f.system_name() == 0) tell("a function without name or system name");
  }

  void check_samples() {
    std::map<int64_t, bool> is_text;
    for (const auto& s : p_.sample()) {
      if (s.location_id_size() == 0) tell("a sample without stack");
      bool any = false;
      for (int64_t v : s.value()) {
        any |= v != 0;
        if (v < 0) tell("a negative value");
      }
      if (!any) tell("a sample of nothing");
      std::set<int64_t> keys;
      for (const auto& l : s.label()) {
        const std::string key = text(l.key());
        if (key.empty() || key.rfind("pprof::", 0) == 0)
          tell("a label key that is reserved: " + key);
        if (!keys.insert(l.key()).second) tell("a label key twice in a sample: " + key);
        if (l.str() != 0 && (l.num() != 0 || l.num_unit() != 0)) tell("text and number: " + key);
        if (l.str() == 0 && l.num_unit() == 0) tell("a numeric label without unit: " + key);
        const bool text_here = l.str() != 0;
        if (is_text.emplace(l.key(), text_here).first->second != text_here)
          tell("a label key with texts and numbers: " + key);
      }
    }
  }

  Broken broken;

 private:
  void tell(const std::string& what) {
    if (broken.size() < 20) broken.push_back(what);
  }
  void string(int64_t index, const char* what) {
    if (index < 0 || index >= p_.string_table_size())
      tell(std::string("a string index out of range: ") + what);
  }
  void id(std::set<uint64_t>& ids, uint64_t id, const char* what) {
    if (id == 0) tell(std::string("id 0 of a ") + what);
    if (!ids.insert(id).second) tell(std::string("an id twice: ") + what);
  }
  std::string text(int64_t i) const {
    return i < 0 || i >= p_.string_table_size() ? "" : p_.string_table(static_cast<int>(i));
  }

  const Profile& p_;
  std::set<uint64_t> mappings_, functions_, locations_;
};

// What makes pprof refuse the file. Holds for whatever tables it was made of.
inline Broken broken_structure(const Profile& profile) {
  Checker checker(profile);
  checker.check_structure();
  return checker.broken;
}

// All rules. Empty for a good file.
inline Broken broken_rules(const Profile& profile) {
  Checker checker(profile);
  checker.check_structure();
  checker.check_head();
  checker.check_mappings();
  checker.check_locations();
  checker.check_samples();
  return checker.broken;
}

}  // namespace pprof_rules
