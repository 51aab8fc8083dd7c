#include "preload/linkage/got_slots.h"

#include <sys/mman.h>
#include <sys/syscall.h>

#include "collectors/unwind/elf_image.h"
#include "collectors/unwind/loader.h"
#include "collectors/unwind/objects.h"
#include "env/sys/arch.h"

namespace got_slots {

// What an object's dynamic section says of its relocations.
struct Relocations {
  const ElfW(Sym) * symbols;
  const char* names;
  const ElfW(Rela) * calls;
  uint64_t call_count;
  const ElfW(Rela) * others;
  uint64_t other_count;
  const ElfW(Half) * versions;  // of the symbols, as numbers; null: none
  const ElfW(Verneed) * needed;
};

namespace {

constexpr uint64_t kPage = 4096;
constexpr ElfW(Half) kVersionNumber = 0x7fff;

template <typename Record>
const Record* behind(const void* record, uint64_t distance) {
  return reinterpret_cast<const Record*>(static_cast<const char*>(record) + distance);
}

Relocations read_dynamic(const link_map& map) {
  Relocations r{};
  const loader::Bounds bounds = loader::bounds_of(map);
  bool is_rela = true;
  uint64_t relative = 0;
  for (const ElfW(Dyn)* d = map.l_ld; d != nullptr && d->d_tag != DT_NULL; d++) {
    const uint64_t at = loader::address_in(map, bounds, d->d_un.d_ptr);
    if (d->d_tag == DT_SYMTAB) r.symbols = reinterpret_cast<const ElfW(Sym)*>(at);
    if (d->d_tag == DT_STRTAB) r.names = reinterpret_cast<const char*>(at);
    if (d->d_tag == DT_JMPREL) r.calls = reinterpret_cast<const ElfW(Rela)*>(at);
    if (d->d_tag == DT_PLTRELSZ) r.call_count = d->d_un.d_val / sizeof(ElfW(Rela));
    if (d->d_tag == DT_PLTREL) is_rela = d->d_un.d_val == DT_RELA;
    if (d->d_tag == DT_RELA) r.others = reinterpret_cast<const ElfW(Rela)*>(at);
    if (d->d_tag == DT_RELASZ) r.other_count = d->d_un.d_val / sizeof(ElfW(Rela));
    if (d->d_tag == DT_VERSYM) r.versions = reinterpret_cast<const ElfW(Half)*>(at);
    if (d->d_tag == DT_VERNEED) r.needed = reinterpret_cast<const ElfW(Verneed)*>(at);
    if (d->d_tag == DT_RELACOUNT) relative = d->d_un.d_val;
  }
  if (!is_rela || r.calls == nullptr) r.call_count = 0;
  if (r.others == nullptr) r.other_count = relative = 0;
  // Those that name nothing stand first.
  if (relative > r.other_count) relative = r.other_count;
  r.others += relative;
  r.other_count -= relative;
  if (r.symbols == nullptr || r.names == nullptr) r.call_count = r.other_count = 0;
  return r;
}

// The pages of an object that the loader made read-only when it had filled them in.
class ReadOnlyPages {
 public:
  ReadOnlyPages(const ElfImage& image) {
    const ElfW(Phdr)* s = image.segments();
    for (unsigned i = 0; i < image.segment_count(); i++) {
      if (s[i].p_type != PT_GNU_RELRO) continue;
      low_ = (image.bias + s[i].p_vaddr) & ~(kPage - 1);
      high_ = (image.bias + s[i].p_vaddr + s[i].p_memsz) & ~(kPage - 1);
    }
  }
  ~ReadOnlyPages() {
    if (is_open_) protect(PROT_READ);
  }
  ReadOnlyPages(const ReadOnlyPages&) = delete;
  ReadOnlyPages& operator=(const ReadOnlyPages&) = delete;

  bool can_write(uint64_t address) {
    if (address < low_ || address >= high_) return true;
    if (!is_open_) is_open_ = protect(PROT_READ | PROT_WRITE);
    return is_open_;
  }

 private:
  bool protect(int how) const {
    return !arch::is_error(arch::syscall(SYS_mprotect, low_, high_ - low_, how));
  }

  uint64_t low_ = 0, high_ = 0;
  bool is_open_ = false;
};

struct Visit {
  const void* (*choose)(const Slot&, void*);
  void* argument;
  const link_map& map;
  const ElfImage& image;
  loader::Bounds bounds;
  ReadOnlyPages& pages;

  void place(const Relocations& r, const ElfW(Rela) & rela, bool is_call) {
    const uint64_t address = map.l_addr + rela.r_offset;
    const ElfW(Phdr)* segment = image.segment_at(address, sizeof(uint64_t));
    if (segment == nullptr || (segment->p_flags & PF_W) == 0) return;
    auto* const word = reinterpret_cast<std::atomic<const void*>*>(address);
    const uint64_t number = ELF64_R_SYM(rela.r_info);
    const ElfW(Sym)& symbol = r.symbols[number];
    Slot slot{
        r.names + symbol.st_name, &map, word->load(std::memory_order_relaxed), is_call, r, number};
    const uint64_t target = reinterpret_cast<uint64_t>(slot.target);
    // A call that was never made leads back into the object's own procedure linkage table.
    const bool is_inside = bounds.hold(target) && image.segment_at(target, 1) != nullptr;
    const bool is_own = symbol.st_shndx != SHN_UNDEF && target == map.l_addr + symbol.st_value;
    if (is_call && is_inside && !is_own) slot.target = nullptr;
    const void* to = choose(slot, argument);
    if (to != nullptr && pages.can_write(address)) word->store(to, std::memory_order_relaxed);
  }
};

void change_in(const link_map& map, const void* (*choose)(const Slot&, void*), void* argument) {
  ElfImage image;
  if (!loader::image_of(map, &image)) return;
  ReadOnlyPages pages(image);
  Visit visit{choose, argument, map, image, loader::bounds_of(map), pages};
  const Relocations r = read_dynamic(map);
  for (uint64_t i = 0; i < r.call_count; i++) {
    if (ELF64_R_TYPE(r.calls[i].r_info) == R_X86_64_JUMP_SLOT) visit.place(r, r.calls[i], true);
  }
  for (uint64_t i = 0; i < r.other_count; i++) {
    const uint64_t type = ELF64_R_TYPE(r.others[i].r_info);
    const bool is_address = type == R_X86_64_GLOB_DAT || type == R_X86_64_64;
    if (is_address && r.others[i].r_addend == 0) visit.place(r, r.others[i], false);
  }
}

// A program may name auditors itself. They are notified of every binding and see calls go by.
bool is_audited() {
  const link_map* program = loader::initial(0);
  for (const ElfW(Dyn)* d = program == nullptr ? nullptr : program->l_ld;
       d != nullptr && d->d_tag != DT_NULL; d++) {
    if (d->d_tag == DT_AUDIT || d->d_tag == DT_DEPAUDIT) return true;
  }
  return false;
}

}  // namespace

const char* Slot::version() const {
  if (among.versions == nullptr || among.needed == nullptr) return nullptr;
  const auto number = static_cast<ElfW(Half)>(among.versions[symbol] & kVersionNumber);
  for (const auto* n = among.needed;; n = behind<ElfW(Verneed)>(n, n->vn_next)) {
    const auto* each = behind<ElfW(Vernaux)>(n, n->vn_aux);
    for (unsigned i = 0; i < n->vn_cnt; i++, each = behind<ElfW(Vernaux)>(each, each->vna_next)) {
      if ((each->vna_other & kVersionNumber) == number) return among.names + each->vna_name;
    }
    if (n->vn_next == 0) return nullptr;
  }
}

void change(const void* (*choose)(const Slot&, void*), void* argument) {
  loader::start();
  if (is_audited()) return;
  const link_map* map;
  for (unsigned i = 0; (map = loader::initial(i)) != nullptr; i++) {
    // Our own calls go where they go.
    if (map->l_addr != reinterpret_cast<uint64_t>(__ehdr_start)) change_in(*map, choose, argument);
  }
}

}  // namespace got_slots
