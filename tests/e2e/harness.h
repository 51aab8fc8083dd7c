// Runs programs bare and profiled, with a time limit, and says all that they did.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace e2e {

using Environment = std::map<std::string, std::string>;

// A directory of this test's own, removed with all that is in it, and with the tables of killed
// processes that were to write there.
class TemporaryDirectory {
 public:
  TemporaryDirectory();
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  const std::string& path() const { return path_; }
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }
  std::vector<std::string> files() const;                         // names, sorted
  std::vector<std::string> tables() const;                        // paths of files of tables
  std::vector<std::string> profiles(const std::string& m) const;  // paths of the files of mode m

 private:
  std::string path_;
};

struct Command {
  std::vector<std::string> arguments;
  Environment environment = {};  // added to PATH, HOME and LANG=C, which is all there is else
  std::string directory = {};    // where it starts; empty: a directory of its own
  std::string input = {};        // its standard input
  int limit_s = 60;
};

struct Outcome {
  int wait_status = 0;
  bool timed_out = false;
  int pid = 0;
  double seconds = 0;
  std::string out, err;
  // "exit 3", "signal 15", "time limit"
  std::string end() const;
  std::vector<std::string> error_lines() const;
};

Outcome run(const Command& command);

// The same command under the library; its profiles go into `output`.
Command profiled(Command command, const std::string& modes, const TemporaryDirectory& output,
                 const Environment& more = {});

// Runs a command bare and profiled, requires the same end, stdout and stderr, and of each profile
// that it is whole, that it breaks no rule and that no temporary file is left. Returns the outcome
// of the profiled run.
Outcome same_as_bare(const Command& command, const std::string& modes,
                     const TemporaryDirectory& output, const Environment& more = {});

std::string target(const std::string& name);  // path of tests/targets/NAME as built
std::string source(const std::string& path);  // a file of the source tree
std::string library();                        // libprofiler.so
std::string program();                        // profiler
std::string program_directory();              // of profiler, from the library's, as installed
bool can_execute(const std::string& path);
std::string read_file(const std::string& path);
void write_file(const std::string& path, const std::string& content);
std::vector<std::string> lines_of(const std::string& text);
std::vector<std::string> words_of(const std::string& line);

// A line of the log that scripts/test repeats at its end; the newline is added.
[[gnu::format(printf, 1, 2)]] void figure(const char* format, ...);

// Says on the terminal and in the log what is not checked here, and why.
void skip(const std::string& what, const std::string& why);

}  // namespace e2e
