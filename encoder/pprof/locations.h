// Locations: one for each address in each object, and the pseudo-frames in square brackets.
#pragma once

#include <cstdint>

#include "encoder/pprof/objects.h"
#include "encoder/pprof/pseudo_frames.h"
#include "encoder/wire/arena.h"
#include "encoder/wire/arena_set.h"
#include "encoder/wire/protobuf_writer.h"
#include "encoder/wire/string_table.h"

namespace encoder {

class LocationTable {
 public:
  LocationTable(ObjectTable& objects, Arena& arena)
      : objects_(objects), arena_(arena), places_(arena) {}

  // False without memory. `used_bytes` of the tables tell how many places to expect.
  bool open(uint64_t used_bytes);

  // The id of the location; 0 without memory. An address in no object is code made at run time: the
  // walk keeps no other such.
  uint64_t id_of(uint64_t pc, uint32_t generation);
  uint64_t id_of(Pseudo pseudo) {
    used_[number(pseudo)] = true;
    return number(pseudo);
  }

  // How many addresses have a place: those are what names can be found for.
  uint32_t address_count() const { return places_.size(); }

  // All that were asked for. The mappings have to be numbered.
  void write_all(StringTable& strings, MessageStream& out);

 private:
  static constexpr uint64_t kFirstId = number(Pseudo::kCount);  // behind the pseudo ones

  struct Place {
    uint64_t pc;
    uint32_t object;  // kNone: in no object
    uint64_t hash(uint64_t seed) const { return mixed(pc ^ seed, object); }
    bool same(const Place& other) const { return pc == other.pc && object == other.object; }
  };
  // Most frames were met lately: what they led to is kept in a small direct-mapped cache, which
  // spares most of the searches.
  struct Recent {
    uint64_t pc;
    uint32_t generation;
    uint32_t id;
  };

  uint64_t look_up(uint64_t pc, uint32_t generation);
  // Dense from 1: pprof numbers the functions that it adds itself from their count on.
  uint32_t function_id(Pseudo pseudo) const;
  void write_place(uint32_t index, MessageStream& out);
  void write_pseudo(Pseudo pseudo, StringTable& strings, MessageStream& out);

  ObjectTable& objects_;
  Arena& arena_;
  ArenaSet<Place> places_;
  Recent* recent_ = nullptr;
  uint64_t recent_mask_ = 0;
  bool used_[kFirstId] = {};
};

}  // namespace encoder
