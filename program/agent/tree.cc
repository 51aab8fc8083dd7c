#include "program/agent/tree.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>

#include "program/agent/handed_tables.h"
#include "program/system/clock.h"
#include "tables/spool_name.h"

namespace program {
namespace {

constexpr uint64_t kMillisecond = 1'000'000;
// A process that is executed anew has its next tables by then.
constexpr uint64_t kBetweenImages_ns = 5000 * kMillisecond;
// A child of a process that has just ended has its tables by then.
constexpr uint64_t kLastChildren_ns = 250 * kMillisecond;

int open_process(int pid) {
  return static_cast<int>(syscall(SYS_pidfd_open, pid, 0));
}

bool has_ended(int process) {
  if (process < 0) return true;
  pollfd ready{process, POLLIN, 0};
  return poll(&ready, 1, 0) > 0;
}

std::string directory_of_tables(const options::Options& options) {
  if (options.spool == "auto" || options.spool == "none") return spool::kSharedMemory;
  return std::string(options.spool);
}

}  // namespace

Tree::Tree(int root_pid, const options::Options& options, std::string variables,
           NamingService* names, PushQueue* queue, const TargetStderr& err)
    : root_pid_(root_pid),
      root_process_(open_process(root_pid)),
      over_event_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      options_(options),
      variables_(std::move(variables)),
      names_(names),
      queue_(queue),
      err_(err) {
  members_.add(root_pid, birth_of(root_pid));
  directories_.add(directory_of_tables(options));
}

Tree::~Tree() {
  if (root_process_ >= 0) close(root_process_);
  if (over_event_ >= 0) close(over_event_);
  for (const Between& each : between_) close(each.process);
}

void Tree::set_greeting(const HttpAddress* address, const std::string& problem) {
  address_ = address;
  problem_ = problem;
}

std::string Tree::greeting_for(int pid) const {
  if (address_ == nullptr) return problem_.empty() ? "" : "PROFILER_HTTP: " + problem_;
  return "serving " + address_->url_of(pid == root_pid_ ? 0 : pid);
}

bool Tree::adopt(int tables, int origin) {
  return add_handed(tables, origin, true) != Added::kTaken;
}

Tree::Added Tree::add_handed(int descriptor, int origin, bool is_of_tree) {
  const std::string path = path_of(descriptor);
  auto tables = std::make_unique<TargetTables>();
  std::string problem;
  if (!tables->open(descriptor, origin, &problem)) {
    // A process that ends while its agent starts takes its tables with it: nothing is lost.
    if (!tables->is_removed()) {
      err_.say(Level::kError, "agent: the tables cannot be read: " + problem);
    }
    return Added::kUnreadable;
  }
  if (!add(std::move(tables), is_of_tree)) return Added::kTaken;
  if (path.starts_with('/') && !path.starts_with("/memfd:")) {
    known_.insert(path);
    directories_.add(path.substr(0, path.rfind('/')));
  }
  return Added::kYes;
}

// False: another agent serves them.
bool Tree::add(std::unique_ptr<TargetTables> tables, bool is_of_tree) {
  if (!tables->claim()) return false;
  const int pid = tables->pid();
  members_.add(pid, birth_of(pid));
  Watched watched;
  watched.process = open_process(pid);
  if (!is_of_tree) watched.err = std::make_unique<TargetStderr>(pid, err_.level());
  const TargetStderr& err = watched.err != nullptr ? *watched.err : err_;
  watched.host = std::make_shared<Target>(std::move(tables), options_, names_, queue_, err);
  watched.host->begin(greeting_for(pid), address_ == nullptr, over_event_);
  const std::lock_guard lock(mutex_);
  hosts_.push_back(std::move(watched));
  return true;
}

// The process that started the other agent belongs here, or asks for the very address that is
// served here.
bool Tree::serves(const Handing& handing) const {
  const bool is_same_service =
      address_ != nullptr && address_->is_fixed && handing.options == variables_;
  if (!is_same_service && !members_.include(handing.pid)) return false;
  // The message names the process; that it maps these tables the kernel says.
  return maps_descriptor(handing.pid, handing.tables);
}

void Tree::answer(Handed handed) {
  const Handing& handing = handed.handing();
  if (!serves(handing)) return handed.refuse();
  const bool is_of_tree = members_.include(handing.pid);
  if (!handed.accept()) return;
  add_handed(handing.tables, handing.origin, is_of_tree);
}

// Context: before look_around, so that a process that ended before it has left no tables unseen.
bool Tree::is_over() {
  const uint64_t now_ns = monotonic_ns();
  std::erase_if(between_, [&](const Between& each) {
    const bool ends = has_ended(each.process) || now_ns > each.until_ns;
    if (ends) close(each.process);
    return ends;
  });
  return (is_superseded_ || has_ended(root_process_)) && between_.empty();
}

int Tree::wait_limit_ms(bool is_any_ending) const {
  const uint64_t now_ns = monotonic_ns();
  uint64_t at_ns = std::min(directories_.next_scan_ns(), late_.next_ns());
  if (is_any_ending) at_ns = std::min(at_ns, now_ns + 10 * kMillisecond);
  if (over_since_ns_ != 0) at_ns = std::min(at_ns, now_ns + 20 * kMillisecond);
  return at_ns <= now_ns ? 1 : static_cast<int>((at_ns - now_ns) / kMillisecond + 1);
}

void Tree::wait(const AgentSocket& socket) {
  std::vector<pollfd> ready = {{directories_.descriptor(), POLLIN, 0},
                               {socket.descriptor(), POLLIN, 0},
                               {over_event_, POLLIN, 0}};
  const auto add_process = [&](int process) {
    const bool ended = has_ended(process);
    if (!ended) ready.push_back({process, POLLIN, 0});
    return ended;
  };
  add_process(root_process_);
  for (const Between& each : between_) add_process(each.process);
  bool is_any_ending = false;
  for (const Watched& watched : hosts_) is_any_ending |= add_process(watched.process);
  handed_over_.add_to(&ready);
  poll(ready.data(), ready.size(), wait_limit_ms(is_any_ending));
  uint64_t ignored = 0;
  if (ready[2].revents != 0) eventfd_read(over_event_, &ignored);
  if (ready[1].revents != 0) handed_over_.let_in(socket.descriptor());
  for (Handed& handed : handed_over_.take()) answer(std::move(handed));
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
    if (watched.host->is_closing()) closing_.push_back(watched.host);
    if (has_ended(watched.process)) {
      members_.ended(watched.host->tables().pid(), clock_ns(CLOCK_BOOTTIME));
      if (watched.process >= 0) close(watched.process);
    } else {
      between_.push_back({watched.process, monotonic_ns() + kBetweenImages_ns});
    }
  }
}

// The last files and pushes of all that have ended come first: nothing is done after the answer.
void Tree::answer_closing() {
  if (closing_.empty()) return;
  const bool is_any_left = std::any_of(hosts_.begin(), hosts_.end(), [](const Watched& watched) {
    return has_ended(watched.process);
  });
  if (is_any_left) return;
  if (queue_ != nullptr) queue_->wait_until_sent(options_.symbolize_time_ns);
  for (const std::shared_ptr<Target>& host : closing_) {
    host->tables().control().closing.store(layout::kClosed, std::memory_order_release);
    wake(host->tables().control().closing);
  }
  closing_.clear();
}

void Tree::run(AgentSocket* socket) {
  for (;;) {
    bool over = is_over();
    look_around();
    let_go_of_the_dead();
    answer_closing();
    over = over && hosts_.empty() && late_.empty() && !handed_over_.is_any_there();
    const uint64_t now_ns = monotonic_ns();
    if (!over) over_since_ns_ = 0;
    if (over && over_since_ns_ == 0) {
      over_since_ns_ = now_ns;
      directories_.ask_for_scan();
      continue;
    }
    if (over && now_ns - over_since_ns_ > kLastChildren_ns) break;
    wait(*socket);
  }
  socket->stop_answering();
}

std::shared_ptr<Target> Tree::find(int pid) {
  const std::lock_guard lock(mutex_);
  const int wanted = pid != 0 ? pid : root_pid_;
  std::shared_ptr<Target> found;
  for (const Watched& watched : hosts_) {
    const bool fits = watched.host->tables().pid() == wanted;
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

std::vector<std::shared_ptr<Target>> Tree::hosts() {
  const std::lock_guard lock(mutex_);
  std::vector<std::shared_ptr<Target>> all;
  for (const Watched& watched : hosts_) all.push_back(watched.host);
  return all;
}

}  // namespace program
