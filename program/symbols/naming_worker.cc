#include "program/symbols/naming_worker.h"

#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <new>

#include "program/profiles/profile_bytes.h"
#include "program/profiles/profile_file.h"
#include "program/report/trace_file.h"
#include "program/sandbox/message.h"
#include "program/sandbox/sandbox.h"
#include "program/symbols/naming.h"
#include "program/symbols/symbolizer.h"
#include "program/symbols/trace_names.h"
#include "program/system/console.h"

namespace program {
namespace {

int broker = -1;

// Asks the broker for every file.
class AskedFiles : public FileSource {
 public:
  void declare(const ProfileProcess& process, const std::vector<std::string>& objects) override {
    Message message{Message::kDeclare,
                    {std::to_string(process.pid), std::to_string(process.seen_ns)}};
    message.words.insert(message.words.end(), objects.begin(), objects.end());
    if (!send_message(broker, message)) _exit(0);
  }
  OpenedFile open(const FileRequest& request) override {
    const Message question{
        Message::kOpen,
        {std::to_string(static_cast<uint32_t>(request.kind)), request.object, request.name,
         std::to_string(request.number), std::to_string(static_cast<int64_t>(request.address))}};
    Message answer;
    if (!send_message(broker, question) || !receive_message(broker, &answer)) _exit(0);
    if (answer.kind != Message::kFile || answer.words.size() != 5) _exit(0);
    return {answer.fd,       answer.words[0],       answer.words[1], answer.words[2] == "1",
            answer.words[3], answer.words[4] == "1"};
  }
  void lend(const std::vector<int>& split_files) override {
    for (const int fd : lent_) close(fd);
    lent_.assign(split_files.rbegin(), split_files.rend());
  }
  RecalledFile recall(const std::string& object, const std::string& build_id) override {
    Message answer;
    if (!send_message(broker, {Message::kRecall, {object, build_id}})) _exit(0);
    if (!receive_message(broker, &answer)) _exit(0);
    if (answer.kind != Message::kRecalled || answer.words.size() != 4) _exit(0);
    return {answer.words[0] == "1", answer.words[1] == "1", answer.fd, answer.words[2],
            static_cast<uint64_t>(number_in(answer.words[3]))};
  }
  void keep(const std::string& object, const std::string& build_id,
            const std::string& answers) override {
    if (!send_message(broker, {Message::kKeep, {object, build_id, answers}})) _exit(0);
  }
  // For libdw, which closes it.
  int next_lent() {
    if (lent_.empty()) return -1;
    const int fd = lent_.back();
    lent_.pop_back();
    return fd;
  }

 private:
  std::vector<int> lent_;  // the next one last
};

AskedFiles* asked_files = nullptr;

int open_split_file() {
  return asked_files->next_lent();
}

void send_line(Level level, const std::string& line) {
  send_message(broker, {Message::kLine, {std::to_string(static_cast<int>(level)), line}});
}

void set_alarm(int64_t milliseconds) {
  itimerval limit{};
  limit.it_value.tv_sec = milliseconds / 1000;
  limit.it_value.tv_usec = milliseconds % 1000 * 1000;
  setitimer(ITIMER_REAL, &limit, nullptr);
}

Naming name_trace(const std::string& bytes, Symbolizer* names) {
  Naming done;
  const TraceContent content = content_of(bytes);
  done.samples = content.events;
  const std::string added = names == nullptr ? "" : names_for_trace(content, names);
  done.missing = names == nullptr ? 0 : names->missing();
  if (added.empty()) return done;
  done.outcome = Naming::kNamed;
  done.bytes = bytes + added;
  return done;
}

Naming name_unpacked(const std::string& bytes, Symbolizer* names) {
  if (is_trace(bytes)) return name_trace(bytes, names);
  Naming done;
  Profile profile;
  if (!parse_unpacked(bytes, &profile, &done.problem)) {
    done.outcome = Naming::kUnreadable;
    return done;
  }
  done.samples = sample_count(profile);
  const bool changed = names != nullptr && names->add_names(&profile);
  done.missing = names == nullptr ? 0 : names->missing();
  if (!changed) return done;
  done.outcome = Naming::kNamed;
  done.bytes = profile.SerializeAsString();
  return done;
}

// The answer has the form of the question: gzip'd or not.
Naming name(const std::string& bytes, bool packed, Symbolizer* names) try {
  if (!packed) return name_unpacked(bytes, names);
  Naming done;
  std::string unpacked;
  if (unpack(bytes, &unpacked)) {
    done = name_unpacked(unpacked, names);
  } else {
    done.outcome = Naming::kUnreadable;
    done.problem = "its gzip stream is damaged or cut short";
  }
  if (done.outcome == Naming::kNamed) done.bytes = pack(done.bytes);
  return done;
} catch (const std::bad_alloc&) {
  Naming lost;
  lost.outcome = Naming::kLost;
  lost.problem = "out of memory";
  return lost;
}

bool has_grown(uint64_t most_resident_bytes) {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  constexpr long kMostCpuSeconds = 300;  // half of what it is limited to
  return static_cast<uint64_t>(usage.ru_maxrss) * 1024 > most_resident_bytes ||
         usage.ru_utime.tv_sec > kMostCpuSeconds;
}

}  // namespace

void work_as_namer(int socket, uint64_t most_resident_bytes) {
  broker = socket;
  AskedFiles files;
  asked_files = &files;
  send_lines_to(send_line);
  Symbolizer symbolizer(&files);
  limit_resources();
  signal(SIGALRM, SIG_DFL);
  if (!filter_system_calls(open_split_file)) {
    say(Level::kDebug, "the reader of ELF files has no seccomp filter");
  }
  for (bool ends = false; !ends;) {
    Message question;
    if (!receive_message(socket, &question)) _exit(0);
    if (question.kind != Message::kName || question.words.size() != 6) _exit(0);
    set_level(static_cast<Level>(number_in(question.words[2])));
    const std::chrono::milliseconds limit(number_in(question.words[3]));
    const auto begin = std::chrono::steady_clock::now();
    set_alarm(limit.count());
    Naming done = name(question.words[0], question.words[4] == "1",
                       question.words[1] == "1" ? &symbolizer : nullptr);
    const std::chrono::milliseconds keeping(number_in(question.words[5]));
    symbolizer.keep_answers(begin + std::min(keeping, limit / 2));
    set_alarm(0);
    ends = has_grown(most_resident_bytes);
    const bool has_bytes = done.outcome == Naming::kNamed;
    if (!send_message(socket, {Message::kNamed,
                               {std::to_string(done.outcome), std::to_string(done.samples),
                                has_bytes ? std::move(done.bytes) : done.problem,
                                std::to_string(done.missing), ends ? "1" : "0"}}))
      _exit(0);
  }
  _exit(0);
}

}  // namespace program
