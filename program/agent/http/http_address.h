// PROFILER_HTTP: a socket that listens there, and the names by which clients may ask for it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace program {

struct HttpAddress {
  int socket = -1;
  std::string url;  // for the user; of the port that was picked
  std::string unix_path;
  std::vector<std::string> hosts;  // what a Host header may say, with and without the port
  bool any_local_address = false;  // also the numbers by which this machine is reached

  bool is_fixed = false;  // not a port that was picked
  bool is_taken = false;  // why listen_at failed: another process has it

  HttpAddress() = default;
  ~HttpAddress() { stop(); }
  HttpAddress(const HttpAddress&) = delete;
  HttpAddress& operator=(const HttpAddress&) = delete;

  // False, and why. Context: before there are threads, which would share the umask.
  bool listen_at(const std::string& text, const std::string& start_directory, std::string* problem);
  bool is_allowed_host(const std::string& host, const std::string& local_address) const;
  // For the user; of a process that is not the first (0).
  std::string url_of(int pid) const;
  // Closes the socket, if no server has it, and removes its path if that is still its own.
  void stop();

 private:
  bool listen_at_path(const std::string& path, std::string* problem);
  bool listen_at_port(const std::string& text, std::string* problem);

  uint64_t device_ = 0, inode_ = 0;  // of unix_path
};

}  // namespace program
