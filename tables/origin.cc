#include "tables/origin.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "env/sys/arch.h"
#include "env/sys/own_process.h"

namespace origin {

namespace {

constexpr long kSealed = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;

}  // namespace

void read_process(Facts& facts) {
  Head& head = facts.head;
  head.pid = process::current_pid();
  head.uid = static_cast<uint32_t>(arch::syscall(SYS_geteuid));
  head.gid = static_cast<uint32_t>(arch::syscall(SYS_getegid));
  head.birth_ticks = process::birth_ticks();
  // EINVAL: more groups than there is room for. A process without them may do less, never more.
  const long count = arch::syscall(SYS_getgroups, kMostGroups, facts.groups);
  head.group_count = count > 0 ? static_cast<uint32_t>(count) : 0;
}

bool write(int fd, const Facts& facts) {
  Head head = facts.head;
  __builtin_memcpy(head.magic, kMagic, sizeof kMagic);
  head.version = kVersion;
  const std::string_view texts[kTexts] = {facts.program_name, facts.host_name,
                                          facts.start_directory, facts.file_template};
  struct Part {  // iovec
    const void* bytes;
    size_t size;
  } parts[2 + kTexts] = {{&head, sizeof head}, {facts.groups, head.group_count * sizeof(uint32_t)}};
  size_t whole = parts[0].size + parts[1].size;
  for (uint32_t i = 0; i < kTexts; i++) {
    head.text_size[i] = static_cast<uint32_t>(texts[i].size());
    parts[2 + i] = {texts[i].data(), texts[i].size()};
    whole += texts[i].size();
  }
  // One write of a regular file is cut short only where the file system is full.
  return whole <= kMostBytes &&
         arch::syscall(SYS_writev, fd, parts, 2 + kTexts) == static_cast<long>(whole);
}

bool read(std::string_view bytes, Facts& facts) {
  Head& head = facts.head;
  if (bytes.size() < sizeof head || bytes.size() > kMostBytes) return false;
  __builtin_memcpy(&head, bytes.data(), sizeof head);
  if (__builtin_memcmp(head.magic, kMagic, sizeof kMagic) != 0 || head.version != kVersion) {
    return false;
  }
  if (head.pid <= 0 || head.group_count > kMostGroups || head.file_mode > 0777) return false;
  size_t used = sizeof head + head.group_count * sizeof(uint32_t);
  if (used > bytes.size()) return false;
  __builtin_memcpy(facts.groups, bytes.data() + sizeof head, used - sizeof head);
  std::string_view* const texts[kTexts] = {&facts.program_name, &facts.host_name,
                                           &facts.start_directory, &facts.file_template};
  for (uint32_t i = 0; i < kTexts; i++) {
    const size_t size = head.text_size[i];
    if (size > bytes.size() - used) return false;
    *texts[i] = {bytes.data() + used, size};
    // A zero byte would end the path that the text becomes a part of.
    for (const char c : *texts[i]) {
      if (c == '\0') return false;
    }
    used += size;
  }
  return used == bytes.size();
}

const char* check_owner(int fd) {
  struct stat st = {};
  if (arch::syscall(SYS_fstat, fd, &st) != 0) return "it cannot be read";
  if (st.st_uid != static_cast<uid_t>(arch::syscall(SYS_geteuid))) return "it is another user's";
  const long seals = arch::syscall(SYS_fcntl, fd, F_GET_SEALS);
  if (seals >= 0 && (seals & kSealed) == kSealed) return nullptr;
  if (!S_ISREG(st.st_mode)) return "it is not a regular file";
  if ((st.st_mode & 07777) != 0600) return "its mode is not 0600";
  return st.st_nlink == 1 ? nullptr : "it has more than one name";
}

}  // namespace origin
