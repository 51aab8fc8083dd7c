// The runs of one side of a comparison, read from files and directories.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "program/profiles/distinct_files.h"
#include "program/profiles/figures.h"

namespace program {

// A sample type of a mode: "heap" and "alloc_space".
struct FigureName {
  std::string mode, type, unit;
  auto operator<=>(const FigureName&) const = default;
};

// What one run of a program measured: the figures of all its files, summed by mode.
struct Run {
  std::string name;  // of its file or directory
  std::vector<DistinctFile> files;
  std::map<FigureName, FigureTable> figures;
};

constexpr std::string_view kProfileEnd = ".pb.gz";
constexpr std::string_view kTraceEnd = ".pftrace";

// The regular files in it whose names end so, sorted.
std::vector<std::string> files_in(const std::string& directory, std::string_view end);

// The functions of a sample type that gates ask for.
using Watching = std::function<std::vector<FunctionPattern>(const FigureName&)>;

// Reads one side: a file is a run; of a directory each subdirectory that holds profiles is a run,
// or, if there are none, each file, or all of its files together if no two have one mode. False
// after one line if something cannot be read or there is nothing to read.
bool read_runs(const std::vector<std::string>& paths, const Watching& watching,
               std::vector<Run>* runs);

}  // namespace program
