#include <catch2/catch.hpp>

#include "encoder/pprof/comments.h"
#include "tests/unit/encoder/decoded.h"
#include "tests/unit/encoder/pprof_rules.h"

TEST_CASE("the comments say what the profile was made by, of and with", "[encoder]") {
  FakeTables t;
  t.cpu();
  t.header().modes[0].samples = 12;
  t.header().counters[layout::kUnwindFailures] = 5;
  t.header().used = 4096;
  const Decoded d(t);
  CHECK(d.has_comment("libprofiler " PROFILER_VERSION));
  CHECK(d.comment("mode") == "cpu");
  CHECK(d.comment("rate") == "100 Hz, one sample every 10000000 nanoseconds of cpu");
  CHECK(d.comment("command") == "app --size  12");
  CHECK(d.comment("host") == "box");
  CHECK(d.comment("pid") == "4711");
  CHECK(d.comment("start") == "2023-11-14T22:13:20.123Z");
  CHECK(d.comment("samples") == "12");
  CHECK(d.comment("lost") == "0");
  CHECK(d.comment("unwind failures") == "5");
  CHECK(d.comment("truncated stacks") == "0");
  CHECK(d.comment("memory used") == "4096 of 1048576 bytes");
  CHECK(d.comment("damaged table entries skipped") == "-");
}

TEST_CASE("the rate of a heap profile is in words", "[encoder]") {
  FakeTables t;
  t.heap(524288);
  CHECK(Decoded(t).comment("rate") == "one sample every 524288 bytes on average");
  FakeTables all;
  all.heap(1);
  CHECK(Decoded(all).comment("rate") == "every allocation");
}

TEST_CASE("what in-use lacks is stated with its amount, where there is an in-use", "[encoder]") {
  FakeTables t;
  t.cpu();
  t.heap(524288);
  t.allocs(1, 524288);
  CHECK(Decoded(t, 1).comment("in-use not known") == "-");
  t.header().unfollowed_objects = 12.4;
  t.header().unfollowed_bytes = 5678.5;
  const std::string stated =
      "12 objects, 5679 bytes were allocated when PROFILER_MEMORY was full; they are in no in-use "
      "value, and whether they were freed was not followed";
  for (unsigned mode : {1, 2}) {
    const Decoded d(t, mode);
    CHECK(d.comment("in-use not known") == stated);
    CHECK(pprof_rules::broken_rules(d.profile).empty());
  }
  CHECK(Decoded(t, 0).comment("in-use not known") == "-");
}

TEST_CASE("notes of the tables and of the caller are lines, none of them hidden", "[encoder]") {
  FakeTables t;
  t.cpu();
  t.header().note = t.text("the host took SIGPROF\n\n#secret");
  const Decoded d(t, 0, "recovered after SIGKILL\nsecond\x01line");
  CHECK(d.has_comment("the host took SIGPROF"));
  CHECK(d.has_comment("note: #secret"));
  CHECK(d.has_comment("recovered after SIGKILL"));
  CHECK(d.has_comment("second line"));
  CHECK(pprof_rules::broken_rules(d.profile).empty());
}

TEST_CASE("a report is not headed by facts and zeros, but by what went wrong", "[encoder]") {
  FakeTables t;
  t.cpu();
  t.sample(t.stack({0x401000}), {1, 10000000});
  CHECK(Decoded(t).shown_comments().empty());
  t.header().counters[layout::kUnwindFailures] = 5;
  CHECK(Decoded(t).shown_comments() == std::vector<std::string>{"unwind failures: 5"});
}

TEST_CASE("a command line cannot be endless nor fake another comment", "[encoder]") {
  FakeTables t;
  t.cpu();
  t.header().command_line = t.text("app\nsamples: 1" + std::string(10000, 'x'));
  const Decoded d(t);
  CHECK(d.comment("command").size() == 4096);
  CHECK(d.comment("command").rfind("app samples: 1xxx", 0) == 0);
  CHECK(d.comment("samples") == "0");
}

TEST_CASE("an empty recording is a valid file that says why it is empty", "[encoder]") {
  FakeTables t;
  t.cpu();
  const Decoded none(t);
  CHECK(none.profile.sample_size() == 0);
  CHECK(none.comment("empty") == "no sample was taken in 2000 ms");
  CHECK(pprof_rules::broken_rules(none.profile).empty());
  t.header().modes[0].armed = 0;
  CHECK(Decoded(t).comment("empty") == "no sample was taken; the mode is not armed");
  t.header().modes[0].samples = 3;
  CHECK(Decoded(t).comment("empty") == "3 events were recorded and none of them is left to show");
  t.sample(t.stack({1}), {1, 1});
  CHECK(Decoded(t).comment("empty") == "-");
}

TEST_CASE("the date of a day is right in every kind of year", "[encoder]") {
  const auto date = [](int64_t days) {
    const encoder::CivilDate d = encoder::civil_date(days);
    return std::to_string(d.year) + "-" + std::to_string(d.month) + "-" + std::to_string(d.day);
  };
  CHECK(date(0) == "1970-1-1");
  CHECK(date(-1) == "1969-12-31");
  CHECK(date(11016) == "2000-2-29");
  CHECK(date(11017) == "2000-3-1");
  CHECK(date(19723) == "2024-1-1");
  CHECK(date(19782) == "2024-2-29");
  CHECK(date(47540) == "2100-2-28");
  CHECK(date(47541) == "2100-3-1");
}
