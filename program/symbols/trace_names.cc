#include "program/symbols/trace_names.h"

#include <map>
#include <set>
#include <utility>

namespace program {
namespace {

constexpr int kAddressesAPacket = 1000;

std::string bytes_of(const std::string& digits) {
  std::string bytes;
  for (size_t i = 0; i + 1 < digits.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(digits.substr(i, 2), nullptr, 16));
  }
  return bytes;
}

void append(const TracePacket& packet, std::string* bytes) {
  perfetto::protos::Trace one;
  *one.add_packet() = packet;
  *bytes += one.SerializeAsString();
}

}  // namespace

TraceContent content_of(const std::string& bytes) {
  TraceContent content;
  each_packet(bytes, [&](const TracePacket& packet) {
    content.events += packet.has_timestamp() ? 1 : 0;
    content.has_names |= packet.has_module_symbols();
    content.strings.take(packet);
  });
  return content;
}

std::string names_for_trace(const TraceContent& trace, Symbolizer* symbolizer) {
  if (trace.has_names) return {};
  std::map<std::pair<std::string, std::string>, std::set<uint64_t>> wanted;
  trace.strings.each_frame([&](const TraceStrings::Frame& frame) {
    const bool is_file = !frame.path.empty() && frame.path[0] == '/';
    if (frame.function.empty() && is_file) {
      wanted[{frame.path, frame.build_id}].insert(frame.relative_pc);
    }
  });
  std::vector<std::string> paths;
  for (const auto& [module, addresses] : wanted) paths.push_back(module.first);
  symbolizer->declare({}, paths);
  std::string result;
  for (const auto& [module, addresses] : wanted) {
    KeptNames* names = symbolizer->names_of({module.first, module.second});
    if (names == nullptr) continue;
    TracePacket packet;
    auto* symbols = packet.mutable_module_symbols();
    const auto begin = [&] {
      symbols->Clear();
      symbols->set_path(module.first);
      symbols->set_build_id(bytes_of(module.second));
    };
    begin();
    for (const uint64_t address : addresses) {
      auto* at = symbols->add_address_symbols();
      at->set_address(address);
      for (const Frame& frame : names->find(address)) {
        auto* line = at->add_lines();
        line->set_function_name(frame.name);
        if (!frame.file.empty()) line->set_source_file_name(frame.file);
        if (frame.line > 0) line->set_line_number(static_cast<uint32_t>(frame.line));
      }
      if (symbols->address_symbols_size() < kAddressesAPacket) continue;
      append(packet, &result);
      begin();
    }
    if (symbols->address_symbols_size() > 0) append(packet, &result);
  }
  return result;
}

}  // namespace program
