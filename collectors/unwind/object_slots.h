// The slots that loaded objects' code ranges are kept in (the inside of objects.h), and which slot,
// generation and entry in the tables a range gets that comes, or comes back.
#pragma once

#include <string_view>

#include "collectors/unwind/elf_image.h"
#include "collectors/unwind/objects.h"

namespace object_slots {

constexpr uint32_t kEmpty = 0, kLive = 1, kGone = 2;
constexpr unsigned kMaxRanges = 4096;

extern CodeRange ranges[kMaxRanges];
// Slots from here on have never been used.
extern std::atomic<uint32_t> range_count;

// Whether its object was loaded from this path. Context: any.
bool is_at_path(const CodeRange& range, std::string_view path) SIGNAL_SAFE;

// Context: start, or a forked child with fresh tables.
void clear();

// Enters the executable segment `s` of an image; null where there is no room, or another thread, or
// the code that this handler interrupted, is at it: the walk then ends there, once. Context: any.
const CodeRange* add(const ElfImage& image, const ElfW(Phdr) & s, uint64_t map_start,
                     bool is_permanent) SIGNAL_SAFE;

// Lets go of the slots where a frame of this thread, which a jump has left, was changing them.
// Context: the thread itself.
void give_up_left(int32_t tid, uint64_t here) SIGNAL_SAFE;

// Code that no object holds runs at `pc`: if an object was there before, its time is over. Context:
// any.
void end_under(uint64_t pc) SIGNAL_SAFE;

}  // namespace object_slots
