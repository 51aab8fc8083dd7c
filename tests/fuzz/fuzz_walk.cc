#include <dlfcn.h>
#include <link.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include <cstring>
#include <vector>

#include "collectors/unwind/objects.h"
#include "collectors/unwind/stack_trace.h"
#include "env/sys/thread_state.h"
#include "tests/fuzz/harnesses.h"
#include "tests/unit/tables/open_tables.h"

namespace fuzz {

namespace {

constexpr unsigned kWords = 512;
constexpr unsigned kDepth = 64;

struct Code {
  uint64_t start, size;
};

int add_code(dl_phdr_info* info, size_t, void* codes) {
  for (int i = 0; i < info->dlpi_phnum; i++) {
    const ElfW(Phdr)& s = info->dlpi_phdr[i];
    if (s.p_type != PT_LOAD || (s.p_flags & PF_X) == 0) continue;
    static_cast<std::vector<Code>*>(codes)->push_back({info->dlpi_addr + s.p_vaddr, s.p_memsz});
  }
  return 0;
}

// A stack between two pages without access, and real code to point to.
struct Ground {
  OpenTables tables;
  std::vector<Code> codes;
  uint64_t* words;

  Ground() {
    // Functions with unusual rules, so that walks meet them.
    for (const char* name : {"setcontext", "swapcontext", "_longjmp", "__libc_start_main", "clone",
                             "gnu_get_libc_version", "strlen", "raise"}) {
      codes.push_back({reinterpret_cast<uint64_t>(dlsym(RTLD_DEFAULT, name)), 256});
    }
    struct sigaction action {};
    struct {
      void* handler;
      unsigned long flags;
      uint64_t restorer, mask;
    } of_kernel{};
    sigaction(SIGUSR1, &action, nullptr);
    syscall(SYS_rt_sigaction, SIGUSR1, nullptr, &of_kernel, 8);
    codes.push_back({of_kernel.restorer, 8});
    dl_iterate_phdr(add_code, &codes);
    const size_t bytes = kWords * sizeof(uint64_t);
    auto* memory =
        static_cast<char*>(mmap(nullptr, 3 * bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    mprotect(memory + bytes, bytes, PROT_READ | PROT_WRITE);
    words = reinterpret_cast<uint64_t*>(memory + bytes);
    objects::start();
    stack_trace::set_depth(kDepth);
  }

  uint64_t address(uint64_t word) const {
    return reinterpret_cast<uint64_t>(words) + word * sizeof(uint64_t);
  }

  // Three bytes make a place in code, a place on the stack, or a number.
  uint64_t word(const uint8_t* bytes) const {
    const uint64_t n = bytes[1] | uint64_t{bytes[2]} << 8;
    if (bytes[0] < 0x20) return n;
    if (bytes[0] < 0x60) return address(n % (kWords + 8)) + (bytes[0] < 0x24 ? n >> 13 : 0);
    const Code& code = codes[bytes[0] % codes.size()];
    return code.start + (n * 0x9e3779b1u + (n >> 4)) % code.size;
  }
};

}  // namespace

// 3 bytes a word: first rip, then 15 registers (rsp is the stack's start), then the stack.
void walk(const uint8_t* data, size_t size) {
  static const Ground ground;
  constexpr unsigned kRegisters = 17;
  if (size < 3 * kRegisters) return;
  ucontext_t context{};
  for (unsigned r = 0; r < kRegisters; r++) {
    context.uc_mcontext.gregs[r] = static_cast<greg_t>(ground.word(data + 3 * r));
  }
  const uint64_t start = 16 + data[3 * REG_RSP] % 32;
  context.uc_mcontext.gregs[REG_RSP] = static_cast<greg_t>(ground.address(start));
  memset(ground.words, 0, kWords * sizeof(uint64_t));
  size_t at = 3 * kRegisters;
  for (uint64_t i = 0; i < kWords && at + 3 <= size; i++, at += 3) {
    ground.words[i] = ground.word(data + at);
  }
  thread_state.stack_low = ground.address(0);
  thread_state.stack_high = ground.address(kWords);

  static StackTrace cold;
  BorrowedBuffer buffer;
  stack_trace::forget_code();
  stack_trace::capture_context(&context, *buffer);
  memcpy(&cold, &(*buffer).trace, sizeof cold);
  require(cold.depth <= kDepth, "no deeper than asked for");
  // Code made at run time stands where it leads back to an object's.
  uint32_t known = cold.depth;
  while (known > 1 && objects::find(cold.pc[known - 1]) == nullptr) known--;
  require(known + 1 >= cold.depth, "one frame of unknown code ends a stack");
  stack_trace::capture_context(&context, *buffer);
  const StackTrace& warm = (*buffer).trace;
  require(warm.depth == cold.depth && warm.flags == cold.flags, "rows from the cache say the same");
  require(memcmp(warm.pc, cold.pc, cold.depth * sizeof cold.pc[0]) == 0,
          "rows from the cache lead the same way");
}

}  // namespace fuzz
