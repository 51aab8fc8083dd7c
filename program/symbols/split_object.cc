#include "program/symbols/split_object.h"

#include <gelf.h>

#include <cstring>
#include <unordered_map>

#include "program/symbols/elf_section.h"

namespace program {
namespace {

constexpr size_t kMostStringBytes = size_t{256} << 20;
constexpr uint32_t kLongForm = 0xffffffff;  // instead of a length: 64-bit DWARF

template <typename T>
T at(const std::string& bytes, size_t place) {
  T value{};
  if (place + sizeof value <= bytes.size()) memcpy(&value, bytes.data() + place, sizeof value);
  return value;
}

SplitSection* find(std::vector<SplitSection>* sections, std::string_view name) {
  for (SplitSection& section : *sections) {
    if (section.name == name) return &section;
  }
  return nullptr;
}

template <typename Offset>
std::string move_strings(std::string_view strings, size_t begin, std::string* offsets) {
  std::string kept(1, '\0');  // where a damaged offset leads
  std::unordered_map<Offset, Offset> moved;
  for (size_t place = begin; place + sizeof(Offset) <= offsets->size(); place += sizeof(Offset)) {
    const auto old = at<Offset>(*offsets, place);
    const auto [entry, added] = moved.try_emplace(old, Offset{0});
    if (added && old < strings.size()) {
      const std::string_view rest = strings.substr(old);
      const std::string_view text = rest.substr(0, rest.find('\0'));
      if (kept.size() + text.size() < kMostStringBytes) {
        entry->second = static_cast<Offset>(kept.size());
        kept += text;
        kept += '\0';
      }
    }
    memcpy(offsets->data() + place, &entry->second, sizeof(Offset));
  }
  return kept;
}

template <typename T>
void append(std::string* bytes, const T& value) {
  bytes->append(reinterpret_cast<const char*>(&value), sizeof value);
}

}  // namespace

void keep_used_strings(std::string_view strings, bool has_header,
                       std::vector<SplitSection>* sections) {
  SplitSection* offsets = find(sections, ".debug_str_offsets.dwo");
  const SplitSection* info = find(sections, ".debug_info.dwo");
  if (offsets == nullptr || info == nullptr) return;
  const bool is_long = at<uint32_t>(info->bytes, 0) == kLongForm;
  const size_t begin = !has_header ? 0 : is_long ? 16 : 8;
  std::string kept = is_long ? move_strings<uint64_t>(strings, begin, &offsets->bytes)
                             : move_strings<uint32_t>(strings, begin, &offsets->bytes);
  sections->push_back({".debug_str.dwo", std::move(kept)});
}

std::string split_object_inside(int fd) {
  Elf* elf = elf_begin(fd, ELF_C_READ_MMAP_PRIVATE, nullptr);
  std::string file;
  if (elf != nullptr && !elf_section(elf, ".debug_info").empty()) {
    std::vector<SplitSection> sections;
    for (const char* name : {".debug_info.dwo", ".debug_abbrev.dwo", ".debug_line.dwo",
                             ".debug_str_offsets.dwo", ".debug_rnglists.dwo", ".debug_str.dwo"}) {
      const std::string_view bytes = elf_section(elf, name);
      if (!bytes.empty()) sections.push_back({name, std::string(bytes)});
    }
    GElf_Ehdr header{};
    gelf_getehdr(elf, &header);
    if (!sections.empty()) file = split_object(sections, header.e_machine);
  }
  elf_end(elf);
  return file;
}

std::string split_object(const std::vector<SplitSection>& sections, uint16_t machine) {
  Elf64_Ehdr header{};
  memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_ident[EI_CLASS] = ELFCLASS64;
  header.e_ident[EI_DATA] = ELFDATA2LSB;
  header.e_ident[EI_VERSION] = EV_CURRENT;
  header.e_type = ET_REL;
  header.e_machine = machine;
  header.e_version = EV_CURRENT;
  header.e_ehsize = sizeof header;
  header.e_shentsize = sizeof(Elf64_Shdr);
  header.e_shnum = static_cast<uint16_t>(sections.size() + 2);
  header.e_shstrndx = static_cast<uint16_t>(sections.size() + 1);

  std::string file(sizeof header, '\0');
  std::string names(1, '\0');
  std::vector<Elf64_Shdr> table(1);
  const auto add = [&](const std::string& name, uint32_t type, const std::string& bytes) {
    Elf64_Shdr section{};
    section.sh_name = static_cast<uint32_t>(names.size());
    section.sh_type = type;
    section.sh_offset = file.size();
    section.sh_size = bytes.size();
    section.sh_addralign = 1;
    names += name + '\0';
    file += bytes;
    table.push_back(section);
  };
  for (const SplitSection& section : sections) add(section.name, SHT_PROGBITS, section.bytes);
  // Its own name is the last one in it.
  const std::string last = ".shstrtab";
  add(last, SHT_STRTAB, names + last + '\0');
  file.resize((file.size() + 7) / 8 * 8);
  header.e_shoff = file.size();
  for (const Elf64_Shdr& section : table) append(&file, section);
  memcpy(file.data(), &header, sizeof header);
  return file;
}

}  // namespace program
