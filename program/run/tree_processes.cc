#include "program/run/tree_processes.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace program {
namespace {

namespace fs = std::filesystem;

const std::string kEnd(1, '\0');  // between the entries of an environment
constexpr int kTries = 10;
constexpr unsigned kPause_us = 20000;

// The agent and what makes names have the environment of the tree too.
bool is_own_program(const std::string& directory) {
  struct stat its {
  }, own{};
  return stat((directory + "/exe").c_str(), &its) == 0 && stat("/proc/self/exe", &own) == 0 &&
         its.st_dev == own.st_dev && its.st_ino == own.st_ino;
}

// Empty of one that has ended or is another user's.
std::string environment_of(const std::string& directory) {
  std::ifstream file(directory + "/environ", std::ios::binary);
  return kEnd + std::string(std::istreambuf_iterator<char>(file), {}) + kEnd;
}

int find_one(const std::string& run_directory) {
  const std::string wanted = kEnd + "PROFILER_SPOOL=" + run_directory + kEnd;
  std::error_code error;
  fs::directory_iterator at("/proc", error);
  for (; !error && at != fs::directory_iterator(); at.increment(error)) {
    const std::string directory = at->path().string();
    const int pid = atoi(at->path().filename().c_str());
    if (pid <= 0 || environment_of(directory).find(wanted) == std::string::npos) continue;
    if (!is_own_program(directory)) return pid;
  }
  return 0;
}

}  // namespace

int left_in_tree(const std::string& run_directory) {
  int pid = 0;
  for (int i = 0; i < kTries && (pid = find_one(run_directory)) != 0; i++) usleep(kPause_us);
  return pid;
}

}  // namespace program
