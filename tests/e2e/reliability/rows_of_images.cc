// Ways to execute, with success and without.
#include <filesystem>

#include "tests/e2e/reliability/judge.h"

namespace e2e {
namespace {

constexpr const char* kGroup = "exec";
const std::vector<std::string> kFamily = {"execv",  "execve", "execvp",  "execvpe",  "execl",
                                          "execlp", "execle", "fexecve", "execveat", "syscall"};

std::string words_for(const std::string& how) {
  return how == "syscall" ? "syscall(SYS_execve)" : how;
}

void both_images(Judge& judge, const std::string& how) {
  judge.same({{target("becomes"), how, target("ends"), "exit"}});
  judge.want_files(2);
  judge.want_objects("site_before_exec", 1);
  judge.want_objects("site_of_ends", 1);
  judge.want(judge.spool.files().empty(), "tables are left");
}

// A file that may be executed and cannot: the files were written, and are taken back.
void stays(Judge& judge, const std::string& how) {
  const TemporaryDirectory directory;
  const std::string path = directory / "no_program";
  write_file(path, "neither ELF nor a script\n");
  std::filesystem::permissions(path, std::filesystem::perms::owner_all);
  // libc's execvp gives such a file to a shell, which is a program like any other.
  const bool by_shell = how == "execvp" || how == "execvpe" || how == "execlp";
  judge.same({{target("becomes"), how, by_shell ? directory.path() : path}});
  judge.want_files(1);
  judge.want_objects("site_before_exec", 1);
  judge.want_objects("site_after_exec", 1);
}

void killed_after(Judge& judge) {
  const TemporaryDirectory directory;
  const std::string path = directory / "no_program";
  write_file(path, "neither ELF nor a script\n");
  std::filesystem::permissions(path, std::filesystem::perms::owner_all);
  judge.same({{target("becomes"), "killed", path}});
  judge.recover();
  judge.want_files(1);
  judge.want_objects("site_before_exec", 1);
  judge.want_objects("site_after_exec", 1);
}

}  // namespace

void add_rows_of_images(std::vector<Row>& rows) {
  static std::vector<std::string> texts;
  texts.reserve(2 * kFamily.size());
  for (const std::string& how : kFamily) {
    texts.push_back("`" + words_for(how) + "`");
    const char* protection = how == "syscall" ? "`syscall` interposed" : "files before the exec";
    rows.push_back({kGroup, texts.back().c_str(), protection,
                    [how](Judge& judge) { both_images(judge, how); }});
  }
  for (const std::string& how : kFamily) {
    texts.push_back("`" + words_for(how) + "` that fails");
    rows.push_back({kGroup, texts.back().c_str(), "an exec that fails is undone",
                    [how](Judge& judge) { stays(judge, how); }});
  }
  rows.push_back(
      {kGroup, "`execv` that fails, then SIGKILL", "an exec that fails is undone", killed_after});
}

}  // namespace e2e
