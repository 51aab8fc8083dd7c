#include "program/symbols/dwarf_frames.h"

#include <dwarf.h>

#include "program/symbols/readable_name.h"

namespace program {
namespace {

struct Place {
  std::string file;
  int64_t line = 0;
};

const char* string_of(Dwarf_Die* die, unsigned attribute) {
  Dwarf_Attribute value;
  return dwarf_formstring(dwarf_attr_integrate(die, attribute, &value));
}

std::string absolute(const char* file, Dwarf_Die* unit) {
  if (file == nullptr) return "";
  if (file[0] == '/') return file;
  const char* directory = string_of(unit, DW_AT_comp_dir);
  return directory == nullptr ? file : std::string(directory) + "/" + file;
}

// What the line table says; an empty file if nothing.
Place line_at(DwarfUnit* unit, uint64_t libdw_address) {
  Dwarf_Line* row = dwarf_getsrc_die(&unit->lines, libdw_address);
  int line = 0;
  if (row == nullptr || dwarf_lineno(row, &line) != 0) return {};
  return {absolute(dwarf_linesrc(row, nullptr, nullptr), &unit->lines), line};
}

// The file that DW_AT_decl_file or DW_AT_call_file names. Not dwarf_decl_file(), which asserts that
// a unit has a line table; with split DWARF or in a damaged file it has not.
std::string file_of(Dwarf_Attribute* attribute, DwarfUnit* unit) {
  Dwarf_Die owner;  // may be another unit's: of a type, or of the dwz file
  Dwarf_Word number = 0;
  Dwarf_Files* files = nullptr;
  size_t count = 0;
  if (dwarf_formudata(attribute, &number) != 0) return "";
  if (dwarf_cu_die(attribute->cu, &owner, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr) ==
      nullptr) {
    return "";
  }
  if (dwarf_getsrcfiles(&owner, &files, &count) != 0 || number >= count) return "";
  return absolute(dwarf_filesrc(files, number, nullptr, nullptr), &unit->lines);
}

// Where an inlined function was called.
Place call_of(Dwarf_Die* inlined, DwarfUnit* unit) {
  Place place;
  Dwarf_Attribute attribute;
  Dwarf_Word number = 0;
  if (dwarf_attr(inlined, DW_AT_call_file, &attribute) != nullptr) {
    place.file = file_of(&attribute, unit);
  }
  if (dwarf_formudata(dwarf_attr(inlined, DW_AT_call_line, &attribute), &number) == 0) {
    place.line = static_cast<int64_t>(number);
  }
  return place;
}

// The calls that hold the address, outermost first: one at each depth.
std::vector<Dwarf_Die> inlined_at(const DwarfFunction& function, uint64_t address) {
  std::vector<Dwarf_Die> chain;
  for (const InlinedCall& call : function.inlined) {
    const bool inside = call.begin <= address && address < call.end;
    if (inside && call.depth == chain.size()) chain.push_back(call.die);
  }
  return chain;
}

}  // namespace

const Frame& DwarfFrames::named(Dwarf_Die* die, DwarfUnit* unit) {
  const auto [at, added] = names_.try_emplace(die->addr);
  Frame& out = at->second;
  if (!added) return out;
  const char* linkage = string_of(die, DW_AT_linkage_name);
  if (linkage == nullptr) linkage = string_of(die, DW_AT_MIPS_linkage_name);
  const char* plain = string_of(die, DW_AT_name);
  out.system_name = linkage != nullptr ? linkage : plain != nullptr ? plain : "";
  out.name = readable_name(out.system_name);
  // A linkage name that is not mangled is a name for the linker alone: glibc's __GI_printf.
  if (plain != nullptr && out.name == out.system_name) out.name = out.system_name = plain;
  Dwarf_Attribute declared;
  if (dwarf_attr_integrate(die, DW_AT_decl_file, &declared) != nullptr) {
    out.file = file_of(&declared, unit);
  }
  int line = 0;
  if (dwarf_decl_line(die, &line) == 0) out.start_line = line;
  return out;
}

// pprof takes a line's file from its function, so the line's file wins over the declaration's.
Frame DwarfFrames::frame_at(Dwarf_Die* die, DwarfUnit* unit, const std::string& file,
                            int64_t line) {
  Frame frame = named(die, unit);
  frame.line = line;
  if (!file.empty() && file != frame.file) {
    frame.file = file;
    frame.start_line = 0;
  }
  return frame;
}

std::vector<Frame> DwarfFrames::find(uint64_t address) {
  std::vector<Frame> frames;
  DwarfUnit* unit = units_.unit(address);
  if (unit == nullptr) return frames;
  Place place = line_at(unit, address + units_.bias());
  DwarfFunction* function = units_.function(unit, address);
  if (function == nullptr) {
    if (!place.file.empty()) frames.push_back({.file = place.file, .line = place.line});
    return frames;
  }
  std::vector<Dwarf_Die> chain = inlined_at(*function, address);
  for (; !chain.empty(); chain.pop_back()) {
    Frame frame = frame_at(&chain.back(), unit, place.file, place.line);
    if (frame.name.empty()) frame.name = frame.system_name = "[unknown]";
    frames.push_back(std::move(frame));
    place = call_of(&chain.back(), unit);
  }
  frames.push_back(frame_at(&function->die, unit, place.file, place.line));
  return frames;
}

}  // namespace program
