// Where `profiler symbolize` finds programs and their debug information beside the usual places,
// and what it says where it does not.
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <regex>

#include "tests/e2e/harness.h"
#include "tests/e2e/profile_file.h"

using namespace e2e;
namespace fs = std::filesystem;

namespace {

std::string shell(const std::string& script) {
  const Outcome outcome = run({{"bash", "-c", script}});
  INFO(script << "\n" << outcome.err);
  REQUIRE(outcome.end() == "exit 0");
  return outcome.out.substr(0, outcome.out.find('\n'));
}

// A stripped program, its debug file elsewhere, and its profile with addresses alone.
struct Stripped {
  Stripped() {
    shell("objcopy --only-keep-debug " + target("inlined") + " " + debug + " && objcopy -S " +
          target("inlined") + " " + program);
    build_id = shell("readelf -n " + program + " | awk '/Build ID/ {print $3}'");
    run(profiled({{program}}, "heap", output,
                 {{"PROFILER_HEAP_RATE", "1"}, {"PROFILER_SYMBOLIZE", "none"}}));
    profile = only(output.profiles("heap"));
  }
  // As a server and a debug directory name them.
  void put(const std::string& file, const std::string& place) const {
    shell("mkdir -p $(dirname " + place + ") && cp " + file + " " + place);
  }
  bool has_inlined() const {
    const ProfileFile named(profile);
    INFO(named.all_comments());
    for (const std::string& name : named.function_names()) {
      if (std::regex_search(name, std::regex("innermost"))) return true;
    }
    return false;
  }

  TemporaryDirectory directory, output;
  const std::string program = directory / "app", debug = directory / "app.of-debug";
  std::string build_id, profile;
};

struct Server : Stripped {
  std::string place(const std::string& kind) const {
    return directory / ("server/buildid/" + build_id + "/" + kind);
  }
  std::string cached(const std::string& kind) const {
    return directory / ("cache/" + build_id + "/" + kind);
  }
  // Runs a command beside the server; its standard output has what the server was asked for.
  Outcome beside(const std::vector<std::string>& words) const {
    std::vector<std::string> command{"python3", source("tests/e2e/debuginfod_server.py"),
                                     directory / "server"};
    command.insert(command.end(), words.begin(), words.end());
    return run({command, {{"DEBUGINFOD_CACHE_PATH", directory / "cache"}}});
  }
  Outcome symbolize(const std::vector<std::string>& options = {}) const {
    std::vector<std::string> words{::program(), "symbolize"};
    words.insert(words.end(), options.begin(), options.end());
    words.push_back(profile);
    return beside(words);
  }
};

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("symbolize finds programs below --root, and debug files in --debug-directory") {
  const Stripped files;
  const std::string root = files.directory / "root", symbols = files.directory / "symbols";
  files.put(files.program, root + files.program);
  shell("rm " + files.program);
  files.put(files.debug, symbols + "/.build-id/" + files.build_id.substr(0, 2) + "/" +
                             files.build_id.substr(2) + ".debug");
  shell("mkdir " + files.directory / "empty");
  const Outcome done = run({{program(), "symbolize", "--root", root, "--debug-directory",
                             files.directory / "empty" + ":" + symbols, files.profile}});
  INFO(done.err);
  CHECK(done.end() == "exit 0");
  CHECK(files.has_inlined());
}

TEST_CASE(
    "symbolize asks debuginfod servers where DEBUGINFOD_URLS names them, and keeps the files") {
  const Server server;
  server.put(server.debug, server.place("debuginfo"));
  server.put(server.program, server.place("executable"));
  const std::string copy = server.directory / "unnamed";
  shell("rm " + server.program + " && cp " + server.profile + " " + copy);
  const Outcome first = server.symbolize();
  INFO(first.out << first.err);
  CHECK(first.end() == "exit 0");
  CHECK(server.has_inlined());
  CHECK(has(first.out, "/buildid/" + server.build_id + "/executable"));
  CHECK(has(first.out, "/buildid/" + server.build_id + "/debuginfo"));
  CHECK(fs::exists(server.cached("debuginfo")));
  shell("cp " + copy + " " + server.profile);
  const Outcome second = server.symbolize();
  CHECK(server.has_inlined());
  CHECK_FALSE(has(second.out, server.build_id));
}

TEST_CASE("what a debuginfod server sends is used and kept only if it has the build id") {
  const Server server;
  server.put(target("heap_sites"), server.place("debuginfo"));
  const Outcome done = server.symbolize();
  CHECK(done.end() == "exit 0");
  CHECK_FALSE(server.has_inlined());
  CHECK(has(done.out, server.build_id));
  CHECK_FALSE(fs::exists(server.cached("debuginfo")));
}

TEST_CASE("a debuginfod server that does not answer takes half of the time, and names remain") {
  const Server server;
  server.put("/dev/null", server.directory / "server/silent");
  const Outcome done = server.symbolize({"--time-limit", "8"});
  INFO(done.err);
  CHECK(done.end() == "exit 0");
  const ProfileFile named(server.profile);
  CHECK(named.named_share("alloc_space") == 1);  // by .eh_frame: app+0x1234
}

TEST_CASE("the end of a profiled program asks no debuginfod server") {
  const Server server;
  server.put("/dev/null", server.directory / "server/status");
  TemporaryDirectory output;
  const Outcome done =
      server.beside({"env", "LD_PRELOAD=" + library(), "PROFILER_MODE=heap", "PROFILER_HEAP_RATE=1",
                     "PROFILER_OUTPUT=" + output.path() + "/", server.program});
  CHECK(done.end() == "exit 0");
  CHECK(output.profiles("heap").size() == 1);
  CHECK_FALSE(has(done.out, "/buildid/"));
}
