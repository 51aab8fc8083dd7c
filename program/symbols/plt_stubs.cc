// A stub jumps through a word that a relocation fills, as all linkers write it; with IBT the stub
// of the first call (.plt beside .plt.sec) pushes the relocation's number instead.
#include "program/symbols/plt_stubs.h"

#include <cstring>

namespace program {
namespace {

constexpr uint64_t kUsualSize = 16;
// .plt.got without endbr64: `jmp *slot(%rip)` and two bytes of padding.
constexpr uint64_t kSmallSize = 8;
constexpr uint8_t kEndbr64[] = {0xf3, 0x0f, 0x1e, 0xfa};

template <typename T>
T number_at(const uint8_t* bytes) {
  T number;
  memcpy(&number, bytes, sizeof number);
  return number;
}

struct Section {
  std::string name;
  uint64_t begin, end;
};

std::vector<Section> sections_of(Elf* elf) {
  std::vector<Section> found;
  size_t names = 0;
  if (elf_getshdrstrndx(elf, &names) != 0) return found;
  for (Elf_Scn* section = nullptr; (section = elf_nextscn(elf, section)) != nullptr;) {
    GElf_Shdr header;
    if (gelf_getshdr(section, &header) == nullptr || !(header.sh_flags & SHF_EXECINSTR)) continue;
    const char* name = elf_strptr(elf, names, header.sh_name);
    if (name != nullptr) found.push_back({name, header.sh_addr, header.sh_addr + header.sh_size});
  }
  return found;
}

}  // namespace

PltStubs::PltStubs(const ElfFile& file) : file_(file) {
  const DynamicTable table(file);
  const auto stub_of = [](const DynamicTable::Relocation& relocation) {
    const bool is_resolver = relocation.type == R_X86_64_IRELATIVE;
    return Stub{relocation.symbol, is_resolver ? relocation.addend : 0};
  };
  for (const auto& relocation : table.relocations(DT_JMPREL, DT_PLTRELSZ)) {
    in_order_.push_back(stub_of(relocation));
    slots_[relocation.place] = in_order_.back();
  }
  const std::vector<Section> sections = sections_of(file.elf());
  // Without sections only words of DT_JMPREL tell a stub from a tail call of -fno-plt code.
  if (sections.empty()) {
    for (const auto& code : file.code_ranges().entries()) {
      read_code(code.begin, code.end, kUsualSize);
    }
    stubs_.sort();
    return;
  }
  for (const auto& relocation : table.relocations(DT_RELA, DT_RELASZ)) {
    const bool is_pointer =
        relocation.type == R_X86_64_GLOB_DAT || relocation.type == R_X86_64_IRELATIVE;
    if (is_pointer) slots_.try_emplace(relocation.place, stub_of(relocation));
  }
  for (const Section& section : sections) {
    const bool holds_stubs =
        section.name == ".plt" || section.name.starts_with(".plt.") || section.name == ".iplt";
    if (!holds_stubs) continue;
    const Elf_Data* data = file.loaded_from(section.begin);
    const bool small = section.name == ".plt.got" && data != nullptr && data->d_size >= 4 &&
                       memcmp(data->d_buf, kEndbr64, 4) != 0;
    read_code(section.begin, section.end, small ? kSmallSize : kUsualSize);
  }
  stubs_.sort();
}

void PltStubs::add_stub(uint64_t jump, uint64_t stub_size, const Stub& stub) {
  const uint64_t begin = jump / stub_size * stub_size;
  if (!stub.symbol.empty() || stub.resolver != 0) stubs_.add(begin, begin + stub_size, stub);
}

void PltStubs::read_code(uint64_t begin, uint64_t end, uint64_t stub_size) {
  const Elf_Data* data = file_.loaded_from(begin);
  if (data == nullptr || slots_.empty()) return;
  const auto* bytes = static_cast<const uint8_t*>(data->d_buf);
  const uint64_t size = std::min<uint64_t>(end - begin, data->d_size);
  for (uint64_t i = 0; i + 6 <= size; i++) {
    if (bytes[i] == 0xff && bytes[i + 1] == 0x25) {  // jmp *slot(%rip)
      const auto distance = static_cast<uint64_t>(int64_t{number_at<int32_t>(bytes + i + 2)});
      const auto slot = slots_.find(begin + i + 6 + distance);
      if (slot != slots_.end()) add_stub(begin + i, stub_size, slot->second);
    } else if (i % kUsualSize == 0 && i + 9 <= size && memcmp(bytes + i, kEndbr64, 4) == 0 &&
               bytes[i + 4] == 0x68) {  // endbr64; push $number
      const auto number = number_at<uint32_t>(bytes + i + 5);
      if (number < in_order_.size()) add_stub(begin + i, stub_size, in_order_[number]);
    }
  }
}

const PltStubs::Stub* PltStubs::find(uint64_t address) const {
  const auto* entry = stubs_.find(address);
  return entry == nullptr ? nullptr : &entry->value;
}

}  // namespace program
