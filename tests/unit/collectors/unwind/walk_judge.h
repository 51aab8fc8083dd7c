// libunwind's unw_step as the judge of a walk.
#pragma once

#define UNW_LOCAL_ONLY
#include <libunwind.h>

#include <cstdint>
#include <vector>

#include "collectors/life/thread.h"
#include "collectors/unwind/objects.h"
#include "collectors/unwind/stack_trace.h"
#include "tests/unit/tables/open_tables.h"

using Pcs = std::vector<uint64_t>;

// As the walk writes them: return addresses minus one, without the frames of this program.
inline Pcs judged(unw_context_t* context, int* end) {
  unw_cursor_t cursor;
  unw_init_local2(&cursor, context, UNW_INIT_SIGNAL_FRAME);
  Pcs pcs;
  bool exact = true;
  do {
    unw_word_t ip = 0;
    unw_get_reg(&cursor, UNW_REG_IP, &ip);
    const uint64_t pc = exact ? ip : ip - 1;
    if (!objects::is_own(pc)) pcs.push_back(pc);
    *end = unw_step(&cursor);
    exact = unw_is_signal_frame(&cursor) > 0;  // it came here over a signal's trampoline
  } while (pcs.size() < layout::kMaxDepth && *end > 0);
  return pcs;
}

inline Pcs pcs_of(const StackTrace& trace) {
  return {trace.pc, trace.pc + trace.depth};
}

ALWAYS_INLINE void capture_here(const Caller& caller, WalkBuffer& buffer) {
  KnownRegisters below;
  stack_trace::take_registers_here(below);
  stack_trace::capture_caller(caller, below, buffer);
}

// All that a walk needs: tables, the objects of this process, a known thread.
struct Walks {
  OpenTables open;
  Thread* thread = threads::acquire();
  explicit Walks(unsigned depth = 512) {
    objects::start();
    stack_trace::forget_code();
    stack_trace::set_depth(depth);
    threads::begin_main(*thread);
  }
  ~Walks() { threads::end(*thread); }
  Walks(const Walks&) = delete;
  Walks& operator=(const Walks&) = delete;
};
