// An ELF file and what belongs to it (separate debug information, dwz file), through elfutils. All
// descriptors come from a FileSource; libdw gets those of .dwo files when it opens their names
// (split_units.h).
#pragma once

#include <elfutils/libdwfl.h>
#include <gelf.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "program/symbols/interval_table.h"
#include "program/system/file_source.h"

namespace program {

struct ObjectId {
  std::string path;
  std::string build_id;  // hexadecimal; empty: the object has none
  uint64_t address = 0;  // where it was mapped; 0: not known
};

class ElfFile {
 public:
  ElfFile() = default;
  ~ElfFile();
  ElfFile(const ElfFile&) = delete;
  ElfFile& operator=(const ElfFile&) = delete;

  // The first of the source's files that is the object, by its build id. False, and why in *error,
  // if there is none. The source must outlive this.
  bool open(const ObjectId& object, FileSource* files, std::string* error);

  const std::string& path() const { return path_; }
  // How the file was found, where the profile is to say so; and whether it is a part of it only.
  const std::string& note() const { return note_; }
  bool is_partial() const { return is_partial_; }
  std::string base_name() const;
  // Lower-case hex; empty if the file has none.
  const std::string& build_id() const { return build_id_; }

  // Where the linker put what stands at this offset of the file. Goes by the program headers, so it
  // holds for any number of segments, page-shared ones (lld) and position-dependent programs.
  std::optional<uint64_t> address_of_offset(uint64_t offset) const;

  // End of the piece of code that holds the address (its section, or segment if there are no
  // sections), 0 if it is no code. Addresses are the linker's.
  uint64_t code_end(uint64_t address) const;
  const IntervalTable<char>& code_ranges() const { return code_; }
  bool is_code(uint64_t address) const { return code_end(address) != 0; }

  // The first program header of this type.
  std::optional<GElf_Phdr> segment(uint32_t type) const;
  // The bytes of the loaded segment that holds the address, from there to the end of what the file
  // has of it; null if there is none, else of one byte at least.
  Elf_Data* loaded_from(uint64_t address) const;

  Elf* elf() const { return elf_; }
  Dwfl_Module* module() const { return module_; }
  // Dwfl's addresses are the linker's plus this.
  uint64_t bias() const { return bias_; }

  // Descriptor of its debug file, or of that one's dwz file if `link` is not the object's own; else
  // -1.
  int find_debug_file(const char* link, uint32_t crc, std::string* found);

  FileSource* files() const { return files_; }
  // Of the places of what is requested, the first file that is the right one, ready for elfutils;
  // else -1. Adds where it looked to *places.
  using IsGood = std::function<bool(int fd)>;
  int first_good(FileRequest request, const IsGood& is_good, std::string* found,
                 std::string* places) const;

  // What the file's debug information says elsewhere, where nothing was found. Known once a name
  // was asked for.
  struct Loss {
    std::string subject, sentence;
  };
  void lose(const std::string& what, const std::string& sentence) const;
  const std::vector<Loss>& losses() const { return losses_; }

 private:
  bool read(int fd, std::string* error);
  void close_it();
  void read_code_ranges();
  int find_dwz_file(const char* link, std::string* found) const;
  int plain(int fd, const std::string& name) const;

  FileSource* files_ = nullptr;
  std::string path_, note_;
  bool is_partial_ = false;
  std::string build_id_;
  Dwfl* dwfl_ = nullptr;
  Dwfl_Module* module_ = nullptr;
  Elf* elf_ = nullptr;
  GElf_Addr bias_ = 0;
  IntervalTable<char> code_;
  mutable std::vector<Loss> losses_;
};

}  // namespace program
