#include "encoder/program/object_names.h"

#include <cinttypes>
#include <cstdio>

#include "encoder/program/readable_name.h"

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
  std::vector<Frame> frames = dwarf_.find(*address);
  if (frames.empty()) frames.emplace_back();
  Frame& outermost = frames.back();
  const bool is_stub = outermost.name.empty() && name_stub(*address, &outermost);
  if (!is_stub && outermost.name == outermost.system_name) name_by_symbol(*address, &outermost);
  return frames;
}

}  // namespace program
