#include "program/run/preload_check.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cstdlib>
#include <sstream>

#include "program/run/elf_program.h"
#include "program/run/launchers.h"

namespace program {
namespace {

constexpr int kMaxScripts = 5;  // as deep as the kernel follows
constexpr size_t kMaxScriptLine = 255;

// The words behind "#!"; empty if this is no script.
std::string script_line(const std::string& file) {
  char text[kMaxScriptLine + 1];
  const int fd = open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  const ssize_t n = fd < 0 ? -1 : read(fd, text, kMaxScriptLine);
  if (fd >= 0) close(fd);
  if (n < 2 || text[0] != '#' || text[1] != '!') return "";
  const std::string line(text + 2, static_cast<size_t>(n) - 2);
  return line.substr(0, line.find('\n'));
}

// What runs the script; with "#!/usr/bin/env NAME" the program of that name. Empty if it is none.
std::string interpreter_of(const std::string& file, const std::string& path) {
  std::istringstream words(script_line(file));
  std::string interpreter;
  std::string word;
  words >> interpreter;
  if (!interpreter.ends_with("/env")) return interpreter;
  while (words >> word) {
    const bool is_name = word[0] != '-' && word.find('=') == std::string::npos;
    if (!is_name) continue;
    const std::string found = find_in_path(word, path);
    return found.empty() ? interpreter : found;
  }
  return interpreter;
}

// Why the kernel would have the loader distrust the environment (AT_SECURE); empty if it would not.
std::string privilege_of(const std::string& file, const Caller& caller) {
  struct stat status {};
  struct statvfs directory {};
  if (stat(file.c_str(), &status) != 0 || caller.no_new_privileges) return "";
  if (statvfs(file.c_str(), &directory) == 0 && (directory.f_flag & ST_NOSUID)) return "";
  if ((status.st_mode & S_ISUID) && status.st_uid != caller.uid) return "set-uid";
  const bool set_gid = (status.st_mode & S_ISGID) && (status.st_mode & S_IXGRP);
  if (set_gid && status.st_gid != caller.gid) return "set-gid";
  const bool has_capabilities = getxattr(file.c_str(), "security.capability", nullptr, 0) > 0;
  return has_capabilities && caller.uid != 0 ? "given file capabilities" : "";
}

void check_kind(const ElfProgram& elf, PreloadCheck* check) {
  constexpr const char* kUnprofiled = "; it runs unprofiled: ";
  if (!elf.is_x86_64) {
    check->loader_refuses = true;
    check->obstacle = std::string("is not an x86-64 program (") + elf.kind + ")" + kUnprofiled +
                      "build it for x86-64";
  } else if (elf.own_name.starts_with("ld-linux-x86-64.so")) {
    return;  // it starts the program that its arguments name, and preloads into it
  } else if (elf.interpreter.empty()) {
    check->obstacle = std::string("is statically linked, so nothing can be preloaded into it") +
                      kUnprofiled + "link it dynamically (what it starts is profiled)";
  } else if (elf.interpreter.find("ld-musl") != std::string::npos) {
    check->loader_refuses = true;
    check->obstacle = "is linked with the C library musl (" + elf.interpreter + ")" + kUnprofiled +
                      "link it with glibc";
  }
  for (const std::string& library : elf.needed) {
    for (const char* runtime : {"libasan.so", "libtsan.so", "liblsan.so", "libhwasan.so",
                                "libclang_rt.asan", "libclang_rt.tsan"}) {
      if (library.starts_with(runtime) && check->sanitizer.empty()) check->sanitizer = library;
    }
  }
}

}  // namespace

Caller this_caller() {
  const char* path = getenv("PATH");
  return {getuid(), getgid(), prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1,
          path == nullptr ? "/bin:/usr/bin" : path};
}

std::string find_in_path(const std::string& command, const std::string& path) {
  if (command.empty() || command.find('/') != std::string::npos) return command;
  std::istringstream directories(path + ":");
  std::string directory;
  while (std::getline(directories, directory, ':')) {
    std::string file = (directory.empty() ? "." : directory) + "/" + command;
    struct stat status {};
    const bool runs = access(file.c_str(), X_OK) == 0;
    if (runs && stat(file.c_str(), &status) == 0 && S_ISREG(status.st_mode)) return file;
  }
  return "";
}

PreloadCheck check_preload(const std::string& file, const Caller& caller) {
  PreloadCheck check;
  check.obstacle = preload_lost_by(file);
  if (!check.obstacle.empty()) return check;
  std::string program = file;
  for (int i = 0; i < kMaxScripts; i++) {
    const std::string interpreter = interpreter_of(program, caller.path);
    if (interpreter.empty()) break;
    program = interpreter;
  }
  const auto elf = read_elf_program(program);
  if (!elf) return check;
  check_kind(*elf, &check);
  const std::string privilege = privilege_of(program, caller);
  if (check.obstacle.empty() && !privilege.empty()) {
    check.obstacle = "is " + privilege +
                     ", where the loader ignores preloads; it runs unprofiled: "
                     "profile a plain copy of it";
  }
  if (check.obstacle.empty()) return check;
  const bool script = program != file;
  check.obstacle = file + (script ? " is run by " + program + ", which " : " ") + check.obstacle;
  return check;
}

}  // namespace program
