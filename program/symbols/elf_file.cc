#include "program/symbols/elf_file.h"

#include <elfutils/libdwelf.h>
#include <gelf.h>
#include <strings.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "program/symbols/elf_identity.h"
#include "program/symbols/plain_sections.h"
#include "program/system/console.h"
#include "program/system/hexadecimal.h"

namespace program {
namespace {

int find_no_elf(Dwfl_Module*, void**, const char*, Dwarf_Addr, char**, Elf**) {
  return -1;
}

int find_debuginfo(Dwfl_Module*, void** file, const char*, Dwarf_Addr, const char*,
                   const char* link, GElf_Word crc, char** found_name) {
  std::string found;
  const int fd = static_cast<ElfFile*>(*file)->find_debug_file(link, crc, &found);
  if (fd >= 0) *found_name = strdup(found.c_str());
  return fd;
}

const Dwfl_Callbacks kCallbacks = {
    .find_elf = find_no_elf,
    .find_debuginfo = find_debuginfo,
    .section_address = dwfl_offline_section_address,
    .debuginfo_path = nullptr,
};

}  // namespace

ElfFile::~ElfFile() {
  close_it();
}

void ElfFile::close_it() {
  dwfl_end(dwfl_);
  dwfl_ = nullptr;
  module_ = nullptr;
  elf_ = nullptr;
  losses_.clear();
}

bool ElfFile::open(const ObjectId& object, FileSource* files, std::string* error) {
  path_ = object.path;
  files_ = files;
  FileRequest request{FileKind::kObject, object.path, object.build_id, 0, object.address};
  error->clear();
  for (bool more = true; more; request.number++) {
    const OpenedFile opened = files->open(request);
    more = opened.more;
    std::string problem = opened.problem;
    if (opened.fd >= 0 && read(opened.fd, &problem)) {
      note_ = opened.note;
      is_partial_ = opened.is_partial;
      if (object.build_id.empty() || strcasecmp(object.build_id.c_str(), build_id_.c_str()) == 0)
        return true;
      problem = "the file is another than the one that ran (build id " + build_id_ +
                ", the profile has " + object.build_id + ")";
    }
    // What is wrong at the object's own path says most.
    if (error->empty()) *error = problem;
    close_it();
  }
  return false;
}

bool ElfFile::read(int file, std::string* error) {
  const int fd = plain(file, path_);
  *error = "not a program or shared object that elfutils can read";
  dwfl_ = dwfl_begin(&kCallbacks);
  if (dwfl_ != nullptr) {
    dwfl_report_begin(dwfl_);
    module_ = dwfl_report_elf(dwfl_, path_.c_str(), path_.c_str(), fd, 0, true);
    dwfl_report_end(dwfl_, nullptr, nullptr);
  }
  if (module_ == nullptr) {
    close(fd);
    return false;
  }
  void** self = nullptr;
  dwfl_module_info(module_, &self, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr);
  *self = this;
  elf_ = dwfl_module_getelf(module_, &bias_);
  GElf_Ehdr header;
  if (elf_ == nullptr || gelf_getehdr(elf_, &header) == nullptr) return false;
  if (header.e_type != ET_EXEC && header.e_type != ET_DYN) return false;
  build_id_ = hexadecimal(build_id_of(elf_));
  code_ = {};
  read_code_ranges();
  error->clear();
  return true;
}

void ElfFile::lose(const std::string& what, const std::string& sentence) const {
  losses_.push_back({what + " of " + path_ + ": ", sentence});
  say(Level::kInfo, losses_.back().subject + sentence);
}

int ElfFile::plain(int fd, const std::string& name) const {
  std::string problem;
  const int readable = with_plain_sections(fd, files_, &problem);
  if (!problem.empty()) lose("debug information", name + ": " + problem);
  return readable;
}

int ElfFile::first_good(FileRequest request, const IsGood& is_good, std::string* found,
                        std::string* places) const {
  request.object = path_;
  for (bool more = true; more; request.number++) {
    const OpenedFile opened = files_->open(request);
    std::string problem = opened.fd < 0 ? opened.problem : "another file";
    if (opened.fd >= 0 && is_good(opened.fd)) {
      if (found != nullptr) *found = opened.path;
      return plain(opened.fd, opened.path);
    }
    if (opened.fd >= 0) close(opened.fd);
    const bool is_usual = problem == "not found" || problem == strerror(ENOENT);
    const bool is_new = places != nullptr && !opened.path.empty() &&
                        (", " + *places).find(", " + opened.path) == std::string::npos;
    if (is_new) {
      *places += (places->empty() ? "" : ", ") + opened.path + (is_usual ? "" : ": " + problem);
    }
    more = opened.more;
  }
  return -1;
}

int ElfFile::find_dwz_file(const char* link, std::string* found) const {
  // libdw has the debug file's DWARF by now: this begins no second search.
  Dwarf_Addr bias = 0;
  Dwarf* dwarf = dwfl_module_getdwarf(module_, &bias);
  const char* name = nullptr;
  const void* bytes = nullptr;
  const ssize_t size = dwarf == nullptr ? 0 : dwelf_dwarf_gnu_debugaltlink(dwarf, &name, &bytes);
  if (size <= 0) return -1;
  const BuildId wanted(static_cast<const char*>(bytes), static_cast<size_t>(size));
  const auto is_wanted = [&](int fd) { return has_build_id(fd, wanted); };
  std::string places;
  int fd = first_good({FileKind::kAlternate, "", link}, is_wanted, found, &places);
  const std::string id = hexadecimal(wanted);
  if (fd < 0) fd = first_good({FileKind::kByBuildId, "", id}, is_wanted, found, &places);
  if (fd < 0) fd = first_good({FileKind::kFromServer, "", id}, is_wanted, found, &places);
  if (fd < 0) {
    lose("names of inlined functions", std::string("they are in the dwz file ") + link +
                                           " (build id " + id + "), not found (looked at " +
                                           places + ")");
  }
  return fd;
}

int ElfFile::find_debug_file(const char* link, uint32_t crc, std::string* found) {
  const BuildId id = build_id_of(elf_);
  GElf_Word own_crc = 0;
  const char* own_link = dwelf_elf_gnu_debuglink(elf_, &own_crc);
  const bool is_alternate = link != nullptr && (own_link == nullptr || strcmp(link, own_link) != 0);
  if (is_alternate) return find_dwz_file(link, found);
  if (id.empty() && link == nullptr) return -1;  // nothing would tell that it is the right one
  const auto is_wanted = [&](int file) {
    return id.empty() ? has_crc(file, crc) : has_build_id(file, id);
  };
  const std::string name = link != nullptr ? link : base_name() + ".debug";
  const std::string hex = hexadecimal(id);
  int fd = -1;
  if (!id.empty()) fd = first_good({FileKind::kByBuildId, "", hex}, is_wanted, found, nullptr);
  if (fd < 0) fd = first_good({FileKind::kByLink, "", name}, is_wanted, found, nullptr);
  if (fd >= 0 || id.empty()) return fd;
  return first_good({FileKind::kFromServer, "", hex}, is_wanted, found, nullptr);
}

std::string ElfFile::base_name() const {
  return path_.substr(path_.rfind('/') + 1);
}

std::optional<uint64_t> ElfFile::address_of_offset(uint64_t offset) const {
  std::optional<uint64_t> found;
  size_t count = 0;
  if (elf_getphdrnum(elf_, &count) != 0) return found;
  for (size_t i = 0; i < count; i++) {
    GElf_Phdr segment;
    if (gelf_getphdr(elf_, static_cast<int>(i), &segment) == nullptr) break;
    if (segment.p_type != PT_LOAD || offset < segment.p_offset) continue;
    if (offset - segment.p_offset >= segment.p_filesz) continue;
    found = segment.p_vaddr + (offset - segment.p_offset);
    if (segment.p_flags & PF_X) break;
  }
  return found;
}

std::optional<GElf_Phdr> ElfFile::segment(uint32_t type) const {
  size_t count = 0;
  if (elf_getphdrnum(elf_, &count) != 0) return std::nullopt;
  for (size_t i = 0; i < count; i++) {
    GElf_Phdr segment;
    if (gelf_getphdr(elf_, static_cast<int>(i), &segment) == nullptr) break;
    if (segment.p_type == type) return segment;
  }
  return std::nullopt;
}

Elf_Data* ElfFile::loaded_from(uint64_t address) const {
  size_t count = 0;
  if (elf_getphdrnum(elf_, &count) != 0) return nullptr;
  for (size_t i = 0; i < count; i++) {
    GElf_Phdr segment;
    if (gelf_getphdr(elf_, static_cast<int>(i), &segment) == nullptr) break;
    if (segment.p_type != PT_LOAD || address < segment.p_vaddr) continue;
    const uint64_t distance = address - segment.p_vaddr;
    if (distance >= segment.p_filesz) continue;
    Elf_Data* data = elf_getdata_rawchunk(elf_, static_cast<int64_t>(segment.p_offset + distance),
                                          segment.p_filesz - distance, ELF_T_BYTE);
    return data == nullptr || data->d_buf == nullptr || data->d_size == 0 ? nullptr : data;
  }
  return nullptr;
}

uint64_t ElfFile::code_end(uint64_t address) const {
  const auto* range = code_.find(address);
  return range == nullptr ? 0 : range->end;
}

void ElfFile::read_code_ranges() {
  Elf_Scn* section = nullptr;
  while ((section = elf_nextscn(elf_, section)) != nullptr) {
    GElf_Shdr header;
    if (gelf_getshdr(section, &header) == nullptr) continue;
    constexpr uint64_t kCode = SHF_ALLOC | SHF_EXECINSTR;
    if ((header.sh_flags & kCode) != kCode) continue;
    code_.add(header.sh_addr, header.sh_addr + header.sh_size, 0);
  }
  size_t count = 0;
  if (!code_.empty() || elf_getphdrnum(elf_, &count) != 0) count = 0;
  for (size_t i = 0; i < count; i++) {
    GElf_Phdr segment;
    if (gelf_getphdr(elf_, static_cast<int>(i), &segment) == nullptr) break;
    if (segment.p_type != PT_LOAD || !(segment.p_flags & PF_X)) continue;
    code_.add(segment.p_vaddr, segment.p_vaddr + segment.p_memsz, 0);
  }
  code_.sort();
}

}  // namespace program
