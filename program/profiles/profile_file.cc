#include "program/profiles/profile_file.h"

#include <fcntl.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/stubs/logging.h>
#include <unistd.h>
#include <zlib.h>

#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>

#include "program/profiles/profile_bytes.h"
#include "program/system/whole_file.h"

namespace program {
namespace {

// Ours are at most what PROFILER_MEMORY holds, some 64 MiB; a parsed message takes up to forty
// times its bytes, and a few MiB of gzip can become any number of GiB.
constexpr size_t kMaxProfileBytes = size_t{256} << 20;
constexpr int kLevel = 6;  // of the gzip files

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }
  int release() {
    const int fd = fd_;
    fd_ = -1;
    return fd;
  }

 private:
  int fd_;
};

// gzread passes a file through that is not gzip'd, and joins the members of one that has several.
bool gunzip(int fd, std::string* bytes, std::string* error) {
  gzFile file = gzdopen(fd, "rb");
  if (file == nullptr) {
    close(fd);
    *error = "out of memory";
    return false;
  }
  std::string block(size_t{256} << 10, '\0');
  int n = 0;
  while ((n = gzread(file, block.data(), static_cast<unsigned>(block.size()))) > 0) {
    bytes->append(block, 0, static_cast<size_t>(n));
    if (bytes->size() > kMaxProfileBytes) break;
  }
  const int end = gzclose_r(file);  // Z_BUF_ERROR: the last member is cut short
  if (bytes->size() > kMaxProfileBytes) {
    *error = "it unpacks to more than 256 MiB";
  } else if (n < 0 || end != Z_OK) {
    *error = "its gzip stream is damaged or cut short";
  } else if (bytes->empty()) {
    *error = "it is empty";
  }
  return error->empty();
}

}  // namespace

bool ProfileFile::read(const std::string& path, std::string* error) {
  std::string bytes;
  return read_bytes(path, &bytes, error) && parse(bytes, error);
}

bool ProfileFile::parse(const std::string& bytes, std::string* error) {
  return parse_unpacked(bytes, &profile_, error);
}

bool ProfileFile::read_bytes(const std::string& path, std::string* bytes, std::string* error) {
  error->clear();
  char resolved[PATH_MAX];
  if (realpath(path.c_str(), resolved) == nullptr) {
    *error = strerror(errno);
    return false;
  }
  path_ = resolved;
  // O_NONBLOCK: a FIFO of that name must not hang us before it is refused.
  Descriptor fd(open(resolved, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (fd.get() < 0 || fstat(fd.get(), &status_) != 0) {
    *error = strerror(errno);
    return false;
  }
  if (!S_ISREG(status_.st_mode)) {
    *error = "it is not a regular file";
    return false;
  }
  return gunzip(fd.release(), bytes, error);
}

bool ProfileFile::replace(std::string* error) const {
  return replace_bytes(profile_.SerializeAsString(), error);
}

bool ProfileFile::replace_bytes(const std::string& bytes, std::string* error) const {
  return write_whole_file(path_, pack(bytes, kLevel), status_.st_mode & 0777, &status_, error);
}

bool parse_unpacked(const std::string& bytes, Profile* profile, std::string* error) {
  const google::protobuf::LogSilencer quiet;  // it would write to stderr itself
  google::protobuf::io::CodedInputStream input(reinterpret_cast<const uint8_t*>(bytes.data()),
                                               static_cast<int>(bytes.size()));
  input.SetTotalBytesLimit(static_cast<int>(bytes.size()));
  input.SetRecursionLimit(16);  // profile.proto nests three deep; unknown groups could go on
  if (!profile->ParseFromCodedStream(&input) || !input.ConsumedEntireMessage()) {
    *error = "it is not a pprof profile";
    return false;
  }
  *error = fault_of(*profile);
  return error->empty();
}

bool write_profile(const Profile& profile, const std::string& path, mode_t mode,
                   std::string* error) {
  if (profile.ByteSizeLong() > kMaxProfileBytes) {
    *error = "it would be larger than 256 MiB";
    return false;
  }
  return write_whole_file(path, pack(profile.SerializeAsString(), kLevel), mode, nullptr, error);
}

int64_t sample_count(const Profile& profile) {
  const bool counted = profile.sample_type_size() > 0 &&
                       text_of(profile, profile.sample_type(0).type()) == "samples";
  if (!counted) return profile.sample_size();
  uint64_t sum = 0;
  for (const auto& sample : profile.sample()) sum += static_cast<uint64_t>(sample.value(0));
  return static_cast<int64_t>(sum);
}

}  // namespace program
