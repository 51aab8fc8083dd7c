// Stacks as a trace refers to them: interned once in each sequence of packets, with what they are
// made of.
#pragma once

#include <cstdint>

#include "encoder/pprof/objects.h"
#include "encoder/pprof/pseudo_frames.h"
#include "encoder/wire/arena_set.h"
#include "encoder/wire/protobuf_writer.h"
#include "encoder/wire/string_table.h"

namespace encoder {

class TraceStacks {
 public:
  TraceStacks(const TablesView& view, ObjectTable& objects, StringTable& strings, Arena& arena,
              Budget& budget)
      : view_(view),
        objects_(objects),
        strings_(strings),
        arena_(arena),
        budget_(budget),
        stacks_(arena),
        places_(arena) {}

  // False without memory.
  bool open();

  // From here on for another sequence, which knows nothing yet.
  void begin_sequence() { sequence_++; }

  // The id of a stack in this sequence; 0: there is none. Where the sequence has not seen it yet,
  // flush(interned) is called with what is to come before.
  template <typename Flush>
  uint64_t id_of(layout::Ref ref, Flush flush) {
    if (ref == 0) return 0;
    uint32_t index = stacks_.find({ref});
    if (index == kNone) index = stacks_.add({ref});
    if (index == kNone) return 0;
    uint32_t& seen = stacks_[index].sequence;
    if (seen != sequence_) {
      if (!write_stack(ref, index + 1, &flush, [](void* of, const Message& interned) {
            (*static_cast<Flush*>(of))(interned);
          })) {
        return 0;
      }
      seen = sequence_;
    }
    return index + 1;
  }

  // Addresses that names can be found for.
  uint32_t address_count() const { return places_.size(); }

 private:
  using FlushFunction = void (*)(void* of, const Message& interned);
  struct Stack {
    layout::Ref ref;
    uint32_t sequence = 0;  // that saw it last
    uint64_t hash(uint64_t seed) const { return mixed(ref ^ seed, 1); }
    bool same(const Stack& other) const { return ref == other.ref; }
  };
  struct Place {
    uint64_t pc;
    uint32_t object;  // kNone: in no object
    uint32_t sequence = 0;
    uint64_t hash(uint64_t seed) const { return mixed(pc ^ seed, object); }
    bool same(const Place& other) const { return pc == other.pc && object == other.object; }
  };

  // Of frames, and of the objects' mappings: what is below is a pseudo-frame's.
  static constexpr uint64_t kFirstId = number(Pseudo::kCount);

  bool write_stack(layout::Ref ref, uint64_t id, void* of, FlushFunction flush);
  uint64_t frame_of(uint64_t pc, uint32_t generation);
  uint64_t frame_of(Pseudo pseudo);
  // True the first time in this sequence. Of objects the numbers begin behind the pseudo-frames'.
  bool is_new(uint32_t number);
  void write_function(Pseudo pseudo);
  void write_mapping(uint32_t object);
  void write_text(uint32_t field, uint64_t id, std::string_view text);
  void write_frame(uint64_t id, uint64_t function, uint64_t mapping, uint64_t relative_pc);
  void flush_if_full();

  const TablesView& view_;
  ObjectTable& objects_;
  StringTable& strings_;
  Arena& arena_;
  Budget& budget_;
  ArenaSet<Stack> stacks_;
  ArenaSet<Place> places_;
  // By pseudo-frame, and behind those by object: the sequence that saw it last.
  uint32_t* seen_ = nullptr;
  uint32_t sequence_ = 0;
  uint64_t* frame_ids_ = nullptr;
  Message interned_{nullptr, 0};
  void* flush_of_ = nullptr;
  FlushFunction flush_ = nullptr;
};

}  // namespace encoder
