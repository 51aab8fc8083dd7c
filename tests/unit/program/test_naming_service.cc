#include "encoder/program/naming_service.h"

#include <fcntl.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <fstream>
#include <set>

#include "encoder/program/console.h"
#include "encoder/program/object_files.h"
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
