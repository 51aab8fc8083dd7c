#include "program/run/run_limits.h"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <new>
#include <set>
#include <sstream>

#include "program/sandbox/confinement.h"
#include "program/system/console.h"
#include "program/system/subcommand.h"

namespace program {
namespace {

std::set<std::string> words_of(const std::string& list) {
  std::set<std::string> words;
  std::istringstream stream(list);
  for (std::string word; std::getline(stream, word, ',');) words.insert(word);
  return words;
}

bool refuse(const Limit& limit, const std::string& why) {
  say(Level::kError, "run: --limit '" + limit.text + "': " + why);
  return false;
}

int status_of(const RunLimits& limits, const std::vector<std::string>& files) {
  confine();
  try {
    const auto checks = check_limits(limits.all, files);
    if (!checks) return kUsageOrUnreadable;
    const bool is_written = write_forms(limits.forms, *checks, limits_markdown(*checks));
    const int status = say_checks("run: --limit", *checks);
    if (fflush(stdout) != 0) {
      say(Level::kError, "stdout: cannot be written");
      return std::max<int>(status, kCheckFailed);
    }
    return is_written ? status : kUsageOrUnreadable;
  } catch (const std::bad_alloc&) {
    say(Level::kError, "out of memory; no limit is judged");
    return kUsageOrUnreadable;
  }
}

}  // namespace

bool set_modes_of(const std::vector<Limit>& limits, Environment* environment) {
  if (limits.empty()) return true;
  const bool is_given = environment->has("PROFILER_MODE");
  std::set<std::string> modes = words_of(environment->get("PROFILER_MODE"));
  if (modes.contains("allocs")) modes.insert("heap");  // the same figures
  for (const Limit& limit : limits) {
    const std::string mode = mode_for(limit);
    if (is_given && !mode.empty() && !modes.contains(mode)) {
      return refuse(
          limit, "PROFILER_MODE=" + environment->get("PROFILER_MODE") + " does not record " + mode);
    }
    if (is_given) continue;
    if (mode.empty()) {
      return refuse(limit, "it does not say which mode records this; name it (block." +
                               limit.figure.type + ") or give --mode");
    }
    modes.insert(mode);
  }
  if (is_given) return true;
  std::string list;
  for (const std::string& mode : modes) list += (list.empty() ? "" : ",") + mode;
  environment->set("PROFILER_MODE", list);
  return true;
}

int judge_limits(const RunLimits& limits, const std::vector<std::string>& files) {
  if (limits.all.empty()) return kDone;
  const pid_t worker = fork();
  if (worker == 0) {
    for (const int signal_number : {SIGINT, SIGQUIT, SIGTERM, SIGHUP}) {
      signal(signal_number, SIG_DFL);
    }
    _exit(status_of(limits, files));
  }
  int status = 0;
  while (worker > 0 && waitpid(worker, &status, 0) < 0 && errno == EINTR) continue;
  if (worker > 0 && WIFEXITED(status)) return WEXITSTATUS(status);
  say(Level::kError, "run: the process that judges limits ended early; no limit is judged");
  return kUsageOrUnreadable;
}

}  // namespace program
