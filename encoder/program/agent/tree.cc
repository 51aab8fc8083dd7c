#include "encoder/program/agent/tree.h"

#include <dirent.h>
#include <poll.h>
#include <sys/inotify.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "encoder/program/clock.h"
#include "encoder/program/process_stat.h"
#include "env/spool_name.h"

namespace program {
namespace {

constexpr int kRescan_ms = 1000;
constexpr int kSoon_ms = 2;
// Tables are filled in within some milliseconds, unless their process is held up meanwhile: by a
// debugger, by a busy machine.
constexpr uint64_t kUsually_ns = 400'000'000;
constexpr uint64_t kLongest_ns = 30'000'000'000;

int open_process(int pid) {
  return static_cast<int>(syscall(SYS_pidfd_open, pid, 0));
}

bool has_ended(int process) {
  if (process < 0) return true;
  pollfd ready{process, POLLIN, 0};
  return poll(&ready, 1, 0) > 0;
}

// And no zombie.
bool is_alive(int pid) {
  const int process = open_process(pid);
  const bool alive = !has_ended(process);
  if (process >= 0) close(process);
  return alive;
}

int parent_of(int pid) {
  const std::optional<ProcessStat> stat = stat_of("/proc/" + std::to_string(pid));
  return stat ? stat->parent : 0;
}

std::string folder_of_tables(const options::Options& options) {
  if (options.spool == "auto" || options.spool == "none") return spool::kSharedMemory;
  return std::string(options.spool);
}

}  // namespace

Tree::Tree(int root_pid, const options::Options& options, NamingService* names, PushQueue* queue,
           const HostStderr& err)
    : root_pid_(root_pid),
      root_process_(open_process(root_pid)),
      folder_watch_(inotify_init1(IN_CLOEXEC | IN_NONBLOCK)),
      options_(options),
      names_(names),
      queue_(queue),
      err_(err),
      folder_(folder_of_tables(options)) {
  members_.insert(root_pid);
}

Tree::~Tree() {
  if (root_process_ >= 0) close(root_process_);
  if (folder_watch_ >= 0) close(folder_watch_);
}

void Tree::set_greeting(const std::string& line, bool is_error) {
  greeting_ = line;
  greeting_is_error_ = is_error;
}

void Tree::adopt(int descriptor) {
  char path[4096];
  const ssize_t size =
      readlink(("/proc/self/fd/" + std::to_string(descriptor)).c_str(), path, sizeof path);
  const std::string name(path, size > 0 ? static_cast<size_t>(size) : 0);
  auto tables = std::make_unique<HostTables>();
  std::string problem;
  if (!tables->open(descriptor, &problem)) {
    err_.say(Level::kError, "agent: the tables cannot be read: " + problem);
    return;
  }
  if (name.starts_with('/') && !name.starts_with("/memfd:")) {
    if (!known_.insert(name).second) return;
    folder_ = name.substr(0, name.rfind('/'));
  }
  add(std::move(tables), true);
}

void Tree::add(std::unique_ptr<HostTables> tables, bool waits_for_greeting) {
  members_.insert(tables->pid());
  Watched watched;
  watched.process = open_process(tables->pid());
  watched.host = std::make_shared<Host>(std::move(tables), options_, names_, queue_, err_);
  watched.host->begin(waits_for_greeting ? greeting_ : "", greeting_is_error_);
  const std::lock_guard lock(mutex_);
  hosts_.push_back(std::move(watched));
}

bool Tree::is_member(const HostTables& tables) const {
  const int parent = tables.header().parent_pid;
  if (members_.contains(tables.pid()) || members_.contains(parent)) return true;
  // Those between may not be profiled.
  for (int pid = parent, steps = 0; pid > 1 && steps < 64; pid = parent_of(pid), steps++) {
    if (members_.contains(pid)) return true;
  }
  return false;
}

bool Tree::may_still_come(const std::string& path, int pid) {
  const uint64_t now = monotonic_ns();
  const uint64_t waited_ns = now - late_.emplace(path, now).first->second;
  if (waited_ns < kUsually_ns) return true;
  return waited_ns < kLongest_ns && access(path.c_str(), R_OK | W_OK) == 0 && is_alive(pid);
}

bool Tree::is_any_about_to_come() const {
  const uint64_t now = monotonic_ns();
  return std::any_of(late_.begin(), late_.end(),
                     [&](const auto& late) { return now - late.second < kUsually_ns; });
}

void Tree::look_at(const std::string& path, int pid) {
  if (known_.contains(path) || refused_.contains(path)) return;
  auto tables = std::make_unique<HostTables>();
  std::string problem;
  if (!tables->open(path, &problem)) {
    if (may_still_come(path, pid)) return;
    late_.erase(path);
    refused_.insert(path);
    return;
  }
  late_.erase(path);
  if (!is_member(*tables)) {
    refused_.insert(path);
    return;
  }
  known_.insert(path);
  add(std::move(tables), false);
}

void Tree::look_around() {
  std::error_code error;
  std::set<std::string> there;
  std::filesystem::directory_iterator at(folder_, error);
  for (; !error && at != std::filesystem::directory_iterator(); at.increment(error)) {
    uint64_t pid = 0;
    if (!spool::read_name(at->path().filename().string(), &pid)) continue;
    there.insert(at->path().string());
    look_at(at->path().string(), static_cast<int>(pid));
  }
  const auto is_gone = [&](const auto& entry) { return !there.contains(entry); };
  std::erase_if(refused_, is_gone);
  std::erase_if(known_, is_gone);
  std::erase_if(late_, [&](const auto& entry) { return !there.contains(entry.first); });
}

void Tree::wait(int control_socket) {
  std::vector<pollfd> ready = {{folder_watch_, POLLIN, 0}, {control_socket, POLLIN, 0}};
  if (!has_ended(root_process_)) ready.push_back({root_process_, POLLIN, 0});
  bool ending = false;
  for (const Watched& watched : hosts_) {
    const bool ended = has_ended(watched.process);
    ending = ending || ended;
    if (!ended) ready.push_back({watched.process, POLLIN, 0});
  }
  handed_over_.add_to(&ready);
  const int limit = is_any_about_to_come() ? kSoon_ms : (ending ? 10 : kRescan_ms);
  poll(ready.data(), ready.size(), limit);
  if (ready[1].revents != 0) handed_over_.let_in(control_socket);
  for (const int descriptor : handed_over_.take()) adopt(descriptor);
  char events[4096];
  while (read(folder_watch_, events, sizeof events) > 0) continue;
}

void Tree::let_go_of_the_dead() {
  for (const Watched& watched : hosts_) {
    if (watched.process >= 0 && has_ended(watched.process)) watched.host->owner_died();
  }
  std::vector<Watched> gone;
  {
    const std::lock_guard lock(mutex_);
    const auto alive = std::partition(hosts_.begin(), hosts_.end(), [](const Watched& watched) {
      return !watched.host->is_over();
    });
    gone.assign(std::make_move_iterator(alive), std::make_move_iterator(hosts_.end()));
    hosts_.erase(alive, hosts_.end());
  }
  for (const Watched& watched : gone) {
    if (watched.process >= 0) close(watched.process);
  }
}

void Tree::run(int control_socket) {
  inotify_add_watch(folder_watch_, folder_.c_str(), IN_CREATE | IN_ONLYDIR);
  for (;;) {
    look_around();
    let_go_of_the_dead();
    const bool is_any_late = !late_.empty() || handed_over_.is_anybody_there();
    if (hosts_.empty() && !is_any_late && has_ended(root_process_)) return;
    wait(control_socket);
  }
}

std::shared_ptr<Host> Tree::find(int pid) {
  const std::lock_guard lock(mutex_);
  std::shared_ptr<Host> found;
  for (const Watched& watched : hosts_) {
    HostTables& tables = watched.host->tables();
    const bool fits =
        pid != 0 ? tables.pid() == pid : (tables.header().flags & layout::kFirstProcess) != 0;
    // Of two images of one process the later one.
    if (fits && (found == nullptr || watched.host->start_ns() > found->start_ns())) {
      found = watched.host;
    }
  }
  if (found == nullptr && pid == 0 && !hosts_.empty()) found = hosts_.front().host;
  return found;
}

bool Tree::first_process_lives() const {
  return !has_ended(root_process_);
}

std::vector<std::shared_ptr<Host>> Tree::hosts() {
  const std::lock_guard lock(mutex_);
  std::vector<std::shared_ptr<Host>> all;
  for (const Watched& watched : hosts_) all.push_back(watched.host);
  return all;
}

}  // namespace program
