#include "env/modes.h"

namespace options {

namespace {

// `listed` gets one more item, cut: a list of thousands must still make one readable line.
void list(text::Builder& listed, std::string_view item) {
  if (!listed.empty()) listed << ", ";
  listed << text::part(item, 0, 32) << (item.size() > 32 ? "..." : "");
}

}  // namespace

bool find_mode(std::string_view name_or_alias, Mode& mode) {
  for (unsigned i = 0; i < kModeCount; i++) {
    mode = static_cast<Mode>(i);
    if (kModeNames[i].name == name_or_alias) return true;
    std::string_view rest = kModeNames[i].aliases;
    std::string_view alias;
    while (text::next_item(rest, alias)) {
      if (alias == name_or_alias) return true;
    }
  }
  return false;
}

Modes read_modes(std::string_view list_given, text::Builder& problem) {
  char unknown_bytes[96];
  text::Builder unknown(unknown_bytes);
  Modes modes;
  std::string_view item;
  while (text::next_item(list_given, item)) {
    Mode mode;
    if (item.empty()) continue;
    if (!find_mode(item, mode)) {
      list(unknown, item);
    } else {
      modes.bits |= uint64_t{1} << static_cast<unsigned>(mode);
    }
  }
  if (!unknown.empty()) problem << "unknown: " << unknown.view();
  return modes;
}

void list_all_modes(text::Builder& out) {
  const char* before = "";
  for (const ModeName& mode : kModeNames) {
    out << before << mode.name;
    if (!mode.aliases.empty()) out << " (" << mode.aliases << ")";
    before = ", ";
  }
}

void list_modes(Modes modes, text::Builder& out) {
  const char* before = "";
  for (unsigned i = 0; i < kModeCount; i++) {
    if (!modes.has(static_cast<Mode>(i))) continue;
    out << before << kModeNames[i].name;
    before = ", ";
  }
  if (modes.empty()) out << "none";
}

}  // namespace options
