#include "program/symbols/dwarf_units.h"

#include <dwarf.h>

namespace program {
namespace {

// Blocks, classes and inlined calls nest some ten deep; a hostile file may nest for ever.
constexpr unsigned kMaxLevel = 200;
constexpr size_t kMostRows = 200000;  // of a unit that is read as a whole: some 0.3 s

bool holds_functions(int tag) {
  switch (tag) {
    case DW_TAG_namespace:
    case DW_TAG_module:
    case DW_TAG_class_type:
    case DW_TAG_structure_type:
    case DW_TAG_union_type:
    case DW_TAG_subprogram:  // nested ones: GNU C, Fortran, Ada
    case DW_TAG_lexical_block:
      return true;
    default:
      return false;
  }
}

bool is_block(int tag) {
  return tag == DW_TAG_lexical_block || tag == DW_TAG_try_block || tag == DW_TAG_catch_block;
}

}  // namespace

DwarfUnits::DwarfUnits(const ElfFile& file) : file_(file), split_(file) {
  Dwarf_Addr bias = 0;
  Dwarf* dwarf = dwfl_module_getdwarf(file.module(), &bias);
  bias_ = file.bias() - bias;
  Dwarf_CU* cu = nullptr;
  uint8_t type = 0;
  DwarfUnit unit{};
  while (dwarf != nullptr &&
         dwarf_get_units(dwarf, cu, &cu, nullptr, &type, &unit.lines, nullptr) == 0) {
    unit.code = unit.lines;
    unit.is_skeleton = type == DW_UT_skeleton;
    if (dwarf_tag(&unit.lines) != DW_TAG_compile_unit && !unit.is_skeleton) continue;
    unit.number = units_.size();
    units_.push_back(unit);
    each_range(&unit.lines,
               [&](uint64_t begin, uint64_t end) { by_address_.add(begin, end, &units_.back()); });
  }
  by_address_.sort();
}

// Linkers leave the ranges of code they dropped at addresses where no code is.
template <typename Add>
void DwarfUnits::each_range(Dwarf_Die* die, Add add) const {
  Dwarf_Addr base = 0;
  Dwarf_Addr begin = 0;
  Dwarf_Addr end = 0;
  ptrdiff_t offset = 0;
  while ((offset = dwarf_ranges(die, offset, &base, &begin, &end)) > 0) {
    if (begin < end && file_.is_code(begin - bias_)) add(begin - bias_, end - bias_);
  }
}

DwarfUnit* DwarfUnits::unit(uint64_t address) {
  const auto* entry = by_address_.find(address);
  if (entry == nullptr) return nullptr;
  read(entry->value);
  return entry->value;
}

void DwarfUnits::read(DwarfUnit* unit) {
  if (unit->read) return;
  unit->read = true;
  if (unit->is_skeleton) unit->code = split_.find(unit->lines).value_or(unit->lines);
  read_functions(&unit->code, unit, 0);
  unit->functions.sort();
}

std::optional<size_t> DwarfUnits::number_of(uint64_t address) const {
  const auto* entry = by_address_.find(address);
  if (entry == nullptr) return std::nullopt;
  return entry->value->number;
}

DwarfUnits::Ranges DwarfUnits::ranges(size_t number) const {
  Ranges all;
  Dwarf_Die lines = units_[number].lines;
  each_range(&lines, [&](uint64_t begin, uint64_t end) { all.emplace_back(begin, end); });
  return all;
}

std::optional<std::vector<uint64_t>> DwarfUnits::edges(size_t number, TimePoint until) {
  DwarfUnit* unit = &units_[number];
  std::vector<uint64_t> all;
  read(unit);
  Dwarf_Lines* rows = nullptr;
  size_t count = 0;
  if (dwarf_getsrclines(&unit->lines, &rows, &count) != 0) count = 0;
  if (count > kMostRows) return std::nullopt;
  for (size_t i = 0; i < count; i++) {
    Dwarf_Addr address = 0;
    if (dwarf_lineaddr(dwarf_onesrcline(rows, i), &address) == 0) all.push_back(address - bias_);
  }
  for (const auto& entry : unit->functions.entries()) {
    if (std::chrono::steady_clock::now() >= until) return std::nullopt;
    all.insert(all.end(), {entry.begin, entry.end});
    read_inlined(entry.value);
    for (const InlinedCall& call : entry.value->inlined) {
      all.insert(all.end(), {call.begin, call.end});
    }
  }
  return all;
}

DwarfFunction* DwarfUnits::function(DwarfUnit* unit, uint64_t address) {
  const auto* entry = unit->functions.find(address);
  if (entry == nullptr) return nullptr;
  DwarfFunction* function = entry->value;
  read_inlined(function);
  return function;
}

void DwarfUnits::read_inlined(DwarfFunction* function) {
  if (function->read) return;
  function->read = true;
  read_inlined(&function->die, function, 0, 0);
}

void DwarfUnits::read_functions(Dwarf_Die* parent, DwarfUnit* unit, unsigned level) {
  Dwarf_Die die;
  if (level > kMaxLevel || dwarf_child(parent, &die) != 0) return;
  do {
    const int tag = dwarf_tag(&die);
    if (tag == DW_TAG_subprogram) {
      DwarfFunction* function = nullptr;
      each_range(&die, [&](uint64_t begin, uint64_t end) {
        if (function == nullptr) function = &functions_.emplace_back(DwarfFunction{.die = die});
        unit->functions.add(begin, end, function);
      });
    }
    if (holds_functions(tag)) read_functions(&die, unit, level + 1);
  } while (dwarf_siblingof(&die, &die) == 0);
}

void DwarfUnits::read_inlined(Dwarf_Die* parent, DwarfFunction* function, unsigned depth,
                              unsigned level) {
  Dwarf_Die die;
  if (level > kMaxLevel || dwarf_child(parent, &die) != 0) return;
  do {
    const int tag = dwarf_tag(&die);
    if (tag == DW_TAG_inlined_subroutine) {
      each_range(&die, [&](uint64_t begin, uint64_t end) {
        function->inlined.push_back({begin, end, depth, die});
      });
      read_inlined(&die, function, depth + 1, level + 1);
    } else if (is_block(tag)) {
      read_inlined(&die, function, depth, level + 1);
    }
  } while (dwarf_siblingof(&die, &die) == 0);
}

}  // namespace program
