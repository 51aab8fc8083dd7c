#include "program/agent/target/target_files.h"

#include <algorithm>
#include <memory>

#include "env/modes.h"
#include "program/agent/target/tables_reading.h"
#include "program/profiles/profile_bytes.h"
#include "program/system/opened_directory.h"
#include "program/system/output_sentence.h"

namespace program {

bool is_window(const std::string& mode) {
  return mode == "cpu" || mode == "wall";
}

bool has_delta(const std::string& mode) {
  return mode == "heap" || mode == "allocs" || mode == "block" || mode == "mutex";
}

bool TargetFiles::write(bool cumulative, const std::string& comments, std::string* problem,
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

unsigned TargetFiles::wanted_modes() const {
  unsigned wanted = 0;
  for (unsigned i = 0; i < tables_.mode_count(); i++) wanted += tables_.is_wanted(i) ? 1 : 0;
  return wanted;
}

// The process decides which directory may be written to, and the user that it was started as makes
// the file: it belongs to that user, whatever the process has become.
output_file::Error TargetFiles::put(const output_name::Name& name, const std::string& mode,
                                    const std::string& bytes, std::string* path) const {
  const Origin& origin = tables_.origin();
  OpenedDirectory directory;
  output_file::Error error;
  if (rights_ == nullptr) {
    error = directory.open(name, origin.file_mode());
  } else {
    const TargetRights::Taken taken(*rights_);
    if (!taken) return {"which directories its process may write to is not known", 0};
    error = directory.open(name, origin.file_mode());
    if (!error && rights_->are_fewer()) error = directory.check_writable();
  }
  const auto output = std::make_unique<output_file::OutputFile>();
  if (!error) error = output->open_in(directory.fd(), name, origin.file_mode());
  if (!error) error = output->write(bytes.data(), bytes.size());
  // With fewer rights the process could not have replaced each file that this user can replace. A
  // mode's name is read from the tables: as a part of the path it may choose any file beside ours.
  options::Mode known{};
  const bool may_replace =
      (rights_ == nullptr || !rights_->are_fewer()) && options::find_mode(mode, known);
  const uint64_t begun_ns = std::min(origin.head().start_realtime_ns, realtime_ns());
  if (!error) error = output->commit(may_replace ? begun_ns : output_file::kReplaceNever);
  *path = output->path();
  return error;
}

bool TargetFiles::write_mode(unsigned mode, uint64_t number, bool cumulative,
                             const std::string& comments, std::string* problem) {
  const std::string mode_name = tables_.mode_name(mode);
  TablesReading look;
  look.mode = mode;
  look.comments = comments;
  uint64_t now_ns = 0;
  look.ended_ns = &now_ns;
  RowValues values;
  if (!cumulative && rules_.windows && is_window(mode_name)) look.since = Since::kReadAll;
  if (!cumulative && rules_.deltas && has_delta(mode_name)) look.since = Since::kReadCounts;
  if (look.since != Since::kStart) {
    look.before = &last_[mode];
    look.now = &values;
    look.begun_ns = last_ns_[mode] != 0 ? last_ns_[mode] : tables_.header().start_monotonic_ns;
  }
  std::string bytes;
  if (!take(tables_, look, &bytes, problem)) return false;
  if (names_ != nullptr) bytes = names_->with_names(bytes);

  char name_bytes[output_name::kPathSize];
  const auto name =
      tables_.origin().name({mode_name, wanted_modes() > 1, number, rules_.numbered}, name_bytes);
  std::string path;
  const output_file::Error error = put(name, mode_name, bytes, &path);
  if (error) {
    *problem = output_sentence(name.path, error);
    return false;  // what it had is in the next one
  }
  Profile profile;
  const size_t samples =
      parse_profile(bytes, &profile) ? static_cast<size_t>(profile.sample_size()) : 0;
  written_.push_back({path, samples});
  if (look.since != Since::kStart) {
    last_[mode] = std::move(values);
    last_ns_[mode] = now_ns;
  }
  return true;
}

}  // namespace program
