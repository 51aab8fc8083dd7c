#include "program/symbols/symbol_table.h"

#include <catch2/catch.hpp>

#include "program/symbols/symbolizer.h"
#include "tests/unit/program/workshop.h"

using program::Profile;

namespace {

std::string with_offset(const std::string& file, uint64_t address) {
  char text[64];
  snprintf(text, sizeof text, "%s+0x%lx", file.c_str(), address);
  return text;
}

// The names of these addresses of a.so.
std::vector<std::string> names_at(const Workshop& workshop, std::vector<uint64_t> addresses) {
  Profile profile = profile_of(workshop.path("a.so"), addresses);
  add_names(&profile);
  std::vector<std::string> names;
  for (int i = 0; i < profile.location_size(); i++) names.push_back(names_of(profile, i));
  return names;
}

}  // namespace

// libx264: the first assembly function with a global symbol had the time of all those behind it.
TEST_CASE("a symbol without a size does not name what is far behind it") {
  const Workshop workshop;
  workshop.write("a.s",
                 ".text\n.globl bare\n"
                 "bare: nop\n.fill 100000, 1, 0x90\nret\n"
                 "hidden: .cfi_startproc\nnop\nret\n.cfi_endproc\n"
                 "behind: nop\nret\n");
  workshop.shell("cc -shared -nostdlib a.s -o a.so && cp a.so full && strip a.so");
  const uint64_t bare = workshop.address("full", "bare");
  const uint64_t hidden = workshop.address("full", "hidden");
  const uint64_t behind = workshop.address("full", "behind");
  const uint64_t certain = bare + program::SymbolTable::kLongestUnsized;
  CHECK(names_at(workshop, {bare, certain - 1, certain, hidden - 1, hidden + 1, behind}) ==
        std::vector<std::string>{"bare", "bare", with_offset("a.so", certain),
                                 with_offset("a.so", certain), with_offset("a.so", hidden),
                                 with_offset("a.so", behind)});
}

TEST_CASE("a symbol without a size names all that .eh_frame says is its function") {
  const Workshop workshop;
  workshop.write("a.s",
                 ".text\n.globl bare\n"
                 "bare: .cfi_startproc\nnop\n.fill 9000, 1, 0x90\nlast: ret\n.cfi_endproc\n"
                 "behind: nop\n");
  workshop.shell("cc -shared -nostdlib a.s -o a.so && cp a.so full && strip a.so");
  const uint64_t behind = workshop.address("full", "behind");
  CHECK(names_at(workshop, {workshop.address("full", "last"), behind}) ==
        std::vector<std::string>{"bare", with_offset("a.so", behind)});
}

// The code behind a table had the name of the start file's last function.
TEST_CASE("a table among the code has no function's name, and ends one that has no size") {
  const Workshop workshop;
  workshop.write("a.s",
                 ".text\n.globl bare, table, behind\n"
                 "bare: nop\nret\n.type table, @object\n.size table, 64\n"
                 "table: .fill 64, 1, 0x90\nhidden: nop\nret\n"
                 ".type behind, @function\nbehind: nop\nret\n.size behind, .-behind\n");
  workshop.shell("cc -shared -nostdlib a.s -o a.so");
  const uint64_t table = workshop.address("a.so", "table");
  CHECK(names_at(workshop, {workshop.address("a.so", "bare"), table + 8, table + 64,
                            workshop.address("a.so", "behind")}) ==
        std::vector<std::string>{"bare", with_offset("a.so", table + 8),
                                 with_offset("a.so", table + 64), "behind"});
}

TEST_CASE("a file without section headers has its dynamic symbols and its functions") {
  const Workshop workshop;
  workshop.write("a.c",
                 "static __attribute__((noinline)) int hidden(int n) { return n * n / 7; }\n"
                 "int use(int n) { return hidden(n) + 1; }\n");
  for (const char* flags : {"", "-Wl,--hash-style=sysv", "-Wl,-z,noseparate-code"}) {
    INFO(flags);
    workshop.shell(std::string("cc -O1 -fPIC -shared a.c -o a.so ") + flags + " && cp a.so full");
    // What `llvm-strip --strip-sections` leaves: e_shoff, e_shnum and e_shstrndx are 0.
    workshop.shell(
        "strip a.so && for place in 40 60; do "
        "printf '\\0\\0\\0\\0\\0\\0\\0\\0' | head -c $((place == 40 ? 8 : 4)) | "
        "dd of=a.so bs=1 seek=$place conv=notrunc status=none; done");
    const uint64_t hidden = workshop.address("full", "hidden");
    CHECK(
        names_at(workshop, {workshop.address("full", "use"), hidden, hidden + 2}) ==
        std::vector<std::string>{"use", with_offset("a.so", hidden), with_offset("a.so", hidden)});
  }
}
