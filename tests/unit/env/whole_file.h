// Whole files written at once, for tests of output_file.
#pragma once

#include <unistd.h>

#include <ctime>
#include <string>

#include "env/output_file.h"
#include "tests/unit/env/temporary_directory.h"

inline uint64_t now_ns() {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1000000000 + static_cast<uint64_t>(now.tv_nsec);
}

// File times may be a tick behind the clock: what is made after this is younger than any time
// taken before it.
inline void let_a_tick_pass() {
  usleep(30000);
}

class Named {
 public:
  explicit Named(const std::string& path) : name_(output_name::as_given(path, buffer_)) {}
  operator const output_name::Name&() const { return name_; }

 private:
  char buffer_[output_name::kPathSize];
  output_name::Name name_;
};

// Writes a whole file; the error of the first step that failed.
inline output_file::Error write_file(const std::string& path, const std::string& content,
                                     uint64_t start_ns = now_ns(), std::string* got = nullptr) {
  output_file::OutputFile file;
  const Named name(path);
  if (const auto error = file.open(name, output_file::kPrivate)) return error;
  if (const auto error = file.write(content.data(), content.size())) return error;
  const auto error = file.commit(start_ns);
  if (got != nullptr) *got = file.path();
  return error;
}
