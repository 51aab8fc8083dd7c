#include "program/symbols/object_names.h"

#include <algorithm>
#include <cinttypes>
#include <cstdio>

#include "program/symbols/readable_name.h"

namespace program {
namespace {

bool is_mangled(std::string_view name) {
  return name.starts_with("_Z") || name.starts_with("_R");
}

// DWARF without linkage names (clang -gmlt) has the bare "f" where the symbol says "_ZN1a1fEv", and
// glibc's calls "__libc_malloc" what everybody calls malloc. Parts ("f.cold") are no better names.
bool is_better(std::string_view symbol, std::string_view name) {
  if (is_mangled(symbol)) return true;
  const bool plainer = symbol.find_first_not_of('_') < name.find_first_not_of('_');
  return plainer && symbol.find('.') == std::string_view::npos;
}

}  // namespace

ObjectNames::ObjectNames(const ElfFile& file)
    : file_(file), dwarf_(file), starts_(file), symbols_(file, starts_), stubs_(file) {}

std::string ObjectNames::with_address(uint64_t address) const {
  char text[24];
  snprintf(text, sizeof text, "+0x%" PRIx64, address);
  return file_.base_name() + text;
}

bool ObjectNames::name_stub(uint64_t address, Frame* frame) const {
  const PltStubs::Stub* stub = stubs_.find(address);
  if (stub == nullptr) return false;
  std::string symbol = stub->symbol;
  const auto* resolver = symbol.empty() ? symbols_.find(stub->resolver) : nullptr;
  if (resolver != nullptr) symbol = resolver->name;
  if (symbol.empty()) return false;
  frame->system_name = symbol + "@plt";
  frame->name = readable_name(symbol) + "@plt";
  return true;
}

void ObjectNames::name_by_symbol(uint64_t address, Frame* frame) const {
  const SymbolTable::Symbol* symbol = symbols_.find(address);
  const bool has_name = symbol != nullptr && !symbol->name.empty();
  const bool unnamed = frame->name.empty();
  if (has_name && (unnamed || is_better(symbol->name, frame->name))) {
    frame->system_name = symbol->name;
    frame->name = readable_name(frame->system_name);
  } else if (unnamed) {
    const uint64_t start = symbol != nullptr ? symbol->begin : address;
    frame->name = frame->system_name = with_address(starts_.find(address).value_or(start));
  }
}

std::vector<Frame> ObjectNames::find(uint64_t file_offset) {
  const auto address = file_.address_of_offset(file_offset);
  if (!address) {  // not what the file says is loaded: the offset is all there is to tell
    const std::string name = with_address(file_offset);
    return {{.name = name, .system_name = name, .file = ""}};
  }
  return find_address(*address);
}

std::vector<Frame> ObjectNames::find_address(uint64_t address) {
  std::vector<Frame> frames = dwarf_.find(address);
  if (frames.empty()) frames.emplace_back();
  Frame& outermost = frames.back();
  const bool is_stub = outermost.name.empty() && name_stub(address, &outermost);
  if (!is_stub && outermost.name == outermost.system_name) name_by_symbol(address, &outermost);
  return frames;
}

// Neither a symbol nor .eh_frame knows it, so its name is its address.
bool ObjectNames::is_named_by_itself(uint64_t address) const {
  return symbols_.find(address) == nullptr && !starts_.find(address);
}

void ObjectNames::find_edges() {
  const auto add = [&](uint64_t begin, uint64_t end) { edges_.insert(edges_.end(), {begin, end}); };
  for (const auto& entry : symbols_.entries()) add(entry.begin, entry.end);
  for (const auto& entry : starts_.entries()) add(entry.begin, entry.end);
  for (size_t i = 0; i < unit_count(); i++) {
    for (const auto& [begin, end] : dwarf_.units().ranges(i)) add(begin, end);
  }
  std::sort(edges_.begin(), edges_.end());
}

std::optional<uint64_t> ObjectNames::begin_of_unit(size_t number) {
  const auto ranges = dwarf_.units().ranges(number);
  if (ranges.empty()) return std::nullopt;
  return ranges[0].first;
}

std::vector<ObjectNames::Span> ObjectNames::unit(size_t number, DwarfUnits::TimePoint until,
                                                 const AddAnswer& add) {
  if (edges_.empty()) find_edges();
  std::vector<Span> spans;
  auto all = dwarf_.units().edges(number, until);
  if (!all) return spans;
  auto ranges = dwarf_.units().ranges(number);
  std::sort(all->begin(), all->end());
  std::sort(ranges.begin(), ranges.end());
  uint64_t done = 0;  // ranges of a damaged file overlap
  for (const auto& [begin, end] : ranges) {
    if (begin < done) continue;
    done = end;
    std::vector<uint64_t> here;
    const auto add_edges = [&, first = begin, last = end](const std::vector<uint64_t>& edges) {
      here.insert(here.end(), std::lower_bound(edges.begin(), edges.end(), first),
                  std::lower_bound(edges.begin(), edges.end(), last));
    };
    here.push_back(begin);
    add_edges(*all);
    add_edges(edges_);
    std::sort(here.begin(), here.end());
    here.erase(std::unique(here.begin(), here.end()), here.end());
    for (const uint64_t edge : here) {
      if (std::chrono::steady_clock::now() >= until) return {};
      const bool holds = unit_of(edge) == number && !is_named_by_itself(edge);
      add(edge, holds ? find_address(edge) : std::vector<Frame>());
    }
    add(end, {});
    spans.push_back({begin, end});
  }
  return spans;
}

}  // namespace program
