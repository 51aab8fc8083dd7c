#include "tests/e2e/reliability/judge.h"

#include <sys/stat.h>
#include <unistd.h>

#include <set>

#include "tests/e2e/sites.h"

namespace e2e {

Environment Judge::surroundings(const Environment& more) const {
  Environment all = {{"PROFILER_HEAP_RATE", "1"}, {"PROFILER_SPOOL", spool.path()}};
  for (const auto& [name, value] : more) all[name] = value;
  return all;
}

Outcome Judge::run_ours(const Command& command, const std::string& modes, const Environment& more) {
  Outcome ours = run(profiled(command, modes, output, surroundings(more)));
  want(ours.end() != "time limit", "it hangs");
  return ours;
}

Outcome Judge::same(const Command& command, const std::string& modes, const Environment& more) {
  const Outcome bare = run(command);
  Outcome ours = run_ours(command, modes, more);
  host = bare.end();
  want(ours.end() == bare.end(), "it ends by " + ours.end());
  want(ours.out == bare.out, "its output is another");
  want(ours.err == bare.err, "its errors are others: " + ours.err.substr(0, 120));
  return ours;
}

void Judge::recover() {
  const Outcome done = run({{program(), "recover", spool.path()}});
  want(done.end() == "exit 0", "recover ends by " + done.end() + ": " + done.err.substr(0, 120));
  want(spool.files().empty(), "recover leaves tables");
  found("recovered");
}

bool Judge::want(bool holds, const std::string& complaint) {
  if (!holds) complaints.push_back(complaint);
  return holds;
}

void Judge::found(const std::string& what) {
  profile += (profile.empty() ? "" : ", ") + what;
}

void Judge::want_files(size_t count) {
  const size_t there = output.files().size();
  want(there == count, std::to_string(there) + (there == 1 ? " file" : " files"));
  found(std::to_string(count) + (count == 1 ? " file" : " files"));
}

const std::vector<ProfileFile>& Judge::profiles(const std::string& mode) {
  const auto known = read_.find(mode);
  if (known != read_.end()) return known->second;
  std::vector<ProfileFile>& files = read_[mode];
  for (const std::string& name : output.files()) {
    const size_t at = name.find("." + mode);  // .heap.pb.gz, .heap-2.pb.gz
    if (at != std::string::npos && name.ends_with(".pb.gz")) files.emplace_back(output / name);
  }
  return files;
}

void Judge::want_objects(const std::string& function, int64_t objects, size_t files) {
  size_t right = 0;
  std::string seen;
  for (const ProfileFile& file : profiles("heap")) {
    const int64_t here = file.containing("alloc_objects", function);
    if (here == 0) continue;
    seen += " " + std::to_string(here);
    right += here == objects;
  }
  want(right == files && right == words_of(seen).size(),
       function + " is in the files with" + (seen.empty() ? " nothing" : seen));
}

void Judge::want_sites(const std::string& out) {
  const std::vector<Site> sites = sites_of(out);
  want(sites.size() >= 3, "it prints no sites");
  if (!want(profiles("heap").size() == 1, "it has not one file")) return;
  const ProfileFile& file = profiles("heap").front();
  for (const Site& site : sites) {
    const int64_t objects = file.containing("alloc_objects", site.name);
    const int64_t live = file.containing("inuse_objects", site.name);
    want(objects == site.objects && live == site.live_objects,
         site.name + " has " + std::to_string(objects) + " objects, " + std::to_string(live) +
             " live, of " + std::to_string(site.objects) + " and " +
             std::to_string(site.live_objects));
  }
  found("every block");
}

void Judge::want_whole() {
  want(!output.files().empty(), "no file");
  for (const std::string& name : output.files()) const ProfileFile whole(output / name);
  found("whole files");
}

bool Judge::has_others(const std::string& row, Command* as_other) {
  *as_other = {
      {"/usr/bin/setpriv", "--reuid=" + std::to_string(200000 + getpid()), "--clear-groups"}};
  Command reads = *as_other;
  reads.arguments.insert(reads.arguments.end(), {"/usr/bin/test", "-r", library()});
  if (run(reads).end() == "exit 0") return true;
  not_checked(row, "needs root, and a build that other users can read");
  return false;
}

Command Judge::alone(const std::vector<std::string>& limit_and_command) {
  Command command;
  if (!has_others("a limit of a user", &command)) return {};
  for (const TemporaryDirectory* directory : {&output, &spool})
    chmod(directory->path().c_str(), 0777);
  command.arguments.emplace_back("/usr/bin/prlimit");
  command.arguments.insert(command.arguments.end(), limit_and_command.begin(),
                           limit_and_command.end());
  return command;
}

void Judge::not_checked(const std::string& what, const std::string& why) {
  host = profile = "not checked here";
  skip(what, why);
}

void Judge::want_cpu(const std::string& function, int64_t least_ns) {
  int64_t most = 0;
  for (const ProfileFile& file : profiles("cpu")) {
    most = std::max(most, file.containing("cpu", function));
  }
  want(most >= least_ns, function + " has " + std::to_string(most / 1000000) + " ms");
}

}  // namespace e2e
