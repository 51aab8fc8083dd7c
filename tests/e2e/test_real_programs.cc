// Programs that people run: same output and end as bare, and names in their profiles.
#include <catch2/catch.hpp>
#include <cstdio>

#include "tests/e2e/harness.h"
#include "tests/e2e/profile_file.h"

using namespace e2e;

namespace {

bool missing(const std::string& name) {
  if (run({{"bash", "-c", "command -v " + name}}).end() == "exit 0") return false;
  skip(name, "it is not installed");
  return true;
}

void check_program(const Command& command, const std::string& what) {
  TemporaryDirectory output;
  const Outcome ours = same_as_bare(command, "cpu,heap", output);
  const ProfileFile cpu(only(output.profiles("cpu")));
  const ProfileFile heap(only(output.profiles("heap")));
  figure("%s: %.2f s, %lld cpu samples, %.1f MiB allocated; %.3f and %.3f with a name",
         what.c_str(), ours.seconds, static_cast<long long>(cpu.total("samples")),
         static_cast<double>(heap.total("alloc_space")) / 1048576, cpu.named_share("cpu"),
         heap.named_share("alloc_space"));
  CHECK(cpu.total("samples") > 10);
  CHECK(heap.total("alloc_space") > 0);
  CHECK(cpu.named_share("cpu") > 0.95);
  CHECK(heap.named_share("alloc_space") > 0.95);
}

}  // namespace

TEST_CASE("sqlite3 on a bulk insert") {
  if (missing("sqlite3")) return;
  check_program(
      {{"sqlite3", ":memory:",
        "create table t(a, b); with recursive n(i) as (select 1 union all select i+1 from n "
        "limit 400000) insert into t select i, printf('row %d', i) from n; "
        "create index x on t(b); select count(*), max(b) from t;"}},
      "sqlite3");
}

TEST_CASE("xz on some megabytes") {
  if (missing("xz")) return;
  std::string text;
  for (int i = 0; text.size() < 2u << 20; i++) text += std::to_string(i * 7919LL % 1000003) + "\n";
  Command command = {{"xz", "-4", "-c"}};
  command.input = text;
  check_program(command, "xz");
}

TEST_CASE("python3 on an allocation-heavy script") {
  check_program({{"python3", source("tests/targets/allocate.py")}}, "python3");
}

TEST_CASE("a Rust program: its names demangled, no allocator shim at the leaf") {
  if (!can_execute(target("burner_rs"))) return skip("Rust", "there was no rustc to build it");
  TemporaryDirectory output;
  same_as_bare({{target("burner_rs")}}, "cpu,heap", output, {{"PROFILER_HEAP_RATE", "1"}});
  const ProfileFile heap(only(output.profiles("heap")));
  int64_t filled = 0;
  for (const std::string& function : heap.function_names()) {
    if (function.find("fill_table") != std::string::npos) {
      filled += heap.containing("alloc_space", function);
      CHECK(function.find("_ZN") == std::string::npos);
      CHECK(function.find("17h") == std::string::npos);
    }
    if (function.find("__rust_alloc") == 0 || function.find("__rdl_alloc") == 0) {
      CHECK(heap.at_leaf("alloc_space", function) == 0);
    }
  }
  CHECK(filled > 40 * 20000);
}

TEST_CASE("redis-server under its own allocator, ended by SIGTERM") {
  if (missing("redis-server") || missing("redis-benchmark")) return;
  TemporaryDirectory output, directory;
  const std::string script =
      "redis-server --unixsocket " + (directory / "s") + " --port 0 --save '' --dir " +
      directory.path() + " >/dev/null & server=$!; for i in {1..100}; do [ -S " +
      (directory / "s") +
      " ] && break; sleep 0.05; done; "
      "env -u LD_PRELOAD -u PROFILER_MODE redis-benchmark -s " +
      (directory / "s") +
      " -n 60000 -r 5000 -d 64 -t set,get,lpush -q >/dev/null; kill $server; wait $server; echo $?";
  const Outcome ours = run(profiled({{"bash", "-c", script}}, "cpu,heap", output));
  CHECK(ours.out == "0\n");
  CHECK(ours.err.empty());
  int seen = 0;
  for (const std::string& name : output.files()) {
    check_rules(output / name);
    if (name.find("redis-server.") != 0) continue;
    seen++;
    const ProfileFile profile(output / name);
    const std::string type = name.find(".cpu.") != std::string::npos ? "cpu" : "alloc_space";
    CHECK(profile.named_share(type) > 0.95);
    if (type == "cpu") CHECK(profile.total("samples") > 20);
    if (type == "alloc_space") CHECK(profile.total(type) > 10 << 20);
  }
  CHECK(seen == 2);
}
