// The name of an output file, from the template in PROFILER_OUTPUT.
//
//   %e program   %p pid   %m mode   %h host   %t start time (Unix seconds)   %n number of the dump
//   %q{VAR} an environment variable   %% a percent sign
//
// What is inserted never leaves its place in the name: '/', ':' (old pprof takes `a:b` for a URL),
// control characters, bytes that are not UTF-8, and dots at its front become '_'; so does an empty
// value. What the user wrote stays as written, but for control characters in the file's name.
// A template that ends in '/', or names a directory, is the directory for the default name.
// What it lacks to keep two files of one run apart (mode, pid, number) is put in before the
// extension: `.pb.gz`, else from the last dot that the user wrote. Traces end in `.pftrace`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace output_name {

constexpr size_t kPathSize = 4096;  // PATH_MAX, with its zero byte

// The value of an environment variable at start, empty if it is not set.
struct Lookup {
  std::string_view (*value)(void* context, std::string_view name) = nullptr;
  void* context = nullptr;
};

struct Fields {
  std::string_view program;  // base name of what was executed
  uint64_t pid = 0;
  bool first_process = true;  // of the tree: the only one whose pid may be left out
  std::string_view mode;      // a custom profile's name is its mode
  bool several_modes = false;
  std::string_view host;
  uint64_t start_time_s = 0;
  uint64_t dump_number = 1;
  bool several_dumps = false;  // false: a first dump has no number unless the template has %n
  std::string_view start_directory;
  Lookup environment;
};

// `path` lies in the caller's buffer and ends in a zero byte.
struct Name {
  std::string_view path;
  size_t extension_at = 0;       // path.size(): there is none
  size_t directory_to_make = 0;  // length of the directory at the front of path to be made, 0: none
  const char* error = nullptr;   // a sentence; path is empty then
};

// False for an unknown % conversion, a %q without {NAME}, or a % at the end.
bool valid(std::string_view name_template);

// An empty template is the default one. Asks the file system whether the template is a directory.
Name expand(std::string_view name_template, const Fields& fields, char (&buffer)[kPathSize]);

// A name for a path that is to be taken as it is; a relative one is below `directory`, if that is
// known.
Name as_given(std::string_view path, char (&buffer)[kPathSize], std::string_view directory = {});

// The k-th name after `name` (k from 2): `app.4711.heap-2.pb.gz`.
Name alternative(const Name& name, unsigned k, char (&buffer)[kPathSize]);

// The template with each %q{VAR} replaced by its value, so that it can be expanded later or in
// another process. Empty if it does not fit.
std::string_view bind_environment(std::string_view name_template, Lookup environment,
                                  char (&buffer)[kPathSize]);

}  // namespace output_name
