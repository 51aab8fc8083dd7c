// Puts names into profiles in a process of its own: what a crafted file does to it ends there.
// What it has read of the files is kept for the next profile.
#pragma once

#include <mutex>
#include <string>

namespace program {

class NamingService {
 public:
  NamingService() = default;
  ~NamingService();
  NamingService(const NamingService&) = delete;
  NamingService& operator=(const NamingService&) = delete;

  // Context: before there are threads.
  bool start();

  // The gzip'd profile with names, or as it was where that cannot be done. Context: any thread.
  std::string with_names(const std::string& bytes);

 private:
  std::mutex turn_;
  int socket_ = -1;
  int keeper_ = 0;
};

}  // namespace program
