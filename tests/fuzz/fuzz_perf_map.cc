// A perf map, beside a reader that takes the text line by line for each address.
#include <algorithm>
#include <cstring>
#include <string_view>
#include <vector>

#include "program/symbols/perf_map.h"
#include "tests/fuzz/harnesses.h"

namespace fuzz {

namespace {

std::string_view last_name(std::string_view text, uint64_t address) {
  std::string_view name;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    program::PerfMapLine line;
    if (program::parse_perf_map_line(text.substr(0, end), &line) && line.begin <= address &&
        address < line.end) {
      name = line.name;
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return name;
}

}  // namespace

// A byte: how many addresses, two bytes each, follow; then the text.
void perf_map(const uint8_t* data, size_t size) {
  if (size == 0) return;
  const size_t count = std::min<size_t>(data[0] % 16, (size - 1) / 2);
  std::vector<uint64_t> addresses;
  for (size_t i = 0; i < count; i++) {
    uint16_t address = 0;
    memcpy(&address, data + 1 + 2 * i, 2);
    addresses.push_back(address);
  }
  std::sort(addresses.begin(), addresses.end());
  const std::string_view text(reinterpret_cast<const char*>(data) + 1 + 2 * count,
                              size - 1 - 2 * count);
  const program::PerfMapNames found = program::find_in_perf_map(text, addresses);
  require(found.names.size() == addresses.size(), "a name, or none, for each address");
  for (size_t i = 0; i < addresses.size(); i++) {
    require(found.names[i] == last_name(text, addresses[i]), "the last line names it");
  }
}

}  // namespace fuzz
