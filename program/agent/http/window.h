// A stretch of time in a running process: what a mode counted in it.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "program/agent/http/beginnings.h"
#include "program/agent/target/row_values.h"
#include "program/agent/target/target_tables.h"

namespace program {

// The mode records for as long as this lives.
class Window {
 public:
  // `is_over`: no client waits for it any more.
  Window(TargetTables& tables, Beginnings& beginnings, unsigned mode,
         std::function<bool()> is_over);
  ~Window() { tables_.want(mode_, -1); }
  Window(const Window&) = delete;
  Window& operator=(const Window&) = delete;

  // Until it is so long, or over: then false.
  bool last(uint64_t ns);
  // False where what counted before cannot be kept: too many windows are open.
  bool has_beginning() const { return is_trace_ || before_ != nullptr; }
  // The gzip'd profile, with addresses, whose time is that of the stretch's begin, or of its end.
  // False, and why.
  bool take(bool tells_end, std::string* bytes, std::string* problem);

 private:
  bool wait_until(uint64_t end_ns) const;
  void begin_times(uint64_t ns);
  void fill_idle(std::string* bytes) const;

  TargetTables& tables_;
  Beginnings& beginnings_;
  unsigned mode_;
  std::function<bool()> is_over_;
  bool is_wall_, is_trace_;
  uint64_t begun_ns_;
  // A thread of the process has answered at its begin, at its end.
  bool was_seen_ = false, is_settled_ = false;
  std::shared_ptr<const RowValues> before_;
};

}  // namespace program
