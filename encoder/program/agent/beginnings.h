// What a mode had counted when a window began. Windows that begin together share it: the rows of a
// large profile take megabytes for as long as the window lasts.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>

#include "encoder/program/agent/host_tables.h"
#include "encoder/program/agent/row_values.h"

namespace program {

class Beginnings {
 public:
  // The values as they are now, or a moment later. Null if too much of it is kept already.
  std::shared_ptr<const RowValues> take(const HostTables& tables, unsigned mode);

 private:
  // One snapshot after the other; who waits shares the one that begins next.
  struct Turns {
    uint64_t begun = 0, done = 0;
    bool is_busy = false;
    std::weak_ptr<const RowValues> last;
  };

  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<unsigned, Turns> turns_;  // by mode
};

}  // namespace program
