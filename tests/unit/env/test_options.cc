#include "env/options.h"

#include <catch2/catch.hpp>
#include <cstring>
#include <map>
#include <string>
#include <vector>

#include "tests/unit/env/options_reader.h"

using options::Kind;
using options::Row;

namespace {

std::string full_name(const Row& row) {
  return "PROFILER_" + std::string(row.name);
}

// For each kind a value that is good, differs from every default of that kind, and is in the bounds
// of every row; and values that are bad for every row of the kind.
struct Samples {
  std::string good;
  std::vector<std::string> bad;
};
const std::map<Kind, Samples> kSamples = {
    {Kind::kModes, {"cpu,heap", {"nonsense", "CPU", "cpu;heap"}}},
    {Kind::kText, {"/var/tmp", {}}},
    {Kind::kDirectory, {"/var/tmp", {"tmp"}}},
    {Kind::kTemplate,
     {"/tmp/%e-%q{HOME}.%p.pb.gz", {"%z", "%", "a%", "%q", "%q{", "%q{}", "%qHOME"}}},
    {Kind::kInteger,
     {"7", {"0", "-1", "+7", "7.5", "7x", "x", " 7", "0x7", "18446744073709551616"}}},
    {Kind::kOctal, {"640", {"8", "1777", "-1", "0o600", "0x1", "6 0", "rw-r-----"}}},
    {Kind::kSize,
     {"3M", {"0", "-1", "1KB", "M", "1.5M", "1 M", "1MM", "99999999999999999999", "17179869184G"}}},
    {Kind::kDuration,
     {"20s",
      {"20", "-1s", "s", "20 s", "1.5s", "1h", "20S", "99999999999999999999s", "307445734562m"}}},
    {Kind::kChoice, {"", {"nonsense", "0", ","}}},
    {Kind::kFlag, {"", {"2", "yes", "true", "-1", "01"}}},
    {Kind::kSignal,
     {"SIGUSR2",
      {"USR3", "0", "65", "9", "SIGKILL", "SIGSEGV", "27", "32", "RTMIN+31", "RTMIN-1", "usr2"}}},
    {Kind::kAddress,
     {"127.0.0.1:6060",
      {"host", "host:", "host:65536", "a b:1", "::1:80", "[]:1", "unix:", "unix:relative",
       "http://x:1"}}},
    {Kind::kUrl,
     {"https://u:p@host/x", {"host", "http://", "ftp://host", "http:///x", "http://a b"}}},
    {Kind::kLabels, {"a=1,b=x=y", {"a", "=1", "a=", "thread=x", "a=\n", "a=\xff", "pprof::x=1"}}},
    {Kind::kGlobs, {"cc1*,ld", {"/usr/bin/ld", ","}}},
};

std::string good_value(const Row& row) {
  if (row.check.kind == Kind::kFlag) return row.default_text == "0" ? "1" : "0";
  if (row.check.kind != Kind::kChoice) return kSamples.at(row.check.kind).good;
  const std::string words(row.check.words);
  return words.substr(words.rfind(' ') + 1);  // the last choice is no option's default
}

}  // namespace

TEST_CASE("without any variable every option has its default and nothing is printed") {
  const OptionsReader reader(
      {"HOME=/root", "PROFILERMODE=x", "MY_PROFILER_MODE=cpu", "PROFILER_X"});
  CHECK(reader.lines.empty());
  const options::Options& o = reader.options;
  CHECK(o.modes.empty());
  CHECK(o.output == "%e.%p.%m.pb.gz");
  CHECK(o.file_mode == 0600);
  CHECK(o.command_line == options::CommandLine::kProgram);
  CHECK(o.cpu_hz == 100);
  CHECK(o.cpu_clock == options::CpuClock::kAuto);
  CHECK(o.wall_hz == 100);
  CHECK(o.heap_rate_bytes == 512 * 1024);
  CHECK(o.block_rate_ns == 10000);
  CHECK(o.mutex_fraction == 1);
  CHECK(o.stack_depth == 128);
  CHECK(o.unwinder == options::Unwinder::kTables);
  CHECK(o.delay_ns == 0);
  CHECK(o.duration_ns == 0);
  CHECK(o.start);
  CHECK(o.interval_ns == 0);
  CHECK_FALSE(o.delta);
  CHECK(o.signal == 0);
  CHECK(o.toggle_signal == 0);
  CHECK(o.http.empty());
  CHECK(o.push.empty());
  CHECK(o.labels.empty());
  CHECK(o.children);
  CHECK(o.only.empty());
  CHECK(o.symbolize == options::Symbolize::kFull);
  CHECK(o.symbolize_time_ns == 5000000000);
  CHECK(o.memory_bytes == 64 << 20);
  CHECK(o.spool == "auto");
  CHECK(o.cache == "auto");
  CHECK(o.trace_buffer_bytes == 16 << 20);
  CHECK(o.log == logging::Level::kError);
  CHECK_FALSE(o.help);
}

TEST_CASE("a null environment gives the defaults") {
  options::Storage storage;
  const auto never = [](void*, std::string_view) { FAIL("printed something"); };
  CHECK(options::parse(nullptr, false, storage, {never, nullptr}).cpu_hz == 100);
}

TEST_CASE("every default is itself an accepted value") {
  for (const Row& row : options::kRows) {
    for (const bool terminal : {false, true}) {
      INFO(full_name(row));
      const std::string text(options::default_text(row, terminal));
      CHECK(OptionsReader({full_name(row) + "=" + text}, terminal).lines.empty());
      char bytes[100];
      text::Builder problem(bytes);
      options::Value value;
      if (text != "none") {
        CHECK(read_value(row.check, text, value, problem) == options::Verdict::kGood);
      }
    }
  }
}

TEST_CASE("a good value causes no line") {
  for (const Row& row : options::kRows) {
    const std::string value = good_value(row);
    INFO(full_name(row) << "=" << value);
    const OptionsReader reader({full_name(row) + "=" + value});
    CHECK(reader.lines.empty());
  }
}

TEST_CASE(
    "each kind of bad value gets exactly one line with the name, the value and what is used") {
  for (const Row& row : options::kRows) {
    for (const std::string& value : kSamples.at(row.check.kind).bad) {
      if (value == "0" && row.check.low == "0") continue;
      INFO(full_name(row) << "=" << value);
      const OptionsReader reader({full_name(row) + "=" + value});
      std::string shown = value;
      for (char& c : shown) c = c < ' ' ? '?' : c;
      const std::string used(options::default_text(row, false));
      CHECK(reader.one_line_with({full_name(row) + "=\"", shown, "accepted: ", "used: " + used}));
    }
  }
}

TEST_CASE("an empty value is as not set") {
  for (const Row& row : options::kRows) CHECK(OptionsReader({full_name(row) + "="}).lines.empty());
}

TEST_CASE("values of 5000 bytes and more are shown cut, on one line that a log line holds") {
  for (const Row& row : options::kRows) {
    for (const size_t size : {size_t{5000}, size_t{100000}}) {
      INFO(full_name(row) << " " << size);
      const OptionsReader reader({full_name(row) + "=" + std::string(size, 'x')});
      if (reader.lines.empty()) {
        CHECK((row.check.kind == Kind::kText || row.check.kind == Kind::kGlobs));
        continue;
      }
      CHECK(reader.one_line_with({full_name(row)}));
      CHECK(reader.lines[0].size() < 1000);
      CHECK(reader.one_line_with({"(" + std::to_string(size) + " bytes)"}));
    }
  }
}

TEST_CASE("PROFILER_LOG=quiet silences the lines, wherever it stands") {
  CHECK(OptionsReader({"PROFILER_CPU_HZ=x", "PROFILER_LOG=quiet", "PROFILER_FOO=1"}).lines.empty());
}

TEST_CASE("the default of PROFILER_LOG depends on the terminal") {
  CHECK(OptionsReader({}, true).options.log == logging::Level::kInfo);
  CHECK(OptionsReader({}, false).options.log == logging::Level::kError);
  CHECK(OptionsReader({"PROFILER_LOG=loud"}, true).one_line_with({"\"loud\"", "used: info"}));
}

TEST_CASE("the first value of a variable that is set twice counts, as for getenv") {
  const OptionsReader reader({"PROFILER_CPU_HZ=7", "PROFILER_CPU_HZ=8", "PROFILER_CPU_HZ=bad"});
  CHECK(reader.options.cpu_hz == 7);
  CHECK(reader.lines.empty());
}

TEST_CASE("texts survive the environment being overwritten") {
  std::string entry = "PROFILER_OUTPUT=/tmp/%m";
  const char* environment[] = {entry.c_str(), nullptr};
  options::Storage storage;
  const auto never = [](void*, std::string_view) { FAIL("printed something"); };
  const auto read = options::parse(environment, false, storage, {never, nullptr});
  memset(entry.data(), '#', entry.size());
  CHECK(read.output == "/tmp/%m");
}

TEST_CASE("every text at its longest fits into the storage together") {
  std::vector<std::string> environment;
  for (const Row& row : options::kRows) {
    if (row.check.text_bytes == 0 || row.check.kind == Kind::kAddress) continue;
    std::string value = row.check.kind == Kind::kUrl      ? "http://"
                        : row.check.kind == Kind::kLabels ? "k="
                                                          : "";
    value.resize(row.check.text_bytes, 'x');
    environment.push_back(full_name(row) + "=" + value);
  }
  const OptionsReader reader(environment);
  CHECK(reader.options.output == std::string(4095, 'x'));
  CHECK(reader.options.spool == std::string(4095, 'x'));
  CHECK(reader.options.labels.size() == 8191);
}
