#include "program/agent/http/http_address.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace program {
namespace {

constexpr int kBacklog = 128;
constexpr const char* kBase = "/debug/pprof/";

std::string fault(const std::string& what) {
  return what + ": " + strerror(errno);
}

struct Parts {
  std::string host, port;
};

// "host:port", "[v6]:port", ":port", "port".
Parts split(const std::string& text) {
  if (text.starts_with('[')) {
    const size_t end = text.find(']');
    if (end == std::string::npos) return {};
    return {text.substr(1, end - 1), text.substr(std::min(text.size(), end + 2))};
  }
  const size_t colon = text.rfind(':');
  if (colon == std::string::npos) return {"", text};
  return {text.substr(0, colon), text.substr(colon + 1)};
}

bool answers(const sockaddr_un& name) {
  const int client = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const bool there = connect(client, reinterpret_cast<const sockaddr*>(&name), sizeof name) == 0;
  close(client);
  return there;
}

bool is_stale_socket(const sockaddr_un& name) {
  struct stat status {};
  const bool is_ours =
      lstat(name.sun_path, &status) == 0 && S_ISSOCK(status.st_mode) && status.st_uid == geteuid();
  if (!is_ours || answers(name)) return false;
  // Another agent may be between bind and listen.
  usleep(20000);
  return !answers(name);
}

}  // namespace

bool HttpAddress::listen_at(const std::string& text, const std::string& start_directory,
                            std::string* problem) {
  is_taken = false;
  if (!text.starts_with("unix:")) return listen_at_port(text, problem);
  const std::string path = text.substr(5);
  return listen_at_path(path.starts_with('/') ? path : start_directory + "/" + path, problem);
}

bool HttpAddress::listen_at_path(const std::string& path, std::string* problem) {
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  if (path.size() >= sizeof name.sun_path) {
    *problem = "the path of the socket is too long";
    return false;
  }
  strncpy(name.sun_path, path.c_str(), sizeof name.sun_path - 1);
  if (is_stale_socket(name)) unlink(name.sun_path);
  socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const mode_t before = umask(0177);
  const int bound = bind(socket, reinterpret_cast<const sockaddr*>(&name), sizeof name);
  const int error = errno;
  umask(before);
  errno = error;
  struct stat status {};
  if (bound == 0 && lstat(name.sun_path, &status) == 0) {
    unix_path = path;
    device_ = status.st_dev;
    inode_ = status.st_ino;
  }
  if (inode_ == 0 || listen(socket, kBacklog) != 0) {
    is_taken = bound != 0 && error == EADDRINUSE;
    *problem = fault("cannot listen at " + path);
    stop();
    return false;
  }
  url = "unix:" + unix_path;
  is_fixed = true;
  return true;
}

bool HttpAddress::listen_at_port(const std::string& text, std::string* problem) {
  const Parts parts = split(text);
  const bool loopback = parts.host.empty() || parts.host == "localhost";
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  wanted.ai_flags = AI_PASSIVE | AI_NUMERICSERV | AI_NUMERICHOST;
  addrinfo* found = nullptr;
  const std::string host = loopback ? "127.0.0.1" : parts.host;
  if (getaddrinfo(host.c_str(), parts.port.c_str(), &wanted, &found) != 0) {
    *problem = "cannot listen at " + text + ": it is no address of this machine";
    return false;
  }
  socket = ::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int yes = 1;
  setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  const bool bound =
      bind(socket, found->ai_addr, found->ai_addrlen) == 0 && listen(socket, kBacklog) == 0;
  const int error = errno;
  freeaddrinfo(found);
  errno = error;
  if (!bound) {
    is_taken = errno == EADDRINUSE;
    *problem = fault("cannot listen at " + text);
    stop();
    return false;
  }
  sockaddr_storage name{};
  socklen_t size = sizeof name;
  getsockname(socket, reinterpret_cast<sockaddr*>(&name), &size);
  char number[16];
  getnameinfo(reinterpret_cast<sockaddr*>(&name), size, nullptr, 0, number, sizeof number,
              NI_NUMERICSERV);
  const std::string shown = host.find(':') == std::string::npos ? host : "[" + host + "]";
  any_local_address = host == "0.0.0.0" || host == "::";
  for (const std::string& name_of_host : {shown, std::string("localhost")}) {
    hosts.push_back(name_of_host);
    hosts.push_back(name_of_host + ":" + number);
  }
  is_fixed = parts.port != "0";
  url = "http://" + shown + ":" + number + kBase;
  return true;
}

bool HttpAddress::is_allowed_host(const std::string& host, const std::string& local) const {
  if (!unix_path.empty()) return true;
  for (const std::string& allowed : hosts) {
    if (strcasecmp(allowed.c_str(), host.c_str()) == 0) return true;
  }
  if (!any_local_address || local.empty()) return false;
  const std::string shown = local.find(':') == std::string::npos ? local : "[" + local + "]";
  return host == shown || host.starts_with(shown + ":");
}

std::string HttpAddress::url_of(int pid) const {
  if (pid == 0) return url;
  const std::string path = "/" + std::to_string(pid) + kBase;
  if (!unix_path.empty()) return url + " at " + path;
  return url.substr(0, url.size() - strlen(kBase)) + path;
}

void HttpAddress::stop() {
  if (socket >= 0) close(socket);
  socket = -1;
  struct stat now {};
  const bool is_ours = inode_ != 0 && lstat(unix_path.c_str(), &now) == 0 &&
                       now.st_dev == device_ && now.st_ino == inode_;
  if (is_ours) unlink(unix_path.c_str());
  inode_ = 0;
  unix_path.clear();
}

}  // namespace program
