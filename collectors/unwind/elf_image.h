// An ELF object as it lies in memory: its program headers and build id. Reads nothing outside of
// the loaded segments that the headers tell of.
#pragma once

#include <elf.h>
#include <link.h>

#include <cstdint>
#include <string_view>

#include "tables/layout.h"

struct ElfImage {
  const ElfW(Phdr) * headers;
  unsigned header_count;
  uint64_t bias;  // what is added to the addresses in the file
  std::string_view path;
  uint32_t flags;  // layout::kObject...

  // True if an ELF header is at `address`, which can be read.
  static bool is_at(const void* address);

  // The image whose ELF header is at `header`.
  static ElfImage at(const void* header, uint64_t bias);
  // The program, by the headers that the kernel names. Context: any.
  static ElfImage of_program();

  const ElfW(Phdr) * segments() const { return headers; }
  unsigned segment_count() const { return header_count; }

  // The loaded segment whose file part holds [address, address + size), or null.
  const ElfW(Phdr) * segment_at(uint64_t address, uint64_t size) const;
  // The executable segment that holds `pc`, or null.
  const ElfW(Phdr) * code_at(uint64_t pc) const;
  // The address of .eh_frame_hdr, 0 if there is none.
  uint64_t unwind_table() const;
  void copy_build_id(layout::Object& object) const;
};
