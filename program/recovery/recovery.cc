#include "program/recovery/recovery.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <new>

#include "program/recovery/recovered_profiles.h"
#include "program/recovery/spool_file.h"
#include "program/sandbox/confinement.h"
#include "program/system/console.h"

namespace program {
namespace {

// How a worker ends. It may end by a fault as well, which is status 1 (confinement.h).
enum Ending : int { kRecovered = 0, kFailed = 1, kUnreadable = 2, kRunning = 3, kNothing = 4 };

constexpr char kToName = 'n';
constexpr char kToKeep = 'k';

void tell(int pipe, const SpoolFile& spool, const std::vector<std::string>& files) {
  const bool names = spool.origin().wants_names();
  std::string list;
  for (const std::string& path : files) list += (names ? kToName : kToKeep) + path + '\0';
  const ssize_t unused = write(pipe, list.data(), list.size());  // 16 paths fit into a pipe
  (void)unused;
}

Ending recover_one(const std::string& path, const RecoveryOptions& options, int pipe) {
  SpoolFile spool;
  std::string problem;
  switch (spool.open(path, &problem)) {
    case SpoolFile::Found::kLeft:
      break;
    case SpoolFile::Found::kInUse:
      if (options.named) say(Level::kError, path + ": left alone: " + problem);
      return kRunning;
    case SpoolFile::Found::kNoUse:
      say(options.named ? Level::kError : Level::kDebug, path + ": removed: " + problem);
      return spool.remove() ? kNothing : kFailed;
    case SpoolFile::Found::kForeign:
      say(options.named ? Level::kError : Level::kDebug, path + ": " + problem);
      return options.named ? kUnreadable : kNothing;
    case SpoolFile::Found::kUnreadable:
      say(Level::kError, path + ": " + problem + "; it is left as it is");
      return kUnreadable;
  }
  if (!spool.has_origin(&problem)) {
    say(Level::kError, path + ": " + problem + "; it is left as it is");
    return kUnreadable;
  }
  if (!options.output.empty()) spool.redirect(options.output);
  std::vector<std::string> files;
  if (!write_profiles(spool, options.end_monotonic_ns, &files, &problem)) {
    say(Level::kError, path + ": " + problem + "; the tables stay");
    return kFailed;
  }
  tell(pipe, spool, files);
  if (spool.remove()) return kRecovered;
  say(Level::kError, path + ": its files are written, but it cannot be removed");
  return kFailed;
}

[[noreturn]] void work(const std::string& path, const RecoveryOptions& options, int pipe) {
  for (const int signal_number : {SIGINT, SIGQUIT, SIGTERM, SIGHUP}) signal(signal_number, SIG_DFL);
  confine();
  set_current_file(path, "the tables stay");
  Ending ending = kFailed;
  try {
    ending = recover_one(path, options, pipe);
  } catch (const std::bad_alloc&) {
    say(Level::kError, path + ": out of memory; the tables stay");
  }
  _exit(ending);
}

// What the worker wrote; a list that was cut short by its end is printed as far as it came.
void take_files(int pipe, Recovery* recovery) {
  std::string list;
  char block[16384];
  for (ssize_t n; (n = read(pipe, block, sizeof block)) != 0;) {
    if (n > 0) list.append(block, static_cast<size_t>(n));
    if (n < 0 && errno != EINTR) break;
  }
  for (size_t at = 0, end = 0; (end = list.find('\0', at)) != std::string::npos; at = end + 1) {
    auto& files = list[at] == kToName ? recovery->to_name : recovery->to_keep;
    files.push_back(list.substr(at + 1, end - at - 1));
  }
}

void count(int status, Recovery* recovery) {
  if (WIFSIGNALED(status)) {
    recovery->interrupted = true;
    recovery->failed++;
    return;
  }
  switch (WEXITSTATUS(status)) {
    case kRecovered:
      recovery->recovered++;
      return;
    case kUnreadable:
      recovery->unreadable++;
      return;
    case kRunning:
      recovery->running++;
      return;
    case kNothing:
      return;
    default:
      recovery->failed++;
  }
}

}  // namespace

Recovery recover_spools(const std::vector<std::string>& spools, const RecoveryOptions& options) {
  using Clock = std::chrono::steady_clock;
  const auto start = Clock::now();
  Recovery recovery;
  for (size_t i = 0; i < spools.size() && !recovery.interrupted; i++) {
    if (Clock::now() - start > std::chrono::seconds(1)) {
      show_progress("recovering " + std::to_string(i + 1) + " of " + std::to_string(spools.size()));
    }
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) break;
    const pid_t worker = fork();
    if (worker == 0) {
      if (options.counts && recovery.failed > 0 && !says(Level::kDebug)) set_level(Level::kQuiet);
      work(spools[i], options, ends[1]);
    }
    close(ends[1]);
    take_files(ends[0], &recovery);
    close(ends[0]);
    int status = kFailed << 8;
    while (worker > 0 && waitpid(worker, &status, 0) < 0 && errno == EINTR) continue;
    count(status, &recovery);
  }
  show_progress("");
  return recovery;
}

}  // namespace program
