#include "env/values.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "env/labels.h"
#include "tests/unit/env/options_reader.h"

using options::Mode;

namespace {

uint64_t read(const options::Check& check, std::string_view given) {
  char bytes[100];
  text::Builder problem(bytes);
  options::Value value;
  REQUIRE(read_value(check, given, value, problem) == options::Verdict::kGood);
  return value.number;
}

bool accepts(const options::Check& check, std::string_view given) {
  char bytes[100];
  text::Builder problem(bytes);
  options::Value value;
  return read_value(check, given, value, problem) == options::Verdict::kGood;
}

std::vector<std::string> keys_of(std::string_view list) {
  std::vector<std::string> keys;
  options::LabelList labels(list);
  options::Label label;
  while (labels.next(label))
    keys.push_back(std::string(label.key) + "=" + std::string(label.value));
  return keys;
}

}  // namespace

TEST_CASE("sizes are 1024-based and no unit is bytes") {
  const options::Check any = options::size("0", "17179869183G");
  CHECK(read(any, "1") == 1);
  CHECK(read(any, "12B") == 12);
  CHECK(read(any, "512K") == 524288);
  CHECK(read(any, "512KiB") == 524288);
  CHECK(read(any, "512k") == 524288);
  CHECK(read(any, "3M") == 3145728);
  CHECK(read(any, "3MiB") == 3145728);
  CHECK(read(any, "2G") == 2147483648);
  CHECK(read(any, "2GiB") == 2147483648);
  CHECK(read(any, "17179869183G") == 18446744072635809792ULL);
  CHECK_FALSE(accepts(any, "17179869184G"));
  CHECK_FALSE(accepts(any, "36028797018963969K"));
}

TEST_CASE("durations take ns, us, ms, s and m, and only zero needs no unit") {
  const options::Check any = options::duration("0", "307445734m");
  CHECK(read(any, "0") == 0);
  CHECK(read(any, "7ns") == 7);
  CHECK(read(any, "7us") == 7000);
  CHECK(read(any, "7ms") == 7000000);
  CHECK(read(any, "7s") == 7000000000);
  CHECK(read(any, "7m") == 420000000000);
  CHECK_FALSE(accepts(any, "7"));
  CHECK_FALSE(accepts(any, "307445735m"));
}

TEST_CASE("bounds belong to what is accepted, their neighbours do not") {
  const options::Check hz = options::integer("1", "1000");
  CHECK(read(hz, "1") == 1);
  CHECK(read(hz, "1000") == 1000);
  CHECK_FALSE(accepts(hz, "0"));
  CHECK_FALSE(accepts(hz, "1001"));
}

TEST_CASE("signals are read by name with and without SIG, by number and from RTMIN") {
  const options::Check check = options::signal_name();
  CHECK(read(check, "SIGUSR2") == 12);
  CHECK(read(check, "USR2") == 12);
  CHECK(read(check, "12") == 12);
  CHECK(read(check, "SIGRTMIN") == 34);
  CHECK(read(check, "RTMIN+3") == 37);
  CHECK(read(check, "RTMIN+30") == 64);
  CHECK_FALSE(accepts(check, "RTMIN+18446744073709551590"));
}

TEST_CASE("the addresses of the contract are accepted") {
  for (const char* given :
       {"127.0.0.1:6060", "localhost:6060", ":6060", "6060", "[::1]:0", "unix:/tmp/x y.sock"}) {
    INFO(given);
    CHECK(accepts(options::address(255), given));
  }
  CHECK_FALSE(accepts(options::address(255), "unix:/" + std::string(107, 'x')));
}

TEST_CASE("modes are a list with aliases, blanks and doubles fold") {
  const auto modes = [](const char* list) {
    return OptionsReader({std::string("PROFILER_MODE=") + list}).options.modes;
  };
  CHECK(modes("cpu").count() == 1);
  CHECK(modes("cpu").has(Mode::kCpu));
  CHECK(modes("alloc").has(Mode::kAllocs));
  CHECK(modes("alloc,allocs") == modes("allocs"));
  CHECK(modes(" heap , cpu,,heap").count() == 2);
  CHECK(modes("none").empty());
  CHECK(modes(",").empty());
}

TEST_CASE("every mode of the contract is known by name and alias") {
  for (const char* known :
       {"cpu", "heap", "allocs", "alloc", "block", "mutex", "wall", "clock", "threads", "thread",
        "goroutine", "threadcreate", "fd", "trace", "custom"}) {
    Mode mode;
    INFO(known);
    CHECK(options::find_mode(known, mode));
  }
  Mode mode;
  CHECK_FALSE(options::find_mode("", mode));
  CHECK_FALSE(options::find_mode("cp", mode));
}

TEST_CASE("unknown modes get one line, the rest is recorded") {
  const OptionsReader reader({"PROFILER_MODE=foo,cpu,bar"});
  CHECK(reader.options.modes.count() == 1);
  CHECK(reader.options.modes.has(Mode::kCpu));
  CHECK(reader.one_line_with(
      {"unknown: foo, bar", "accepted: cpu, heap, allocs (alloc)", "used: cpu"}));
  CHECK(OptionsReader({"PROFILER_MODE=foo"}).one_line_with({"used: none"}));
}

TEST_CASE("a thousand unknown modes still make one readable line") {
  std::string list = "PROFILER_MODE=cpu";
  for (int i = 0; i < 1000; i++) list += ",mode" + std::to_string(i);
  const OptionsReader reader({list});
  CHECK(reader.one_line_with({"used: cpu"}));
  CHECK(reader.lines[0].size() < 900);
}

TEST_CASE("labels are pairs, a bad one is passed over and reported once") {
  CHECK(keys_of("a=1,b=x=y , c = 3") == std::vector<std::string>{"a=1", "b=x=y", "c = 3"});
  CHECK(keys_of("a=1,bad,=x,y=,a=2,b=\xc3\xa4,c=\xff,tid=1,thread=1,bytes=1") ==
        std::vector<std::string>{"a=1", "b=\xc3\xa4"});
  CHECK(keys_of("").empty());
  const OptionsReader reader({"PROFILER_LABELS=a=1,bad,worse,b=2"});
  CHECK(reader.one_line_with({"not a pair that can be used: bad", "k=v,k=v", "the other pairs"}));
  CHECK(keys_of(reader.options.labels) == std::vector<std::string>{"a=1", "b=2"});
  CHECK(OptionsReader({"PROFILER_LABELS=bad"}).one_line_with({"used: none"}));
}

TEST_CASE("only printable, well-formed UTF-8 passes") {
  for (const char* good : {"a", " ", "~", "\xc2\xa0", "\xe0\xa0\x80", "\xf4\x8f\xbf\xbf"}) {
    INFO(good);
    CHECK(text::printable_length(good) == std::string(good).size());
  }
  for (const char* bad :
       {"", "\x1f", "\x7f", "\x80", "\xc2", "\xc2\x9f", "\xc0\x80", "\xe0\x9f\xbf", "\xed\xa0\x80",
        "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xe2\x82"}) {
    CHECK(text::printable_length(bad) == 0);
  }
}
