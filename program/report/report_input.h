// What a report is made of: the profiles and traces of one run, read file by file.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "program/profiles/figures.h"
#include "program/profiles/merged_comments.h"
#include "program/report/stack_data.h"

namespace program {

// All files of one mode; the processes of a tree are summed.
struct ReportedProfile {
  ReportedProfile(std::string its_mode, std::string shown_type, const std::vector<SampleType>& all)
      : mode(std::move(its_mode)),
        shown(std::move(shown_type)),
        types(all),
        tables(all.size()),
        stacks(all, 1) {}

  std::string mode, shown;  // shown: the type that pprof shows first
  std::vector<SampleType> types;
  std::vector<FigureTable> tables;     // one a type
  FigureTable lines{Grouping::kLine};  // of the shown type
  StackData stacks;
  MergedComments merged;
  std::vector<std::string> comments;  // of the one file, or `merged`
  size_t files = 0;
};

struct ReportInput {
  std::string title;                                       // the programs
  std::vector<std::pair<std::string, std::string>> facts;  // "host", "started", ...
  std::vector<ReportedProfile> profiles;                   // the modes in the order of the contract
  nlohmann::json waits = nlohmann::json::array();          // the longest ones of all traces
  uint64_t wait_count = 0;
  size_t traces = 0;
};

// Files as they are, of directories the profiles and traces in them. Nothing after one line if one
// has none.
std::optional<std::vector<std::string>> report_files(const std::vector<std::string>& paths);

// Each is a profile or a trace. Nothing after one line if one of them
// cannot be read. Context: after confine().
std::optional<ReportInput> read_report(const std::vector<std::string>& files);

}  // namespace program
