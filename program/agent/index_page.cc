#include "program/agent/index_page.h"

#include <sys/random.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "program/agent/http/endpoints.h"
#include "program/agent/target/tables_reading.h"
#include "program/agent/target/tasks.h"
#include "program/agent/target/thread_time_table.h"
#include "program/page/live_page.h"
#include "program/system/hexadecimal.h"

namespace program {
namespace {

std::string description(const std::string& mode) {
  options::Mode known{};
  if (!options::find_mode(mode, known)) return "";
  return std::string(options::kModeNames[static_cast<unsigned>(known)].meaning);
}

// What is there now, of modes that show what is there; else the events since the start.
std::optional<uint64_t> count_of(const TargetTables& tables, unsigned mode, unsigned source) {
  const layout::ModeEntry& entry = tables.header().modes[mode];
  const std::string name = tables.mode_name(mode);
  if (name == "threads") return threads_of(tables.pid()).size();
  if (tables.header().modes[source].armed.load() == 0) return std::nullopt;
  if (name == "fd") return open_descriptors_of(tables.pid());
  if (encoder::once(entry.live_from) != 0) return tables.header().modes[source].samples.load();
  RowValues now;
  if (!remember(tables, mode, &now)) return std::nullopt;
  double sum = 0;
  for (const RowValues::Row& row : now) sum += row.values[0];
  return static_cast<uint64_t>(std::max(sum, 0.0));
}

// What a count is of.
std::string unit_of(const std::string& name, const layout::ModeEntry& entry) {
  if (name == "threads") return "threads";
  if (name == "fd") return "open";
  if (name == "trace") return "events";
  return encoder::once(entry.live_from) == 0 ? "held" : "samples";
}

nlohmann::json modes_of(const Target& host) {
  nlohmann::json modes = nlohmann::json::array();
  const TargetTables& tables = host.tables();
  for (unsigned i = 0; i < tables.mode_count(); i++) {
    if (!tables.view().has_file(i)) continue;
    const layout::ModeEntry& entry = tables.header().modes[i];
    const uint32_t wanted = encoder::once(entry.source);
    const uint32_t source = wanted < layout::kMaxModes ? wanted : i;
    const std::string name = tables.mode_name(i);
    const std::optional<uint64_t> count = count_of(tables, i, source);
    modes.push_back({{"name", name},
                     {"count", count ? nlohmann::json(*count) : nlohmann::json(nullptr)},
                     {"of", unit_of(name, entry)},
                     {"armed", tables.header().modes[source].armed.load() != 0},
                     // Of a trace a stretch is of use, all that it holds is not.
                     {"window", is_window(name) || name == "trace"},
                     {"about", description(name)}});
  }
  return modes;
}

}  // namespace

std::string index_page(const std::string& nonce) {
  std::string text = kPageHtml;
  text.replace(text.find("/*style*/"), 9, kPageCss);
  text.replace(text.find("/*nonce*/"), 9, nonce);
  text.replace(text.find("/*script*/"), 10, kPageScript);
  return text;
}

std::string page_nonce() {
  unsigned char bytes[16];
  if (getrandom(bytes, sizeof bytes, 0) != sizeof bytes) return "";
  return hexadecimal({reinterpret_cast<const char*>(bytes), sizeof bytes});
}

std::string index_facts(const Target* shown, const std::vector<std::shared_ptr<Target>>& hosts) {
  using nlohmann::json;
  json processes = json::array();
  for (const auto& host : hosts) {
    processes.push_back({{"pid", host->tables().pid()}, {"program", host->program()}});
  }
  json facts = {{"processes", processes}, {"pid", 0}, {"program", ""}, {"modes", json::array()}};
  if (shown != nullptr) {
    facts["pid"] = shown->tables().pid();
    facts["program"] = shown->program();
    facts["modes"] = modes_of(*shown);
    facts["ledger"] = thread_time_table(shown->tables());
  }
  return facts.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace program
