#include "program/symbols/symbolize_file.h"

#include <new>

#include "program/profiles/profile_file.h"
#include "program/sandbox/confinement.h"
#include "program/system/console.h"
#include "program/system/subcommand.h"

namespace program {
namespace {

int refuse(int status, const std::string& path, const std::string& problem) {
  say(Level::kError, path + ": " + problem);
  return status;
}

}  // namespace

int symbolize_file(const std::string& path, NamingService* names, const NamingWish& wish,
                   Naming* done) {
  constexpr const char* kOutcome = "; it keeps its addresses";
  set_current_file(path);
  std::string error;
  try {
    ProfileFile file;
    std::string bytes;
    if (!file.read_bytes(path, &bytes, &error)) return refuse(kUsageOrUnreadable, path, error);
    NamingWish own_wish = wish;
    own_wish.is_foreign = file.is_foreign();
    *done = names->name(bytes, own_wish);
    bytes = std::move(done->bytes);
    switch (done->outcome) {
      case Naming::kNothing:
        return kDone;
      case Naming::kUnreadable:
        return refuse(kUsageOrUnreadable, path, done->problem);
      case Naming::kLost:
        return refuse(kCheckFailed, path, done->problem + kOutcome);
      case Naming::kNamed:
        break;
    }
    const Uninterrupted until_renamed;
    if (file.replace_bytes(bytes, &error)) return kDone;
    return refuse(kCheckFailed, path, error + kOutcome);
  } catch (const std::bad_alloc&) {
    return refuse(kCheckFailed, path, std::string("out of memory") + kOutcome);
  }
}

}  // namespace program
