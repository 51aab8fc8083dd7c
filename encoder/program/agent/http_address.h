// PROFILER_HTTP: a socket that listens there, and the names by which clients may ask for it.
#pragma once

#include <string>
#include <vector>

namespace program {

struct HttpAddress {
  int socket = -1;
  std::string url;                 // for the user; of the port that was picked
  std::string unix_path;           // to be removed at the end
  std::vector<std::string> hosts;  // what a Host header may say, with and without the port
  bool any_local_address = false;  // also the numbers by which this machine is reached

  // False, and why.
  bool listen_at(const std::string& text, const std::string& start_folder, std::string* problem);
  bool is_allowed_host(const std::string& host, const std::string& local_address) const;
};

}  // namespace program
