// What is shown to the user: the help, nearest names, no secrets.
#include <catch2/catch.hpp>
#include <map>
#include <string>

#include "env/options.h"
#include "tests/unit/env/options_reader.h"

TEST_CASE("an unknown name is reported with the nearest known one") {
  const std::map<std::string, std::string> nearest = {
      {"MOED", "MODE"},           {"MODES", "MODE"},
      {"mode", "MODE"},           {"OUPUT", "OUTPUT"},
      {"HZ", "CPU_HZ"},           {"CPUHZ", "CPU_HZ"},
      {"DEPTH", "STACK_DEPTH"},   {"CHILD", "CHILDREN"},
      {"LABEL", "LABELS"},        {"HEAP_RATE_BYTES", "HEAP_RATE"},
      {"SYMBOLISE", "SYMBOLIZE"}, {"MEMROY", "MEMORY"},
      {"LOGLEVEL", "LOG"}};
  for (const auto& [given, known] : nearest) {
    INFO(given);
    const OptionsReader reader({"PROFILER_" + given + "=cpu"});
    CHECK(reader.one_line_with({"PROFILER_" + given + "=\"cpu\"", "PROFILER_" + known + " "}));
  }
}

TEST_CASE("a name of any length or none is an unknown name") {
  CHECK(OptionsReader({"PROFILER_=1"}).lines.size() == 1);
  const OptionsReader reader(
      {"PROFILER_" + std::string(5000, 'A') + "=" + std::string(5000, '\n')});
  REQUIRE(reader.lines.size() == 1);
  CHECK(reader.lines[0].size() < 1000);
  CHECK(reader.lines[0].find('\n') == std::string::npos);
}

TEST_CASE("a URL's password is not printed") {
  for (const char* value :
       {"ftp://user:secret@host/", "user:secret@host", "http://user:se/cret@host",
        "http://user:s?ecret@host", "http://user:s#ecret@host", "http://user:secr et@host",
        "http://user:1/secret@host", "http://user:secret@more:secret@host:port"}) {
    const OptionsReader reader({"PROFILER_PUSH=" + std::string(value)});
    CHECK(reader.one_line_with({"***@host"}));
    for (const char* part : {"sec", "cret", "et@"}) {
      CHECK(reader.lines[0].find(part) == std::string::npos);
    }
  }
  for (const char* value : {"http://user:secret", "http://user:secret/", "user:secret"}) {
    const OptionsReader reader({"PROFILER_PUSH=" + std::string(value)});
    CHECK(reader.one_line_with({"\"***"}));
    CHECK(reader.lines[0].find("secret") == std::string::npos);
  }
  CHECK(OptionsReader({"PROFILER_PUSH=http://user:se%2Fcret@[::1]:4040/a"}).lines.empty());
  const OptionsReader misspelt({"PROFILER_PUHS=http://user:secret@host/"});
  CHECK(misspelt.lines[0].find("secret") == std::string::npos);
}

TEST_CASE("the help names every variable with its default, on lines of at most 100 columns") {
  std::string help;
  const auto keep = [](void* context, std::string_view text) {
    static_cast<std::string*>(context)->append(text);
  };
  options::write_help(true, {keep, &help});
  for (const options::Row& row : options::kRows) {
    const std::string head =
        "PROFILER_" + std::string(row.name) + "=" + std::string(options::default_text(row, true));
    CHECK(help.find("\n  " + head) != std::string::npos);
  }
  for (const auto& mode : options::kModeNames) CHECK(help.find(mode.name) != std::string::npos);
  for (size_t at = 0, end; (end = help.find('\n', at)) != std::string::npos; at = end + 1) {
    CHECK(end - at <= 100);
  }
}
