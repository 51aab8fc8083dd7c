#include "program/profiles/merged_comments.h"

#include <algorithm>
#include <string_view>
#include <unordered_set>

namespace program {
namespace {

// Comments are shown above every report: of many processes' troubles some are enough.
constexpr size_t kMostTroubles = 40;
constexpr size_t kMostProcesses = 1000;

std::string_view after(std::string_view line, std::string_view front) {
  return line.starts_with(front) ? line.substr(front.size()) : std::string_view();
}

int64_t number_of(std::string_view digits) {
  const bool plain = !digits.empty() && digits.size() < 18 &&
                     digits.find_first_not_of("0123456789") == std::string_view::npos;
  return plain ? std::stoll(std::string(digits)) : 0;
}

std::string name_of(const ProfileOrigin& origin) {
  if (origin.pid == 0) return origin.program;
  return origin.program + (origin.program.empty() ? "" : " ") + std::to_string(origin.pid);
}

// Facts about one process, which are not the whole's.
bool is_of_one_process(std::string_view line) {
  return line.starts_with("# pid: ") || line.starts_with("# start: ");
}

}  // namespace

ProfileOrigin origin_of(const Profile& profile) {
  ProfileOrigin origin;
  for (const int64_t comment : profile.comment()) {
    const std::string_view line = text_of(profile, comment);
    if (const auto mode = after(line, "# mode: "); !mode.empty()) origin.mode = mode;
    if (const auto pid = after(line, "# pid: "); !pid.empty()) origin.pid = number_of(pid);
  }
  if (profile.mapping_size() > 0) {
    const std::string_view file = text_of(profile, profile.mapping(0).filename());
    origin.program = file.substr(file.rfind('/') + 1);
  }
  return origin;
}

void MergedComments::take(const Profile& next, const ProfileOrigin& origin) {
  std::vector<std::string> facts;
  for (const int64_t comment : next.comment()) {
    const std::string line(text_of(next, comment));
    if (const auto command = after(line, "# command: "); !command.empty()) {
      if (processes_.size() >= kMostProcesses) continue;
      processes_.push_back("# process " + name_of(origin) + ": " + std::string(command));
    } else if (line.starts_with("# ")) {
      if (!is_of_one_process(line)) facts.push_back(line);
    } else if (line.starts_with("empty: ")) {
      empty_ = line;
    } else if (!line.empty()) {
      take_trouble(line, origin);
    }
  }
  if (count_++ == 0) facts_ = facts;
  const std::unordered_set<std::string> known(facts.begin(), facts.end());
  std::erase_if(facts_, [&](const std::string& fact) { return !known.contains(fact); });
  any_samples_ = any_samples_ || next.sample_size() > 0;
}

void MergedComments::take_trouble(const std::string& line, const ProfileOrigin& origin) {
  const auto [at, added] = trouble_index_.try_emplace(line, troubles_.size());
  if (!added) {
    troubles_[at->second].processes++;
  } else if (troubles_.size() < kMostTroubles) {
    troubles_.push_back({line, name_of(origin), 1});
  } else {
    trouble_index_.erase(at);
    troubles_left_out_++;
  }
}

std::vector<std::string> MergedComments::lines() const {
  std::vector<std::string> lines = {"# merged: " + std::to_string(count_) +
                                    (count_ == 1 ? " profile" : " profiles")};
  for (const auto* more : {&facts_, &processes_}) {
    lines.insert(lines.end(), more->begin(), more->end());
  }
  for (const Trouble& trouble : troubles_) {
    std::string process = trouble.first;
    if (trouble.processes > 1) {
      process += (process.empty() ? "" : " and ") + std::to_string(trouble.processes - 1) + " more";
    }
    lines.push_back(process.empty() ? trouble.line : process + ": " + trouble.line);
  }
  if (troubles_left_out_ > 0) {
    lines.push_back(std::to_string(troubles_left_out_) + " more lines like these were left out");
  }
  if (!any_samples_ && !empty_.empty()) lines.push_back(empty_);
  return lines;
}

}  // namespace program
