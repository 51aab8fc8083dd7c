// Places in which a file is hard to write.
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>

#include "tests/e2e/reliability/judge.h"

namespace e2e {
namespace {

constexpr const char* kGroup = "Places";

bool may_unshare(Judge& judge, const char* row) {
  if (run({{"unshare", "-mpf", "true"}}).end() == "exit 0") return true;
  judge.not_checked(row, "needs namespaces");
  return false;
}

Command in_namespace(const std::string& words) {
  return {{"unshare", "-mpf", "sh", "-c", words}};
}

// Two containers that share a directory, at once: both processes are number 1.
void first_of_two(Judge& judge) {
  if (!may_unshare(judge, "process 1 of two namespaces")) return;
  const std::string one =
      "unshare -pf " + target("waits_for") + " " + judge.output.path() + "/go & ";
  const Command command{{"sh", "-c",
                         one + one + "sleep 0.3; mkdir " + judge.output.path() +
                             "/go; wait; rmdir " + judge.output.path() + "/go"}};
  judge.same(command, "heap", {{"PROFILER_ONLY", "target_waits_for"}});
  judge.want_files(2);
  judge.want_objects("site_of_waiter", 1, 2);
}

// The second run's file takes the place of the first one's.
void without_proc(Judge& judge) {
  if (!may_unshare(judge, "/proc that is not mounted")) return;
  const Command command = in_namespace("umount -l /proc && exec " + target("ends") + " exit");
  const Environment more = {{"PROFILER_ONLY", "target_ends"},
                            {"PROFILER_OUTPUT", judge.output / "one.pb.gz"}};
  judge.same(command, "heap", more);
  judge.run_ours(command, "heap", more);
  judge.want_files(1);
  for (const std::string& name : judge.output.files()) {
    judge.want(ProfileFile(judge.output / name).has_function("site_of_ends"), "no names");
  }
}

void full_disk(Judge& judge) {
  if (!may_unshare(judge, "a disk that is full")) return;
  const std::string disk = judge.output / "disk";
  const std::string mount = "mkdir -p " + disk + " && mount -t tmpfs -o size=64k none " + disk +
                            " && head -c 70000 /dev/zero >" + disk + "/all 2>/dev/null; ";
  const std::string program_words = target("ends") + " exit; s=$?; ";
  const Environment more = {
      {"PROFILER_ONLY", "target_ends"}, {"PROFILER_LOG", "quiet"}, {"PROFILER_OUTPUT", disk + "/"}};
  const std::string then = "rm " + disk + "/all; " + program() + " recover --quiet " +
                           judge.spool.path() + "; cp " + disk + "/*.gz " + judge.output.path() +
                           "; exit $s";
  const Outcome bare = run(in_namespace(target("ends") + " exit"));
  const Outcome ours = judge.run_ours(in_namespace(mount + program_words + then), "heap", more);
  judge.host = bare.end();
  judge.want(ours.end() == bare.end(), "it ends by " + ours.end());
  judge.want(ours.out == bare.out, "its output is another");
  judge.want_objects("site_of_ends", 1);
  judge.want(judge.spool.files().empty(), "tables are left");
  judge.profile = "recovered";
}

// A server's worker, in a directory where its user may remove nothing; then the next program.
void another_user(Judge& judge) {
  Command unused;
  if (!judge.has_others("a process that becomes another user", &unused)) return;
  chmod(judge.output.path().c_str(), 0777);
  chmod(judge.spool.path().c_str(), 01777);
  judge.same({{target("shuts_itself_in"), "/"}});
  judge.want_objects("site_of_shut_in", 1);
  judge.want_files(1);
  judge.run_ours({{target("ends"), "exit"}});
  judge.want(judge.spool.files().empty(), "tables are left");
}

// Every user may make files there; one has made an agent's socket before.
void taken_name(Judge& judge) {
  Command as_other;
  if (!judge.has_others("a socket of another user under an agent's name", &as_other)) return;
  chmod(judge.spool.path().c_str(), 01777);
  const pid_t squatter = fork();
  if (squatter == 0) {
    execl(as_other.arguments[0].c_str(), "setpriv", as_other.arguments[1].c_str(), "--clear-groups",
          target("squats").c_str(), judge.spool.path().c_str(), nullptr);
    _exit(127);
  }
  const auto is_bound = [&] {
    const std::vector<std::string> names = judge.spool.files();
    return names.size() == 1 && names[0].ends_with(".socket");
  };
  for (int tries = 0; tries < 250 && !is_bound(); tries++) usleep(20000);
  judge.want(is_bound(), "no socket is there");
  judge.same({{target("steady_work"), "1000"}}, "cpu", {{"PROFILER_INTERVAL", "200ms"}});
  kill(squatter, SIGKILL);
  waitpid(squatter, nullptr, 0);
  judge.want(!std::filesystem::exists(judge.spool / "taken"), "another user has its tables");
  const size_t files = judge.profiles("cpu").size();
  judge.want(files >= 3, std::to_string(files) + (files == 1 ? " file" : " files"));
  judge.profile = "a file each interval";
}

}  // namespace

void add_rows_of_places(std::vector<Row>& rows) {
  rows.push_back({kGroup, "process 1 of two pid namespaces at once",
                  "a name that is taken is not replaced", first_of_two});
  rows.push_back({kGroup, "/proc is not mounted", "a birth without /proc", without_proc});
  rows.push_back({kGroup, "the disk is full at the end, and has room later",
                  "tables stay where a file could not be written", full_disk});
  rows.push_back({kGroup, "a process that has become another user, and then the next one",
                  "written tables go at the next start", another_user});
  rows.push_back({kGroup, "another user listens at the name of an agent's socket",
                  "agents are of one user", taken_name});
}

}  // namespace e2e
