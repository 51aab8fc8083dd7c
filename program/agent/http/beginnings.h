// What a mode had counted when a window began. Windows that begin together share it: the rows of a
// large profile take megabytes for as long as the window lasts.
#pragma once

#include <functional>
#include <memory>

#include "program/agent/http/answer_room.h"
#include "program/agent/http/shared_turns.h"
#include "program/agent/target/row_values.h"
#include "program/agent/target/target_tables.h"

namespace program {

class Beginnings {
 public:
  explicit Beginnings(AnswerRoom& room) : room_(room) {}

  // The values as they are now, or a moment later. Null if too much of it is kept already, or once
  // `is_over`.
  std::shared_ptr<const RowValues> take(const TargetTables& tables, unsigned mode,
                                        const std::function<bool()>& is_over);

 private:
  AnswerRoom& room_;
  SharedTurns<unsigned, RowValues> turns_;  // by mode
};

}  // namespace program
