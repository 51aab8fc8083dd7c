#include "program/agent/agent_socket.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>

#include "env/sys/text.h"

namespace program {
namespace {

constexpr std::string_view kFront = "profiler-agent-";
constexpr std::string_view kEnd = ".socket";
constexpr std::string_view kProgram = "profiler";  // as main calls itself
constexpr size_t kDigits = 16;
constexpr int kBacklog = 64;
// A directory that is full of other things must not hold up a start.
constexpr unsigned kMostNames = 65536;
constexpr size_t kMostAgents = 64;

int open_directory(const std::string& directory) {
  return open(directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
}

// A path that is short whatever the directory's is.
sockaddr_un address_of(int directory, const std::string& name) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d/%s", directory,
           name.c_str());
  return address;
}

bool is_own_socket(int directory, const std::string& name, struct stat* status) {
  return fstatat(directory, name.c_str(), status, AT_SYMLINK_NOFOLLOW) == 0 &&
         S_ISSOCK(status->st_mode) && status->st_uid == geteuid();
}

// Connected, or -1. A full backlog is waited for a moment only.
int connect_with(int directory, const std::string& name) {
  const int client = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
  const timeval limit{0, 300000};
  setsockopt(client, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  const sockaddr_un address = address_of(directory, name);
  if (connect(client, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
    return client;
  }
  const int error = errno;
  close(client);
  errno = error;
  return -1;
}

// An agent's of this user: not another process that has the number of a dead one, or that the
// number of an agent in another pid namespace names here.
bool is_agent(int pid) {
  const std::string process = "/proc/" + std::to_string(pid);
  struct stat status {};
  std::string name;
  return stat(process.c_str(), &status) == 0 && status.st_uid == geteuid() &&
         std::getline(std::ifstream(process + "/comm"), name) && name == kProgram;
}

void visit(int directory, const std::string& name, int pid, FoundAgents* found) {
  struct stat status {};
  if (!is_own_socket(directory, name, &status)) return;
  const int client = connect_with(directory, name);
  const bool is_refused = client < 0 && errno == ECONNREFUSED;
  if (client >= 0 && is_same_user(client)) {
    found->sockets.push_back(client);
  } else if (client >= 0) {
    close(client);
  } else if (is_refused && is_agent(pid)) {
    found->is_any_ending = true;
  } else if (is_refused) {
    unlinkat(directory, name.c_str(), 0);
  }
}

}  // namespace

bool read_socket_name(std::string_view name, int* pid) {
  if (!name.starts_with(kFront) || !name.ends_with(kEnd)) return false;
  std::string_view rest = name.substr(kFront.size());
  uint64_t number = 0;
  if (!text::take_number(rest, number) || number == 0 || number > INT32_MAX) return false;
  if (rest.size() != 1 + kDigits + kEnd.size() || rest[0] != '-') return false;
  if (rest.substr(1, kDigits).find_first_not_of("0123456789abcdef") != std::string_view::npos) {
    return false;
  }
  *pid = static_cast<int>(number);
  return true;
}

bool is_same_user(int socket) {
  ucred peer{};
  socklen_t size = sizeof peer;
  return getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.uid == geteuid();
}

AgentSocket::~AgentSocket() {
  close();
}

void AgentSocket::stop_answering() {
  if (socket_ >= 0) ::close(socket_);
  socket_ = -1;
}

void AgentSocket::close() {
  stop_answering();
  struct stat now {};
  const bool is_ours = inode_ != 0 && is_own_socket(directory_, name_, &now) &&
                       now.st_dev == device_ && now.st_ino == inode_;
  if (is_ours) unlinkat(directory_, name_.c_str(), 0);
  if (directory_ >= 0) ::close(directory_);
  directory_ = -1;
  inode_ = 0;
}

// Context: before there are threads, which would share the umask.
bool AgentSocket::open_in(const std::string& directory) {
  uint64_t random = 0;
  if (getrandom(&random, sizeof random, 0) != sizeof random) return false;
  char name[80];
  snprintf(name, sizeof name, "profiler-agent-%d-%016lx.socket", getpid(), random);
  name_ = name;
  directory_ = open_directory(directory);
  socket_ = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
  const sockaddr_un address = address_of(directory_, name_);
  const mode_t before = umask(0177);
  const bool is_bound =
      directory_ >= 0 &&
      bind(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  umask(before);
  struct stat status {};
  if (is_bound && is_own_socket(directory_, name_, &status)) {
    device_ = status.st_dev;
    inode_ = status.st_ino;
  }
  if (inode_ != 0 && listen(socket_, kBacklog) == 0) return true;
  close();
  return false;
}

FoundAgents find_agents(const std::string& path) {
  FoundAgents found;
  DIR* names = opendir(path.c_str());
  if (names == nullptr) return found;
  const int directory = dirfd(names);
  unsigned seen = 0;
  for (const dirent* entry; (entry = readdir(names)) != nullptr && seen < kMostNames; seen++) {
    int pid = 0;
    if (!read_socket_name(entry->d_name, &pid) || pid == getpid()) continue;
    if (found.sockets.size() < kMostAgents) visit(directory, entry->d_name, pid, &found);
  }
  closedir(names);
  return found;
}

}  // namespace program
