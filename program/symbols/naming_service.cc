#include "program/symbols/naming_service.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <thread>

#include "program/symbols/naming_worker.h"
#include "program/symbols/object_files.h"
#include "program/system/console.h"

namespace program {
namespace {

constexpr int kMostLines = 200;                         // said by one worker of one profile
constexpr int64_t kMostMemoryBytes = int64_t{2} << 30;  // of files in memory, in a worker's life

Deadline in_seconds(double seconds) {
  const std::chrono::duration<double> length(seconds);
  return std::chrono::steady_clock::now() +
         std::chrono::duration_cast<std::chrono::steady_clock::duration>(length);
}

Naming lost(const std::string& problem) {
  Naming naming;
  naming.outcome = Naming::kLost;
  naming.problem = problem;
  return naming;
}

// Above the standard descriptors, which a caller without them may open later.
bool make_control(int ends[2]) {
  int low[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, low) != 0) return false;
  for (int i = 0; i < 2; i++) {
    ends[i] = fcntl(low[i], F_DUPFD_CLOEXEC, 3);
    close(low[i]);
  }
  return ends[0] >= 0 && ends[1] >= 0;
}

}  // namespace

NamingService::NamingService() : NamingService(std::make_unique<ObjectFiles>(), Rules()) {}

NamingService::NamingService(std::unique_ptr<FileSource> files, const Rules& rules)
    : files_(std::move(files), rules.cache), rules_(rules) {}

NamingService::~NamingService() {
  stop();
}

bool NamingService::start() {
  int ends[2] = {-1, -1};
  if (!make_control(ends)) return false;
  keeper_ = fork();
  if (keeper_ == 0) keep_workers(ends[1], rules_.most_resident_bytes);
  close(ends[1]);
  control_ = ends[0];
  if (keeper_ < 0) stop();
  return keeper_ > 0;
}

// The worker ends with the keeper, and is reaped by it: a process that adopts orphans sees none.
void NamingService::stop() {
  let_worker_go();
  if (control_ >= 0) close(control_);
  control_ = -1;
  if (keeper_ > 0) {
    kill(keeper_, SIGTERM);
    pid_t ended = 0;
    for (int tries = 0; tries < 2000 && (ended = waitpid(keeper_, nullptr, WNOHANG)) == 0;
         tries++) {
      std::this_thread::sleep_for(std::chrono::milliseconds(tries < 100 ? 0 : 1));
    }
    if (ended == 0) {
      kill(keeper_, SIGKILL);
      waitpid(keeper_, nullptr, 0);
    }
  }
  keeper_ = 0;
}

void NamingService::let_worker_go() {
  if (worker_ >= 0) close(worker_);
  worker_ = -1;
}

bool NamingService::get_worker() {
  if (worker_ >= 0) return true;
  if (control_ < 0) return false;
  const Deadline deadline = in_seconds(5);
  Message message;
  if (!send_message(control_, {Message::kWanted, {}}, deadline)) return false;
  memory_left_ = kMostMemoryBytes;
  while (receive_message(control_, &message, deadline)) {
    if (message.kind != Message::kWorker || message.fd < 0) continue;  // of an earlier one's end
    worker_ = message.fd;
    files_.begin_worker();
    const std::string missing = message.words.empty() ? "" : message.words[0];
    if (!missing.empty() && !has_told_missing_) {
      say(Level::kDebug,
          "the process that reads ELF files is not fully confined; it lacks: " + missing);
    }
    has_told_missing_ = true;
    return true;
  }
  return false;
}

// A worker that neither ends in time nor without its socket is ended with its keeper.
std::string NamingService::how_it_ended(bool in_time) {
  let_worker_go();
  Message message;
  const std::string what = files_.last().empty() ? "reading it" : "reading " + files_.last();
  const bool ended = receive_message(control_, &message, in_seconds(2)) &&
                     message.kind == Message::kEnded && !message.words.empty();
  if (!ended) stop();
  const auto status = ended ? static_cast<int>(number_in(message.words[0])) : 0;
  const bool killed = ended && WIFSIGNALED(status);
  if (!in_time || (killed && WTERMSIG(status) == SIGALRM)) {
    return what + ": the time limit has passed";
  }
  return what + " failed" + (killed ? std::string(" (") + strsignal(WTERMSIG(status)) + ")" : "");
}

bool NamingService::take_memory(int64_t size) {
  if (size <= 0 || size > memory_left_) return false;
  memory_left_ -= size;
  return true;
}

void NamingService::answer(const Message& question, Deadline deadline) {
  OpenedFile opened;
  if (question.words.size() == 5) {
    FileRequest request{static_cast<FileKind>(number_in(question.words[0])), question.words[1],
                        question.words[2], number_in(question.words[3]),
                        static_cast<uint64_t>(number_in(question.words[4]))};
    // Time to read what comes is left.
    const std::chrono::duration<double> left = deadline - std::chrono::steady_clock::now();
    request.seconds = left.count() / 2;
    if (request.kind == FileKind::kMemory && !take_memory(request.number)) {
      opened.problem = "the worker has its 2 GiB of memory files";
    } else {
      opened = files_.open(request);
    }
  }
  send_message(worker_,
               {Message::kFile,
                {opened.path, opened.problem, opened.more ? "1" : "0", opened.note,
                 opened.is_partial ? "1" : "0"},
                opened.fd},
               deadline);
  if (opened.fd >= 0) close(opened.fd);
}

void NamingService::declare(const Message& message) {
  if (message.words.size() < 2) return;
  files_.declare({number_in(message.words[0]), number_in(message.words[1])},
                 {message.words.begin() + 2, message.words.end()});
}

void NamingService::recall(const Message& question, Deadline deadline) {
  const RecalledFile recalled = files_.recall(question.words[0], question.words[1]);
  send_message(worker_,
               {Message::kRecalled,
                {recalled.are_kept ? "1" : "0", recalled.is_settled ? "1" : "0", recalled.index,
                 std::to_string(recalled.offset)},
                recalled.fd},
               deadline);
  if (recalled.fd >= 0) close(recalled.fd);
}

Naming NamingService::converse(Deadline deadline) {
  Message message;
  while (receive_message(worker_, &message, deadline)) {
    if (message.fd >= 0) close(message.fd);  // it has none to give
    switch (message.kind) {
      case Message::kLine:
        if (message.words.size() == 2 && lines_left_-- > 0) {
          say(static_cast<Level>(number_in(message.words[0])), message.words[1]);
        }
        break;
      case Message::kDeclare:
        declare(message);
        break;
      case Message::kOpen:
        answer(message, deadline);
        break;
      case Message::kRecall:
        if (message.words.size() == 2) recall(message, deadline);
        break;
      case Message::kKeep:
        if (message.words.size() != 3) break;
        files_.keep(message.words[0], message.words[1], message.words[2]);
        break;
      case Message::kNamed: {
        if (message.words.size() != 5) break;
        Naming done;
        done.outcome = static_cast<Naming::Outcome>(number_in(message.words[0]));
        done.samples = number_in(message.words[1]);
        auto& text = done.outcome == Naming::kNamed ? done.bytes : done.problem;
        text = std::move(message.words[2]);
        done.missing = number_in(message.words[3]);
        if (message.words[4] == "1") let_worker_go();
        return done;
      }
      default:
        break;
    }
  }
  return lost(how_it_ended(std::chrono::steady_clock::now() < deadline));
}

Naming NamingService::name(const std::string& bytes, const NamingWish& wish) {
  const std::lock_guard lock(turn_);
  if (wish.seconds <= 0) return lost("the time limit has passed");
  if (!get_worker()) return lost("cannot start the process that reads its objects");
  files_.begin_profile(wish.is_foreign);
  lines_left_ = kMostLines;
  const auto milliseconds = static_cast<int64_t>(wish.seconds * 1000) + 1;
  const Message question{
      Message::kName,
      {bytes, wish.add_names ? "1" : "0", std::to_string(static_cast<int>(level())),
       std::to_string(milliseconds), wish.packed ? "1" : "0",
       std::to_string(static_cast<int64_t>(rules_.keeping_seconds * 1000))}};
  const Deadline deadline = in_seconds(wish.seconds + 1);
  if (!send_message(worker_, question, deadline))
    return lost(how_it_ended(std::chrono::steady_clock::now() < deadline));
  return converse(deadline);
}

std::string NamingService::with_names(const std::string& bytes) {
  Naming done = name(bytes, {.packed = true, .seconds = rules_.seconds});
  const std::string loss = done.outcome == Naming::kLost ? done.problem : "";
  const std::lock_guard lock(turn_);
  if (!loss.empty() && loss != last_loss_) {
    say(Level::kError, loss + "; names are lost");
  }
  last_loss_ = loss;
  return done.outcome == Naming::kNamed ? std::move(done.bytes) : bytes;
}

}  // namespace program
