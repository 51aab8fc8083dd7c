#include "program/run/launchers.h"

#include <string_view>

namespace program {
namespace {

std::string_view base_name(std::string_view path) {
  return path.substr(path.rfind('/') + 1);  // npos + 1 is 0
}

struct Launcher {
  std::string_view name;
  std::string_view why;
  std::string_view instead;
};

constexpr std::string_view kClears = "clears LD_PRELOAD";
constexpr std::string_view kAsksService = "asks a service to start the program";
constexpr std::string_view kInContainer =
    "starts the program in a container, where the library is not";

constexpr Launcher kLaunchers[] = {
    {"sudo", kClears, "sudo profiler run -- COMMAND"},
    {"su", kClears, "su USER -c 'profiler run -- COMMAND'"},
    {"runuser", kClears, "runuser -u USER -- profiler run -- COMMAND"},
    {"doas", kClears, "doas profiler run -- COMMAND"},
    {"pkexec", kClears, "pkexec profiler run -- COMMAND"},
    {"ssh", "starts the program on another machine", "ssh HOST profiler run -- COMMAND"},
    {"systemctl", kAsksService,
     "Environment= lines in a drop-in of the unit (systemctl edit UNIT)"},
    {"systemd-run", kAsksService,
     "systemd-run -E PROFILER_MODE=cpu -E LD_PRELOAD=/path/libprofiler.so COMMAND"},
    {"service", kAsksService, "the variables in the environment of the service"},
    {"docker", kInContainer,
     "docker run -v DIRECTORY:/profiler:ro -e PROFILER_MODE=cpu -e "
     "LD_PRELOAD=/profiler/libprofiler.so IMAGE"},
    {"podman", kInContainer,
     "podman run -v DIRECTORY:/profiler:ro -e PROFILER_MODE=cpu -e "
     "LD_PRELOAD=/profiler/libprofiler.so IMAGE"},
    {"kubectl", kInContainer, "the library and its variables in the pod"},
    {"chroot", "starts the program in another root, where the library is not",
     "a copy of the library in that root"},
    {"flatpak", kInContainer, "flatpak run --env=LD_PRELOAD=... with the library inside"},
    {"snap", kInContainer, "the library inside the snap"},
};

// Options of glibc's loader that have a word of their own behind them.
bool takes_word(std::string_view option) {
  for (const std::string_view each : {"--library-path", "--inhibit-rpath", "--audit", "--preload",
                                      "--argv0", "--glibc-hwcaps-prepend", "--glibc-hwcaps-mask"}) {
    if (option == each) return true;
  }
  return false;
}

}  // namespace

std::string preload_lost_by(const std::string& file) {
  for (const Launcher& launcher : kLaunchers) {
    if (base_name(file) != launcher.name) continue;
    return file + " " + std::string(launcher.why) + ", so what it starts runs unprofiled; use " +
           std::string(launcher.instead);
  }
  return "";
}

std::string program_behind_loader(const std::vector<std::string>& command) {
  if (command.empty() || !base_name(command[0]).starts_with("ld-linux-")) return "";
  for (size_t i = 1; i < command.size(); i++) {
    if (takes_word(command[i])) {
      i++;
    } else if (!command[i].starts_with("--")) {
      return command[i];
    }
  }
  return "";
}

}  // namespace program
