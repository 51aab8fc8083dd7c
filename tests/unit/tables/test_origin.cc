#include "tables/origin.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <memory>
#include <random>
#include <string>

#include "tests/unit/env/temporary_directory.h"

namespace {

std::unique_ptr<origin::Facts> facts_of_this_process() {
  auto facts = std::make_unique<origin::Facts>();
  origin::read_process(*facts);
  facts->head.flags = origin::kFirstProcess;
  facts->head.tables_device = 7;
  facts->head.tables_inode = 9;
  facts->head.file_mode = 0640;
  facts->program_name = "app";
  facts->host_name = "";
  facts->start_directory = "/home/me";
  facts->file_template = "%e.%p.%m.pb.gz";
  return facts;
}

int create(const std::string& path, mode_t mode) {
  return open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
}

std::string bytes_of(const origin::Facts& facts) {
  const TemporaryDirectory directory;
  const int fd = create(directory / "x", 0600);
  REQUIRE(origin::write(fd, facts));
  close(fd);
  return directory.content("x");
}

}  // namespace

TEST_CASE("what is written is read back, with the process that it was written by") {
  const auto written = facts_of_this_process();
  const std::string bytes = bytes_of(*written);
  const auto read = std::make_unique<origin::Facts>();
  REQUIRE(origin::read(bytes, *read));
  CHECK(read->head.pid == getpid());
  CHECK(read->head.uid == geteuid());
  CHECK(read->head.gid == getegid());
  CHECK(read->head.birth_ticks > 0);
  CHECK(static_cast<int>(read->head.group_count) == getgroups(0, nullptr));
  CHECK(read->head.tables_device == 7);
  CHECK(read->head.tables_inode == 9);
  CHECK(read->head.file_mode == 0640);
  CHECK(read->program_name == "app");
  CHECK(read->host_name.empty());
  CHECK(read->start_directory == "/home/me");
  CHECK(read->file_template == "%e.%p.%m.pb.gz");
}

TEST_CASE("an origin that was cut short, lengthened or changed is refused or harmless") {
  const std::string bytes = bytes_of(*facts_of_this_process());
  const auto read = std::make_unique<origin::Facts>();
  for (size_t size = 0; size < bytes.size(); size++) {
    CHECK_FALSE(origin::read(bytes.substr(0, size), *read));
  }
  CHECK_FALSE(origin::read(bytes + "x", *read));
  CHECK_FALSE(origin::read(std::string(origin::kMostBytes + 1, 'x'), *read));
  std::string other = bytes;
  other[sizeof origin::kMagic]++;
  CHECK_FALSE(origin::read(other, *read));  // another version
  std::mt19937 random(1);
  for (int i = 0; i < 20000; i++) {
    other = bytes;
    other[random() % other.size()] = static_cast<char>(random());
    if (!origin::read(other, *read)) continue;
    for (const auto& text :
         {read->program_name, read->host_name, read->start_directory, read->file_template}) {
      CHECK(text.data() + text.size() <= other.data() + other.size());
      CHECK(text.find('\0') == std::string_view::npos);
    }
  }
}

TEST_CASE("an origin is believed only as a file of this user alone, with one name") {
  const TemporaryDirectory directory;
  const int fd = create(directory / "x", 0600);
  CHECK(origin::check_owner(fd) == nullptr);
  REQUIRE(fchmod(fd, 0644) == 0);
  CHECK(origin::check_owner(fd) != nullptr);
  REQUIRE(fchmod(fd, 0600) == 0);
  REQUIRE(link((directory / "x").c_str(), (directory / "y").c_str()) == 0);
  CHECK(origin::check_owner(fd) != nullptr);
  REQUIRE(unlink((directory / "y").c_str()) == 0);
  if (geteuid() == 0) {
    REQUIRE(fchown(fd, 65534, 65534) == 0);
    CHECK(origin::check_owner(fd) != nullptr);
  }
  close(fd);
  const int directory_fd = open(directory.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  CHECK(origin::check_owner(directory_fd) != nullptr);
  close(directory_fd);
}

TEST_CASE("an origin without a name is believed once its contents are sealed") {
  const int fd = memfd_create("x", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  CHECK(origin::check_owner(fd) != nullptr);
  REQUIRE(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW) == 0);
  CHECK(origin::check_owner(fd) == nullptr);
  close(fd);
}
