#include "program/symbols/naming_service.h"

#include <signal.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <vector>

#include "program/symbols/object_files.h"
#include "program/system/console.h"
#include "tests/unit/program/workshop.h"

using program::FileKind;
using program::FileRequest;
using program::Naming;
using program::NamingService;
using program::OpenedFile;
using program::Profile;

namespace {

constexpr const char* kSource = "int main(void) { return 0; }\n";

std::string profile_bytes(const Workshop& workshop, const std::string& file) {
  return profile_of(workshop.path(file), {workshop.address(file, "main")}).SerializeAsString();
}

std::string first_name(const std::string& bytes) {
  Profile profile;
  REQUIRE(profile.ParseFromString(bytes));
  return names_of(profile, 0);
}

// Cuts an object off while the worker has it mapped: the next look at it is a bus error.
class CuttingFiles : public program::ObjectFiles {
 public:
  explicit CuttingFiles(std::string victim) : victim_(std::move(victim)) {}
  OpenedFile open(const FileRequest& request) override {
    const bool is_debug_file = request.kind != FileKind::kObject;
    if (is_debug_file && request.object == victim_) CHECK(truncate(victim_.c_str(), 0) == 0);
    return ObjectFiles::open(request);
  }

 private:
  std::string victim_;
};

// Never answers the worker's question in time.
class LateFiles : public program::ObjectFiles {
 public:
  OpenedFile open(const FileRequest& request) override {
    usleep(1500 * 1000);
    return ObjectFiles::open(request);
  }
};

std::string line_of(const std::string& path, const std::string& begin) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with(begin)) return line.substr(begin.size());
  }
  return "none";
}

// Descriptors of a process, each by what it is.
std::vector<std::string> descriptors(const std::string& process) {
  std::vector<std::string> found;
  for (const auto& entry : std::filesystem::directory_iterator(process + "/fd")) {
    found.push_back(std::filesystem::read_symlink(entry.path()).string());
  }
  return found;
}

}  // namespace

TEST_CASE("a worker names one profile after the other, gzip'd or plain") {
  const Workshop workshop;
  workshop.write("a.c", kSource);
  workshop.shell("cc -g -O1 a.c -o a");
  const std::string bytes = profile_bytes(workshop, "a");
  NamingService names;
  REQUIRE(names.start());
  for (int i = 0; i < 2; i++) {
    const Naming done = names.name(bytes, {});
    CHECK(done.outcome == Naming::kNamed);
    CHECK(done.samples == 1);
    CHECK(first_name(done.bytes) == "main");
  }
  CHECK(names.name(bytes, {.add_names = false}).outcome == Naming::kNothing);
  CHECK(names.name("nonsense", {}).outcome == Naming::kUnreadable);
  CHECK(names.name("nonsense", {.packed = true}).outcome == Naming::kUnreadable);
}

TEST_CASE("a worker that has grown is replaced by another, and nothing is lost") {
  const Workshop workshop;
  workshop.write("a.c", kSource);
  workshop.shell("cc -g -O1 a.c -o a");
  const std::string bytes = profile_bytes(workshop, "a");
  NamingService names(std::make_unique<program::ObjectFiles>(), {.most_resident_bytes = 1});
  REQUIRE(names.start());
  for (int i = 0; i < 3; i++) CHECK(names.name(bytes, {}).outcome == Naming::kNamed);
}

TEST_CASE("a file that ends the worker costs names of its profile alone, and the line names it") {
  program::set_level(program::Level::kQuiet);
  const Workshop workshop;
  workshop.write("a.c", kSource);
  workshop.shell("cc -g -O1 a.c -o good && cp good kept && cp good bad && strip bad");
  const std::string bad =
      profile_of(workshop.path("bad"), {workshop.address("good", "main")}).SerializeAsString();
  const std::string good = profile_bytes(workshop, "good");
  NamingService names(std::make_unique<CuttingFiles>(workshop.path("bad")), {});
  REQUIRE(names.start());
  const Naming lost = names.name(bad, {});
  CHECK(lost.outcome == Naming::kLost);
  CHECK(lost.problem.find("reading " + workshop.path("bad") + " failed (Bus error") == 0);
  CHECK(names.name(good, {}).outcome == Naming::kNamed);
}

TEST_CASE("a profile that takes too long keeps its addresses, and the next gets names") {
  program::set_level(program::Level::kQuiet);
  const Workshop workshop;
  workshop.write("a.c", kSource);
  workshop.shell("cc -g -O1 a.c -o a");
  const std::string bytes = profile_bytes(workshop, "a");
  NamingService names(std::make_unique<LateFiles>(), {});
  REQUIRE(names.start());
  const Naming lost = names.name(bytes, {.seconds = 0.2});
  CHECK(lost.outcome == Naming::kLost);
  CHECK(lost.problem.find("the time limit has passed") != std::string::npos);
  CHECK(names.name(bytes, {.seconds = 60}).outcome == Naming::kNamed);
}

TEST_CASE("the worker has its socket, and no user, capability or right beside it") {
  const Workshop workshop;
  workshop.write("a.c", kSource);
  workshop.shell("cc -g -O1 a.c -o a");
  NamingService names;
  REQUIRE(names.start());
  REQUIRE(names.name(profile_bytes(workshop, "a"), {}).outcome == Naming::kNamed);
  const std::string keeper = std::to_string(names.keeper());
  std::string worker = line_of("/proc/" + keeper + "/task/" + keeper + "/children", "");
  REQUIRE_FALSE(worker.empty());
  worker.resize(worker.find(' '));
  for (const std::string& pid : {keeper, worker}) {
    INFO(pid);
    const std::string status = "/proc/" + pid + "/status";
    CHECK(line_of(status, "CapEff:\t") == "0000000000000000");
    CHECK(line_of(status, "NoNewPrivs:\t") == "1");
    if (geteuid() != 0) continue;
    CHECK(line_of(status, "CapBnd:\t") == "0000000000000000");
    CHECK(line_of(status, "Uid:\t") == "65534\t65534\t65534\t65534");
    // Beside its socket the worker has what the broker gave it.
    const std::string given = pid == worker ? workshop.path("a") : "";
    for (const std::string& what : descriptors("/proc/" + pid)) {
      INFO(what);
      CHECK((what.starts_with("socket:") || what == given));
    }
  }
  CHECK(line_of("/proc/" + worker + "/status", "Seccomp:\t") == "2");
}

TEST_CASE("the worker and the keeper end with their broker") {
  pid_t keeper = 0;
  {
    NamingService names;
    REQUIRE(names.start());
    names.name("nonsense", {});
    keeper = names.keeper();
  }
  CHECK(kill(keeper, 0) != 0);
}

TEST_CASE(
    "another user's program whose debug link is a FIFO is named by what it has, without waiting") {
  const Workshop workshop;
  workshop.write("a.c", kSource);
  workshop.shell(
      "cc -g -O1 a.c -o full && cp full a && objcopy --only-keep-debug a a.debug && strip a && "
      "objcopy --add-gnu-debuglink=a.debug a && rm a.debug && mkfifo a.debug");
  if (geteuid() == 0) workshop.shell("chown nobody . a a.debug");
  const uint64_t address = workshop.address("full", "main");
  NamingService names;
  REQUIRE(names.start());
  const Naming done =
      names.name(profile_of(workshop.path("a"), {address}).SerializeAsString(), {.seconds = 30});
  REQUIRE(done.outcome == Naming::kNamed);
  CHECK(first_name(done.bytes).starts_with("a+0x"));
}

TEST_CASE("the worker reads the split and the separate debug files that the broker finds") {
  const Workshop workshop;
  workshop.write("a.c",
                 "static inline __attribute__((always_inline)) int leaf(int n) {\n"
                 "  __asm__ volatile(\".globl in_leaf\\nin_leaf: nop\"); return n; }\n"
                 "int main(int n, char **w) { return leaf(n) + (w != 0); }\n");
  const char* commands[] = {
      "cc -g -O2 -gsplit-dwarf a.c -o a && cp a full",
      "cc -g -O2 a.c -o full && cp full a && objcopy --only-keep-debug a a.debug && strip a && "
      "objcopy --add-gnu-debuglink=a.debug a && mkdir -p .debug && mv a.debug .debug",
      "cc -g -O2 -Wl,--build-id=none a.c -o full && cp full a && objcopy --only-keep-debug a "
      "a.debug "
      "&& strip a && objcopy --add-gnu-debuglink=a.debug a",
  };
  for (const char* command : commands) {
    INFO(command);
    workshop.shell(command);
    NamingService names;
    REQUIRE(names.start());
    const Profile profile = profile_of(workshop.path("a"), {workshop.address("full", "in_leaf")});
    const Naming done = names.name(profile.SerializeAsString(), {});
    REQUIRE(done.outcome == Naming::kNamed);
    CHECK(first_name(done.bytes) == "leaf < main");
  }
}

TEST_CASE("a debug file with another sum than the debug link has is not used") {
  const Workshop workshop;
  workshop.write("a.c", kSource);
  workshop.shell(
      "cc -g -O1 -Wl,--build-id=none a.c -o full && cp full a && objcopy --only-keep-debug a "
      "a.debug && "
      "strip a && objcopy --add-gnu-debuglink=a.debug a && printf x >> a.debug");
  NamingService names;
  REQUIRE(names.start());
  const Naming done = names.name(
      profile_of(workshop.path("a"), {workshop.address("full", "main")}).SerializeAsString(), {});
  REQUIRE(done.outcome == Naming::kNamed);
  CHECK(first_name(done.bytes).starts_with("a+0x"));
}
