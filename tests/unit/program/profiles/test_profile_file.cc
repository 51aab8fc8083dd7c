#include "program/profiles/profile_file.h"

#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <random>

#include "tests/unit/program/workshop.h"

using program::fault_of;
using program::Profile;
using program::ProfileFile;

namespace {

Profile small_profile() {
  Profile profile;
  for (const char* text : {"", "samples", "count", "/bin/app", "main"}) {
    profile.add_string_table(text);
  }
  profile.add_sample_type()->set_type(1);
  auto* mapping = profile.add_mapping();
  mapping->set_id(1);
  mapping->set_filename(3);
  auto* function = profile.add_function();
  function->set_id(1);
  function->set_name(4);
  auto* location = profile.add_location();
  location->set_id(1);
  location->set_mapping_id(1);
  location->add_line()->set_function_id(1);
  auto* sample = profile.add_sample();
  sample->add_location_id(1);
  sample->add_value(5);
  return profile;
}

bool reads(const std::string& path, std::string* error) {
  ProfileFile file;
  return file.read(path, error);
}

size_t files_in(const Workshop& workshop) {
  const std::filesystem::directory_iterator all(workshop.path(""));
  return static_cast<size_t>(std::distance(begin(all), end(all)));
}

}  // namespace

TEST_CASE("a profile is read gzip'd and plain, and replaced gzip'd with its mode") {
  const Workshop workshop;
  std::string error;
  const std::string path = workshop.write("a.pb", small_profile().SerializeAsString());
  chmod(path.c_str(), 0640);
  ProfileFile file;
  REQUIRE(file.read(path, &error));
  CHECK(program::sample_count(file.profile()) == 5);
  file.profile().mutable_sample(0)->set_value(0, 7);
  REQUIRE(file.replace(&error));
  struct stat status {};
  stat(path.c_str(), &status);
  CHECK((status.st_mode & 07777) == 0640);
  CHECK(workshop.shell("gzip -t < a.pb && ls -A") == "a.pb\n");
  ProfileFile again;
  REQUIRE(again.read(path, &error));
  CHECK(again.profile().sample(0).value(0) == 7);
}

TEST_CASE("a link is followed, not replaced") {
  const Workshop workshop;
  std::string error;
  workshop.write("a.pb", small_profile().SerializeAsString());
  workshop.shell("ln -s a.pb link");
  ProfileFile file;
  REQUIRE(file.read(workshop.path("link"), &error));
  REQUIRE(file.replace(&error));
  CHECK(std::filesystem::is_symlink(workshop.path("link")));
}

TEST_CASE("a file that became another since it was read is left alone") {
  const Workshop workshop;
  std::string error;
  const std::string path = workshop.write("a.pb", small_profile().SerializeAsString());
  ProfileFile file;
  REQUIRE(file.read(path, &error));
  workshop.shell("echo new > b && mv b a.pb");
  CHECK_FALSE(file.replace(&error));
  CHECK(workshop.read("a.pb") == "new\n");
  CHECK(files_in(workshop) == 1);
}

TEST_CASE("what is no profile is refused with a reason") {
  const Workshop workshop;
  std::string error;
  CHECK_FALSE(reads(workshop.path("missing"), &error));
  CHECK(error == "No such file or directory");
  workshop.shell("mkfifo fifo && mkdir directory");
  CHECK_FALSE(reads(workshop.path("fifo"), &error));
  CHECK_FALSE(reads(workshop.path("directory"), &error));
  CHECK(error == "it is not a regular file");
  CHECK_FALSE(reads(workshop.write("empty", ""), &error));
  CHECK(error == "it is empty");
  CHECK_FALSE(reads(workshop.write("text", "hello, world\n"), &error));
  CHECK_FALSE(error.empty());
}

TEST_CASE("a gzip stream that unpacks without end is refused") {
  const Workshop workshop;
  std::string error;
  workshop.shell("head -c 257M /dev/zero | gzip -1 > bomb");
  CHECK_FALSE(reads(workshop.path("bomb"), &error));
  CHECK(error == "it unpacks to more than 256 MiB");
}

TEST_CASE("a gzip stream cut short is refused at every length") {
  const Workshop workshop;
  std::string error;
  workshop.write("a", small_profile().SerializeAsString());
  workshop.shell("gzip -f a");
  const std::string whole = workshop.read("a.gz");
  REQUIRE(reads(workshop.path("a.gz"), &error));
  for (size_t length = 0; length < whole.size(); length++) {
    INFO(length);
    CHECK_FALSE(reads(workshop.write("cut", whole.substr(0, length)), &error));
  }
}

TEST_CASE("each broken rule of the format is found") {
  using Break = void (*)(Profile*);
  const Break breaks[] = {
      [](Profile* p) { p->clear_string_table(); },
      [](Profile* p) { p->set_string_table(0, "x"); },
      [](Profile* p) { p->mutable_sample_type(0)->set_unit(5); },
      [](Profile* p) { p->mutable_sample_type(0)->set_unit(-1); },
      [](Profile* p) { p->set_default_sample_type(99); },
      [](Profile* p) { p->add_comment(99); },
      [](Profile* p) { p->mutable_mapping(0)->set_id(0); },
      [](Profile* p) { p->mutable_mapping(0)->set_build_id(99); },
      [](Profile* p) { *p->add_mapping() = p->mapping(0); },
      [](Profile* p) { p->mutable_function(0)->set_filename(99); },
      [](Profile* p) { p->mutable_function(0)->set_id(0); },
      [](Profile* p) { p->mutable_location(0)->set_id(0); },
      [](Profile* p) { p->mutable_location(0)->set_mapping_id(9); },
      [](Profile* p) { p->mutable_location(0)->mutable_line(0)->set_function_id(9); },
      [](Profile* p) { *p->add_location() = p->location(0); },
      [](Profile* p) { p->mutable_sample(0)->set_location_id(0, 9); },
      [](Profile* p) { p->mutable_sample(0)->add_value(1); },
      [](Profile* p) { p->mutable_sample(0)->clear_value(); },
      [](Profile* p) { p->mutable_sample(0)->add_label()->set_key(99); },
  };
  CHECK(fault_of(small_profile()).empty());
  for (const Break& break_it : breaks) {
    Profile profile = small_profile();
    break_it(&profile);
    INFO("break " << &break_it - breaks);
    CHECK_FALSE(fault_of(profile).empty());
  }
}

TEST_CASE("a profile with damaged bytes is read or refused, never believed") {
  const Workshop workshop;
  const std::string whole = small_profile().SerializeAsString();
  std::mt19937 random(20240607);
  int accepted = 0;
  for (int i = 0; i < 600; i++) {
    std::string bytes = whole;
    for (int flips = 1 + i % 4; flips > 0; flips--) {
      bytes[random() % bytes.size()] = static_cast<char>(random());
    }
    std::string error;
    ProfileFile file;
    if (!file.read(workshop.write("a", bytes), &error)) continue;
    accepted++;
    CHECK(fault_of(file.profile()).empty());
  }
  CHECK(accepted > 0);
  CHECK(accepted < 600);
}
