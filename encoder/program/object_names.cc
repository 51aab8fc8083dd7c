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
    : file_(file), dwarf_(file), symbols_(file), starts_(file) {}

std::string ObjectNames::with_address(uint64_t address) const {
  char text[24];
  snprintf(text, sizeof text, "+0x%" PRIx64, address);
  return file_.base_name() + text;
}

void ObjectNames::name_by_symbol(uint64_t address, Frame* frame) const {
  const SymbolTable::Symbol* symbol = symbols_.find(address);
  const auto start = starts_.find(address);
  // A symbol without a size ends where .eh_frame has another function begin.
  if (symbol != nullptr && !symbol->sized && start && *start > symbol->begin) symbol = nullptr;
  const bool unnamed = frame->name.empty();
  if (symbol != nullptr && (unnamed || is_better(symbol->name, frame->name))) {
    frame->system_name = symbol->name;
    frame->name = readable_name(frame->system_name);
  } else if (unnamed) {
    frame->name = frame->system_name = with_address(start.value_or(address));
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
  if (outermost.name == outermost.system_name) name_by_symbol(*address, &outermost);
  return frames;
}

}  // namespace program
