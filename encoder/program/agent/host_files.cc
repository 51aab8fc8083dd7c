#include "encoder/program/agent/host_files.h"

#include <algorithm>
#include <memory>

#include "encoder/program/agent/look.h"
#include "encoder/program/output_sentence.h"
#include "env/output_file.h"

namespace program {

bool is_window(const std::string& mode) {
  return mode == "cpu" || mode == "wall";
}

bool has_delta(const std::string& mode) {
  return mode == "heap" || mode == "allocs" || mode == "block" || mode == "mutex";
}

bool HostFiles::write(bool cumulative, const std::string& comments, std::string* problem,
                      int mode) {
  written_.clear();
  problem->clear();
  const uint64_t number = tables_.control().dumps.fetch_add(1) + uint64_t{1};
  for (unsigned i = 0; i < tables_.mode_count(); i++) {
    const bool wanted = mode < 0 ? tables_.is_wanted(i) : static_cast<unsigned>(mode) == i;
    if (!wanted || !tables_.view().has_file(i)) continue;
    std::string why;
    if (!write_mode(i, number, cumulative, comments, &why) && problem->empty()) *problem = why;
  }
  return problem->empty();
}

bool HostFiles::write_mode(unsigned mode, uint64_t number, bool cumulative,
                           const std::string& comments, std::string* problem) {
  const std::string mode_name = tables_.mode_name(mode);
  Look look;
  look.mode = mode;
  look.comments = comments;
  uint64_t now_ns = 0;
  look.ended_ns = &now_ns;
  RowValues values;
  if (!cumulative && rules_.windows && is_window(mode_name)) look.since = Since::kLookAll;
  if (!cumulative && rules_.deltas && has_delta(mode_name)) look.since = Since::kLookCounts;
  if (look.since != Since::kStart) {
    look.before = &last_[mode];
    look.now = &values;
    look.begun_ns = last_ns_[mode] != 0 ? last_ns_[mode] : tables_.header().start_monotonic_ns;
  }
  if (!origin_.names_a_place()) {
    *problem = "its tables name no place for a file";
    return false;
  }
  std::string bytes;
  if (!take(tables_, look, &bytes, problem)) return false;
  if (names_ != nullptr) bytes = names_->with_names(bytes);

  char name_bytes[output_name::kPathSize];
  const auto name = origin_.name(mode_name, number, rules_.numbered, name_bytes);
  const auto output = std::make_unique<output_file::OutputFile>();
  output_file::Error error = output->open(name, output_file::kPrivate);
  if (!error) error = output->write(bytes.data(), bytes.size());
  if (!error) error = output->commit(std::min(tables_.header().start_realtime_ns, realtime_ns()));
  if (error) {
    *problem = output_sentence(name.path, error);
    return false;  // what it had is in the next one
  }
  Profile profile;
  const size_t samples =
      parse_profile(bytes, &profile) ? static_cast<size_t>(profile.sample_size()) : 0;
  written_.push_back({std::string(output->path()), samples});
  if (look.since != Since::kStart) {
    last_[mode] = std::move(values);
    last_ns_[mode] = now_ns;
  }
  return true;
}

}  // namespace program
