// What a profile says of its functions (or lines, files, labels): a value by itself (flat) and with
// all that they called (cum), summed up as `go tool pprof -top` does.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "program/profiles/figure.h"
#include "program/profiles/location_frames.h"
#include "program/profiles/profile.h"
#include "program/profiles/sampling_error.h"

namespace program {

// What a row stands for. kFunctionInFile keeps functions of one name apart by their files' base
// names, so that builds in different directories agree. kLabel: one value of one label key.
enum class Grouping { kFunction, kFunctionInFile, kLine, kFile, kLabel };

struct FigureRow {
  std::string name;
  std::string place;  // of a function its file, with its line where the row is a line
  Figure flat, cum;
  // The caller with the most of it, and how much: what a function is compared with that was
  // inlined.
  std::map<std::string, double> callers;
  std::map<int64_t, double> lines;  // of the file, each with its cum
  std::vector<size_t> watched;      // which of the patterns watched name it
};

class FigureTable {
 public:
  explicit FigureTable(Grouping grouping = Grouping::kFunction, std::string label = "")
      : grouping_(grouping), label_(std::move(label)) {}

  // Context: before anything is added.
  void watch(const std::vector<FunctionPattern>& patterns);
  // Null: it is not watched.
  const FunctionFigure* watched(const FunctionPattern& pattern) const;

  // Adds a profile's values of one sample type; the profile has passed fault_of().
  void add(const Profile& profile, int type);

  const Figure& total() const { return total_; }
  bool is_exact() const { return is_exact_; }
  const std::map<std::string, FigureRow>& rows() const { return rows_; }
  // Sorted by flat or cum, largest first; equal ones by name.
  std::vector<const FigureRow*> sorted(bool by_cum) const;

 private:
  struct Frame {
    std::string key, name, place;
    int64_t line = 0;
    bool is_whole = true;  // what stood there is known
  };
  using Frames = std::unordered_map<uint64_t, std::vector<Frame>>;  // by location
  Frame frame_of(const NamedFrame& frame) const;
  void add_watched(const std::vector<FigureRow*>& stack, bool is_whole, double value, double error);
  Frames keyed_frames_of(const Profile& profile) const;
  void add_stack(const pprof::Sample& sample, const Frames& frames, double value, double error);
  void add_labels(const Profile& profile, const pprof::Sample& sample, double value, double error);
  FigureRow& row(const Frame& frame);

  Grouping grouping_;
  std::string label_;
  Figure total_;
  std::vector<FunctionFigure> watched_;
  bool is_exact_ = true;
  std::map<std::string, FigureRow> rows_;
};

// The index of a sample type by its name; the default type if the name is empty; -1: there is none.
int type_index(const Profile& profile, const std::string& name);

// "alloc_space/bytes alloc_objects/count": what a message names.
std::string type_names(const Profile& profile);

}  // namespace program
