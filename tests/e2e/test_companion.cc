// The program that belongs to the library: found where it is installed, executed only if no more
// users can place it than can change the library.
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>

#include "tests/e2e/agent_victim.h"
#include "tests/e2e/harness.h"
#include "tests/e2e/profile_file.h"

using namespace e2e;
namespace fs = std::filesystem;

namespace {

constexpr mode_t kUsual = 0755;

// A copy of the library and of a program, in directories of one tree.
class Installation {
 public:
  Installation(const std::string& library_at, const std::string& program_at,
               const std::string& program_file) {
    for (const std::string& at : {library_at, program_at}) {
      fs::create_directories(tree / at);
      chmod((tree / at).c_str(), kUsual);
    }
    chmod(tree.path().c_str(), kUsual);
    library_ = tree / library_at + "/libprofiler.so";
    place = fs::path(tree / library_at + "/" + program_at_from(library_at, program_at))
                .lexically_normal();
    fs::copy_file(library(), library_);
    fs::copy_file(program_file, place + "/profiler");
  }

  Outcome run_ends(const TemporaryDirectory& output, const Environment& more = {}) const {
    Environment all = more;
    all["LD_PRELOAD"] = library_;
    all["PROFILER_HEAP_RATE"] = "1";  // without a sample there is nothing to name
    return run(profiled({{target("ends"), "exit"}}, "heap", output, all));
  }
  bool has_executed() const { return fs::exists(place + "/profiler.executed"); }

  TemporaryDirectory tree;
  std::string place;

 private:
  static std::string program_at_from(const std::string& library_at, const std::string& program_at) {
    return fs::path("/" + program_at).lexically_relative("/" + library_at);
  }
  std::string library_;
};

// As the build installs them, below a prefix of two levels.
Installation installed(const std::string& program_file) {
  const std::string library_at = "usr/lib/x86_64-linux-gnu";
  const fs::path program_at = fs::path("/" + library_at) / program_directory();
  return {library_at, program_at.lexically_normal().string().substr(1), program_file};
}

}  // namespace

TEST_CASE("an installed library finds its program, for names and for the agent") {
  const Installation copy = installed(program());
  TemporaryDirectory output;
  const Outcome ours = copy.run_ends(output);
  INFO(ours.err);
  CHECK(ours.err.empty());
  CHECK(ProfileFile(only(output.profiles("heap"))).has_function("site_of_ends"));
}

TEST_CASE("the agent is called profiler, and knows where its own file is") {
  AgentVictim host({{"PROFILER_MODE", "cpu"}, {"PROFILER_INTERVAL", "200ms"}});
  host.files("cpu", 1);
  const std::vector<pid_t> agents = host.agents();
  REQUIRE(!agents.empty());
  const std::string of_agent = "/proc/" + std::to_string(agents[0]);
  CHECK(read_file(of_agent + "/comm") == "profiler\n");
  CHECK(fs::equivalent(fs::read_symlink(of_agent + "/exe"), program()));
  CHECK(host.end() == "exit 7");
}

TEST_CASE("a program that others could have placed is not executed, and the line says why") {
  const Installation copy = installed(target("marks_its_place"));
  TemporaryDirectory output;
  chmod(copy.place.c_str(), 0777);
  const Outcome open_directory = copy.run_ends(output);
  CHECK_FALSE(copy.has_executed());
  CHECK(open_directory.err.find("is less protected than the library's directory") !=
        std::string::npos);
  CHECK(open_directory.err.find("mode 0777") != std::string::npos);
  chmod(copy.place.c_str(), kUsual);
  chmod((copy.place + "/profiler").c_str(), 0775);
  const Outcome open_file = copy.run_ends(output);
  CHECK_FALSE(copy.has_executed());
  CHECK(open_file.err.find("/profiler is not a protected program (owner ") != std::string::npos);
  CHECK(open_file.err.find("mode 0775") != std::string::npos);
  // As it is installed it runs.
  chmod((copy.place + "/profiler").c_str(), kUsual);
  copy.run_ends(output);
  CHECK(copy.has_executed());
}

TEST_CASE("a program that is missing has its line") {
  const Installation copy = installed(target("marks_its_place"));
  TemporaryDirectory output;
  fs::remove(copy.place + "/profiler");
  const Outcome missing = copy.run_ends(output);
  CHECK(missing.err.find("the program `profiler` is not beside libprofiler.so") !=
        std::string::npos);
  CHECK(missing.end() == "exit 3");
}

TEST_CASE("a volume that is open to all keeps its names") {
  const Installation volume("shared", "shared", program());
  chmod((volume.tree / "shared").c_str(), 0777);
  TemporaryDirectory output;
  CHECK(volume.run_ends(output).err.empty());
  CHECK(ProfileFile(only(output.profiles("heap"))).has_function("site_of_ends"));
}

TEST_CASE("a program is found and executed when the host has closed its standard descriptors") {
  TemporaryDirectory output;
  const Outcome ours =
      run(profiled({{"sh", "-c", "exec \"$0\" exit <&- >&-", target("ends")}}, "heap", output,
                   {{"PROFILER_HEAP_RATE", "1"}, {"PROFILER_ONLY", "target_ends"}}));
  CHECK(ours.end() == "exit 3");
  CHECK(ProfileFile(only(output.profiles("heap"))).has_function("site_of_ends"));
}
