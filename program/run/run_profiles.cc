#include "program/run/run_profiles.h"

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <memory>
#include <new>

#include "program/symbols/object_files.h"
#include "program/symbols/symbolize_file.h"
#include "program/system/console.h"
#include "program/system/output_sentence.h"
#include "program/system/subcommand.h"

namespace program {
namespace {

// The worker lives as long as its caller: what it has read of the tree's files is kept.
constexpr uint64_t kMostResidentBytes = uint64_t{1} << 30;

std::string shell_word(const std::string& text) {
  constexpr const char* kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+,@%=:";
  if (text.find_first_not_of(kPlain) == std::string::npos) return text;
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

// `turn` tells the parent which file it was if this process comes to grief.
[[noreturn]] void work(const std::vector<std::string>& files, bool add_names, bool tells,
                       std::atomic<size_t>* turn) {
  for (const int signal_number : {SIGINT, SIGQUIT, SIGTERM, SIGHUP}) signal(signal_number, SIG_DFL);
  NamingService names(std::make_unique<ObjectFiles>(), {.most_resident_bytes = kMostResidentBytes});
  if (!names.start()) say(Level::kError, "cannot start the process that reads profiles");
  for (size_t i = *turn; i < files.size(); i = ++*turn) {
    if (i > 0)
      show_progress("symbolizing " + std::to_string(i + 1) + " of " + std::to_string(files.size()));
    Naming done;
    symbolize_file(files[i], &names, {.add_names = add_names}, &done);
    const int64_t samples = done.samples;
    if (samples < 0 || !tells) continue;
    const bool is_trace = files[i].ends_with(".pftrace");
    say(Level::kInfo,
        files[i] + owner_note(files[i]) + ": " + std::to_string(samples) +
            (is_trace ? " event" : " sample") + (samples == 1 ? "" : "s") +
            (is_trace ? "; open it in https://ui.perfetto.dev: " : "; go tool pprof -http=: ") +
            shell_word(files[i]));
  }
  show_progress("");
  names.stop();
  _exit(0);
}

}  // namespace

void finish_profiles(const std::vector<std::string>& files, bool add_names, bool tells) {
  if (files.empty() || (!add_names && !(tells && says(Level::kInfo)))) return;
  void* shared = mmap(nullptr, sizeof(std::atomic<size_t>), PROT_READ | PROT_WRITE,
                      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED) return;
  auto* turn = new (shared) std::atomic<size_t>(0);
  // A worker that ends early has said which file it could not bear; the next goes on behind it.
  while (*turn < files.size()) {
    const pid_t worker = fork();
    if (worker == 0) work(files, add_names, tells, turn);
    int status = 0;
    while (worker > 0 && waitpid(worker, &status, 0) < 0 && errno == EINTR) continue;
    if (worker < 0 || WIFSIGNALED(status)) {
      say(Level::kError, "stopped after " + std::to_string(*turn) + " of " +
                             std::to_string(files.size()) +
                             " profiles; profiler symbolize FILE... names the others");
      break;
    }
    ++*turn;
  }
  munmap(shared, sizeof(std::atomic<size_t>));
}

}  // namespace program
