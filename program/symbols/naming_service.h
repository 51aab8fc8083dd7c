// The broker of names: it opens files for a worker that may do nothing but read them (decision 16).
// What a crafted file does to the worker ends there; what the worker has read is kept for the next
// profile.
#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "program/sandbox/message.h"
#include "program/symbols/cache_directory.h"
#include "program/symbols/naming.h"
#include "program/symbols/worker_files.h"

namespace program {

class NamingService {
 public:
  struct Rules {
    // What a worker keeps of the files that it has read; past that another begins anew.
    uint64_t most_resident_bytes = uint64_t{192} << 20;
    double seconds = 30;         // for one profile
    double keeping_seconds = 2;  // of them, to add to the cache; the caller waits meanwhile
    std::string cache = cache_directory();
  };
  NamingService();
  NamingService(std::unique_ptr<FileSource> files, const Rules& rules);
  ~NamingService();
  NamingService(const NamingService&) = delete;
  NamingService& operator=(const NamingService&) = delete;

  // Context: before there are threads.
  bool start();

  // Ends the worker; also done at destruction.
  void stop();

  // Context: any thread.
  Naming name(const std::string& bytes, const NamingWish& wish);

  // The gzip'd profile with names, or as it was where that cannot be done. Context: any thread.
  std::string with_names(const std::string& bytes);

  int keeper() const { return keeper_; }

 private:
  bool get_worker();
  Naming converse(Deadline deadline);
  bool take_memory(int64_t size);
  void declare(const Message& message);
  void answer(const Message& question, Deadline deadline);
  void recall(const Message& question, Deadline deadline);
  std::string how_it_ended(bool in_time);
  void let_worker_go();

  WorkerFiles files_;
  Rules rules_;
  std::mutex turn_;
  int control_ = -1;
  int worker_ = -1;
  int keeper_ = 0;
  bool has_told_missing_ = false;
  std::string last_loss_;    // which with_names() has said; empty: the last profile got its names
  int64_t memory_left_ = 0;  // that the worker may ask for
  int lines_left_ = 0;       // of the profile at hand
};

}  // namespace program
