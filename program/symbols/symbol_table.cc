#include "program/symbols/symbol_table.h"

#include <cstring>
#include <tuple>
#include <vector>

#include "program/symbols/allocator_names.h"

namespace program {
namespace {

struct Candidate {
  std::string_view name;
  uint64_t begin;
  uint64_t size;
  bool typed;    // hand-written assembly often leaves its labels without a type
  bool is_data;  // a table among the code: no function's name, and where one ends that has no size
  bool local;
  bool weak;
};

size_t leading_underscores(std::string_view name) {
  return std::min(name.find_first_not_of('_'), name.size());
}

// Of several names of one address the best is first: malloc before __libc_malloc and __malloc.
// The rest of the order only makes it the same in every run.
auto rank(const Candidate& c) {
  return std::tuple(c.begin, c.is_data, c.size == 0, !c.typed, c.local, leading_underscores(c.name),
                    c.weak, c.name.size(), c.name);
}

bool read(const ElfFile& file, int index, Candidate* out) {
  GElf_Sym symbol;
  GElf_Addr address = 0;
  GElf_Word section = 0;
  const char* name =
      dwfl_module_getsym_info(file.module(), index, &symbol, &address, &section, nullptr, nullptr);
  if (name == nullptr || section == SHN_UNDEF) return false;
  const std::string_view bare = std::string_view(name).substr(0, strcspn(name, "@"));
  if (bare.empty()) return false;
  const unsigned type = GELF_ST_TYPE(symbol.st_info);
  const unsigned binding = GELF_ST_BIND(symbol.st_info);
  const bool typed = type == STT_FUNC || type == STT_GNU_IFUNC;
  const bool is_data = type == STT_OBJECT;
  if (!typed && !is_data && (type != STT_NOTYPE || binding == STB_LOCAL)) return false;
  const uint64_t begin = address - file.bias();
  if (!file.is_code(begin)) return false;
  *out = {bare, begin, symbol.st_size, typed, is_data, binding == STB_LOCAL, binding == STB_WEAK};
  return true;
}

}  // namespace

SymbolTable::SymbolTable(const ElfFile& file, const FunctionStarts& starts) {
  std::vector<Candidate> all;
  const int count = dwfl_module_getsymtab(file.module());
  for (int i = 1; i < count; i++) {
    Candidate candidate;
    if (!read(file, i, &candidate)) continue;
    all.push_back(candidate);
    if (candidate.is_data) continue;
    if (own_malloc_.empty() && is_own_malloc(candidate.name)) own_malloc_ = candidate.name;
  }
  std::sort(all.begin(), all.end(),
            [](const Candidate& a, const Candidate& b) { return rank(a) < rank(b); });
  for (size_t i = 0; i < all.size();) {
    size_t next = i + 1;
    while (next < all.size() && all[next].begin == all[i].begin) next++;
    const Candidate& best = all[i];
    i = next;
    if (best.is_data) continue;
    uint64_t end = file.code_end(best.begin);
    if (best.size != 0) {
      end = std::min(end, best.begin + std::min(best.size, end - best.begin));
    } else {
      if (next < all.size()) end = std::min(end, all[next].begin);
      end = std::min(end, starts.next_boundary(best.begin).value_or(end));
      const bool is_certain = starts.find(best.begin).has_value();
      const uint64_t certain_end = is_certain ? end : std::min(end, best.begin + kLongestUnsized);
      symbols_.add(certain_end, end, {"", certain_end});
      end = certain_end;
    }
    symbols_.add(best.begin, end, {best.name, best.begin});
  }
  symbols_.sort();
}

const SymbolTable::Symbol* SymbolTable::find(uint64_t address) const {
  const auto* entry = symbols_.find(address);
  return entry == nullptr ? nullptr : &entry->value;
}

}  // namespace program
