// The tables of a process that runs, shared with it: read as hostile input, written only where
// a waiting process is to be notified (layout::Control, ModeEntry::armed).
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

#include "program/agent/target/asked_call.h"
#include "program/agent/target/row_values.h"
#include "program/agent/target/shared_mapping.h"
#include "program/recovery/origin.h"
#include "program/system/clock.h"
#include "tables/tables_view.h"

namespace program {

// Processes that wait for a word of the tables to change.
void wake(std::atomic<uint32_t>& word);

class TargetTables {
 public:
  TargetTables() = default;
  ~TargetTables();
  TargetTables(const TargetTables&) = delete;
  TargetTables& operator=(const TargetTables&) = delete;

  // Another descriptor of the same file is opened, so that its lock is not shared with a process
  // that handed this one over; both are closed. `origin` -1: it stands beside the file. False, and
  // why without the path, if they are no tables of this user.
  bool open(int descriptor, int origin, std::string* problem);
  bool open(const std::string& path, std::string* problem);

  const encoder::TablesView& view() const { return view_; }
  const layout::Header& header() const { return view_.header(); }
  layout::Control& control() const;
  // Two agents may find them at once: true for the one that serves them.
  bool claim() const;
  // Something else stands in layout::Control than when the agent last looked.
  void ask_to_look() const;
  // What decides where, as whom and over what its files are written.
  const Origin& origin() const { return origin_; }
  int pid() const { return origin_.pid(); }
  unsigned mode_count() const;
  std::string mode_name(unsigned mode) const;
  // By name or, for goroutine and the like, by alias; -1: there is no such mode.
  int find_mode(const std::string& name) const;
  bool is_wanted(unsigned mode) const { return header().modes[mode].on_demand == 0; }
  std::string text(layout::Ref ref) const;

  // It has not begun to end. What is asked of its threads then is not answered.
  bool is_running() const;
  // Asks the threads to tell of themselves: the rows of the mode have no values any more, what was
  // so at an earlier moment, which go to `before`. The rows are the caller's alone until it has
  // what comes instead. The number of the call; 0: the host has rows of its own in them.
  uint32_t call_threads(unsigned mode, RowValues* before) const;
  // Asks them to record what goes on in each of them; the client may care since when. The number
  // of the call.
  uint32_t call_times(uint64_t since_ns) const;
  // The rows of the mode have no values any more, which it gives; and they have those again.
  RowValues take_rows(unsigned mode) const;
  void put_back(const RowValues& rows) const;
  CallDesk& desk() const { return desk_; }

  // All modes that PROFILER_MODE asked for record, or none.
  void set_recording(bool on);
  bool is_recording() const;
  // While any client wants it a mode records, whatever else. `by` is 1 or -1.
  void want(unsigned mode, int by);

  // The process is gone, or has another image: no other process maps the tables. From then on they
  // are locked by us.
  bool is_left() const;
  // Where the file that holds them stands; empty if it has no name.
  std::string directory() const;
  // The process, or a recovery, has removed the file that held the tables.
  bool is_removed() const;
  // Removes the file's name if it has one and it is still its own.
  void remove() const;

 private:
  bool map(std::string* problem);
  bool read_origin(int descriptor, std::string* problem);

  int fd_ = -1;
  std::string path_;
  uint64_t device_ = 0, inode_ = 0;
  SharedMapping mapping_;
  encoder::TablesView view_;
  Origin origin_;
  mutable CallDesk desk_;
};

}  // namespace program
