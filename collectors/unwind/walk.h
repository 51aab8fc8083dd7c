// One walk up a stack, frame by frame (the inside of stack_trace.h).
#pragma once

#include "collectors/unwind/row_cache.h"
#include "collectors/unwind/stack_trace.h"

#include "collectors/unwind/stack_memory.h"

struct CodeRange;
struct Epilogue;

enum class WalkEnd {
  kComplete,       // the thread's first frame
  kTruncated,      // deeper than asked for
  kUnknownCode,    // addresses outside all known objects, that lead to none
  kFailed,         // no rule, or one that leads nowhere
  kNeedsRegister,  // the compact rows did not keep a register that a rule asks for
};

class Walk {
 public:
  // Starts at buffer.registers. `exact`: its pc was interrupted, it is not a return address.
  // `compact`: use rows and their cache; else the full rules of every frame, which keep all
  // registers.
  Walk(WalkBuffer& buffer, RowCache& cache, unsigned depth, bool exact, bool compact) SIGNAL_SAFE
      : Walk(buffer, cache, depth, exact, compact, StackMemory(buffer.registers.get(arch::kRsp))) {}
  // The same through `memory`.
  Walk(WalkBuffer& buffer, RowCache& cache, unsigned depth, bool exact, bool compact,
       const StackMemory& memory) SIGNAL_SAFE : buffer_(buffer),
                                                cache_(cache),
                                                memory_(memory),
                                                depth_(depth),
                                                exact_(exact),
                                                compact_(compact),
                                                generation_(cache.generation()) {
    LastWalk& last = buffer.last;
    old_ = last.generation == generation_ ? last.frames[last.newest] : &LastWalk::kEnd;
    new_ = last.frames[last.newest ^ 1];
    new_end_ = new_ + LastWalk::kMaxFrames;
  }

  WalkEnd run() SIGNAL_SAFE {
    const WalkEnd end = go();
    if (compact_) become_last();
    return end;
  }

 private:
  enum class Step { kOn, kComplete, kFailed, kNeedsRegister };

  static constexpr uint64_t kAddressLimit = uint64_t{1} << 47;

  // Where a climb stands, in the processor's registers.
  struct Place {
    uint64_t pc, sp, fp;
    const LastWalk::Frame* old;
    LastWalk::Frame* out;
    unsigned depth, own_left;
    bool fp_known;
  };

  // What the rules are looked up by: a return address lies behind its call.
  uint64_t pc() const {
    const uint64_t rip = buffer_.registers.get(arch::kRip);
    return exact_ ? rip : rip - 1;
  }
  WalkEnd go();
  static WalkEnd end_of(Step step);
  // Frames of code that no object holds (a JIT's) stand if rules alone led to them from the frame
  // that was interrupted or from an object's; those that a guess led to, if they lead back to an
  // object's. Context: the frame is kept.
  void corroborate(bool known) {
    if (known) {
      uncorroborated_ = kAllCorroborated;
    } else if (by_rules_) {
      uncorroborated_ = buffer_.trace.depth;
    } else if (uncorroborated_ == kAllCorroborated) {
      uncorroborated_ = buffer_.trace.depth - 1;
    }
  }
  // Deeper in one go, a chain of pointers is no stack.
  static constexpr unsigned kMaxUncorroborated = 64;
  bool is_long_uncorroborated() const {
    return uncorroborated_ != kAllCorroborated &&
           buffer_.trace.depth - uncorroborated_ >= kMaxUncorroborated;
  }
  WalkEnd cut_uncorroborated() {
    buffer_.trace.depth = uncorroborated_;
    return WalkEnd::kUnknownCode;
  }
  void become_last() {
    *new_ = LastWalk::kEnd;
    buffer_.last.newest ^= 1;
    buffer_.last.generation = generation_;
  }
  void climb();
  bool step(Place& place);
  void follow(Place& place);
  bool keep(Place& place, uint64_t pc);
  Row row_at(uint64_t pc, bool* known);
  static bool entry_in(const CodeRange& range, uint64_t pc, UnwindEntry* entry);
  bool entry_of(uint64_t pc, UnwindEntry* entry);
  bool full_rules_at(uint64_t pc);
  bool is_never_called(uint64_t pc);
  Step take(const Row& row);
  Step take_compact(const Row& row);
  Step take_made_code();
  bool read_epilogue_here(Epilogue* epilogue) const;
  Step take_epilogue(const Epilogue& epilogue);
  Step take_frame_pointer();
  bool leads_to_code(uint64_t return_address);
  bool was_never_called(const CodeRange* here);
  bool may_begin_at(const CodeRange* here, uint64_t target) const;
  bool take_pushed(const CodeRange* here, unsigned words, bool surely);
  bool reach_frame(uint64_t fp);
  bool find_frame_pointer(const Row& row);
  static bool entry_of_guess(const CodeRange* here, uint64_t pc, UnwindEntry* entry);
  static bool is_behind_call(const UnwindEntry& entry, uint64_t return_address, uint64_t* target);
  Step take_full();
  bool restore(unsigned reg, const Rule& rule, uint64_t cfa, Step* trouble);
  Step move_to(uint64_t cfa, uint64_t return_address);

  WalkBuffer& buffer_;
  RowCache& cache_;
  StackMemory memory_;
  unsigned depth_;
  unsigned own_left_ = 64;  // frames of ours that may be passed besides those that are kept
  static constexpr unsigned kAllCorroborated = ~0u;
  unsigned uncorroborated_ = kAllCorroborated;  // the first frame that nothing vouches for yet
  bool by_rules_ = true;                        // what led to this frame was no guess
  unsigned switches_left_ = 4;                  // of stacks, by frame pointer
  bool exact_;
  bool compact_;
  uint32_t generation_;
  const LastWalk::Frame* old_;  // the last walk, from where this one stands
  LastWalk::Frame* new_;        // where this one's next frame is written
  LastWalk::Frame* new_end_;
};
