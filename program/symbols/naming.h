// What became of a profile that was to get names.
#pragma once

#include <cstdint>
#include <string>

namespace program {

struct NamingWish {
  bool add_names = true;  // else the samples are counted only
  bool packed = false;    // the bytes are gzip'd, and so will the named ones be
  double seconds = 300;   // past that the profile keeps its addresses
  // Whether another user made the profile. It may have taken the worker over, so what that worker
  // reads is not kept.
  bool is_foreign = false;
};

struct Naming {
  enum Outcome : int {
    kNothing,     // nothing is without a name, or none was found
    kNamed,       // `bytes` are the profile with names
    kUnreadable,  // it is no profile; `problem` says why
    kLost         // reading its objects failed or took too long; `problem` says which
  };
  Outcome outcome = kNothing;
  int64_t samples = -1;  // what a user calls so; -1: not known
  int64_t missing = 0;   // files that would name addresses of it, and were not found
  std::string bytes;
  std::string problem;
};

}  // namespace program
