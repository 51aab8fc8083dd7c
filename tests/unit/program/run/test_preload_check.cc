#include "program/run/preload_check.h"

#include <elf.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "tests/unit/program/workshop.h"

using program::Caller;
using program::check_preload;
using program::find_in_path;
using program::PreloadCheck;

namespace {

const Caller kNobody{65534, 65534, false, "/usr/bin:/bin"};

bool speaks_of(const PreloadCheck& check, const std::string& word) {
  return check.obstacle.find(word) != std::string::npos;
}

// A program whose headers were changed at one byte.
std::string changed(const Workshop& workshop, size_t offset, char value) {
  std::string bytes = workshop.read("a");
  bytes[offset] = value;
  return workshop.write("changed", bytes);
}

void build(const Workshop& workshop, const std::string& flags = "") {
  workshop.write("a.c", "int main(void) { return 0; }\n");
  workshop.shell("cc a.c -o a " + flags);
}

}  // namespace

TEST_CASE("an ordinary program can be preloaded") {
  const Workshop workshop;
  for (const char* flags : {"", "-no-pie"}) {
    build(workshop, flags);
    const PreloadCheck check = check_preload(workshop.path("a"), kNobody);
    CHECK(check.obstacle.empty());
    CHECK_FALSE(check.loader_refuses);
    CHECK(check.sanitizer.empty());
  }
}

TEST_CASE("a start through the loader is no start of a static program") {
  CHECK(check_preload("/lib64/ld-linux-x86-64.so.2", kNobody).obstacle.empty());
}

TEST_CASE("static programs cannot be preloaded, but what they start can") {
  const Workshop workshop;
  for (const char* flags : {"-static", "-static-pie"}) {
    build(workshop, flags);
    const PreloadCheck check = check_preload(workshop.path("a"), kNobody);
    CHECK(speaks_of(check, "statically linked"));
    CHECK_FALSE(check.loader_refuses);
  }
}

TEST_CASE("programs of another word size or processor are not given the preload") {
  const Workshop workshop;
  build(workshop);
  const auto arm =
      check_preload(changed(workshop, offsetof(Elf64_Ehdr, e_machine), '\xb7'), kNobody);
  CHECK(speaks_of(arm, "machine 183"));
  CHECK(arm.loader_refuses);

  Elf32_Ehdr header{};
  memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_ident[EI_CLASS] = ELFCLASS32;
  header.e_ident[EI_DATA] = ELFDATA2LSB;
  header.e_ident[EI_VERSION] = EV_CURRENT;
  header.e_type = ET_EXEC;
  header.e_machine = EM_386;
  header.e_version = EV_CURRENT;
  header.e_ehsize = sizeof header;
  const std::string bytes(reinterpret_cast<const char*>(&header), sizeof header);
  const auto narrow = check_preload(workshop.write("narrow", bytes), kNobody);
  CHECK(speaks_of(narrow, "32-bit"));
  CHECK(narrow.loader_refuses);
}

TEST_CASE("musl's loader is not given the preload") {
  const Workshop workshop;
  build(workshop, "-Wl,--dynamic-linker=/lib/ld-musl-x86_64.so.1");
  const PreloadCheck check = check_preload(workshop.path("a"), kNobody);
  CHECK(speaks_of(check, "musl"));
  CHECK(check.loader_refuses);
}

TEST_CASE("set-uid and set-gid count where they change the user") {
  const Workshop workshop;
  build(workshop);
  const Caller owner{getuid(), getgid(), false, ""};
  const Caller tied{kNobody.uid, kNobody.gid, true, ""};
  workshop.shell("chmod 4755 a");
  CHECK(speaks_of(check_preload(workshop.path("a"), kNobody), "set-uid"));
  CHECK(check_preload(workshop.path("a"), owner).obstacle.empty());
  CHECK(check_preload(workshop.path("a"), tied).obstacle.empty());
  workshop.shell("chmod 2755 a");
  CHECK(speaks_of(check_preload(workshop.path("a"), kNobody), "set-gid"));
  workshop.shell("chmod 2745 a");  // without x for the group the bit means something else
  CHECK(check_preload(workshop.path("a"), kNobody).obstacle.empty());
}

TEST_CASE("a script is judged by what runs it") {
  const Workshop workshop;
  build(workshop, "-static");
  const std::string shell = workshop.write("shell", "#!/bin/sh\n");
  CHECK(check_preload(shell, kNobody).obstacle.empty());

  const std::string direct = workshop.write("direct", "#! " + workshop.path("a") + " -x\n");
  CHECK(speaks_of(check_preload(direct, kNobody), direct + " is run by " + workshop.path("a")));

  const std::string nested = workshop.write("nested", "#!" + direct + "\n");
  CHECK(speaks_of(check_preload(nested, kNobody), "statically linked"));

  Caller caller = kNobody;
  caller.path = workshop.path("");
  const std::string by_env = workshop.write("by_env", "#!/usr/bin/env -S X=1 a b\n");
  CHECK(speaks_of(check_preload(by_env, caller), "statically linked"));

  const std::string loop = workshop.write("loop", "#!" + workshop.path("loop") + "\n");
  CHECK(check_preload(loop, kNobody).obstacle.empty());
}

TEST_CASE("a program with the address sanitizer names its runtime") {
  const Workshop workshop;
  build(workshop, "-fsanitize=address");
  const PreloadCheck check = check_preload(workshop.path("a"), kNobody);
  CHECK(check.obstacle.empty());
  CHECK(check.sanitizer.starts_with("libasan.so"));
}

TEST_CASE("what is missing or no program has no obstacle: executing it says what is wrong") {
  const Workshop workshop;
  workshop.shell("mkdir directory && mkfifo fifo");
  for (const std::string& file :
       {workshop.path("missing"), workshop.path("directory"), workshop.path("fifo"), std::string(),
        workshop.write("text", "echo hello\n"), workshop.write("stub", "\177ELF"),
        workshop.write("empty", "")}) {
    CHECK(check_preload(file, kNobody).obstacle.empty());
  }
}

TEST_CASE("commands are found as execvp finds them") {
  const Workshop workshop;
  workshop.shell(
      "mkdir one two && touch one/x two/x && chmod +x two/x && mkdir one/y && "
      "touch two/y && chmod +x two/y");
  const std::string path = workshop.path("one") + ":" + workshop.path("two");
  CHECK(find_in_path("x", path) == workshop.path("two/x"));
  CHECK(find_in_path("y", path) == workshop.path("two/y"));
  CHECK(find_in_path("./x", path) == "./x");
  CHECK(find_in_path("z", path).empty());
  CHECK(find_in_path("", path).empty());
}
