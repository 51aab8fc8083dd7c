#include "tests/e2e/agent_victim.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

namespace e2e {

void sleep_ms(int ms) {
  usleep(static_cast<useconds_t>(ms) * 1000);
}

AgentVictim::AgentVictim(const Environment& more, bool idle, const std::vector<std::string>& prefix,
                         const std::string& victim) {
  Environment environment = {{"LD_PRELOAD", library()},
                             {"PROFILER_OUTPUT", output.path() + "/"},
                             {"PROFILER_SPOOL", spool.path()}};
  for (const auto& [name, value] : more) environment[name] = value;
  std::vector<std::string> words = prefix;
  for (const std::string& word :
       {target(victim), own_ / "end", std::string(idle ? "idle" : "busy")}) {
    words.push_back(word);
  }
  pid_ = fork();
  if (pid_ != 0) return;
  for (const auto& [name, value] : environment) setenv(name.c_str(), value.c_str(), 1);
  dup2(open((own_ / "out").c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600), 1);
  dup2(open((own_ / "err").c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600), 2);
  close_range(3, ~0u, 0);
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  execvp(arguments[0], arguments.data());
  _exit(127);
}

AgentVictim::~AgentVictim() {
  killed();
}

void AgentVictim::send(int signal_number) const {
  kill(pid_, signal_number);
}

std::string AgentVictim::wait_for_end() {
  if (pid_ == 0) return "";
  int status = 0;
  waitpid(pid_, &status, 0);
  pid_ = 0;
  return WIFEXITED(status) ? "exit " + std::to_string(WEXITSTATUS(status))
                           : "signal " + std::to_string(WTERMSIG(status));
}

std::string AgentVictim::end() {
  write_file(own_ / "end", "now");
  return wait_for_end();
}

std::string AgentVictim::killed() {
  if (pid_ != 0) kill(pid_, SIGKILL);
  return wait_for_end();
}

std::string AgentVictim::out() const {
  return read_file(own_ / "out");
}

std::string AgentVictim::err() const {
  return read_file(own_ / "err");
}

std::vector<std::string> AgentVictim::all_files(const std::string& mode) const {
  std::vector<std::string> paths;
  for (const std::string& name : output.files()) {
    const bool whole = name.ends_with(".pb.gz") || name.ends_with(".pftrace");
    if (whole && name.find("." + mode + ".") != std::string::npos) paths.push_back(output / name);
  }
  return paths;
}

std::vector<std::string> AgentVictim::files(const std::string& mode, size_t count) const {
  comes_true([&] { return all_files(mode).size() >= count; });
  std::vector<std::string> paths = all_files(mode);
  std::sort(paths.begin(), paths.end(), [](const std::string& a, const std::string& b) {
    return a.size() != b.size() ? a.size() < b.size() : a < b;
  });
  return paths;
}

std::vector<pid_t> AgentVictim::agents() const {
  return agents_at(spool);
}

bool AgentVictim::agents_end() const {
  return comes_true([&] { return agents().empty(); });
}

std::vector<pid_t> agents_at(const TemporaryDirectory& spool) {
  std::vector<pid_t> found;
  const std::string asked = "PROFILER_SPOOL=" + spool.path();
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const std::string name = entry.path().filename();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    const std::string arguments = read_file("/proc/" + name + "/cmdline");
    if (arguments.find(std::string("profiler\0agent\0", 15)) == std::string::npos) continue;
    if (read_file("/proc/" + name + "/environ").find(asked) != std::string::npos) {
      found.push_back(atoi(name.c_str()));
    }
  }
  return found;
}

}  // namespace e2e
