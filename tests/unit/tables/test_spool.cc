#include "tables/spool.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <memory>
#include <string>

#include "tables/written_list.h"
#include "tests/unit/env/temporary_directory.h"

namespace {

constexpr size_t kSize = size_t{1} << 20;

// Tables of this process in a directory, until they are removed.
class Tables {
 public:
  explicit Tables(const std::string& where) : origin_(std::make_unique<origin::Facts>()) {
    origin::read_process(*origin_);
    origin_->file_template = "%e";
    mapping_ = spool::open({where, "/tmp", kSize, getpid(), true, origin_.get()});
  }
  ~Tables() {
    spool::remove();
    spool::close_descriptors();
    if (mapping_.base != nullptr) munmap(mapping_.base, mapping_.size);
  }
  Tables(const Tables&) = delete;
  Tables& operator=(const Tables&) = delete;

 private:
  std::unique_ptr<origin::Facts> origin_;
  spool::Mapping mapping_{};
};

// The origin that belongs to the tables, read as another process would.
void check_pair(int tables, int origin) {
  REQUIRE(origin >= 0);
  CHECK(origin::check_owner(origin) == nullptr);
  char bytes[origin::kMostBytes];
  const ssize_t size = pread(origin, bytes, sizeof bytes, 0);
  const auto facts = std::make_unique<origin::Facts>();
  REQUIRE(origin::read({bytes, static_cast<size_t>(size)}, *facts));
  struct stat st = {};
  REQUIRE(fstat(tables, &st) == 0);
  CHECK(facts->head.tables_device == st.st_dev);
  CHECK(facts->head.tables_inode == st.st_ino);
  CHECK(facts->head.pid == getpid());
}

std::string make_run_directory(const TemporaryDirectory& directory, const char* name, mode_t mode) {
  const std::string path = directory / name;
  REQUIRE(mkdir(path.c_str(), 0700) == 0);
  REQUIRE(chmod(path.c_str(), mode) == 0);
  return path;
}

bool counts(const std::string& directory) {
  spool::look_for_written_list(directory);
  return spool::has_written_list();
}

}  // namespace

TEST_CASE("tables stand beside their origin, and both go together") {
  const TemporaryDirectory directory;
  {
    const Tables tables(directory.path());
    CHECK(directory.names().size() == 2);
    const int fd = spool::descriptor(), origin = spool::origin_descriptor();
    check_pair(fd, origin);
    close(fd);
    close(origin);
  }
  CHECK(directory.names().empty());
}

TEST_CASE("tables without a name have a sealed origin until it is handed over") {
  const Tables tables("none");
  check_pair(spool::descriptor(), spool::origin_descriptor());
  spool::close_descriptors();
  CHECK(spool::origin_descriptor() == -1);
}

TEST_CASE("a list of profiles counts only in a directory that run made") {
  const TemporaryDirectory directory;
  const auto with_list = [&](const char* name, mode_t mode) {
    const std::string path = make_run_directory(directory, name, mode);
    directory.put(std::string(name) + "/written", "");
    return path;
  };
  const std::string own = with_list("profiler-run-aaaaaa", 0700);
  CHECK(counts(own));
  CHECK(counts(own + "/"));
  spool::enter_in_written_list("/x.pb.gz");
  CHECK(directory.content("profiler-run-aaaaaa/written") == std::string("/x.pb.gz\0", 9));
  spool::enter_in_list_of(own + "/", "/y.pb.gz");
  CHECK(directory.content("profiler-run-aaaaaa/written") ==
        std::string("/x.pb.gz\0/y.pb.gz\0", 18));
  CHECK_FALSE(counts(with_list("shared", 0700)));
  spool::enter_in_list_of(directory / "shared", "/y.pb.gz");
  CHECK(directory.content("shared/written").empty());
  CHECK_FALSE(counts(with_list("profiler-run-bbbbbb", 0777)));
  if (geteuid() == 0) {
    const std::string others = with_list("profiler-run-cccccc", 0700);
    REQUIRE(chown(others.c_str(), 65534, 65534) == 0);
    CHECK_FALSE(counts(others));
  }
  REQUIRE(symlink(own.c_str(), (directory / "profiler-run-dddddd").c_str()) == 0);
  CHECK_FALSE(counts(directory / "profiler-run-dddddd"));
}

TEST_CASE("a planted FIFO or link in the place of run's list hangs no process and gets nothing") {
  const TemporaryDirectory directory;
  const std::string with_fifo = make_run_directory(directory, "profiler-run-aaaaaa", 0700);
  REQUIRE(mkfifo((with_fifo + "/written").c_str(), 0600) == 0);
  const int reader = open((with_fifo + "/written").c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  CHECK_FALSE(counts(with_fifo));
  close(reader);
  CHECK_FALSE(counts(with_fifo));
  const std::string with_link = make_run_directory(directory, "profiler-run-bbbbbb", 0700);
  directory.put("target", "");
  REQUIRE(symlink((directory / "target").c_str(), (with_link + "/written").c_str()) == 0);
  CHECK_FALSE(counts(with_link));
  const std::string shared = make_run_directory(directory, "shared", 0777);
  REQUIRE(mkfifo((shared + "/written").c_str(), 0666) == 0);
  CHECK_FALSE(counts(shared));
}
