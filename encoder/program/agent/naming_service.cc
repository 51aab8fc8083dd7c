#include "encoder/program/agent/naming_service.h"

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <fstream>
#include <new>

#include "encoder/program/agent/look.h"
#include "encoder/program/confinement.h"
#include "encoder/program/profile_file.h"
#include "encoder/program/symbolizer.h"
#include "encoder/program/trace_file.h"
#include "encoder/program/trace_names.h"

namespace program {
namespace {

constexpr uint64_t kMostBytes = uint64_t{256} << 20;
constexpr double kMostSeconds = 30;
// What it keeps of the files that it has read; past that another begins anew.
constexpr uint64_t kMostPages = (uint64_t{192} << 20) / 4096;

bool send_all(int socket, const void* bytes, size_t size) {
  for (size_t done = 0; done < size;) {
    const ssize_t n =
        send(socket, static_cast<const char*>(bytes) + done, size - done, MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    done += static_cast<size_t>(n);
  }
  return true;
}

bool receive_all(int socket, void* bytes, size_t size) {
  for (size_t done = 0; done < size;) {
    const ssize_t n = recv(socket, static_cast<char*>(bytes) + done, size - done, 0);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    done += static_cast<size_t>(n);
  }
  return true;
}

bool send_message(int socket, const std::string& bytes) {
  const uint64_t size = bytes.size();
  return send_all(socket, &size, sizeof size) && send_all(socket, bytes.data(), bytes.size());
}

bool receive_message(int socket, std::string* bytes) {
  uint64_t size = 0;
  if (!receive_all(socket, &size, sizeof size) || size > kMostBytes) return false;
  bytes->resize(size);
  return receive_all(socket, bytes->data(), size);
}

uint64_t resident_pages() {
  std::ifstream file("/proc/self/statm");
  uint64_t all = 0, resident = 0;
  file >> all >> resident;
  return resident;
}

std::string named(const std::string& bytes, Symbolizer* symbolizer) {
  std::string unpacked, error;
  if (!unpack(bytes, &unpacked)) return {};
  if (is_trace(unpacked)) {
    const std::string names = names_for_trace(content_of(unpacked), symbolizer);
    return names.empty() ? std::string() : pack(unpacked + names);
  }
  Profile profile;
  if (!parse_unpacked(unpacked, &profile, &error) || !symbolizer->add_names(&profile)) return {};
  return pack_profile(profile);
}

// `busy`: an answer is owed.
[[noreturn]] void work(int socket, std::atomic<bool>* busy) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  confine();
  Symbolizer symbolizer;
  std::string bytes;
  while (resident_pages() < kMostPages) {
    if (!receive_message(socket, &bytes)) _exit(2);
    *busy = true;
    set_time_limit(kMostSeconds);
    std::string answer;
    try {
      answer = named(bytes, &symbolizer);
    } catch (const std::bad_alloc&) {
    }
    set_time_limit(0);
    if (!send_message(socket, answer)) _exit(2);
    *busy = false;
  }
  _exit(0);
}

// One worker after the other, until nobody asks any more (status 2).
[[noreturn]] void keep(int socket) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  void* shared = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED) _exit(1);
  auto* busy = new (shared) std::atomic<bool>(false);
  for (;;) {
    const pid_t worker = fork();
    if (worker == 0) work(socket, busy);
    int status = 0;
    while (worker > 0 && waitpid(worker, &status, 0) < 0 && errno == EINTR) continue;
    if (worker < 0 || (WIFEXITED(status) && WEXITSTATUS(status) == 2)) _exit(0);
    if (busy->exchange(false) && !send_message(socket, {})) _exit(0);
  }
}

}  // namespace

NamingService::~NamingService() {
  if (socket_ >= 0) close(socket_);
  if (keeper_ > 0) {
    kill(keeper_, SIGKILL);
    waitpid(keeper_, nullptr, 0);
  }
}

bool NamingService::start() {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return false;
  keeper_ = fork();
  if (keeper_ == 0) {
    close(ends[0]);
    for (int fd = 3; fd < 64; fd++) {
      if (fd != ends[1]) close(fd);  // the tables among them: a crafted file is not to reach them
    }
    keep(ends[1]);
  }
  close(ends[1]);
  socket_ = ends[0];
  const timeval limit{static_cast<time_t>(2 * kMostSeconds), 0};
  setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  return keeper_ > 0;
}

std::string NamingService::with_names(const std::string& bytes) {
  const std::lock_guard lock(turn_);
  std::string answer;
  if (socket_ < 0) return bytes;
  if (!send_message(socket_, bytes) || !receive_message(socket_, &answer)) {
    close(socket_);  // an answer that comes too late would be taken for the next one's
    socket_ = -1;
    return bytes;
  }
  return answer.empty() ? bytes : answer;
}

}  // namespace program
