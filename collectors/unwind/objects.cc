#include "collectors/unwind/objects.h"

#include <sys/auxv.h>

#include <cstring>
#include <string_view>

#include "collectors/unwind/debug_frame.h"
#include "collectors/unwind/elf_image.h"
#include "collectors/unwind/loader.h"
#include "collectors/unwind/object_slots.h"
#include "tables/tables.h"

namespace objects {

namespace {

using object_slots::add;
using object_slots::kGone;
using object_slots::kLive;
using object_slots::range_count;
using object_slots::ranges;

CodeRange* live_range(uint64_t pc) {
  const uint32_t count = range_count.load(std::memory_order_acquire);
  for (uint32_t i = 0; i < count; i++) {
    CodeRange& range = ranges[i];
    const uint64_t start = range.start.load(std::memory_order_relaxed);
    // Acquire: pairs with add's release, the other fields are written before the state.
    if (pc >= start && range.state.load(std::memory_order_acquire) == kLive && pc < range.end) {
      return &range;
    }
  }
  return nullptr;
}

// What the loader has at `pc` and no slot has yet. Only the ELF header of a `permanent` object is
// read: any other may be unloaded meanwhile.
const CodeRange* discover(uint64_t pc, bool permanent) {
  loader::FoundObject found;
  if (!tables::is_open() || !loader::find(pc, &found)) return nullptr;
  const bool is_permanent = loader::is_initial(found.map);
  ElfImage image;
  if ((permanent && !is_permanent) || !loader::image_of(found, &image)) return nullptr;
  const char* name = found.map->l_name;
  image.path = name == nullptr ? std::string_view() : std::string_view(name);
  if (image.path.empty()) image.flags = layout::kObjectMain;  // start() has entered its code
  const ElfW(Phdr)* code = image.code_at(pc);
  if (code == nullptr) return nullptr;
  return add(image, *code, reinterpret_cast<uint64_t>(found.map_start), is_permanent);
}

void add_all(const ElfImage& image) {
  const ElfW(Phdr)* s = image.segments();
  for (unsigned i = 0; i < image.segment_count(); i++) {
    if (s[i].p_type == PT_LOAD && (s[i].p_flags & PF_X) != 0) add(image, s[i], 0, true);
  }
}

// Whether the loader still has the object of this range: the same file at the same place. Reads no
// memory of the object itself, which may be gone.
bool is_still_loaded(const CodeRange& range) {
  if (range.map_start == 0) return true;
  loader::FoundObject found;
  if (!loader::find(range.start.load(std::memory_order_relaxed), &found)) return false;
  if (reinterpret_cast<uint64_t>(found.map_start) != range.map_start) return false;
  const char* name = found.map->l_name;
  return object_slots::is_at_path(range, name == nullptr ? std::string_view() : name);
}

std::atomic<bool> code_gone;

void mark_gone(CodeRange& range) {
  uint32_t live = kLive;
  if (range.state.compare_exchange_strong(live, kGone, std::memory_order_release)) {
    code_gone.store(true, std::memory_order_release);
  }
}

// True where .eh_frame may not be all there is: no table, or the few entries that the compiler's
// start files bring.
bool has_few_rules(const ElfImage& image) {
  constexpr uint32_t kOfStartFiles = 64;
  const uint64_t table = image.unwind_table();
  if (table == 0 || image.segment_at(table, 12) == nullptr) return true;
  // Version, three encodings (the usual ones, a count of four bytes), address, count.
  return *reinterpret_cast<const uint32_t*>(table + 8) < kOfStartFiles;
}

void add_program() {
  ElfImage image = ElfImage::of_program();
  image.path = tables::text_at(tables::header().program);
  add_all(image);
  if (image.header_count != 0 && has_few_rules(image)) debug_frame::open(image.bias);
}

void add_vdso() {
  const uint64_t header = getauxval(AT_SYSINFO_EHDR);
  const auto* const start = reinterpret_cast<const void*>(header);
  if (header == 0 || !ElfImage::is_at(start)) return;
  ElfImage image = ElfImage::at(start, 0);
  image.path = "[vdso]";
  image.flags = layout::kObjectVdso;
  const ElfW(Phdr)* s = image.segments();
  for (unsigned i = 0; i < image.segment_count(); i++) {
    if (s[i].p_type == PT_LOAD) {
      image.bias = header - s[i].p_vaddr + s[i].p_offset;
      break;
    }
  }
  add_all(image);
}

}  // namespace

void start() {
  object_slots::clear();
  loader::start();
  add_vdso();
  add_program();
}

const CodeRange* find(uint64_t pc) {
  while (CodeRange* range = live_range(pc)) {
    // libc closes objects of its own (gconv, NSS) past our dlclose: before its unwind table is
    // read, an object is asked for again.
    if (is_still_loaded(*range)) return range;
    mark_gone(*range);
  }
  const CodeRange* found = discover(pc, false);
  if (found == nullptr) object_slots::end_under(pc);
  return found;
}

const CodeRange* find_permanent(uint64_t pc, const CodeRange* also) {
  const CodeRange* range = live_range(pc);
  if (range == nullptr) return discover(pc, true);
  return range->is_permanent || range == also ? range : nullptr;
}

bool forget_gone() {
  if (!tables::is_open()) return false;
  const uint32_t count = range_count.load(std::memory_order_acquire);
  for (uint32_t i = 0; i < count; i++) {
    CodeRange& range = ranges[i];
    if (range.state.load(std::memory_order_acquire) == kLive && !is_still_loaded(range)) {
      mark_gone(range);
    }
  }
  return has_gone();
}

bool has_gone() {
  return code_gone.load(std::memory_order_relaxed) && code_gone.exchange(false);
}

}  // namespace objects
